"""What the project's routers carry, as Neutron lists it: interfaces, routes, gateways and floating IPs.

Machines learn by DHCP which router leads where, and nobody holds them to it. So what is declared must find its way by
the routes that are handed out (EVERY), and what may pass at all (ANY) passes by any router that stands on the machine's
network. Either way the answer needs its own way back: a router sends it only where it knows the asker's segment.
"""

from __future__ import annotations

import dataclasses
import functools
import ipaddress
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from providers.observation import Reach
from providers.openings import Block
from providers.ovh import kinds
from providers.ovh.live import Thing

INTERFACES = ("network:router_interface", "network:ha_router_replicated_interface")
"""How the owners of a router's ports inside begin."""
EVERYWHERE: tuple[Block, Block] = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
Hop: TypeAlias = tuple[Block, str]
"""A destination and what it goes by: an address; in a router's own table, also one of its segments or OUTSIDE."""
OUTSIDE = "outside"


@dataclasses.dataclass(frozen=True)
class Place:
    """Where something stands inside. `public`: ids of the routers that hold a floating IP for it."""

    network: str
    segment: str
    block: Block
    public: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True)
class _Leg:
    """A router's interface in one segment."""

    network: str
    segment: str
    address: str
    block: Block


@dataclasses.dataclass(frozen=True)
class Router:
    identifier: str
    legs: tuple[_Leg, ...]
    hops: tuple[Hop, ...]
    outside: bool
    """Whether it has a gateway on the provider's own network."""
    hides: bool
    """Whether what leaves by it bears an address that answers find."""


