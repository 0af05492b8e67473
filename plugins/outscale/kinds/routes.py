"""Route tables, their routes and their links to Subnets."""

from __future__ import annotations

from collections.abc import Mapping

from plugins.outscale.kinds.sources import ROUTE_TABLES, SUBNET_TABLES
from plugins.outscale.shapes import Attribute, Delete, Shape, Update, among
from plugins.outscale.sources import Item, path
from plugins.runtime.declare import Values


def _main(table: Item) -> bool:
    """The main table comes and goes with its Net: it can never be deleted by itself."""
    return any(path(table, "LinkRouteTables[].Main") or ())


def _local(route: Item) -> bool:
    """The route to the Net itself, which is born with the table and cannot be deleted."""
    return bool(route.get("CreationMethod") == "CreateRouteTable")


ROUTE_TABLE = Shape(
    "RouteTable",
    "A route table of a Net.",
    attributes=(Attribute("netId", required=True, immutable=True),),
    outputs=(Attribute("routeTableId"),),
    source=ROUTE_TABLES,
    id=("routeTableId",),
    create="CreateRouteTable",
    answer="RouteTable",
    delete=Delete("DeleteRouteTable", ("routeTableId",)),
    tagged=True,
    beside=_main,
)

TARGETS = ("gatewayId", "natServiceId", "netPeeringId", "nicId", "vmId")


def _one_target(inputs: Values) -> Mapping[str, str]:
    given = [name for name in TARGETS if name in inputs]
    return {given[1]: f"a route has one target; {' and '.join(given)} are given"} if len(given) > 1 else {}


ROUTE = Shape(
    "Route",
    "A route of a route table. Its id is `<routeTableId>_<destinationIpRange>`.",
    attributes=(
        Attribute("routeTableId", required=True, immutable=True),
        Attribute("destinationIpRange", required=True, immutable=True),
        # A route to a VM is shown with its NIC too: what was not asked for is no difference.
        *(Attribute(name, server_chosen=True) for name in TARGETS),
    ),
    outputs=(Attribute("state", volatile=True),),
    source=ROUTE_TABLES,
    id=("routeTableId", "destinationIpRange"),
    create="CreateRoute",
    answer="RouteTable",
    pick=among("Routes", destinationIpRange="DestinationIpRange"),
    updates=(Update("UpdateRoute", TARGETS, always=("routeTableId", "destinationIpRange")),),
    delete=Delete("DeleteRoute", ("routeTableId", "destinationIpRange"), answer="RouteTable"),
    unique=True,
    beside=_local,
    replace_first=True,
    check=_one_target,
)

ROUTE_TABLE_LINK = Shape(
    "RouteTableLink",
    "The route table of a Subnet. Its id is the Subnet's: the link's own id changes with the table.",
    attributes=(
        Attribute("routeTableId", required=True),
        Attribute("subnetId", required=True, immutable=True),
    ),
    outputs=(Attribute("linkRouteTableId", volatile=True),),
    source=SUBNET_TABLES,
    id=("subnetId",),
    create="LinkRouteTable",
    pick=among("LinkRouteTables", subnetId="SubnetId"),
    updates=(Update("UpdateRouteTableLink", ("routeTableId",), always=("linkRouteTableId",)),),
    delete=Delete("UnlinkRouteTable", ("linkRouteTableId",)),
    unique=True,
    replace_first=True,
)
