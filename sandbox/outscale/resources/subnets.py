"""Subnets, and the private addresses inside them."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network
from typing import Any

from sandbox.outscale import states, values
from sandbox.outscale.errors import ApiError
from sandbox.outscale.operations import Answer, Call, operation
from sandbox.outscale.reading import quota, read
from sandbox.outscale.store import Record

SMALLEST = 29  # OpenAPI document, CreateSubnet


@operation("CreateSubnet")
def create_subnet(call: Call) -> Answer:
    block = values.network(call.request["IpRange"])
    net = call.store.require("net", call.request["NetId"])
    if block.prefixlen > SMALLEST:
        raise ApiError("invalid-cidr-size", f"IpRange: a Subnet is at most /{SMALLEST}, not /{block.prefixlen}")
    if not block.subnet_of(IPv4Network(net["IpRange"])):
        raise ApiError("not-in-vpc-block", f"{block} is not inside {net.id}, which is {net['IpRange']}")
    siblings = call.store.where("subnet", NetId=net.id)
    for other in siblings:
        if block.overlaps(IPv4Network(other["IpRange"])):
            raise ApiError("subnet-conflict", f"{block} overlaps {other.id}, which is {other['IpRange']}")
    quota(call, "subnet_per_net", len(siblings), "too-many-subnets")
    subnet = call.store.insert(
        "subnet",
        {
            "IpRange": str(block),
            "MapPublicIpOnLaunch": False,
            "NetId": net.id,
            "State": "pending",
            "SubregionName": values.subregion(call, call.request.get("SubregionName")),
            "Tags": [],
        },
    )
    subnet = states.born(call, states.begin(call, subnet, "available"))
    return {"Subnet": view(call, subnet)}


@operation("ReadSubnets")
def read_subnets(call: Call) -> Answer:
    return read(call, "subnet", view)


@operation("UpdateSubnet")
def update_subnet(call: Call) -> Answer:
    subnet = call.store.require("subnet", call.request["SubnetId"])
    subnet = call.store.update(subnet, MapPublicIpOnLaunch=call.request["MapPublicIpOnLaunch"])
    return {"Subnet": view(call, subnet)}


@operation("DeleteSubnet")
def delete_subnet(call: Call) -> Answer:
    subnet = call.store.require("subnet", call.request["SubnetId"])
    for kind in ("nic", "nat-service"):
        users = [r.id for r in call.store.where(kind, SubnetId=subnet.id)]
        if users:
            raise ApiError("subnet-already-in-use", f"{subnet.id} still has {', '.join(users)}")
    for table in call.store.where("route-table", NetId=subnet["NetId"]):
        links = [link for link in table["LinkRouteTables"] if link.get("SubnetId") != subnet.id]
        if len(links) != len(table["LinkRouteTables"]):
            call.store.update(table, LinkRouteTables=links)
    call.store.delete(subnet)
    return {}


def view(call: Call, subnet: Record) -> dict[str, Any]:
    """As the API shows it: the free addresses are counted, not stored."""
    size = IPv4Network(subnet["IpRange"]).num_addresses
    reserved = values.RESERVED_FIRST + 1
    return {**subnet.body, "AvailableIpsCount": size - reserved - len(used_addresses(call, subnet))}


def used_addresses(call: Call, subnet: Record) -> set[str]:
    """Private addresses taken in a Subnet: those of NICs, and one per NAT service."""
    nics = call.store.where("nic", SubnetId=subnet.id)
    taken = {ip["PrivateIp"] for nic in nics for ip in nic["PrivateIps"]}
    return taken | {nat.meta["private_ip"] for nat in call.store.where("nat-service", SubnetId=subnet.id)}


def free_address(call: Call, subnet: Record, *, besides: Iterable[str] = ()) -> str:
    """The first free address of a Subnet."""
    taken = used_addresses(call, subnet) | set(besides)
    block = IPv4Network(subnet["IpRange"])
    for offset in range(values.RESERVED_FIRST, block.num_addresses - 1):
        candidate = str(block[offset])
        if candidate not in taken:
            return candidate
    raise ApiError("insufficient-capacity", f"{subnet.id} has no free address")


def check_address(call: Call, subnet: Record, text: str, *, besides: Iterable[str] = ()) -> str:
    """An address that a request asks for: inside the Subnet, not reserved, free."""
    ip = values.address(text, "PrivateIp")
    block = IPv4Network(subnet["IpRange"])
    if ip not in block:
        raise ApiError("invalid-ip-address", f"{text} is not in {subnet.id}, which is {block}")
    position = int(ip) - int(block.network_address)
    if position < values.RESERVED_FIRST or ip == block.broadcast_address:
        raise ApiError("invalid-ip-address", f"{text} is reserved in {subnet.id}")
    if text in used_addresses(call, subnet) | set(besides):
        raise ApiError("locked-address", f"{text} is taken in {subnet.id}")
    return text
