"""The cloud's processes: each in a session of its own, known by its pid and its start, so that no stranger is ended."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import psutil

from sandbox import endpoints
from sandbox.errors import SandboxError
from sandbox.ovh import installing
from sandbox.ovh.layout import Cloud

ANSWER_SECONDS = 240
PAUSE_SECONDS = 0.2


def start(cloud: Cloud, name: str, command: Sequence[str], env: Mapping[str, str]) -> None:
    """Start a process that does not run yet."""
    if alive(cloud, name):
        return
    end(cloud, [name])  # what an earlier one may have left
    with _out(cloud, name).open("ab") as out:
        child = subprocess.Popen(
            command, env=dict(env), cwd="/", stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    started = psutil.Process(child.pid).create_time()
    endpoints.replace_file(_record(cloud, name), json.dumps({"pid": child.pid, "started": started}) + "\n")


def alive(cloud: Cloud, name: str) -> bool:
    return leader(cloud, name) is not None


def leader(cloud: Cloud, name: str) -> psutil.Process | None:
    """The process that was started under this name, if it still runs."""
    found = _read(_record(cloud, name))
    if found is None:
        return None
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(found[0])
        if abs(process.create_time() - found[1]) < 0.01 and process.status() != psutil.STATUS_ZOMBIE:
            return process
    return None


def names(cloud: Cloud) -> list[str]:
    """Every name that was started and not ended."""
    return sorted(path.stem for path in cloud.run.glob("*.json"))


def wait(cloud: Cloud, name: str, ready: Callable[[], bool], seconds: float = ANSWER_SECONDS) -> None:
    """Until `ready()`; an error with the end of the log where the process ends or the time is up."""
    deadline = time.monotonic() + seconds
    while not ready():
        if not alive(cloud, name):
            raise SandboxError(f"{name} of OpenStack ended as it started; {_why(cloud, name)}")
        if time.monotonic() > deadline:
            raise SandboxError(f"{name} of OpenStack did not answer within {seconds:.0f} s; {_why(cloud, name)}")
        time.sleep(PAUSE_SECONDS)


def end(cloud: Cloud, wanted: Iterable[str], patience: float = 2) -> None:
    """Ask, wait, insist; whatever a process left in its session goes with it."""
    chosen = list(wanted)
    members = {name: _session(cloud, name) for name in chosen}
    for name in chosen:
        if (process := leader(cloud, name)) is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate()
    family = [process for found in members.values() for process in found]
    _gone, left = psutil.wait_procs(family, timeout=patience)
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    _gone, left = psutil.wait_procs(left, timeout=10)
    if left:
        raise SandboxError(f"processes of OpenStack could not be stopped: {', '.join(str(one.pid) for one in left)}")
    for name in chosen:
        _record(cloud, name).unlink(missing_ok=True)


def _session(cloud: Cloud, name: str) -> list[psutil.Process]:
    """The processes of the session that was started under this name.

    A session's number is not given again while one of its processes lives, but it is afterwards: without its leader,
    only those are ours that still write where we told them to.
    """
    found = _read(_record(cloud, name))
    if found is None:
        return []
    led = leader(cloud, name) is not None
    return [
        process
        for process in psutil.process_iter()
        if _is_in(found[0], process) and (led or _is_ours(cloud, name, process))
    ]


def _is_in(session: int, process: psutil.Process) -> bool:
    try:
        return os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.NoSuchProcess, ProcessLookupError):
        return False


def _is_ours(cloud: Cloud, name: str, process: psutil.Process) -> bool:
    try:
        return any(one.path == str(_out(cloud, name)) for one in process.open_files())
    except psutil.Error:
        return False


def _out(cloud: Cloud, name: str) -> Path:
    return cloud.log / f"{name}.out"


def _why(cloud: Cloud, name: str) -> str:
    log = cloud.log / f"{name}.log"
    out = _out(cloud, name)
    return installing.tail(out if out.exists() and out.stat().st_size else log)


def _record(cloud: Cloud, name: str) -> Path:
    return cloud.run / f"{name}.json"


def _read(path: Path) -> tuple[int, float] | None:
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
        return int(tree["pid"]), float(tree["started"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
