"""What OpenStack keeps inside other things and the adapter declares by itself, where there are routers.

A router's interfaces, a segment's routes, what a floating IP stands before.

None of them has a label: each is the plan's where what it joins is, as the ids say, and nobody's otherwise.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from blueprint import plan as plans
from providers.ovh import forwarding, kinds
from providers.ovh.live import Thing

ROUTER_ROUTE = "openstack:networking/routerRoute:RouterRoute"
"""A route of a router itself: the adapter writes none, so its type is known to no facts."""
SubjectOf: TypeAlias = Callable[[str, str], str]
"""Type and id of a thing -> its subject, "" where it has none."""


@dataclasses.dataclass(frozen=True)
class Part:
    """One such resource. `name` is the one that the adapter gives it; "" where the plan has none like it.

    `identifier` is the one by which the engine imports it: the port's for an interface, the address's for what it
    stands before.
    """

    kind: str
    identifier: str
    name: str
    properties: Mapping[str, Any]
    ids: Mapping[str, str]
    inside: str = ""
    """Subject of what holds it."""


def over_routers(ours: Iterable[Thing]) -> bool:
    """Which form a platform stands in: over routers where one is its own, on links otherwise."""
    return any(thing.type == kinds.ROUTER for thing in ours)


def router(body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """A router's own properties."""
    gateway = body.get("external_gateway_info") or {}
    return ({"externalNetworkId": str(gateway["network_id"])} if gateway.get("network_id") else {}), {}


def parts(thing: Thing, things: Iterable[Thing], plan: plans.Plan, subject: SubjectOf) -> Iterator[Part]:
    """What is kept inside `thing`."""
    if thing.type == kinds.PORT:
        yield from _interface(thing, subject)
    elif thing.type == kinds.SUBNET:
        yield from _routes(thing, things, plan, subject)
    elif thing.type == kinds.FLOATING_IP:
        yield from _link(thing, subject)
    elif thing.type == kinds.ROUTER:
        for number, route in enumerate(thing.body.get("routes") or ()):
            told = {"destinationCidr": route.get("destination"), "nextHop": route.get("nexthop")}
            inside = subject(kinds.ROUTER, thing.identifier)
            yield Part(ROUTER_ROUTE, f"{thing.identifier}/{number}", "", told, {"routerId": thing.identifier}, inside)


def _interface(port: Thing, subject: SubjectOf) -> Iterator[Part]:
    """Where a port is a router's: planned where it is that router's own place in that segment."""
    if not str(port.body.get("device_owner", "")).startswith(forwarding.INTERFACES):
        return
    device = str(port.body.get("device_id"))
    place, owner = subject(kinds.PORT, port.identifier), subject(kinds.ROUTER, device)
    planned = bool(owner) and place.startswith(f"{owner}/attachments/")
    ids = {"routerId": device, "portId": port.identifier}
    name = f"{place}/link" if planned else ""
    yield Part(kinds.ROUTER_INTERFACE, port.identifier, name, dict(ids), ids, place or owner)


def _routes(segment: Thing, things: Iterable[Thing], plan: plans.Plan, subject: SubjectOf) -> Iterator[Part]:
    """Each route that a segment hands out: planned where it leads over the planned router's place in that segment."""
    own = subject(kinds.SUBNET, segment.identifier)
    zone, _, az = own.rpartition("/az/")
    wanted = {(route.destination, route.target): route.subject for route in plan.routes if route.zone == zone}
    for route in segment.body.get("host_routes") or ():
        cidr, address = str(route.get("destination")), str(route.get("nexthop"))
        port = _at(things, str(segment.body["network_id"]), address)
        place = subject(kinds.PORT, port.identifier) if port else ""
        link = place.removesuffix(f"/attachments/{own}") if place.endswith(f"/attachments/{own}") else ""
        planned = wanted.get((cidr, link)) if zone else None
        yield Part(
            kinds.SUBNET_ROUTE,
            f"{segment.identifier}-route-{cidr}-{address}",
            f"{planned}/az/{az}/via/{link}" if planned else "",
            {"subnetId": segment.identifier, "destinationCidr": cidr, "nextHop": address},
            {"subnetId": segment.identifier, "nextHop": port.identifier if port else address},
            own,
        )


def _link(address: Thing, subject: SubjectOf) -> Iterator[Part]:
    """Where a floating IP stands before a port: planned where it is the interface of the machine that it is for."""
    if not address.body.get("port_id"):
        return
    port, own = str(address.body["port_id"]), subject(kinds.FLOATING_IP, address.identifier)
    machine = own.removesuffix("/address")
    planned = machine != own and subject(kinds.PORT, port) == f"{machine}/nic"
    ids = {"floatingIp": address.identifier, "portId": port}
    name = f"{own}/link" if planned else ""
    yield Part(kinds.FLOATING_LINK, address.identifier, name, dict(ids), ids, own)


def _at(things: Iterable[Thing], network: str, address: str) -> Thing | None:
    """The port that has an address on a network."""
    on_it = (one for one in things if one.type == kinds.PORT and str(one.body.get("network_id")) == network)
    known = ((one, fixed) for one in on_it for fixed in one.body.get("fixed_ips") or ())
    return next((one for one, fixed in known if str(fixed.get("ip_address")) == address), None)
