"""Programs that endpoints run: on PATH, else where the toolchain keeps those that it built."""

from __future__ import annotations

import functools
import pathlib
import shutil
import subprocess
import sys

from blueprint import workspace


class Missing(RuntimeError):
    """The program is nowhere; the message says how to have it."""


@functools.cache
def find(name: str) -> pathlib.Path:
    """The absolute path of a program."""
    found = shutil.which(name) or shutil.which(name, path=_toolchain())
    if found is None:
        raise Missing("which is not on this machine: run `make toolchain`")
    return pathlib.Path(found).resolve()


def _toolchain() -> str:
    """The folders of the toolchain, as PATH has them; "" when there are none."""
    script = workspace.root() / "tools" / "toolchain.py"
    if not script.is_file():
        return ""
    run = subprocess.run([sys.executable, str(script), "path"], capture_output=True, text=True, check=False)
    return run.stdout.strip() if run.returncode == 0 else ""
