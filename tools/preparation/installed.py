"""What the machine has by itself: an engine, an S3 server, Go."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
from collections.abc import Iterable

from tools.preparation import places
from tools.preparation.places import ENGINE, EXTRAS, OPENSTACK, PARTS, S3, Part

GO_VERSION = (1, 26)
_HOST = ("pulumi-language-python", "pulumi-language-python-exec")


def parse_version(text: str) -> tuple[int, ...]:
    """The first dotted number of a program's own words; () where there is none."""
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return tuple(int(number) for number in found.groups(default="0")) if found else ()


def version(program: pathlib.Path | str, argument: str = "version") -> tuple[int, ...]:
    """What a program says of itself; () where it does not run."""
    try:
        words = subprocess.run([program, argument], capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return ()
    return parse_version(words.stdout) if words.returncode == 0 else ()


def pulumi() -> pathlib.Path | None:
    """An installed engine that is recent enough and has its Python language host beside it or on PATH."""
    found = _which("pulumi")
    if found is None:
        return None
    beside = found.resolve().parent
    host = all((beside / name).is_file() or _which(name) for name in _HOST)
    return found if host and version(found) >= places.PULUMI_VERSION else None


def versitygw() -> pathlib.Path | None:
    return _which("versitygw")


def openstack() -> pathlib.Path | None:
    """The official plugin: on PATH, or where `pulumi plugin install` puts it."""
    name = f"pulumi-resource-{OPENSTACK.name}"
    home = pathlib.Path(os.environ.get("PULUMI_HOME") or pathlib.Path("~/.pulumi").expanduser())
    kept = home / "plugins" / f"resource-{OPENSTACK.name}-v{places.OPENSTACK_VERSION}" / name
    return _which(name) or (kept if os.access(kept, os.X_OK) else None)


def go() -> pathlib.Path | None:
    """Go on PATH, if it is recent enough."""
    found = shutil.which("go")
    return pathlib.Path(found) if found and version(found) >= GO_VERSION else None


def wanted(parts: Iterable[Part] = PARTS) -> list[Part]:
    """Those of these parts that the machine does not have by itself."""
    have = {ENGINE: pulumi, S3: versitygw, OPENSTACK: openstack}
    return [part for part in parts if part not in have or not have[part]()]


def missing(parts: Iterable[Part] = PARTS) -> list[Part]:
    """Those of these parts that are still to be built."""
    return [part for part in wanted(parts) if not places.built(part)]


def folders() -> list[pathlib.Path]:
    """What to put in front of PATH. What is installed is on it already, save a plugin: it has a folder of its own."""
    plugin = openstack()
    beside = [plugin.parent] if plugin else [places.folder(part) for part in EXTRAS if places.built(part)]
    return [*(places.folder(part) for part in wanted()), *beside]


def _which(name: str) -> pathlib.Path | None:
    """A program on PATH outside our own cache: what we built, of this commit or another, is not installed."""
    ours = str(places.toolchains())
    path = os.environ.get("PATH", os.defpath)
    found = shutil.which(name, path=os.pathsep.join(p for p in path.split(os.pathsep) if not p.startswith(ours)))
    return pathlib.Path(found) if found else None
