"""Which zones and machines meet over a peering: those that a declared flow takes across it, and no other.

Where a provider joins two networks by routes, zones are routed; where it cannot, machines stand on the link themselves.
Either way it is this that says who.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from blueprint.plan import Machine, Peering, Plan, Subnet, Via


def zones(plan: Plan) -> Mapping[str, tuple[str, ...]]:
    """Peering subject -> subjects of the zones that are routed over it, sorted."""
    found: dict[str, set[str]] = {peering.subject: set() for peering in plan.peerings}
    for route in plan.routes:
        if route.via is Via.PEERING:
            found[route.target].add(route.zone)
    return {peering: tuple(sorted(members)) for peering, members in found.items()}


def subnets(plan: Plan, peering: Peering) -> tuple[Subnet, ...]:
    """The subnets of the zones that meet over a peering."""
    members = zones(plan)[peering.subject]
    return tuple(subnet for zone in members for subnet in plan.zone(zone).subnets)


def segment(peering: str, subnet: str) -> str:
    """Subject of a subnet's place on a link: `peerings/<a>--<b>/bubbles/<b>/zones/<z>/az/<a>`."""
    return f"{peering}/{subnet}"


def interface(machine: str, peering: str) -> str:
    """Subject of a machine's interface on a link: `<machine>/links/<a>--<b>`."""
    return f"{machine}/links/{peering.removeprefix('peerings/')}"


def interfaces(plan: Plan) -> Iterator[tuple[str, Machine, Peering]]:
    """Every place of a machine on a link, the bastion's too: (subject of the interface, machine, peering)."""
    members = zones(plan)
    for machine in plan.all_machines:
        for peering in plan.peerings:
            if machine.zone in members[peering.subject]:
                yield interface(machine.subject, peering.subject), machine, peering
