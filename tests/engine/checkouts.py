"""A copy of this checkout whose offer has more: what one line of capabilities.yaml turns on is tried as it will be."""

from __future__ import annotations

import pathlib
import re
import shutil
import sys
from collections.abc import Iterable

from blueprint import workspace

LEFT_OUT = (".*", "__pycache__", "tests", "benchmarks", "docs")
"""What no command needs; the virtual environment is the same one."""


def grown(folder: pathlib.Path, provider: str, features: Iterable[str]) -> pathlib.Path:
    """The copy, in a new folder below `folder`: each feature's `state` is native there, and nothing else differs."""
    made = folder / "checkout"
    shutil.copytree(workspace.root(), made, ignore=shutil.ignore_patterns(*LEFT_OUT))
    (made / ".venv").symlink_to(sys.prefix)
    path = made / "providers" / provider / "capabilities.yaml"
    text = path.read_text(encoding="utf-8")
    for name in features:
        text, changed = re.subn(rf"(?m)^(      {name}:\n        state: )\w+", r"\1native", text)
        assert changed == 1, f"{path} says {changed} times what the state of {name} is"
    path.write_text(text, encoding="utf-8")
    return made
