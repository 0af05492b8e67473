"""Bubbles that meet, while the offer has no routers: a network for each peering, on which machines of both stand.

A link carries the segments of the zones that have a flow over it, under the same addresses, and each of their machines
stands there with the address that it has in its bubble and the filter of its zone. So the flow matrix is the same text
as with routers, and there is nothing between two bubbles that forwards. See docs/adr/0007.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_openstack import networking

from blueprint import links
from blueprint import plan as plans
from providers import contracts
from providers.ovh import segments
from providers.ovh.session import Session

BRICK = "network"


def join(session: Session, peering: plans.Peering, parent: pulumi.Resource) -> contracts.Segmentation:
    """The link's network and segments."""
    made = session.make(
        networking.Network,
        peering.subject,
        {"name": session.name(*peering.subject.split("/")), "port_security_enabled": True},
        references={"a": f"bubbles/{peering.a}", "b": f"bubbles/{peering.b}"},
        tags=session.tags(peering.subject, BRICK, None),
        parent=parent,
    )
    subnets: dict[str, Any] = {}
    for subnet in links.subnets(session.plan, peering):
        subject = links.segment(peering.subject, subnet.subject)
        subnets[subject] = segments.make(
            session, subnet, subject, made.id, peering.subject, None, parent, given=False
        ).id
    return contracts.Segmentation(networks={peering.subject: made.id}, subnets=subnets)


def exports(plan: plans.Plan) -> Mapping[str, Sequence[str]]:
    return {
        "networks": [peering.subject for peering in plan.peerings],
        "subnets": [
            links.segment(peering.subject, subnet.subject)
            for peering in plan.peerings
            for subnet in links.subnets(plan, peering)
        ],
    }
