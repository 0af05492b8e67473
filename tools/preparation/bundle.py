"""Parts built elsewhere: written as one archive on a machine with a network, named by the user on one without."""

from __future__ import annotations

import gzip
import os
import pathlib
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Callable

from tools.preparation import installed, places
from tools.preparation.places import EXTRAS, PARTS, Part
from tools.preparation.telling import BUNDLE, Trouble, say

BROKEN = (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile)
"""How an archive that was cut short or altered shows."""

Copy = Callable[[str, pathlib.Path], None]
"""(name inside the bundle, where to) -> None; raises KeyError or FileNotFoundError where there is no such file."""


def write(target: pathlib.Path) -> None:
    """All parts that were built, as `<part>-<key>/bin/<program>` in a tar archive."""
    absent = [part.name for part in PARTS if not places.built(part)]
    if absent:
        raise Trouble(
            f"not built yet: {', '.join(absent)}. Run `make toolchain` first"
            + ("; an installed one cannot be bundled: take it off PATH" if installed.pulumi() else "")
        )
    with tarfile.open(target, "w:gz") as archive:
        for part in (*PARTS, *(part for part in EXTRAS if places.built(part))):
            for program in places.files(part):
                archive.add(places.folder(part) / program, f"{places.label(part)}/bin/{program}")
    say(f"  {target} holds the toolchain of this commit: {BUNDLE}={target} make toolchain")


def take(parts: list[Part]) -> bool:
    """The parts from the bundle that the user names; False where none is named."""
    named = os.environ.get(BUNDLE)
    if not named:
        return False
    source = pathlib.Path(named).expanduser()
    if not source.exists():
        raise Trouble(f"{BUNDLE} names {source}, which does not exist. Unset it to build from modules.")
    if source.is_dir():
        _take(parts, source, lambda name, to: _plain(source / name, to))
    else:
        try:
            with tarfile.open(source) as archive:
                _take(parts, source, lambda name, to: _member(archive, name, to))
        except BROKEN as broken:
            raise Trouble(f"{source} is not a tar archive that can be read ({broken}). Copy it again.") from broken
    say(f"  toolchain taken from {source}")
    return True


def _take(parts: list[Part], source: pathlib.Path, copy: Copy) -> None:
    """Only the files that a part is made of are read, by name: nothing else in the bundle can reach the disk."""
    places.toolchains().mkdir(parents=True, exist_ok=True)
    for part in parts:
        with tempfile.TemporaryDirectory(dir=places.toolchains(), prefix="taking-") as scratch:
            made = pathlib.Path(scratch) / places.label(part) / "bin"
            made.mkdir(parents=True)
            for program in places.files(part):
                name = f"{places.label(part)}/bin/{program}"
                try:
                    copy(name, made / program)
                except (KeyError, FileNotFoundError) as absent:
                    raise Trouble(f"{source} has no {name}: make it from this commit, or unset {BUNDLE}.") from absent
                (made / program).chmod(0o755)
            made.parent.rename(places.folder(part).parent)


def _plain(source: pathlib.Path, to: pathlib.Path) -> None:
    shutil.copyfile(source, to)


def _member(archive: tarfile.TarFile, name: str, to: pathlib.Path) -> None:
    member = archive.extractfile(name)
    if member is None:
        raise KeyError(name)
    with member, to.open("wb") as file:
        shutil.copyfileobj(member, file)
