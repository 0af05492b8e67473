"""What a plan allows, worked out here once more from its flows alone: the oracle that an account is compared with."""

from __future__ import annotations

import collections
import itertools
from collections.abc import Mapping

from blueprint import plan as plans
from providers.capabilities import Offer
from providers.observation import FlowObserver, Opening, Reach

Pair = tuple[str, str]
EVERY_ICMP = Opening("icmp", 0, 65535)


def places(plan: plans.Plan) -> tuple[str, ...]:
    """Zones and externals, by subject."""
    zones = [zone.subject for bubble in plan.bubbles for zone in bubble.zones]
    return (*zones, *(external.subject for external in plan.externals))


def declared(plan: plans.Plan) -> Mapping[Pair, frozenset[Opening]]:
    """What may pass between each two places: the flows that name them, or the bubble that they inhabit."""
    found: dict[Pair, set[Opening]] = collections.defaultdict(set)
    for flow in plan.flows:
        opening = EVERY_ICMP if flow.protocol == "icmp" else Opening(flow.protocol, flow.from_port, flow.to_port)
        for pair in itertools.product(_zones(plan, flow.source), _zones(plan, flow.destination)):
            found[pair].add(opening)
    return {pair: frozenset(openings) for pair, openings in found.items()}


def _zones(plan: plans.Plan, end: str) -> tuple[str, ...]:
    bubble = next((one for one in plan.bubbles if one.subject == end), None)
    if bubble is None:
        return (end,)
    inhabited = {machine.zone for machine in plan.all_machines}
    own = tuple(zone.subject for zone in bubble.zones)
    return tuple(zone for zone in own if zone in inhabited) or own


def ports(openings: frozenset[Opening]) -> set[tuple[str, int]]:
    """(protocol, port), each one: two lists of ranges are compared by what they hold."""
    return {(one.protocol, port) for one in openings for port in range(one.first, one.last + 1)}


def denied_but_open(plan: plans.Plan, seen: FlowObserver) -> list[str]:
    """Pairs of places where some address reaches some other on what no flow declares."""
    allowed = declared(plan)
    return [
        f"{source} -> {there}: {_spell(extra)}"
        for source, there in itertools.product(places(plan), repeat=2)
        if (extra := ports(seen.openings(source, there, Reach.ANY)) - ports(allowed.get((source, there), frozenset())))
    ]


def declared_but_closed(plan: plans.Plan, seen: FlowObserver, beyond: frozenset[Pair] = frozenset()) -> list[str]:
    """Declared flows by which some address does not reach some other, save those `beyond` what the offer carries."""
    return [
        f"{source} -> {there}: {_spell(missing)}"
        for (source, there), wanted in declared(plan).items()
        if (source, there) not in beyond
        and (missing := ports(wanted) - ports(seen.openings(source, there, Reach.EVERY)))
    ]


def beyond(plan: plans.Plan, offer: Offer) -> frozenset[Pair]:
    """Ways out through a NAT service that the offer has not: a declared workaround's business."""
    routes = [] if offer.has("nat") else [route for route in plan.routes if route.via is plans.Via.NAT]
    return frozenset(
        (route.zone, external.subject)
        for route in routes
        for external in plan.externals
        if route.destination in external.cidrs
    )


def _spell(found: set[tuple[str, int]]) -> str:
    shown = [f"{protocol}/{port}" for protocol, port in sorted(found)[:3]]
    return ", ".join(shown) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
