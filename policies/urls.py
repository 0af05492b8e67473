"""Where a URL leads, read so strictly that no client can read another host in it."""

from __future__ import annotations

import dataclasses
import functools
import re

_PLAIN = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?:/[a-z0-9._~/-]*)?",
    re.ASCII,
)
"""No user, no query, no fragment, no backslash, no escape: of `http://a\\@b`, some clients call `a` and others `b`."""
_PORTS = {"http": 80, "https": 443}


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    scheme: str
    host: str
    port: int


@functools.lru_cache(maxsize=256)
def place(url: str) -> Place | None:
    """None for what is no plain `http` or `https` URL."""
    found = _PLAIN.fullmatch(url.lower())
    if found is None:
        return None
    return Place(found["scheme"], found["host"].strip("[]"), int(found["port"] or _PORTS[found["scheme"]]))
