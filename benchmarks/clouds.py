"""Where benchmarks on the real OpenStack can run."""

from __future__ import annotations

import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from blueprint import workspace
from sandbox.ovh import installing
from tests.engine import world as worlds
from tools.preparation import places


def possible(benchmark: str) -> bool:
    """False, said aloud, where OpenStack is not installed and cannot be."""
    missing = installing.missing_packages()
    if not missing or os.geteuid() == 0:
        return True
    print(f"{benchmark}: skipped, it needs {', '.join(missing)}, and only root may install them", flush=True)
    return False


@contextlib.contextmanager
def world(name: str) -> Iterator[tuple[worlds.World, pathlib.Path]]:
    """A project in this machine's OpenStack, with the plugin built, and an empty folder; both go at the end."""
    build(places.OPENSTACK)
    with tempfile.TemporaryDirectory() as scratch:
        state, folder = pathlib.Path(scratch) / "world", pathlib.Path(scratch) / "work"
        folder.mkdir()
        with worlds.world(f"{name}{os.getpid()}", state, "ovh-sandbox") as made:
            yield made, folder


def build(part: places.Part) -> None:
    """An extra part of the toolchain; a moment when it is there."""
    command = [sys.executable, "tools/toolchain.py", "build", part.name]
    subprocess.run(command, cwd=workspace.root(), check=True)
