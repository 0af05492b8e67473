"""Address ranges, compared by what they hold and never by how they are written."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Iterable, Mapping
from typing import TypeAlias

Range: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_PRIVATE: tuple[Range, ...] = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fe80::/10")
)
"""RFC 1918, RFC 6598, RFC 4193, RFC 4291: ranges that no Internet host has."""


@functools.lru_cache(maxsize=65536)
def parse(text: str) -> Range:
    return ipaddress.ip_network(text, strict=False)


@functools.lru_cache(maxsize=65536)
def inside(inner: str, outer: str) -> bool:
    """Whether every address of `inner` is in `outer`."""
    a, b = parse(inner), parse(outer)
    if isinstance(a, ipaddress.IPv4Network) and isinstance(b, ipaddress.IPv4Network):
        return a.subnet_of(b)
    if isinstance(a, ipaddress.IPv6Network) and isinstance(b, ipaddress.IPv6Network):
        return a.subnet_of(b)
    return False


def inside_any(inner: str, outers: Iterable[str]) -> bool:
    """Whether `inner` lies inside the union of `outers` (two halves make a whole)."""
    return any(inside(inner, str(outer)) for outer in collapse(outers))


def overlap(a: str, b: str) -> bool:
    left, right = parse(a), parse(b)
    return left.version == right.version and left.overlaps(right)


def collapse(texts: Iterable[str]) -> tuple[Range, ...]:
    """The same addresses in the fewest ranges; IPv4 first."""
    parsed = [parse(text) for text in texts]
    four = [one for one in parsed if isinstance(one, ipaddress.IPv4Network)]
    six = [one for one in parsed if isinstance(one, ipaddress.IPv6Network)]
    return (*ipaddress.collapse_addresses(four), *ipaddress.collapse_addresses(six))


def is_private(text: str) -> bool:
    return any(inside(text, str(private)) for private in _PRIVATE)


def wide(texts: Iterable[str], limits: Mapping[int, int]) -> tuple[str, ...]:
    """Public ranges that the union of `texts` holds and that are larger than allowed.

    `limits` maps the IP version to the shortest prefix that is still narrow: {4: 16, 6: 32}.
    """
    return tuple(
        str(one) for one in collapse(texts) if one.prefixlen < limits[one.version] and not is_private(str(one))
    )
