"""Networks of Neutron: one for each bubble, a segment for each zone and availability zone, groups that hold the matrix.

How bubbles and the Internet are reached depends on the offer: `links` while it has no routers, `routers` once it has.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_openstack import networking

from blueprint import plan as plans
from providers import contracts
from providers.ovh import links, routers, segments
from providers.ovh.session import Session

BRICK = "network"


def segment(session: Session, bubble: plans.Bubble, parent: pulumi.Resource) -> contracts.Segmentation:
    """One network for `bubble`, with everything inside it. Nothing on it goes unfiltered."""
    network = session.make(
        networking.Network,
        bubble.subject,
        {"name": session.name(bubble.name), "port_security_enabled": True},
        tags=session.tags(bubble.subject, BRICK, bubble.name),
        parent=parent,
    )
    subnets: dict[str, Any] = {}
    filters: dict[str, Any] = {}
    for zone in bubble.zones:
        filters.update(_filters(session, zone, parent))
        for subnet in zone.subnets:
            subnets[subnet.subject] = segments.make(
                session, subnet, subnet.subject, network.id, bubble.subject, bubble.name, parent
            )
    if session.routers:
        routers.gateways(session, bubble, network, subnets, parent)
    return contracts.Segmentation(
        networks={bubble.subject: network.id},
        subnets={subject: made.id for subject, made in subnets.items()},
        filters={subject: made.id for subject, made in filters.items()},
    )


def peer(
    session: Session, peering: plans.Peering, networks: contracts.Segmentation, parent: pulumi.Resource
) -> contracts.Segmentation:
    """A router between the two networks, or a link network on which machines of both stand."""
    if session.routers:
        return routers.join(session, peering, networks, parent)
    return links.join(session, peering, parent)


def exports(session: Session) -> Mapping[str, Sequence[str]]:
    """Networks and subnets of bubbles and links, and every group of each zone."""
    plan = session.plan
    zones = [zone for bubble in plan.bubbles for zone in bubble.zones]
    own = {
        "networks": [bubble.subject for bubble in plan.bubbles],
        "subnets": [subnet.subject for zone in zones for subnet in zone.subnets],
        "filters": [key for zone in zones for key, _, _ in groups(session, zone)],
    }
    more = {} if session.routers else links.exports(plan)
    return {kind: [*subjects, *more.get(kind, ())] for kind, subjects in own.items()}


def groups(session: Session, zone: plans.Zone) -> list[tuple[str, str, tuple[plans.FilterRule, ...]]]:
    """The groups of a zone: (key in `Segmentation.filters`, subject, rules). More than one where rules are many."""
    rules = [rule for rule in session.plan.rules if rule.zone == zone.subject]
    limit = session.number(BRICK, "rules_per_group")
    parts = [tuple(rules[at : at + limit]) for at in range(0, len(rules), limit)] or [()]
    first = f"{zone.subject}/filter"
    subjects = [first, *(f"{first}/{number}" for number in range(2, len(parts) + 1))]
    return [
        (zone.subject if subject == first else subject, subject, part)
        for subject, part in zip(subjects, parts, strict=True)
    ]


def group_ids(session: Session, zone: str, network: contracts.Segmentation) -> tuple[list[Any], dict[str, str]]:
    """Every group that a port of the zone carries, with the references that say so."""
    found = groups(session, session.plan.zone(zone))
    ids = [network.filters[key] for key, _, _ in found]
    return ids, {f"securityGroupIds[{index}]": subject for index, (_, subject, _) in enumerate(found)}


def _filters(session: Session, zone: plans.Zone, parent: pulumi.Resource) -> dict[str, networking.SecGroup]:
    """The zone's groups, closed at birth, then exactly the rules of the plan."""
    made: dict[str, networking.SecGroup] = {}
    for key, subject, rules in groups(session, zone):
        made[key] = session.make(
            networking.SecGroup,
            subject,
            {"name": session.name(*subject.split("/")), "delete_default_rules": True},
            tags=session.tags(subject, BRICK, zone.bubble),
            parent=parent,
        )
        for rule in rules:
            _rule(session, rule, made[key], subject, parent)
    return made


def _rule(
    session: Session, rule: plans.FilterRule, group: networking.SecGroup, subject: str, parent: pulumi.Resource
) -> None:
    """Nobody deletes it where its group goes: Neutron takes a group's rules away with it, or keeps both (ADR 0025)."""
    version = ipaddress.ip_network(rule.cidr).version
    ports = {} if rule.protocol == "icmp" else {"port_range_min": rule.from_port, "port_range_max": rule.to_port}
    session.make(
        networking.SecGroupRule,
        rule.subject,
        {
            "security_group_id": group.id,
            "direction": str(rule.direction),
            "ethertype": f"IPv{version}",
            "protocol": "ipv6-icmp" if rule.protocol == "icmp" and version == 6 else rule.protocol,
            "remote_ip_prefix": rule.cidr,
            **ports,
        },
        references={"securityGroupId": subject},
        deleted_with=group,
        parent=parent,
    )
