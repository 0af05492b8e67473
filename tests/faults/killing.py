"""Runs a command until a fault strikes, then kills everything it started: no handler runs, no answer arrives."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping

import psutil

from blueprint import workspace
from sandbox.outscale.control import Control
from tests.engine.world import World

HANG_MS = 20_000
WAITS_SECONDS = 45
"""A service whose database is gone tries for many minutes, and so does who asked it: then it is mended meanwhile."""
END_SECONDS = 400
"""A command whose provider answers again ends by itself within this."""
LIMIT_SECONDS = 240
CALM_SECONDS = 1.5
"""Nothing more was struck for so long: what else the command had to do waits for what hangs."""


def until_struck(world: World, control: Control, kind: str, operations: Iterable[str], *command: str) -> set[str]:
    """Names of the operations in which it was killed; none where the command ended by itself, successfully.

    In the long form it is killed at the first; else when all that can run beside the first is done or hangs too, so
    that several answers are lost at once.
    """
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
    struck, last = set[str](), time.monotonic()
    while process.poll() is None:
        assert time.monotonic() < deadline, "neither struck nor done"
        now = _struck(control)
        if now != struck:
            struck, last = now, time.monotonic()
        if struck and (every_kill() or time.monotonic() - last > CALM_SECONDS):
            _kill(process)
            control.clear_faults()
            return struck
        time.sleep(0.05)
    said = process.stdout.read() if process.stdout else ""
    assert process.returncode == 0, f"struck {_struck(control)}: {said[-3000:]}"
    return set()


def _struck(control: Control) -> set[str]:
    return {str(fault["operation"]) for fault in control.faults() if fault["fired"]}


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
    killed = False
    while not killed and process.poll() is None:
        if any(fault["fired"] for fault in control.faults()):
            _kill(process)
            killed = True
        time.sleep(0.05)
    control.clear_faults()
    assert killed or process.returncode == 0, f"it failed by itself: {process.returncode}"
    return killed


def interrupt(process: subprocess.Popen[str], sent: signal.Signals) -> None:
    """To the whole group, as a terminal does."""
    os.killpg(process.pid, sent)


def when(
    world: World,
    reached: Callable[[], bool],
    strike: Callable[[], None],
    *command: str,
    env: Mapping[str, str] | None = None,
    mend: Callable[[], None] = lambda: None,
) -> tuple[int, str]:
    """Exit code and words of a command, when `strike()` happened as soon as `reached()` while it ran.

    `mend()` follows when the command has ended, or when it still waits for an answer long after.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", *command],
        cwd=workspace.root(),
        env={**world.env, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    deadline = time.monotonic() + END_SECONDS
    while not reached():
        assert process.poll() is None, f"it ended before: {process.stdout.read()[-3000:] if process.stdout else ''}"
        assert time.monotonic() < deadline, "never reached"
        time.sleep(0.05)
    strike()
    try:
        said, _ = process.communicate(timeout=WAITS_SECONDS)
    except subprocess.TimeoutExpired:
        mend()
        said, _ = process.communicate(timeout=END_SECONDS)
    else:
        mend()
    return process.returncode, said
