"""Programs that endpoints run: on PATH, else where the toolchain keeps those that it built."""

from __future__ import annotations

import functools
import os
import pathlib
import shutil

from tools.preparation import installed


class Missing(RuntimeError):
    """The program is nowhere; the message says how to have it."""


@functools.cache
def find(name: str) -> pathlib.Path:
    """The absolute path of a program."""
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(map(str, installed.folders())))
    if found is None:
        raise Missing("which is not on this machine: run `make toolchain`")
    return pathlib.Path(found).resolve()
