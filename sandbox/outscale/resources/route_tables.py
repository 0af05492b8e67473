"""Route tables and their links to Subnets. Every Net has a main table, for the Subnets that are linked to no other."""

from __future__ import annotations

from typing import Any

from sandbox.outscale import states
from sandbox.outscale.errors import ApiError
from sandbox.outscale.operations import Answer, Call, operation
from sandbox.outscale.reading import quota, read
from sandbox.outscale.store import Record, check_id


def create_main_table(call: Call, net: Record) -> Record:
    """The main table that a Net is born with."""
    table = call.store.note(_insert(call, net), main=True)
    return call.store.update(table, LinkRouteTables=[_link(call, table, main=True)])


def _insert(call: Call, net: Record) -> Record:
    local = {"CreationMethod": "CreateRouteTable", "DestinationIpRange": net["IpRange"], "GatewayId": "local"}
    return call.store.insert(
        "route-table",
        {
            "LinkRouteTables": [],
            "NetId": net.id,
            "RoutePropagatingVirtualGateways": [],
            "Routes": [{**local, "State": "active"}],
            "Tags": [],
        },
    )


def _link(call: Call, table: Record, *, main: bool, subnet_id: str | None = None) -> dict[str, Any]:
    link = {
        "LinkRouteTableId": call.store.new_id("rtbassoc"),
        "Main": main,
        "NetId": table["NetId"],
        "RouteTableId": table.id,
    }
    return {**link, "SubnetId": subnet_id} if subnet_id else link


@operation("CreateRouteTable")
def create_route_table(call: Call) -> Answer:
    net = call.store.require("net", call.request["NetId"])
    quota(call, "route_table_per_net", len(call.store.where("route-table", NetId=net.id)), "too-many-rtbs")
    return {"RouteTable": states.born(call, _insert(call, net)).body}


@operation("ReadRouteTables")
def read_route_tables(call: Call) -> Answer:
    return read(call, "route-table")


@operation("DeleteRouteTable")
def delete_route_table(call: Call) -> Answer:
    table = call.store.require("route-table", call.request["RouteTableId"])
    if table.meta.get("main"):
        raise ApiError("busy", f"{table.id} is the main route table of {table['NetId']}")
    if table["LinkRouteTables"]:
        linked = ", ".join(link["SubnetId"] for link in table["LinkRouteTables"])
        raise ApiError("busy", f"{table.id} is still linked to {linked}")
    call.store.delete(table)
    return {}


@operation("LinkRouteTable")
def link_route_table(call: Call) -> Answer:
    table = call.store.require("route-table", call.request["RouteTableId"])
    subnet = call.store.require("subnet", call.request["SubnetId"])
    if subnet["NetId"] != table["NetId"]:
        raise ApiError("network-mismatch", f"{subnet.id} and {table.id} are not in the same Net")
    other = explicit_table(call, subnet)
    if other is not None:
        raise ApiError("subnet-is-associated", f"{subnet.id} is already linked to {other.id}")
    link = _link(call, table, main=False, subnet_id=subnet.id)
    call.store.update(table, LinkRouteTables=[*table["LinkRouteTables"], link])
    return {"LinkRouteTableId": link["LinkRouteTableId"]}


@operation("UnlinkRouteTable")
def unlink_route_table(call: Call) -> Answer:
    table, link = _find(call, call.request["LinkRouteTableId"])
    if link["Main"]:
        raise ApiError("invalid-parameter-value", "the main route table cannot be unlinked, only replaced")
    call.store.update(table, LinkRouteTables=[one for one in table["LinkRouteTables"] if one != link])
    return {}


@operation("UpdateRouteTableLink")
def update_route_table_link(call: Call) -> Answer:
    """Put another table in the place of the linked one; the link gets a new id (as ReplaceRouteTableAssociation)."""
    old, link = _find(call, call.request["LinkRouteTableId"])
    new = call.store.require("route-table", call.request["RouteTableId"])
    if new["NetId"] != old["NetId"]:
        raise ApiError("network-mismatch", f"{new.id} and {old.id} are not in the same Net")
    if new.id == old.id:
        return {"LinkRouteTableId": link["LinkRouteTableId"]}
    call.store.update(old, LinkRouteTables=[one for one in old["LinkRouteTables"] if one != link])
    fresh = _link(call, new, main=link["Main"], subnet_id=link.get("SubnetId"))
    new = call.store.update(new, LinkRouteTables=[*new["LinkRouteTables"], fresh])
    if link["Main"]:
        old = call.store.require("route-table", old.id)
        call.store.note(old, main=None)
        call.store.note(new, main=True)
    return {"LinkRouteTableId": fresh["LinkRouteTableId"]}


def explicit_table(call: Call, subnet: Record) -> Record | None:
    """The table linked to this very Subnet."""
    for table in call.store.where("route-table", NetId=subnet["NetId"]):
        if any(link.get("SubnetId") == subnet.id for link in table["LinkRouteTables"]):
            return table
    return None


def effective_table(call: Call, subnet: Record) -> Record:
    """The table that routes this Subnet: its own, else the main one."""
    own = explicit_table(call, subnet)
    return own or next(t for t in call.store.where("route-table", NetId=subnet["NetId"]) if t.meta.get("main"))


def _find(call: Call, link_id: str) -> tuple[Record, dict[str, Any]]:
    check_id(link_id, "rtbassoc")
    for table in call.store.all("route-table"):
        for link in table["LinkRouteTables"]:
            if link["LinkRouteTableId"] == link_id:
                return table, link
    raise ApiError("no-such-rtb-assoc", f"{link_id} does not exist")
