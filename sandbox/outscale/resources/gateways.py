"""The two ways out of a Net: internet services, and NAT services behind them."""

from __future__ import annotations

from typing import Any

from sandbox.outscale import idempotency, states
from sandbox.outscale.errors import ApiError
from sandbox.outscale.operations import Answer, Call, operation
from sandbox.outscale.reading import quota, read
from sandbox.outscale.resources.route_tables import effective_table
from sandbox.outscale.resources.subnets import free_address
from sandbox.outscale.store import Record


@operation("CreateInternetService")
def create_internet_service(call: Call) -> Answer:
    quota(call, "internet_service", len(call.store.all("internet-service")), "too-many-igws")
    return {"InternetService": states.born(call, call.store.insert("internet-service", {"Tags": []})).body}


@operation("ReadInternetServices")
def read_internet_services(call: Call) -> Answer:
    return read(call, "internet-service")


@operation("LinkInternetService")
def link_internet_service(call: Call) -> Answer:
    service = call.store.require("internet-service", call.request["InternetServiceId"])
    net = call.store.require("net", call.request["NetId"])
    if "NetId" in service.body:
        raise ApiError("gateway-is-already-attached", f"{service.id} is linked to {service['NetId']}")
    others = call.store.where("internet-service", NetId=net.id)
    if others:
        raise ApiError("vpc-already-attached", f"{net.id} already has {others[0].id}")
    call.store.update(service, NetId=net.id, State="available")
    return {}


@operation("UnlinkInternetService")
def unlink_internet_service(call: Call) -> Answer:
    service = call.store.require("internet-service", call.request["InternetServiceId"])
    net = call.store.require("net", call.request["NetId"])
    if service.body.get("NetId") != net.id:
        raise ApiError("gateway-is-not-attached", f"{service.id} is not linked to {net.id}")
    users = [nat.id for nat in call.store.where("nat-service", NetId=net.id)]
    for ip in call.store.all("public-ip"):
        nic = call.store.get(ip.body["NicId"], "nic") if "NicId" in ip.body else None
        if nic is not None and nic["NetId"] == net.id:
            users.append(ip.id)
    if users:
        raise ApiError("busy", f"{net.id} still uses public IPs: {', '.join(users)}")
    call.store.update(service, NetId=None, State=None)
    return {}


@operation("DeleteInternetService")
def delete_internet_service(call: Call) -> Answer:
    service = call.store.require("internet-service", call.request["InternetServiceId"])
    if "NetId" in service.body:
        raise ApiError("gateway-is-already-attached", f"{service.id} is still linked to {service['NetId']}")
    call.store.delete(service)
    return {}


@operation("CreateNatService")
def create_nat_service(call: Call) -> Answer:
    return {"NatService": idempotency.once(call, _create_nat_service)[0].body}


def _create_nat_service(call: Call) -> list[Record]:
    subnet = call.store.require("subnet", call.request["SubnetId"])
    ip = call.store.require("public-ip", call.request["PublicIpId"])
    if not _is_public(call, subnet):
        raise ApiError("not-public-subnet", f"{subnet.id} has no route to an internet service linked to its Net")
    if call.store.where("nat-service", SubnetId=subnet.id):
        raise ApiError("nat-gateway-already-exists", f"{subnet.id} already has a NAT service")
    if "NatServiceId" in ip.body or "LinkPublicIpId" in ip.body:
        raise ApiError("locked-address", f"{ip.id} is in use")
    in_net = len(call.store.where("nat-service", NetId=subnet["NetId"]))
    quota(call, "nat_service_per_net", in_net, "too-many-nat-gateways")
    token = call.request.get("ClientToken")
    private_ip = free_address(call, subnet)
    nat = call.store.insert(
        "nat-service",
        {
            "NetId": subnet["NetId"],
            "PublicIps": [{"PublicIp": ip["PublicIp"], "PublicIpId": ip.id}],
            "State": "pending",
            "SubnetId": subnet.id,
            "Tags": [],
            **({"ClientToken": token} if token else {}),
        },
        private_ip=private_ip,
    )
    call.store.update(ip, NatServiceId=nat.id)
    return [states.born(call, states.begin(call, nat, "available"))]


def _is_public(call: Call, subnet: Record) -> bool:
    linked = {service.id for service in call.store.where("internet-service", NetId=subnet["NetId"])}
    return any(route.get("GatewayId") in linked for route in effective_table(call, subnet)["Routes"])


@operation("ReadNatServices")
def read_nat_services(call: Call) -> Answer:
    return read(call, "nat-service")


@operation("DeleteNatService")
def delete_nat_service(call: Call) -> Answer:
    nat = call.store.require("nat-service", call.request["NatServiceId"])
    if nat["State"] != "deleting":
        states.begin(call, call.store.update(nat, State="deleting"), "deleted")
    return {}


@states.on_settled("nat-service", "deleted")
def _nat_service_deleted(call: Call, nat: Record) -> Record:
    """Its public IP is free again; routes to it stay (OpenAPI document, DeleteNatService)."""
    addresses: list[dict[str, Any]] = nat["PublicIps"]
    for address in addresses:
        ip = call.store.get(address["PublicIpId"], "public-ip")
        if ip is not None:
            call.store.update(ip, NatServiceId=None)
    return states.bury(call, nat)
