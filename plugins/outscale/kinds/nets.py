"""Nets and Subnets."""

from __future__ import annotations

from plugins.outscale.kinds.sources import NETS, SUBNETS
from plugins.outscale.rules import DefaultGroup
from plugins.outscale.shapes import Attribute, Delete, Shape, Update, Wait

NET = Shape(
    "Net",
    "A Net: a private network, born with a default security group and a main route table.",
    attributes=(
        Attribute("ipRange", required=True, immutable=True, description="CIDR block, /16 to /28."),
        Attribute("tenancy", immutable=True, server_chosen=True, description="`default` or `dedicated`."),
        Attribute(
            "emptyDefaultSecurityGroup",
            "boolean",
            default=False,
            unsent=True,
            take="DefaultSecurityGroupEmptied",
            description="Remove every rule of the Net's default security group, inbound and outbound.",
        ),
    ),
    outputs=(
        Attribute("netId"),
        Attribute("state"),
        Attribute("dhcpOptionsSetId"),
        Attribute("defaultSecurityGroupId"),
        Attribute("defaultSecurityGroupEmptied", "boolean", volatile=True),
    ),
    source=NETS,
    id=("netId",),
    create="CreateNet",
    answer="Net",
    delete=Delete("DeleteNet", ("netId",)),
    wait=Wait("State", until=("available",), gone=("deleted",)),
    tagged=True,
    special=DefaultGroup(),
)

SUBNET = Shape(
    "Subnet",
    "A Subnet of a Net.",
    attributes=(
        Attribute("netId", required=True, immutable=True),
        Attribute("ipRange", required=True, immutable=True),
        Attribute("subregionName", immutable=True, server_chosen=True, description="Availability zone."),
        Attribute("mapPublicIpOnLaunch", "boolean", default=False, unsent=True),
    ),
    outputs=(Attribute("subnetId"), Attribute("state")),
    source=SUBNETS,
    id=("subnetId",),
    create="CreateSubnet",
    answer="Subnet",
    updates=(Update("UpdateSubnet", ("mapPublicIpOnLaunch",), always=("subnetId",)),),
    delete=Delete("DeleteSubnet", ("subnetId",)),
    wait=Wait("State", until=("available",), gone=("deleted",)),
    tagged=True,
    unique=True,
    replace_first=True,
)