class Routers:
    """All routers of one reading, whoever made them."""

    def __init__(self, things: Iterable[Thing], external: frozenset[str]) -> None:
        things = tuple(things)
        self._segments = {one.identifier: one.body for one in things if one.type == kinds.SUBNET}
        self._ports = [one.body for one in things if one.type == kinds.PORT]
        self._addresses = [one.body for one in things if one.type == kinds.FLOATING_IP]
        self._all = tuple(self._router(one, external) for one in things if one.type == kinds.ROUTER and _works(one))

    def between(self, here: Place, there: Place) -> frozenset[Reach]:
        """By which reach a conversation that `here` begins passes: there, and back."""
        return self._reaches(here, there) & self._reaches(there, here)

    def out(self, here: Place, block: Block) -> frozenset[Reach]:
        """To addresses on the Internet: by a router that changes the sender's address, or holds one for it."""
        return self._sent(here, block, None, lambda last: self._answers(last, here, block))

    def into(self, there: Place, block: Block) -> frozenset[Reach]:
        """From addresses on the Internet: by the router that holds its floating IP, by which the answer leaves too."""
        return self._sent(there, block, None, lambda last: last.identifier in there.public and self._leads(last, there))

    def public(self, port: Mapping[str, Any], address: str) -> frozenset[str]:
        """Routers that hold a floating IP for that address of a port."""
        return frozenset(
            str(one.get("router_id"))
            for one in self._addresses
            if one.get("port_id") == port["id"] and one.get("fixed_ip_address") == address and one.get("router_id")
        )

    def gateways(self, segment: str) -> frozenset[str]:
        """Routers that join a segment to the Internet."""
        return frozenset(
            one.identifier for one in self._all if one.outside and any(leg.segment == segment for leg in one.legs)
        )

    def _reaches(self, here: Place, there: Place) -> frozenset[Reach]:
        return self._sent(here, there.block, there.network, lambda _last: True)

    def _answers(self, last: Router, here: Place, block: Block) -> bool:
        known = last.hides or last.identifier in here.public or block.version == 6
        return known and self._leads(last, here)

    def _leads(self, router: Router, there: Place) -> bool:
        return self._last(router, there.block, there.network) is not None

    def _sent(self, here: Place, block: Block, goal: str | None, right: Callable[[Router], bool]) -> frozenset[Reach]:
        """By which reach what is sent from `here` to `block` comes to `goal` over a router that is `right`."""
        handed = self._handed(here.segment)
        pieces = self._pieces(handed, block)

        def comes(piece: Block, address: str | None) -> bool:
            lasts = (self._last(one, piece, goal) for one in self._at(here.network, address))
            return any(last is not None and right(last) for last in lasts)

        found = {Reach.ANY} if any(comes(piece, None) for piece in pieces) else set[Reach]()
        ways = [(piece, _best(handed, piece)) for piece in pieces]
        if all(hop is not None and comes(piece, hop) for piece, hop in ways):
            found.add(Reach.EVERY)
        return frozenset(found)

    def _pieces(self, handed: Iterable[Hop], block: Block) -> list[Block]:
        """`block`, and every part of it that some route sends by itself."""
        known = self._known | {found for found, _ in handed}
        return [block, *(found for found in known if found != block and _holds(block, found))]

    @functools.cached_property
    def _known(self) -> frozenset[Block]:
        return frozenset(found for router in self._all for found, _ in _table(router))

    def _last(
        self, router: Router, piece: Block, goal: str | None, passed: frozenset[str] = frozenset()
    ) -> Router | None:
        """The router that gives `piece` to the network `goal` (None: to the Internet), where `router` sends it so."""
        hop = _best(_table(router), piece)
        if hop is None or router.identifier in passed:
            return None
        if hop == OUTSIDE:
            return router if goal is None else None
        leg = next((leg for leg in router.legs if leg.segment == hop), None)
        if leg is not None:
            return router if leg.network == goal else None
        beside = [one for leg in router.legs for one in self._at(leg.network, hop) if one is not router]
        ends = (self._last(one, piece, goal, passed | {router.identifier}) for one in beside)
        return next((end for end in ends if end is not None), None)

    @functools.cache  # noqa: B019 - lives for one reading
    def _at(self, network: str, address: str | None) -> tuple[Router, ...]:
        """Routers with an interface on a network, under one address or (None) under any."""
        return tuple(
            one
            for one in self._all
            if any(leg.network == network and address in (None, leg.address) for leg in one.legs)
        )

    @functools.cache  # noqa: B019 - lives for one reading
    def _handed(self, segment: str) -> tuple[Hop, ...]:
        """The routes that machines of a segment learn there, the default one where it has a gateway."""
        body = self._segments.get(segment, {})
        gateway = body.get("gateway_ip")
        return (*_hops(body.get("host_routes")), *((block, str(gateway)) for block in EVERYWHERE if gateway))

    def _router(self, thing: Thing, external: frozenset[str]) -> Router:
        gateway = thing.body.get("external_gateway_info") or {}
        legs = tuple(
            _Leg(str(port["network_id"]), str(one["subnet_id"]), str(one["ip_address"]), self._block(one))
            for port in self._ports
            if port.get("device_id") == thing.identifier and str(port.get("device_owner", "")).startswith(INTERFACES)
            for one in port.get("fixed_ips") or ()
        )
        outside = str(gateway.get("network_id")) in external
        return Router(
            thing.identifier, legs, _hops(thing.body.get("routes")), outside, bool(gateway.get("enable_snat", True))
        )

    def _block(self, fixed: Mapping[str, Any]) -> Block:
        """The segment behind an interface; its own address where the segment is another project's."""
        known = self._segments.get(str(fixed["subnet_id"]), {})
        return ipaddress.ip_network(str(known.get("cidr") or fixed["ip_address"]))


def _table(router: Router) -> tuple[Hop, ...]:
    """Its own segments first, which go before a written route of the same length; then the way out."""
    return (
        *((leg.block, leg.segment) for leg in router.legs),
        *router.hops,
        *((block, OUTSIDE) for block in EVERYWHERE if router.outside),
    )


def _hops(routes: Any) -> tuple[Hop, ...]:
    return tuple((ipaddress.ip_network(str(one["destination"])), str(one["nexthop"])) for one in routes or ())


def _best(table: Iterable[Hop], piece: Block) -> str | None:
    """Where the most precise route that holds all of `piece` leads."""
    holding = [hop for hop in table if _holds(hop[0], piece)]
    return max(holding, key=lambda hop: hop[0].prefixlen)[1] if holding else None


def _holds(outer: Block, inner: Block) -> bool:
    return outer.version == inner.version and inner.overlaps(outer) and outer.prefixlen <= inner.prefixlen


def _works(thing: Thing) -> bool:
    return bool(thing.body.get("is_admin_state_up", True))
