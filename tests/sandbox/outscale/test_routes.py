"""Route tables and routes: what Outscale refuses of them is refused."""

from __future__ import annotations

from tests.sandbox.outscale import world
from tests.sandbox.outscale.server import Server, refused


def test_a_subnet_has_one_table_of_its_own(server: Server, net_id: str) -> None:
    place = world.subnet(server, net_id)
    tables = [server.call("CreateRouteTable", NetId=net_id)["RouteTable"]["RouteTableId"] for _ in range(2)]
    server.call("LinkRouteTable", RouteTableId=tables[0], SubnetId=place)
    assert refused(server, "LinkRouteTable", RouteTableId=tables[1], SubnetId=place) == (409, "9059")
    assert refused(server, "DeleteRouteTable", RouteTableId=tables[0]) == (409, "9002")
    server.call("DeleteRouteTable", RouteTableId=tables[1])


def test_a_table_and_its_subnet_are_of_one_net(server: Server, net_id: str) -> None:
    table = server.call("CreateRouteTable", NetId=world.net(server, "10.1.0.0/16"))["RouteTable"]["RouteTableId"]
    place = world.subnet(server, net_id)
    assert refused(server, "LinkRouteTable", RouteTableId=table, SubnetId=place) == (400, "4086")


def test_the_main_table_is_neither_deleted_nor_unlinked(server: Server, net_id: str) -> None:
    main = server.call("ReadRouteTables")["RouteTables"][0]
    assert refused(server, "DeleteRouteTable", RouteTableId=main["RouteTableId"]) == (409, "9002")
    link = main["LinkRouteTables"][0]["LinkRouteTableId"]
    assert refused(server, "UnlinkRouteTable", LinkRouteTableId=link)[0] == 400


def test_another_table_can_become_the_main_one(server: Server, net_id: str) -> None:
    main = server.call("ReadRouteTables")["RouteTables"][0]
    table = server.call("CreateRouteTable", NetId=net_id)["RouteTable"]["RouteTableId"]
    link = main["LinkRouteTables"][0]["LinkRouteTableId"]
    server.call("UpdateRouteTableLink", LinkRouteTableId=link, RouteTableId=table)
    assert world.main_table(server, net_id) == table
    server.call("DeleteRouteTable", RouteTableId=main["RouteTableId"])


def test_a_route_has_one_target_and_a_destination_outside_the_net(server: Server, net_id: str) -> None:
    service = world.internet(server, net_id)
    table = server.call("CreateRouteTable", NetId=net_id)["RouteTable"]["RouteTableId"]
    route = {"RouteTableId": table, "DestinationIpRange": "0.0.0.0/0"}
    assert refused(server, "CreateRoute", **route) == (400, "7000")
    assert refused(server, "CreateRoute", **route, GatewayId=service, NatServiceId="nat-12345678") == (400, "4046")
    inside = {**route, "DestinationIpRange": "10.0.3.0/24"}
    assert refused(server, "CreateRoute", **inside, GatewayId=service) == (400, "4056")
    server.call("CreateRoute", **route, GatewayId=service)
    assert refused(server, "CreateRoute", **route, GatewayId=service) == (409, "9052")
    server.call("DeleteRoute", **route)
    assert refused(server, "DeleteRoute", **route) == (400, "5045")
    assert refused(server, "UpdateRoute", **route, GatewayId=service) == (400, "5045")
    local = {"RouteTableId": table, "DestinationIpRange": "10.0.0.0/16"}
    assert refused(server, "DeleteRoute", **local)[0] == 400


def test_a_route_needs_its_gateway_linked_to_the_net(server: Server, net_id: str) -> None:
    service = server.call("CreateInternetService")["InternetService"]["InternetServiceId"]
    route = {"RouteTableId": world.main_table(server, net_id), "DestinationIpRange": "0.0.0.0/0"}
    assert refused(server, "CreateRoute", **route, GatewayId=service) == (409, "9027")
