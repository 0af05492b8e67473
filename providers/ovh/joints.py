"""Interfaces and routes that a lost answer left: OpenStack keeps them inside other things, and refuses a second one.

A router's interface is a port that it owns, a segment's route a line of the segment: neither bears a mark. So each is
the platform's where it joins, as the ids say, exactly what the plan joins, and astray where no state holds it as such.
What was made is taken away, routes first; the next run makes it anew. An interface goes with its port: that is how
Neutron parts them, and the layer is refreshed afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from blueprint import plan as plans
from providers.ovh import kinds, routed
from providers.ovh.live import Thing
from providers.strays import Held, Kept, Stray, Told, Why

LAYER = "network"
KINDS = (kinds.SUBNET_ROUTE, kinds.ROUTER_INTERFACE)
"""In the order in which they go."""
Subjects = Mapping[tuple[str, str], str]
"""Type and id of a thing -> the subject that it claims to serve in this stack."""


def astray(things: tuple[Thing, ...], plan: plans.Plan, subjects: Subjects, held: Held) -> list[routed.Part]:
    """What the plan has, the API shows, and no state holds."""
    found = [
        part
        for thing in things
        for part in routed.parts(thing, things, plan, lambda kind, one: subjects.get((kind, one), ""))
        if part.kind in KINDS and part.name and (part.kind, part.identifier) not in held.typed
    ]
    return sorted(found, key=lambda part: (KINDS.index(part.kind), part.name))


def sweep(
    cloud: Any, things: tuple[Thing, ...], plan: plans.Plan, subjects: Subjects, held: Held, told: Told
) -> Iterator[Stray | Kept]:
    """Takes each away as it is now: yields the stray, or why it is left."""
    import openstack.exceptions

    for part in astray(things, plan, subjects, held):
        stray = Stray(part.kind, part.identifier, part.name, LAYER)
        try:
            why = (_route if part.kind == kinds.SUBNET_ROUTE else _interface)(cloud, part, lambda s=stray: told(s))
        except openstack.exceptions.NotFoundException:
            why = None
        except openstack.exceptions.PreconditionFailedException:
            why = Why.CHANGED
        except openstack.exceptions.ConflictException:
            why = Why.USED
        yield Kept(stray, why) if why else stray


def _route(cloud: Any, part: routed.Part, tell: Any) -> Why | None:
    """The segment without that line, at the revision that was looked at."""
    segment = cloud.network.get_subnet(part.properties["subnetId"]).to_dict()
    line = {"destination": part.properties["destinationCidr"], "nexthop": part.properties["nextHop"]}
    routes = [dict(one) for one in segment.get("host_routes") or ()]
    if line not in routes:
        return None
    tell()
    rest = [one for one in routes if one != line]
    cloud.network.update_subnet(segment["id"], if_revision=segment.get("revision_number"), host_routes=rest)
    return None


def _interface(cloud: Any, part: routed.Part, tell: Any) -> Why | None:
    """Neutron would part a router from a segment that hands out routes over it: those are looked for here."""
    router, port = part.ids["routerId"], cloud.network.get_port(part.ids["portId"]).to_dict()
    if str(port.get("device_id")) != router:
        return Why.CHANGED
    addresses = {str(one.get("ip_address")) for one in port.get("fixed_ips") or ()}
    for segment in cloud.network.subnets(network_id=port["network_id"]):
        if any(str(one.get("nexthop")) in addresses for one in segment.to_dict().get("host_routes") or ()):
            return Why.USED
    tell()
    cloud.network.remove_interface_from_router(router, port=port["id"])
    return None
