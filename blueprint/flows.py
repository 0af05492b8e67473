"""The closed matrix: from declared and generated flows to directed filter rules.

A flow is one allowed conversation. It becomes an egress rule on each zone at its source and an ingress rule on each
zone at its destination, never a reverse rule: replies pass by connection state. What is not listed is denied.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping

from blueprint import addressing, model, references
from blueprint.model import Blueprint
from blueprint.plan import Direction, FilterRule, Flow
from blueprint.source_map import Path


@dataclasses.dataclass(frozen=True, slots=True)
class End:
    """One end of a flow: the zones whose filters hold its rules, and the ranges the other end sees.

    A zone is itself. A bubble is its zones that hold machines (all of them where none does) behind the bubble's one
    range. An external holds no filter of ours.
    """

    zones: tuple[str, ...]
    cidrs: tuple[str, ...]


World = Mapping[str, End]
"""Ends by subject."""


def world(blueprint: Blueprint) -> World:
    """Every possible end of a flow, with its addresses. Slots must have been given."""
    ends: dict[str, End] = {}
    populated = _zones_with_machines(blueprint)
    for bubble_name, bubble in blueprint.bubbles.items():
        subject = f"bubbles/{bubble_name}"
        slot = addressing.given(bubble.slot)
        zones = tuple(f"{subject}/zones/{zone}" for zone in bubble.zones)
        for zone_subject, zone in zip(zones, bubble.zones.values(), strict=True):
            cidr = addressing.zone_cidr(blueprint.address_space, slot, addressing.given(zone.slot))
            ends[zone_subject] = End((zone_subject,), (cidr,))
        inhabited = tuple(zone for zone in zones if zone in populated) or zones
        ends[subject] = End(inhabited, (addressing.bubble_cidr(blueprint.address_space, slot),))
    for name, external in blueprint.externals.items():
        ends[f"externals/{name}"] = End((), external.cidrs)
    return ends


def all_flows(blueprint: Blueprint) -> list[Flow]:
    """Declared and generated flows, sorted by subject."""
    return sorted((flow for flow, _ in _with_paths(blueprint)), key=lambda flow: flow.subject)


def origins(blueprint: Blueprint) -> Iterator[tuple[str, Path]]:
    """Subject of each flow, with the path of the block of the file that it comes from."""
    return ((flow.subject, path) for flow, path in _with_paths(blueprint))


def expand(flows: Iterable[Flow], ends: World) -> list[FilterRule]:
    """The rules of `flows`, sorted by subject."""
    rules = [rule for flow in flows for rule in _rules(flow, ends)]
    return sorted(rules, key=lambda rule: rule.subject)


def _rules(flow: Flow, ends: World) -> Iterator[FilterRule]:
    for direction, here, there in (
        (Direction.EGRESS, flow.source, flow.destination),
        (Direction.INGRESS, flow.destination, flow.source),
    ):
        for zone in ends[here].zones:
            _, bubble, _, name = zone.split("/")
            for number, cidr in enumerate(ends[there].cidrs, start=1):
                yield FilterRule(
                    subject=f"{flow.subject}/{direction}/{bubble}.{name}/{number}",
                    flow=flow.subject,
                    direction=direction,
                    zone=zone,
                    protocol=flow.protocol,
                    from_port=flow.from_port,
                    to_port=flow.to_port,
                    cidr=cidr,
                    peer=there,
                )


def _with_paths(blueprint: Blueprint) -> Iterator[tuple[Flow, Path]]:
    yield from _declared(blueprint)
    yield from _to_services(blueprint)
    yield from _through_bastion(blueprint)


def _declared(blueprint: Blueprint) -> Iterator[tuple[Flow, Path]]:
    ends = references.ends(blueprint)
    for name, flow in blueprint.flows.items():
        made = _flow(name, ends[flow.from_], ends[flow.to], flow.protocol, flow.ports, flow, generated=False)
        yield dataclasses.replace(made, waf=flow.waf, automated=flow.automated), ("flows", name)


def _to_services(blueprint: Blueprint) -> Iterator[tuple[Flow, Path]]:
    """One flow per service and other bubble; in the service's own bubble, one per other zone."""
    for name, service in blueprint.services.items():
        for source, end in _clients(blueprint, service.zone):
            purpose = service.purpose or f"{name}: service of the platform"
            flow = _flow(
                f"{name}--{source}", end, _zone(service.zone), service.protocol, service.ports, service, purpose=purpose
            )
            yield flow, ("services", name)


def _through_bastion(blueprint: Blueprint) -> Iterator[tuple[Flow, Path]]:
    """From the declared ranges to the bastion, and from the bastion to every zone with machines: administration."""
    bastion = blueprint.bastion
    if bastion is None:
        return
    here = _zone(bastion.zone)
    for port in bastion.admin_ports:
        for external in bastion.allowed:
            purpose = f"administrators reach the bastion from {external}"
            subject = f"externals/{external}"
            flow = _flow(f"admin-{port}--{external}", subject, here, "tcp", str(port), bastion, purpose=purpose)
            yield flow, ("bastion",)
        for target, end in _clients(blueprint, bastion.zone):
            purpose = f"administration of {target} through the bastion"
            flow = _flow(f"admin-{port}--{target}", here, end, "tcp", str(port), bastion, purpose=purpose)
            yield flow, ("bastion",)


def _clients(blueprint: Blueprint, zone: str) -> Iterator[tuple[str, str]]:
    """Who a zone that serves the platform talks with: other bubbles that hold machines, and zones beside it.

    Names and subjects: ("warehouse", "bubbles/warehouse"), ("administration.bastion", "bubbles/.../zones/bastion").
    """
    populated = _zones_with_machines(blueprint)
    own, _, _ = zone.partition(".")
    for bubble_name, bubble in blueprint.bubbles.items():
        inhabited = [name for name in bubble.zones if f"bubbles/{bubble_name}/zones/{name}" in populated]
        if bubble_name != own:
            if inhabited:
                yield bubble_name, f"bubbles/{bubble_name}"
            continue
        for name in inhabited:
            if f"{own}.{name}" != zone:
                yield f"{own}.{name}", f"bubbles/{own}/zones/{name}"


def _flow(
    name: str,
    source: str,
    destination: str,
    protocol: str,
    ports: str | None,
    block: model.Flow | model.Service | model.Bastion,
    *,
    purpose: str | None = None,
    generated: bool = True,
) -> Flow:
    first, last = model.port_range(ports) if ports is not None else (-1, -1)  # icmp: every type
    review: dt.date | None = block.review_date
    return Flow(
        subject=f"flows/{name}",
        name=name,
        source=source,
        destination=destination,
        protocol=protocol,
        from_port=first,
        to_port=last,
        encryption=block.encryption or "",
        purpose=purpose or getattr(block, "purpose", None) or "",
        owner=block.owner or "",
        review_date=review,
        generated=generated,
        waf=False,
    )


def _zones_with_machines(blueprint: Blueprint) -> frozenset[str]:
    zones = {
        f"bubbles/{bubble_name}/zones/{tier.zone}"
        for bubble_name, bubble in blueprint.bubbles.items()
        for tier in bubble.tiers.values()
        if tier.count
    }
    return frozenset(zones | ({_zone(blueprint.bastion.zone)} if blueprint.bastion else set()))


def _zone(name: str) -> str:
    bubble, _, zone = name.partition(".")
    return f"bubbles/{bubble}/zones/{zone}"
