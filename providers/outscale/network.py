"""Bubbles as Nets; zones as Subnets with one security group and one route table each; flows as group rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import rempart_outscale as outscale

from blueprint import plan as plans
from providers import contracts
from providers.outscale.session import Session

BRICK = "network"
FLOW = {plans.Direction.INGRESS: "Inbound", plans.Direction.EGRESS: "Outbound"}
ROUTE_TARGET = {plans.Via.INTERNET: "gateway_id", plans.Via.NAT: "nat_service_id", plans.Via.PEERING: "net_peering_id"}
REFERENCE = {"gateway_id": "gatewayId", "nat_service_id": "natServiceId", "net_peering_id": "netPeeringId"}


def segment(session: Session, bubble: plans.Bubble, parent: pulumi.Resource) -> contracts.Segmentation:
    """One Net for `bubble`, with everything inside it. The Net's default group is emptied as it is born."""
    net = session.make(
        outscale.Net,
        bubble.subject,
        {"ip_range": bubble.cidr, "empty_default_security_group": True},
        tags=session.tags(bubble.subject, BRICK, bubble.name),
        parent=parent,
    )
    subnets: dict[str, Any] = {}
    filters: dict[str, Any] = {}
    tables: dict[str, Any] = {}
    links: list[pulumi.Resource] = []
    for zone in bubble.zones:
        filters[zone.subject] = _filter(session, zone, net, parent)
        tables[zone.subject] = session.make(
            outscale.RouteTable,
            f"{zone.subject}/table",
            {"net_id": net.id},
            references={"netId": bubble.subject},
            tags=session.tags(f"{zone.subject}/table", BRICK, bubble.name),
            parent=parent,
        )
        for subnet in zone.subnets:
            made = _subnet(session, zone, subnet, net, parent)
            subnets[subnet.subject] = made
            links.append(_table_link(session, zone, subnet, made, tables[zone.subject], parent))
    _gateways(session, bubble, net, subnets, tables, links, parent)
    return contracts.Segmentation(
        networks={bubble.subject: net.id},
        subnets={subject: made.id for subject, made in subnets.items()},
        filters={subject: made.id for subject, made in filters.items()},
        tables={subject: made.id for subject, made in tables.items()},
    )


def peer(
    session: Session, peering: plans.Peering, networks: contracts.Segmentation, parent: pulumi.Resource
) -> contracts.Segmentation:
    """Asks for the peering from `a`, accepts it as `b`, then routes to each other's zones."""
    a, b = session.plan.bubble(peering.a), session.plan.bubble(peering.b)
    asked = session.make(
        outscale.NetPeering,
        peering.subject,
        {"source_net_id": networks.networks[a.subject], "accepter_net_id": networks.networks[b.subject]},
        references={"sourceNetId": a.subject, "accepterNetId": b.subject},
        tags=session.tags(peering.subject, BRICK, None),
        parent=parent,
    )
    accepted = session.make(
        outscale.NetPeeringAcceptation,
        f"{peering.subject}/acceptation",
        {"net_peering_id": asked.id},
        references={"netPeeringId": peering.subject},
        parent=parent,
    )
    for route in session.plan.routes:
        if route.target == peering.subject:
            _route(session, route, networks.tables[route.zone], asked.id, parent, [accepted])
    return contracts.Segmentation()


def exports(session: Session) -> Mapping[str, Sequence[str]]:
    """The bubbles' own networks, subnets, filters and tables."""
    zones = [zone for bubble in session.plan.bubbles for zone in bubble.zones]
    return {
        "networks": [bubble.subject for bubble in session.plan.bubbles],
        "subnets": [subnet.subject for zone in zones for subnet in zone.subnets],
        "filters": [zone.subject for zone in zones],
        "tables": [zone.subject for zone in zones],
    }


def _subnet(
    session: Session, zone: plans.Zone, subnet: plans.Subnet, net: Any, parent: pulumi.Resource
) -> outscale.Subnet:
    return session.make(
        outscale.Subnet,
        subnet.subject,
        {
            "net_id": net.id,
            "ip_range": subnet.cidr,
            "subregion_name": f"{subnet.region}{subnet.az}",
            "map_public_ip_on_launch": False,
        },
        references={"netId": f"bubbles/{zone.bubble}"},
        tags=session.tags(subnet.subject, BRICK, zone.bubble),
        parent=parent,
    )


def _table_link(
    session: Session, zone: plans.Zone, subnet: plans.Subnet, made: Any, table: Any, parent: pulumi.Resource
) -> outscale.RouteTableLink:
    return session.make(
        outscale.RouteTableLink,
        f"{subnet.subject}/table-link",
        {"route_table_id": table.id, "subnet_id": made.id},
        references={"routeTableId": f"{zone.subject}/table", "subnetId": subnet.subject},
        parent=parent,
    )


