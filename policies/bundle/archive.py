"""The archive of an evidence bundle: a plain tar in one canonical form, so that every bit of it is accounted for.

Regular files only, uncompressed, without dates, owners or modes of their own. Reading compares each header with the one
that writing gives: links, devices, sparse or extended entries, absolute or climbing names, doubled members and
compressed archives have no place in it. Nothing is ever extracted to disk.
"""

from __future__ import annotations

import pathlib
import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping

from blueprint.errors import RempartError, display

BLOCK, RECORD = 512, 10240
MAX_BYTES = 512 << 20
"""Read whole, in memory."""
MAX_MEMBERS = 10_000
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
"""No empty or hidden part, so no `..`, and nothing that a file system or a terminal could read otherwise."""


class Broken(RempartError):
    """The archive is not one that `write` makes. `member` is the part that differs."""

    def __init__(self, member: str, message: str) -> None:
        self.member = member
        super().__init__(f"{member}: {message}")


def encode(members: Iterable[tuple[str, bytes]]) -> bytes:
    """The archive, its members in the order given. The same members give the same bytes."""
    parts: list[bytes] = []
    for name, content in members:
        parts += [_header(name, len(content)), content, bytes(-len(content) % BLOCK)]
    parts.append(bytes(2 * BLOCK))
    whole = b"".join(parts)
    return whole + bytes(-len(whole) % RECORD)


def read(path: pathlib.Path) -> dict[str, bytes]:
    """Every member, in order. Raises `Broken`, which names what differs, or `RempartError` for no such file."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise Broken(display(path), f"larger than {MAX_BYTES >> 20} MiB: not an evidence bundle")
        return decode(path.read_bytes())
    except OSError as error:
        raise RempartError(f"{display(path)} cannot be read ({error.strerror}): check its name") from None


def decode(whole: bytes) -> dict[str, bytes]:
    """The inverse of `encode`."""
    found: dict[str, bytes] = {}
    last = "the beginning"
    position = 0
    while (block := whole[position : position + BLOCK]).strip(b"\0"):
        name, size = _entry(block, last)
        if name in found or len(found) >= MAX_MEMBERS:
            raise Broken(name, "stands twice in the archive" if name in found else "one member too many")
        start, end = position + BLOCK, position + BLOCK + size
        position = end + -size % BLOCK
        if position > len(whole):
            raise Broken(name, "the archive is cut short inside it")
        if whole[end:position].strip(b"\0"):
            raise Broken(name, "something stands between it and the next member")
        found[name] = whole[start:end]
        last = name
    rest = len(whole) - position
    if whole[position:].strip(b"\0") or rest < 2 * BLOCK or rest >= 2 * BLOCK + RECORD or len(whole) % RECORD:
        raise Broken("the end of the archive", f"it is not as it was written, after {last}")
    return found


def _entry(block: bytes, last: str) -> tuple[str, int]:
    """Name and size of a header that is exactly the one that `encode` writes."""
    try:
        info = tarfile.TarInfo.frombuf(block, "ascii", "strict")
    except (tarfile.TarError, UnicodeError, ValueError):
        raise Broken("the header of a member", f"it cannot be read, after {last}: damaged, or not a bundle") from None
    if not NAME.fullmatch(info.name) or info.size < 0 or _header(info.name, info.size) != block:
        shown = info.name if NAME.fullmatch(info.name) else "a member"
        raise Broken(f"the header of {shown}", f"it is not a plain file of a bundle, after {last}")
    return info.name, info.size


def _header(name: str, size: int) -> bytes:
    if not NAME.fullmatch(name) or len(name) > 100:
        raise Broken(name, "no name for a member: letters, digits, `.`, `_`, `-`, at most 100")
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o644, 0
    return info.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict")


def ordered(members: Mapping[str, bytes], first: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Members in the order of the archive: those of `first` that are there, then the others by name."""
    head = [name for name in first if name in members]
    for name in [*head, *sorted(set(members) - set(head))]:
        yield name, members[name]
