"""Segments: subnets without a gateway, on a bubble's network or on a link."""

from __future__ import annotations

import ipaddress
from typing import TypeAlias

import pulumi
from pulumi_openstack import networking

from blueprint import plan as plans
from providers.ovh.session import Session

BRICK = "network"
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


def make(
    session: Session,
    subnet: plans.Subnet,
    subject: str,
    network_id: pulumi.Input[str],
    network: str,
    bubble: str | None,
    parent: pulumi.Resource,
    *,
    given: bool = True,
) -> networking.Subnet:
    """A segment without a gateway: machines learn by DHCP the way to the other segments of the same network only.

    The last addresses are kept for the provider's own DHCP. `given` is False on a link: there machines bring the
    addresses that they have in their bubble, and only the kept ones are handed out.
    """
    start, end = pool(subnet.cidr, session.number(BRICK, "addresses_kept"), given)
    return session.make(
        networking.Subnet,
        subject,
        {
            "name": session.name(*subject.split("/")),
            "network_id": network_id,
            "cidr": subnet.cidr,
            "ip_version": ipaddress.ip_network(subnet.cidr).version,
            "no_gateway": True,
            "enable_dhcp": True,
            "allocation_pools": [networking.SubnetAllocationPoolArgs(start=str(start), end=str(end))],
            # What the blueprint puts in another region is asked for there: SOV-03 judges it.
            "region": subnet.region if given and subnet.region != session.plan.region else None,
        },
        references={"networkId": network},
        tags=session.tags(subject, BRICK, bubble),
        parent=parent,
    )


def pool(cidr: str, kept: int, given: bool) -> tuple[Address, Address]:
    """First and last address that Neutron hands out by itself: all but the last `kept`, or (on a link) only those."""
    block = ipaddress.ip_network(cidr)
    border = block[-2] - (kept - 1)
    return (block[1], border - 1) if given else (border, block[-2])