def _filter(session: Session, zone: plans.Zone, net: Any, parent: pulumi.Resource) -> outscale.SecurityGroup:
    """The zone's group, closed at birth, then exactly the rules of the plan."""
    subject = f"{zone.subject}/filter"
    group = session.make(
        outscale.SecurityGroup,
        subject,
        {
            "net_id": net.id,
            "security_group_name": session.name(zone.bubble, zone.name),
            "description": subject,
        },
        references={"netId": f"bubbles/{zone.bubble}"},
        tags=session.tags(subject, BRICK, zone.bubble),
        parent=parent,
    )
    for rule in session.plan.rules:
        if rule.zone == zone.subject:
            session.make(
                outscale.SecurityGroupRule,
                rule.subject,
                {
                    "security_group_id": group.id,
                    "flow": FLOW[rule.direction],
                    "ip_protocol": rule.protocol,
                    "from_port_range": rule.from_port,
                    "to_port_range": rule.to_port,
                    "ip_range": rule.cidr,
                },
                references={"securityGroupId": zone.subject},
                parent=parent,
            )
    return group


def _gateways(
    session: Session,
    bubble: plans.Bubble,
    net: Any,
    subnets: Mapping[str, Any],
    tables: Mapping[str, Any],
    table_links: list[pulumi.Resource],
    parent: pulumi.Resource,
) -> None:
    """The Internet service and its routes first: a NAT service needs its subnet to have a way out.

    Internet routes come only after every table is linked, so that no subnet is ever, even briefly, on the main table.
    """
    ways_out: list[pulumi.Resource] = []
    for via in (plans.Via.INTERNET, plans.Via.NAT):
        for gateway in session.plan.gateways:
            if gateway.bubble != bubble.name or gateway.via is not via:
                continue
            after: list[pulumi.Resource] = []
            if via is plans.Via.INTERNET:
                service, link = _internet(session, gateway, net, parent)
                target, after = service.id, [link, *table_links]
            else:
                target = _nat(session, gateway, subnets, parent, ways_out).id
            routes = [
                _route(session, route, tables[route.zone].id, target, parent, after)
                for route in session.plan.routes
                if route.target == gateway.subject
            ]
            ways_out += routes


def _internet(
    session: Session, gateway: plans.Gateway, net: Any, parent: pulumi.Resource
) -> tuple[outscale.InternetService, outscale.InternetServiceLink]:
    service = session.make(
        outscale.InternetService,
        gateway.subject,
        {},
        tags=session.tags(gateway.subject, BRICK, gateway.bubble),
        parent=parent,
    )
    link = session.make(
        outscale.InternetServiceLink,
        f"{gateway.subject}/link",
        {"internet_service_id": service.id, "net_id": net.id},
        references={"internetServiceId": gateway.subject, "netId": f"bubbles/{gateway.bubble}"},
        parent=parent,
    )
    return service, link


def _nat(
    session: Session,
    gateway: plans.Gateway,
    subnets: Mapping[str, Any],
    parent: pulumi.Resource,
    depends_on: list[pulumi.Resource],
) -> outscale.NatService:
    if gateway.zone is None:
        raise ValueError(f"{gateway.subject}: a NAT service stands in a zone")
    subnet = session.plan.zone(gateway.zone).subnets[0]
    address = session.make(
        outscale.PublicIp,
        f"{gateway.subject}/address",
        {},
        tags=session.tags(f"{gateway.subject}/address", BRICK, gateway.bubble),
        parent=parent,
    )
    return session.make(
        outscale.NatService,
        gateway.subject,
        {"subnet_id": subnets[subnet.subject].id, "public_ip_id": address.id},
        references={"subnetId": subnet.subject, "publicIpId": f"{gateway.subject}/address"},
        tags=session.tags(gateway.subject, BRICK, gateway.bubble),
        parent=parent,
        depends_on=depends_on,
    )


def _route(
    session: Session,
    route: plans.Route,
    table_id: pulumi.Input[str],
    target_id: pulumi.Input[str],
    parent: pulumi.Resource,
    depends_on: list[pulumi.Resource],
) -> outscale.Route:
    argument = ROUTE_TARGET[route.via]
    return session.make(
        outscale.Route,
        route.subject,
        {"route_table_id": table_id, "destination_ip_range": route.destination, argument: target_id},
        references={"routeTableId": f"{route.zone}/table", REFERENCE[argument]: route.target},
        parent=parent,
        depends_on=depends_on,
    )
