"""Bubbles that meet and leave by routers, once the offer has them: one router for each peering and each gateway.

A router knows two networks, or one and the Internet, and never more: none can carry what no flow declares. A segment's
machines reach it by a route of their own, handed out by DHCP; there is no default route.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_openstack import networking

from blueprint import links
from blueprint import plan as plans
from providers import contracts
from providers.ovh.session import Session

BRICK = "network"


def join(
    session: Session, peering: plans.Peering, networks: contracts.Segmentation, parent: pulumi.Resource
) -> contracts.Segmentation:
    """A router with a port in each segment that has a flow over the peering, and the routes to it."""
    router = session.make(
        networking.Router,
        peering.subject,
        {"name": session.name(*peering.subject.split("/"))},
        references={"a": f"bubbles/{peering.a}", "b": f"bubbles/{peering.b}"},
        tags=session.tags(peering.subject, BRICK, None),
        parent=parent,
    )
    members = {subnet.subject: networks.subnets[subnet.subject] for subnet in links.subnets(session.plan, peering)}
    _attach(session, peering.subject, router, members, networks.networks, parent)
    return contracts.Segmentation()


def gateways(
    session: Session, bubble: plans.Bubble, network: networking.Network, subnets: Mapping[str, Any], parent: Any
) -> None:
    """The bubble's ways to the Internet, each for the segments whose zones are routed by it."""
    for gateway in session.plan.gateways:
        if gateway.bubble != bubble.name:
            continue
        router = session.make(
            networking.Router,
            gateway.subject,
            {
                "name": session.name(*gateway.subject.split("/")),
                "external_network_id": session.external_network.apply(lambda found: found.id),
            },
            tags=session.tags(gateway.subject, BRICK, bubble.name),
            parent=parent,
        )
        zones = {route.zone for route in session.plan.routes if route.target == gateway.subject}
        members = {
            subnet.subject: subnets[subnet.subject].id
            for zone in bubble.zones
            if zone.subject in zones
            for subnet in zone.subnets
        }
        _attach(session, gateway.subject, router, members, {bubble.subject: network.id}, parent)


def _attach(
    session: Session,
    target: str,
    router: networking.Router,
    members: Mapping[str, pulumi.Input[str]],
    networks: contracts.Ids,
    parent: pulumi.Resource,
) -> None:
    """A port of the router in each of the segments, then the routes of their zones over that port."""
    bubble = target.split("/")[1] if target.startswith("bubbles/") else None
    for subnet, subnet_id in members.items():
        home = "/".join(subnet.split("/")[:2])
        subject = f"{target}/attachments/{subnet}"
        port = session.make(
            networking.Port,
            subject,
            {
                "name": session.name(*subject.split("/")),
                "network_id": networks[home],
                "fixed_ips": [networking.PortFixedIpArgs(subnet_id=subnet_id)],
                "no_security_groups": True,  # Neutron filters no router's port: the machines' own filters hold
            },
            references={"networkId": home, "fixedIps[0].subnetId": subnet},
            tags=session.tags(subject, BRICK, bubble),
            parent=parent,
        )
        joined = session.make(
            networking.RouterInterface,
            f"{subject}/link",
            {"router_id": router.id, "port_id": port.id},
            parent=parent,
        )
        zone, _, az = subnet.partition("/az/")
        for route in session.plan.routes:
            if route.target == target and route.zone == zone:
                session.make(
                    networking.SubnetRoute,
                    route.subject,
                    {
                        "subnet_id": subnet_id,
                        "destination_cidr": route.destination,
                        "next_hop": port.all_fixed_ips.apply(lambda ips: str(ips[0])),
                    },
                    parent=parent,
                    depends_on=[joined],
                    name=f"{route.subject}/az/{az}/via/{target}",
                )
