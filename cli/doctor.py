"""`rempart doctor`: what was found on this machine, what is missing, and the one command that mends it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import urllib.parse
from collections.abc import Callable

import rich.table

from blueprint import workspace
from cli import console, environment, exit_codes

FREE_MIB = 1000
TOOLCHAIN = "make toolchain"
SANDBOX = "rempart sandbox up"


@dataclasses.dataclass(frozen=True)
class Check:
    """One thing looked for. `required` ones decide the exit code; `remedy` is a command, "" where all is well."""

    name: str
    ok: bool
    found: str
    remedy: str = ""
    required: bool = True


def doctor(format: str) -> int:
    """Prints every check; 0 where nothing required is missing."""
    checks = inspect()
    if format == "json":
        print(json.dumps([dataclasses.asdict(check) for check in checks], indent=2))
    else:
        table = rich.table.Table("", "what", "found", "mend with")
        for check in checks:
            mark = "[green]ok[/]" if check.ok else "[red]missing[/]" if check.required else "[yellow]off[/]"
            table.add_row(mark, check.name, check.found, "" if check.ok else check.remedy)
        console.out().print(table)
    return exit_codes.OK if all(check.ok for check in checks if check.required) else exit_codes.ENVIRONMENT


def inspect() -> list[Check]:
    """All checks, each independent of the others."""
    env = environment.environment()
    return [
        _python(),
        _packages(),
        _program("pulumi", "version", env["PATH"], TOOLCHAIN),
        _program("pulumi-language-python", None, env["PATH"], TOOLCHAIN),
        _program("versitygw", "--version", env["PATH"], TOOLCHAIN),
        _program("git", "--version", env["PATH"], "apt install git"),
        _program("make", "--version", env["PATH"], "apt install make"),
        _space(),
        _clock(),
        _endpoint("outscale endpoint", env.get("OSC_ENDPOINT_API")),
        _endpoint("object storage endpoint", env.get("OOS_ENDPOINT")),
    ]


def _python() -> Check:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Check("python", sys.version_info >= (3, 11), version, "apt install python3.11 python3.11-venv")


def _packages() -> Check:
    """Whether the virtual environment is what uv.lock says; uv itself is the judge where it is there."""
    uv = shutil.which("uv") or _own_uv()
    if uv is None:
        return Check("packages of uv.lock", True, "uv is not here: not compared")
    done = subprocess.run(
        [uv, "sync", "--frozen", "--check", "--quiet"],
        cwd=workspace.root(),
        capture_output=True,
        text=True,
        check=False,
    )
    return Check(
        "packages of uv.lock", done.returncode == 0, "in step" if not done.returncode else "out of step", TOOLCHAIN
    )


def _own_uv() -> str | None:
    script = workspace.root() / "tools" / "toolchain.py"
    done = subprocess.run([sys.executable, str(script), "status"], capture_output=True, text=True, check=False)
    if done.returncode:
        return None
    path = pathlib.Path(json.loads(done.stdout)["cache"]) / "uv" / "bin" / "uv"
    return str(path) if path.exists() else None


def _program(name: str, version: str | None, path: str, remedy: str) -> Check:
    found = shutil.which(name, path=path)
    if found is None:
        return Check(name, False, "not found", remedy)
    if version is None:
        return Check(name, True, found)
    done = subprocess.run([found, version], capture_output=True, text=True, check=False)
    words = (done.stdout or done.stderr).strip().splitlines()
    return Check(name, done.returncode == 0, words[0] if words else found, remedy)


def _space() -> Check:
    free = shutil.disk_usage(workspace.root()).free // 2**20
    return Check("disk", free >= FREE_MIB, f"{free} MiB free", f"free {FREE_MIB} MiB")


def _clock() -> Check:
    """Requests are signed with the time: a clock that is years off is refused by every provider."""
    now = dt.datetime.now(dt.UTC)
    newest = max((p.stat().st_mtime for p in (workspace.root() / "policies").rglob("*.py")), default=0.0)
    day = dt.timedelta(days=1).total_seconds()
    return Check("clock", now.timestamp() > newest - day, now.isoformat(timespec="seconds"), "timedatectl set-ntp true")


def _endpoint(name: str, url: str | None, connect: Callable[..., socket.socket] = socket.create_connection) -> Check:
    if not url:
        return Check(name, False, "not set", SANDBOX, required=False)
    where = urllib.parse.urlsplit(url)
    try:
        connect((where.hostname, where.port or (443 if where.scheme == "https" else 80)), timeout=3).close()
    except OSError as error:
        return Check(name, False, f"{url}: {error.strerror or error}", SANDBOX, required=False)
    return Check(name, True, url, required=False)
