"""What filters let through, by port and by address: the part of a flow observer that no provider changes."""

from __future__ import annotations

import dataclasses
import functools
import ipaddress
from collections.abc import Iterable
from typing import TypeAlias

from providers.observation import Opening, Reach

Block: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
PROTOCOLS = ("tcp", "udp", "icmp")
NOTHING: dict[Reach, frozenset[Opening]] = {Reach.ANY: frozenset(), Reach.EVERY: frozenset()}


@dataclasses.dataclass(frozen=True)
class Rule:
    """One opening of one filter, towards or from one range."""

    opening: Opening
    block: Block


def rules(protocol: object, first: object, last: object, blocks: Iterable[Block]) -> list[Rule]:
    """The rules of one entry of a filter. What cannot be read is taken as open; ICMP has every type."""
    low, high = (first, last) if isinstance(first, int) and isinstance(last, int) else (0, 65535)
    names = (str(protocol),) if protocol in PROTOCOLS else PROTOCOLS
    return [
        Rule(Opening(name, 0, 65535) if name == "icmp" else Opening(name, low, high), block)
        for block in blocks
        for name in names
    ]


def passing(
    outbound: Iterable[Rule] | None, towards: Block | None, inbound: Iterable[Rule] | None, comes_from: Block | None
) -> dict[Reach, frozenset[Opening]]:
    """What both sides let through; None for a side that is not ours."""
    sides = [(list(rules), block) for rules, block in ((outbound, towards), (inbound, comes_from)) if rules is not None]
    return {
        reach: in_all(
            [merge(rule.opening for rule in found if _meets(rule.block, block, reach)) for found, block in sides]
        )
        for reach in Reach
    }


def either(ways: Iterable[dict[Reach, frozenset[Opening]]]) -> dict[Reach, frozenset[Opening]]:
    """Between the same two ends, over one way or another; nothing where there is none."""
    found = list(ways)
    return {reach: merge(one for way in found for one in way[reach]) for reach in Reach}


def together(pairs: Iterable[dict[Reach, frozenset[Opening]]], reach: Reach) -> frozenset[Opening]:
    """Over every pair of addresses: what some of them may (ANY), or what all of them may (EVERY)."""
    ranked = [pair[reach] for pair in pairs]
    if not ranked:
        return frozenset()
    return merge(frozenset.union(*ranked) if reach is Reach.ANY else in_all(ranked))


def in_all(sides: Iterable[frozenset[Opening]]) -> frozenset[Opening]:
    """What every one of `sides` holds, port by port."""

    def both(a: frozenset[Opening], b: frozenset[Opening]) -> frozenset[Opening]:
        return merge(
            Opening(one.protocol, max(one.first, other.first), min(one.last, other.last))
            for one in a
            for other in b
            if one.protocol == other.protocol and max(one.first, other.first) <= min(one.last, other.last)
        )

    return functools.reduce(both, sides)


def merge(openings: Iterable[Opening]) -> frozenset[Opening]:
    """The same openings with ranges that touch or overlap made one."""
    found: list[Opening] = []
    for one in sorted(openings):
        if found and found[-1].protocol == one.protocol and one.first <= found[-1].last + 1:
            found[-1] = Opening(one.protocol, found[-1].first, max(found[-1].last, one.last))
        else:
            found.append(one)
    return frozenset(found)


def _meets(rule: Block, block: Block | None, reach: Reach) -> bool:
    if block is None or rule.version != block.version:
        return False
    if reach is Reach.ANY:
        return rule.overlaps(block)
    return rule.prefixlen <= block.prefixlen and rule.overlaps(block)
