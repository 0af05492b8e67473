"""What rules need in order to be reachable: peerings between bubbles, gateways, and the routes of each zone.

There is never a default route that no flow asks for: a zone reaches the bubbles and the ranges it has rules with,
nothing else. An external reached by a private link gets rules and no route: the link's own routes come with it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from blueprint.plan import Bubble, Direction, External, FilterRule, Gateway, Peering, Route, Via, Zone, ZoneRole


@dataclasses.dataclass(frozen=True, slots=True)
class Paths:
    peerings: tuple[Peering, ...]
    gateways: tuple[Gateway, ...]
    routes: tuple[Route, ...]


def find(bubbles: Iterable[Bubble], externals: Iterable[External], rules: Iterable[FilterRule]) -> Paths:
    """Peerings, gateways and routes for `rules`, each sorted by subject."""
    router = _Router({b.name: b for b in bubbles}, {e.subject: e for e in externals})
    # Ingress first: a range that must reach a zone decides the zone's way back to it.
    for rule in sorted(rules, key=lambda rule: rule.direction is not Direction.INGRESS):
        router.add(rule)
    return router.paths()


class _Router:
    def __init__(self, bubbles: dict[str, Bubble], externals: dict[str, External]) -> None:
        self._bubbles = bubbles
        self._externals = externals
        self._zones = {zone.subject: zone for bubble in bubbles.values() for zone in bubble.zones}
        self._peerings: dict[tuple[str, str], set[str]] = {}
        self._gateways: dict[str, Gateway] = {}
        self._routes: dict[tuple[str, str], Route] = {}  # by zone and destination: a table holds each once

    def add(self, rule: FilterRule) -> None:
        zone = self._zones[rule.zone]
        external = self._externals.get(rule.peer)
        if external is None:
            self._to_bubble(zone, self._bubbles[rule.peer.split("/")[1]], rule.flow)
        elif external.via == "internet":
            self._to_internet(zone, rule)

    def paths(self) -> Paths:
        peerings = [
            Peering(subject=_peering(a, b), a=a, b=b, flows=tuple(sorted(flows)))
            for (a, b), flows in self._peerings.items()
        ]
        return Paths(
            tuple(sorted(peerings, key=lambda p: p.subject)),
            tuple(sorted(self._gateways.values(), key=lambda g: g.subject)),
            tuple(sorted(self._routes.values(), key=lambda r: r.subject)),
        )

    def _to_bubble(self, zone: Zone, peer: Bubble, flow: str) -> None:
        if peer.name == zone.bubble:
            return  # the network routes between its own subnets
        a, b = sorted((zone.bubble, peer.name))
        self._peerings.setdefault((a, b), set()).add(flow)
        self._route(zone, peer.cidr, Via.PEERING, _peering(a, b))

    def _to_internet(self, zone: Zone, rule: FilterRule) -> None:
        """Edge zones by the bubble's internet service; others leave by a NAT service that stands in the edge zone.

        A zone that the Internet must reach, or that has no edge zone beside it, can only be put on the internet
        service itself: planned as written, refused by the policy pack.
        """
        edge = _edge_of(self._bubbles[zone.bubble])
        if zone.role is ZoneRole.EDGE or edge is None or rule.direction is Direction.INGRESS:
            self._route(zone, rule.cidr, Via.INTERNET, self._internet(zone.bubble))
            return
        if (zone.subject, rule.cidr) in self._routes:
            return  # already on the internet service, and a table holds one route for a range
        nat = Gateway(f"bubbles/{zone.bubble}/gateways/{Via.NAT}", zone.bubble, Via.NAT, edge.subject)
        self._gateways[nat.subject] = nat
        self._route(zone, rule.cidr, Via.NAT, nat.subject)
        self._route(edge, rule.cidr, Via.INTERNET, self._internet(zone.bubble))

    def _internet(self, bubble: str) -> str:
        gateway = Gateway(f"bubbles/{bubble}/gateways/{Via.INTERNET}", bubble, Via.INTERNET, None)
        self._gateways[gateway.subject] = gateway
        return gateway.subject

    def _route(self, zone: Zone, destination: str, via: Via, target: str) -> None:
        name = destination.replace(".", "-").replace("/", "-").replace(":", "-")
        self._routes[zone.subject, destination] = Route(
            f"{zone.subject}/routes/{name}", zone.subject, destination, via, target
        )


def _peering(a: str, b: str) -> str:
    return f"peerings/{a}--{b}"


def _edge_of(bubble: Bubble) -> Zone | None:
    edges = [zone for zone in bubble.zones if zone.role is ZoneRole.EDGE]
    return min(edges, key=lambda zone: zone.slot) if edges else None
