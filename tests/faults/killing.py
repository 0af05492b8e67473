"""Runs a command until a fault strikes, then kills everything it started: no handler runs, no answer arrives."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping

import psutil

from sandbox.outscale.control import Control
from tests import longer
from tests.engine.world import World

HANG_MS = 20_000
WAITS_SECONDS = 45
"""A service whose database is gone tries for many minutes, and so does who asked it: then it is mended meanwhile."""
END_SECONDS = 400
"""A command whose provider answers again ends by itself within this."""
LIMIT_SECONDS = 240
CALM_SECONDS = 1.5
"""Nothing more was struck for so long: what else the command had to do waits for what hangs."""


@dataclasses.dataclass(frozen=True)
class Running:
    """A command that runs beside the test."""

    process: subprocess.Popen[str]
    out: pathlib.Path
    err: pathlib.Path

    def said(self) -> str:
        """What it has printed so far, then what it has told on standard error."""
        return self.out.read_text(encoding="utf-8") + self.told()

    def told(self) -> str:
        return self.err.read_text(encoding="utf-8")


@contextlib.contextmanager
def running(
    world: World, *command: str, env: Mapping[str, str] | None = None, group: bool = False
) -> Iterator[Running]:
    """Starts a command; with `group` as a terminal does, so that Ctrl-C reaches all of it.

    Its words go to files: a pipe that nobody reads stops a command that says much. Nothing of it runs afterwards.
    """
    with tempfile.TemporaryDirectory() as folder:
        out, err = pathlib.Path(folder, "out"), pathlib.Path(folder, "err")
        with out.open("w") as printed, err.open("w") as told:
            process = subprocess.Popen(
                command,
                cwd=world.checkout,
                env={**world.env, **(env or {})},
                stdout=printed,
                stderr=told,
                text=True,
                start_new_session=group,
            )
        try:
            yield Running(process, out, err)
        finally:
            _kill(process)


def rempart(*arguments: str) -> tuple[str, ...]:
    """Our own command with these arguments."""
    return sys.executable, "-m", "cli.main", *arguments


def until_struck(world: World, control: Control, kind: str, operations: Iterable[str], *command: str) -> set[str]:
    """Names of the operations in which it was killed; none where the command ended by itself, successfully.

    In the long form it is killed at the first; else when all that can run beside the first is done or hangs too, so
    that several answers are lost at once.
    """
    control.clear_faults()
    for operation in operations:
        control.fault(kind, operation, ms=HANG_MS)
    deadline = time.monotonic() + LIMIT_SECONDS
    struck, last = set[str](), time.monotonic()
    with running(world, *command) as one:
        while one.process.poll() is None:
            assert time.monotonic() < deadline, f"neither struck nor done: {one.said()[-3000:]}"
            now = _struck(control)
            if now != struck:
                struck, last = now, time.monotonic()
            if struck and (every_kill() or time.monotonic() - last > CALM_SECONDS):
                _kill(one.process)
                control.clear_faults()
                return struck
            time.sleep(0.05)
        assert one.process.returncode == 0, f"struck {_struck(control)}: {one.said()[-3000:]}"
    return set()


def _struck(control: Control) -> set[str]:
    return {str(fault["operation"]) for fault in control.faults() if fault["fired"]}


def _kill(process: subprocess.Popen[str]) -> None:
    """The whole tree, deepest last-born included: engine, language hosts, plugins, programs, packs."""
    family: list[psutil.Process] = []
    with contextlib.suppress(psutil.NoSuchProcess):
        family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
    for member in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
    psutil.wait_procs(family, timeout=10)
    process.wait()


def every_kill() -> bool:
    """True where the long form was asked for (`make test-faults`): every call, not each operation once."""
    return longer.KILLS.asked()


def after_writes(world: World, control: Control, number: int, *command: str) -> bool:
    """Kills `command` when it has done `number` writes more; False where it ended before."""
    control.clear_faults()
    control.fault("hang_after", "writes", after=number, ms=HANG_MS)
    with running(world, *rempart(*command)) as one:
        killed = False
        while not killed and one.process.poll() is None:
            if any(fault["fired"] for fault in control.faults()):
                _kill(one.process)
                killed = True
            time.sleep(0.05)
        control.clear_faults()
        assert killed or one.process.returncode == 0, f"it failed by itself: {one.said()[-3000:]}"
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
    deadline = time.monotonic() + END_SECONDS
    with running(world, *rempart(*command), env=env) as one:
        while not reached():
            assert one.process.poll() is None, f"it ended before: {one.said()[-3000:]}"
            assert time.monotonic() < deadline, f"never reached: {one.said()[-3000:]}"
            time.sleep(0.05)
        strike()
        with contextlib.suppress(subprocess.TimeoutExpired):
            one.process.wait(timeout=WAITS_SECONDS)
        mend()
        return one.process.wait(timeout=END_SECONDS), one.said()
