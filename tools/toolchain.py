#!/usr/bin/env python3
"""Prepares what Rempart runs on: the engine, its Python host, the sandbox's S3 server, the virtual environment.

    python3 tools/toolchain.py build          # all of it; a moment when it is there already
    python3 tools/toolchain.py build openstack   # the Pulumi plugin of OVHcloud's OpenStack too
    python3 tools/toolchain.py path           # the folders to put in front of PATH
    python3 tools/toolchain.py env            # the same, as a shell export
    python3 tools/toolchain.py status         # what is there and what is missing
    python3 tools/toolchain.py test           # the Go tests of what is ours: language host, what stands before a bridge
    python3 tools/toolchain.py bundle FILE    # what was built, as an archive for a machine without a network

An installed pulumi (3.259 or later, with its Python language host) is used as it is. Otherwise the engine is built from
the Go modules pinned in this folder into a cache outside the checkout, so that a second clone builds nothing.
Only the standard library is used: this runs before anything is installed.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import fcntl
import os
import pathlib
import shlex
import sys
from collections.abc import Iterator

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))  # run as a script, from any folder

from tools.preparation import bundle, golang, installed, places, pythons
from tools.preparation.telling import CACHE, Trouble, say

FAILED, INTERRUPTED = 3, 130  # as in cli/exit_codes.py


def build(extra: str | None = None) -> None:
    """Everything, each part once, and the extra part of that name; safe to run twice at the same time."""
    named = (*places.EXTRAS, *places.RIVALS)
    extras = [part for part in named if part.name == extra]
    if extra and not extras:
        raise Trouble(f"there is no part {extra}; there is {', '.join(part.name for part in named)}")
    pythons.require_python()
    places.cache().mkdir(parents=True, exist_ok=True)
    with _alone():
        parts = installed.missing([*places.PARTS, *extras])
        if parts and not bundle.take(parts):
            golang.room()
            go = golang.program()
            for part in parts:
                golang.build(part, go)
        pythons.project()


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    with (places.cache() / "toolchain.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("  another run prepares the toolchain: waiting for it ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def path() -> str:
    return os.pathsep.join(str(folder) for folder in installed.folders())


def status() -> int:
    """A short list for a person who has nothing yet; `rempart doctor` says more once it can run."""
    engine = installed.pulumi()
    print(f"cache    {places.cache()}")
    print(f"pulumi   {engine or 'none installed that is recent enough: ours is built'}")
    for part in [*installed.wanted(), *(part for part in places.EXTRAS if places.built(part))]:
        print(f"{'built' if places.built(part) else 'MISSING':8} {places.folder(part)}")
    whole = (places.ROOT / ".venv" / "bin" / "rempart").exists()
    print(f"{'there' if whole else 'MISSING':8} {places.ROOT / '.venv'}")
    if whole and not installed.missing():
        return 0
    print("What is missing comes with: make toolchain")
    return FAILED


def test() -> None:
    places.cache().mkdir(parents=True, exist_ok=True)
    with _alone():
        go = golang.program()
    golang.test(go)


def run(command: str, file: str | None) -> int:
    if command == "build":
        build(file)
    elif command == "path":
        print(path())
    elif command == "env":
        print(f'export PATH={shlex.quote(path())}:"$PATH"')
    elif command == "status":
        return status()
    elif command == "test":
        test()
    elif file is None:
        raise Trouble("bundle needs the name of the archive to write")
    else:
        bundle.write(pathlib.Path(file))
    return 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["build", "path", "env", "status", "test", "bundle"])
    parser.add_argument("file", nargs="?", help="the archive of `bundle`, the extra part of `build`")
    given = parser.parse_args(arguments)
    try:
        return run(given.command, given.file)
    except Trouble as trouble:
        say(f"error: {trouble}")
    except KeyboardInterrupt:
        say("interrupted; nothing is half-installed: run `make toolchain` again to go on")
        return INTERRUPTED
    except OSError as trouble:
        full = trouble.errno in (errno.ENOSPC, errno.EDQUOT)
        refused = trouble.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
        advice = "free some space, or set" if full else "set"
        say(f"error: {trouble}" + (f"; {advice} {CACHE} to a folder on another disk" if full or refused else ""))
    return FAILED


if __name__ == "__main__":
    sys.exit(main())
