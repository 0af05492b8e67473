"""Routes: entries of a route table, without an id of their own; the destination names them within their table."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from sandbox.outscale import values
from sandbox.outscale.errors import ApiError
from sandbox.outscale.operations import Answer, Call, operation
from sandbox.outscale.reading import quota
from sandbox.outscale.store import Record

TARGETS = ("GatewayId", "NatServiceId", "NetPeeringId", "NicId", "VmId")
Route = dict[str, Any]


@operation("CreateRoute")
def create_route(call: Call) -> Answer:
    table = call.store.require("route-table", call.request["RouteTableId"])
    destination = _destination(call, table)
    if _find(table, destination) is not None:
        raise ApiError("route-already-exists", f"{table.id} already has a route to {destination}")
    quota(call, "route_per_table", len(table["Routes"]), "too-many-static-routes")
    route = _route(call, table, destination)
    return {"RouteTable": call.store.update(table, Routes=[*table["Routes"], route]).body}


@operation("UpdateRoute")
def update_route(call: Call) -> Answer:
    table = call.store.require("route-table", call.request["RouteTableId"])
    old = _existing(table, _destination(call, table))
    new = _route(call, table, old["DestinationIpRange"])
    routes = [new if route == old else route for route in table["Routes"]]
    return {"RouteTable": call.store.update(table, Routes=routes).body}


@operation("DeleteRoute")
def delete_route(call: Call) -> Answer:
    table = call.store.require("route-table", call.request["RouteTableId"])
    old = _existing(table, str(values.network(call.request["DestinationIpRange"], "DestinationIpRange")))
    if old["CreationMethod"] == "CreateRouteTable":
        raise ApiError("invalid-parameter-value", "the local route of a Net cannot be deleted")
    routes = [route for route in table["Routes"] if route != old]
    return {"RouteTable": call.store.update(table, Routes=routes).body}


def _destination(call: Call, table: Record) -> str:
    """A destination outside the Net: inside it, the local route decides and nothing may be more precise."""
    destination = values.network(call.request["DestinationIpRange"], "DestinationIpRange")
    net = call.store.require("net", table["NetId"])
    if destination.subnet_of(IPv4Network(net["IpRange"])):
        raise ApiError("invalid-range", f"{destination} is inside {net.id}, which is {net['IpRange']}: always local")
    return str(destination)


def _find(table: Record, destination: str) -> Route | None:
    return next((r for r in table["Routes"] if r["DestinationIpRange"] == destination), None)


def _existing(table: Record, destination: str) -> Route:
    found = _find(table, destination)
    if found is None:
        raise ApiError("no-such-route", f"{table.id} has no route to {destination}")
    return found


def _route(call: Call, table: Record, destination: str) -> Route:
    """The route that a request describes, its one target checked."""
    given = [name for name in TARGETS if name in call.request]
    if not given:
        raise ApiError("missing-parameter", f"give one target among {', '.join(TARGETS)}")
    if len(given) > 1:
        raise ApiError("invalid-parameter-set", f"give one target, not {', '.join(given)}")
    field = given[0]
    target = _CHECKS[field](call, table["NetId"], call.request[field])
    return {"CreationMethod": "CreateRoute", "DestinationIpRange": destination, "State": "active", **target}


def _gateway(call: Call, net_id: str, gateway_id: str) -> Route:
    if gateway_id.startswith("vgw-"):
        raise ApiError("not-simulated", "virtual gateways are not simulated")
    service = call.store.require("internet-service", gateway_id)
    if service.body.get("NetId") != net_id:
        raise ApiError("gateway-not-attached", f"{service.id} is not linked to {net_id}")
    return {"GatewayId": service.id}


def _nat_service(call: Call, net_id: str, nat_id: str) -> Route:
    nat = call.store.require("nat-service", nat_id)
    if nat["NetId"] != net_id:
        raise ApiError("network-mismatch", f"{nat.id} is not in {net_id}")
    if nat["State"] != "available":
        raise ApiError("invalid-state", f"{nat.id} is {nat['State']}")
    return {"NatServiceId": nat.id}


def _peering(call: Call, net_id: str, peering_id: str) -> Route:
    peering = call.store.require("net-peering", peering_id)
    if net_id not in (peering["SourceNet"]["NetId"], peering["AccepterNet"]["NetId"]):
        raise ApiError("network-mismatch", f"{peering.id} does not join {net_id}")
    if peering["State"]["Name"] != "active":
        raise ApiError("invalid-state", f"{peering.id} is {peering['State']['Name']}")
    return {"NetPeeringId": peering.id}


def _nic(call: Call, net_id: str, nic_id: str) -> Route:
    nic = call.store.require("nic", nic_id)
    if nic["NetId"] != net_id:
        raise ApiError("network-mismatch", f"{nic.id} is not in {net_id}")
    vm_id = nic.meta.get("link", {}).get("VmId")
    return {"NicId": nic.id, **({"VmId": vm_id, "VmAccountId": call.account_id} if vm_id else {})}


def _vm(call: Call, net_id: str, vm_id: str) -> Route:
    vm = call.store.require("vm", vm_id)
    nics = call.store.linked("nic", vm.id)
    if len(nics) != 1:
        raise ApiError("invalid-parameter-value", f"{vm.id} has {len(nics)} NICs; a NAT VM has exactly one")
    return _nic(call, net_id, nics[0].id)


_CHECKS = {
    "GatewayId": _gateway,
    "NatServiceId": _nat_service,
    "NetPeeringId": _peering,
    "NicId": _nic,
    "VmId": _vm,
}
