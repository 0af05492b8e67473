"""Nets and Subnets: what Outscale refuses of them is refused."""

from __future__ import annotations

import pytest

from tests.sandbox.outscale import world
from tests.sandbox.outscale.server import Server, refused


def test_a_net_is_born_with_a_default_group_a_main_table_and_dhcp_options(server: Server, net_id: str) -> None:
    net = server.call("ReadNets", Filters={"NetIds": [net_id]})["Nets"][0]
    assert net["DhcpOptionsSetId"].startswith("dopt-")
    groups = server.call("ReadSecurityGroups", Filters={"NetIds": [net_id]})["SecurityGroups"]
    assert [g["SecurityGroupName"] for g in groups] == ["default"]
    assert groups[0]["InboundRules"][0]["SecurityGroupsMembers"][0]["SecurityGroupId"] == groups[0]["SecurityGroupId"]
    assert groups[0]["OutboundRules"] == [
        {"FromPortRange": -1, "IpProtocol": "-1", "IpRanges": ["0.0.0.0/0"], "ToPortRange": -1}
    ]
    tables = server.call("ReadRouteTables", Filters={"NetIds": [net_id]})["RouteTables"]
    assert [link["Main"] for link in tables[0]["LinkRouteTables"]] == [True]
    assert [route["DestinationIpRange"] for route in tables[0]["Routes"]] == ["10.0.0.0/16"]


@pytest.mark.parametrize(
    ("block", "code"),
    [
        ("10.0.0.0/15", "4015"),
        ("10.0.0.0/29", "4015"),
        ("10.0.0.1/16", "4013"),
        ("10.0.0.0", "4013"),
        ("300.0.0.0/16", "4013"),
        ("fd00::/16", "4013"),
        ("", "4013"),
    ],
)
def test_a_net_takes_only_a_range_between_16_and_28(server: Server, block: str, code: str) -> None:
    assert refused(server, "CreateNet", IpRange=block) == (400, code)
    assert server.control.inventory() == {}


def test_the_quota_of_nets_holds(server: Server) -> None:
    server.control.settings(quota__net=1)
    world.net(server)
    assert refused(server, "CreateNet", IpRange="10.9.0.0/16") == (400, "10022")


def test_ids_that_cannot_be_and_ids_that_are_not_are_told_apart(server: Server) -> None:
    assert refused(server, "DeleteNet", NetId="subnet-12345678") == (400, "4104")
    assert refused(server, "DeleteNet", NetId="vpc-1234") == (400, "4105")
    assert refused(server, "DeleteNet", NetId="vpc-12345678") == (400, "5065")


def test_a_net_with_anything_inside_is_not_deleted(server: Server, net_id: str) -> None:
    call = server.call
    place = world.subnet(server, net_id)
    assert refused(server, "DeleteNet", NetId=net_id) == (409, "9066")
    call("DeleteSubnet", SubnetId=place)
    group = world.group(server, net_id)
    assert refused(server, "DeleteNet", NetId=net_id) == (409, "9066")
    call("DeleteSecurityGroup", SecurityGroupId=group)
    table = call("CreateRouteTable", NetId=net_id)["RouteTable"]["RouteTableId"]
    assert refused(server, "DeleteNet", NetId=net_id) == (409, "9066")
    call("DeleteRouteTable", RouteTableId=table)
    service = call("CreateInternetService")["InternetService"]["InternetServiceId"]
    call("LinkInternetService", InternetServiceId=service, NetId=net_id)
    assert refused(server, "DeleteNet", NetId=net_id) == (409, "9066")
    call("UnlinkInternetService", InternetServiceId=service, NetId=net_id)
    joined = world.peering(server, net_id, world.net(server, "10.1.0.0/16"))
    assert refused(server, "DeleteNet", NetId=net_id) == (409, "9066")
    call("DeleteNetPeering", NetPeeringId=joined)
    call("DeleteNet", NetId=net_id)
    assert call("ReadNets", Filters={"NetIds": [net_id]})["Nets"] == []
    assert call("ReadSecurityGroups", Filters={"NetIds": [net_id]})["SecurityGroups"] == []


@pytest.mark.parametrize(
    ("block", "status", "code"),
    [
        ("10.1.0.0/24", 409, "9044"),
        ("10.0.0.0/15", 409, "9044"),
        ("10.0.1.0/30", 400, "4015"),
        ("10.0.1.1/24", 400, "4013"),
    ],
)
def test_a_subnet_lies_inside_its_net(server: Server, net_id: str, block: str, status: int, code: str) -> None:
    assert refused(server, "CreateSubnet", NetId=net_id, IpRange=block) == (status, code)


@pytest.mark.parametrize("block", ["10.0.1.0/24", "10.0.1.128/25", "10.0.0.0/16"])
def test_subnets_do_not_overlap(server: Server, net_id: str, block: str) -> None:
    world.subnet(server, net_id, "10.0.1.0/24")
    assert refused(server, "CreateSubnet", NetId=net_id, IpRange=block) == (409, "9058")


def test_a_subnet_is_in_a_subregion_of_the_region(server: Server, net_id: str) -> None:
    wrong = {"NetId": net_id, "IpRange": "10.0.1.0/24", "SubregionName": "eu-west-2a"}
    assert refused(server, "CreateSubnet", **wrong) == (400, "5009")


def test_a_subnet_counts_its_free_addresses(server: Server, net_id: str) -> None:
    place = world.subnet(server, net_id, "10.0.1.0/29")
    assert server.call("ReadSubnets")["Subnets"][0]["AvailableIpsCount"] == 3
    for _ in range(3):
        server.call("CreateNic", SubnetId=place)
    assert server.call("ReadSubnets")["Subnets"][0]["AvailableIpsCount"] == 0
    assert refused(server, "CreateNic", SubnetId=place)[0] == 400


def test_a_subnet_with_a_nic_is_not_deleted(server: Server, net_id: str) -> None:
    place = world.subnet(server, net_id)
    server.call("CreateNic", SubnetId=place)
    assert refused(server, "DeleteSubnet", SubnetId=place) == (409, "9057")
