"""Filter rules by zone and port: what several flows open together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from policies import addresses


class Opening(Protocol):
    """What a planned filter rule and a registered one have in common."""

    @property
    def key(self) -> str: ...
    @property
    def protocol(self) -> str: ...
    @property
    def first(self) -> int: ...
    @property
    def last(self) -> int: ...
    @property
    def cidrs(self) -> tuple[str, ...]: ...


def covers(opening: Opening, protocol: str, port: int) -> bool:
    return meet(opening.protocol, protocol) and opening.first <= port <= opening.last


def meet(a: str, b: str) -> bool:
    """Whether two protocols have traffic in common."""
    return a == b or "any" in (a, b)


def wide_together(openings: Sequence[Opening], limits: Mapping[int, int]) -> dict[str, tuple[str, ...]]:
    """Key of each opening -> the too-large public ranges that it opens, alone or with the others of its zone.

    Two halves of the Internet in two flows are the Internet. Ranges that overlap do so at the first port of one of
    them, so judging each first port judges every port.
    """
    found: dict[str, set[str]] = {}
    seen: dict[frozenset[str], tuple[str, ...]] = {}
    public = [one for one in openings if not all(addresses.is_private(cidr) for cidr in one.cidrs)]
    for protocol, port in sorted({(one.protocol, one.first) for one in public}):
        here = [one for one in public if covers(one, protocol, port)]
        ranges = frozenset(cidr for one in here for cidr in one.cidrs)
        if ranges not in seen:
            seen[ranges] = addresses.wide(ranges, limits)
        for block in seen[ranges]:
            for one in here:
                if any(addresses.inside(cidr, block) for cidr in one.cidrs):
                    found.setdefault(one.key, set()).add(block)
    return {key: tuple(sorted(blocks)) for key, blocks in found.items()}


def holds(first: int, last: int, ports: Iterable[int]) -> tuple[int, ...]:
    """Those of `ports` that lie in a range: a range that contains a port counts."""
    return tuple(sorted(port for port in ports if first <= port <= last))
