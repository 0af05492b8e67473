"""Runs a command until a fault strikes, then kills everything it started: no handler runs, no answer arrives."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable

import psutil

from blueprint import workspace
from sandbox.outscale.control import Control
from tests.engine.world import World

HANG_MS = 20_000
LIMIT_SECONDS = 240


def until_struck(world: World, control: Control, kind: str, operations: Iterable[str], *command: str) -> str | None:
    """Name of the operation at which it was killed; None where the command ended by itself, successfully."""
    control.clear_faults()
    for operation in operations:
        control.fault(kind, operation, ms=HANG_MS)
    process = subprocess.Popen(
        command,
        cwd=workspace.root(),
        env=dict(world.env),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    deadline = time.monotonic() + LIMIT_SECONDS
    while process.poll() is None:
        assert time.monotonic() < deadline, "neither struck nor done"
        struck = [fault["operation"] for fault in control.faults() if fault["fired"]]
        if struck:
            _kill(process)
            control.clear_faults()
            return str(struck[0])
        time.sleep(0.05)
    said = process.stdout.read() if process.stdout else ""
    struck = [fault["operation"] for fault in control.faults() if fault["fired"]]
    assert process.returncode == 0, f"struck {struck}: {said[-3000:]}"
    return None


def _kill(process: subprocess.Popen[str]) -> None:
    """The whole tree, deepest last-born included: engine, language hosts, plugins, programs, packs."""
    family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
    for member in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
    psutil.wait_procs(family, timeout=10)
    process.wait()


def every_kill() -> bool:
    """True where the long form was asked for (`make test-faults`): every call, not each operation once."""
    return bool(os.environ.get("REMPART_EVERY_KILL"))


def after_writes(world: World, control: Control, number: int, *command: str) -> bool:
    """Kills `command` when it has done `number` writes more; False where it ended before."""
    control.clear_faults()
    control.fault("hang_after", "writes", after=number, ms=HANG_MS)
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", *command],
        cwd=workspace.root(),
        env=dict(world.env),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    while process.poll() is None:
        if any(fault["fired"] for fault in control.faults()):
            _kill(process)
            break
        time.sleep(0.05)
    control.clear_faults()
    return process.returncode != 0


def interrupt(process: subprocess.Popen[str], sent: signal.Signals) -> None:
    """To the whole group, as a terminal does."""
    os.killpg(process.pid, sent)
