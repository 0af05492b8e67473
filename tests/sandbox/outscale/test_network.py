"""What the network part refuses, as Outscale does: each strictness by a refused request."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.outscale import world
from tests.sandbox.outscale.server import Refused, Server


def refused(server: Server, operation: str, **request: Any) -> tuple[int, str]:
    with pytest.raises(Refused) as caught:
        server.call(operation, **request)
    return caught.value.status, caught.value.code


# Nets ------------------------------------------------------------------------------------------------------------


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


# Subnets ---------------------------------------------------------------------------------------------------------


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


# Security groups -------------------------------------------------------------------------------------------------


def test_a_group_is_born_open_outbound_and_closed_inbound(server: Server, net_id: str) -> None:
    world.group(server, net_id)
    group = server.call("ReadSecurityGroups", Filters={"SecurityGroupNames": ["web"]})["SecurityGroups"][0]
    assert group["InboundRules"] == []
    assert group["OutboundRules"][0]["IpRanges"] == ["0.0.0.0/0"]


@pytest.mark.parametrize("name", ["sg-web", "", "naïve", "a" * 256, "tab\t"])
def test_a_group_name_follows_the_rules(server: Server, net_id: str, name: str) -> None:
    wrong = {"NetId": net_id, "SecurityGroupName": name, "Description": "d"}
    assert refused(server, "CreateSecurityGroup", **wrong) == (400, "4043")


def test_two_groups_of_a_net_do_not_share_a_name(server: Server, net_id: str) -> None:
    world.group(server, net_id)
    again = {"NetId": net_id, "SecurityGroupName": "web", "Description": "d"}
    assert refused(server, "CreateSecurityGroup", **again) == (409, "9008")


def rule(group: str, **changes: Any) -> dict[str, Any]:
    whole = {
        "SecurityGroupId": group,
        "Flow": "Inbound",
        "IpProtocol": "tcp",
        "FromPortRange": 443,
        "ToPortRange": 443,
        "IpRange": "10.0.0.0/8",
    }
    return {k: v for k, v in {**whole, **changes}.items() if v is not None}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Flow": "Sideways"}, "4047"),
        ({"IpProtocol": "http"}, "4053"),
        ({"FromPortRange": 444}, "4051"),
        ({"ToPortRange": 65536}, "4051"),
        ({"FromPortRange": -1, "ToPortRange": -1}, "4051"),
        ({"FromPortRange": None}, "7000"),
        ({"IpRange": "10.0.0.1/8"}, "4013"),
        ({"IpRange": "::/0"}, "4013"),
        ({"IpRange": None}, "7000"),
        ({"Rules": []}, "4046"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(server: Server, net_id: str, changes: dict[str, Any], code: str) -> None:
    group = world.group(server, net_id)
    assert refused(server, "CreateSecurityGroupRule", **rule(group, **changes)) == (400, code)


def test_the_same_rule_twice_is_a_conflict(server: Server, net_id: str) -> None:
    group = world.group(server, net_id)
    server.call("CreateSecurityGroupRule", **rule(group))
    assert refused(server, "CreateSecurityGroupRule", **rule(group)) == (409, "9005")


def test_rules_of_the_same_ports_are_shown_as_one_and_taken_away_one_by_one(server: Server, net_id: str) -> None:
    group = world.group(server, net_id)
    server.call("CreateSecurityGroupRule", **rule(group))
    shown = server.call("CreateSecurityGroupRule", **rule(group, IpRange="192.168.0.0/16"))["SecurityGroup"]
    assert [r["IpRanges"] for r in shown["InboundRules"]] == [["10.0.0.0/8", "192.168.0.0/16"]]
    left = server.call("DeleteSecurityGroupRule", **rule(group))["SecurityGroup"]
    assert [r["IpRanges"] for r in left["InboundRules"]] == [["192.168.0.0/16"]]
    assert refused(server, "DeleteSecurityGroupRule", **rule(group)) == (400, "5008")


def test_the_implicit_outbound_rule_can_be_taken_away(server: Server, net_id: str) -> None:
    group = world.group(server, net_id)
    implicit = {"SecurityGroupId": group, "Flow": "Outbound", "IpProtocol": "-1", "IpRange": "0.0.0.0/0"}
    assert server.call("DeleteSecurityGroupRule", **implicit)["SecurityGroup"]["OutboundRules"] == []


def test_all_protocols_are_kept_without_ports(server: Server, net_id: str) -> None:
    group = world.group(server, net_id)
    shown = server.call("CreateSecurityGroupRule", **rule(group, IpProtocol="-1"))["SecurityGroup"]["InboundRules"]
    assert (shown[0]["FromPortRange"], shown[0]["ToPortRange"]) == (-1, -1)


def test_a_group_in_use_is_not_deleted(server: Server, net_id: str) -> None:
    group, other = world.group(server, net_id), world.group(server, net_id, "other")
    link = rule(other, IpRange=None, SecurityGroupNameToLink=group)
    server.call("CreateSecurityGroupRule", **link)
    assert refused(server, "DeleteSecurityGroup", SecurityGroupId=group) == (409, "9085")
    gone = rule(other, IpRange=None, SecurityGroupNameToUnlink=group)
    server.call("DeleteSecurityGroupRule", **gone)
    nic = server.call("CreateNic", SubnetId=world.subnet(server, net_id), SecurityGroupIds=[group])["Nic"]["NicId"]
    assert refused(server, "DeleteSecurityGroup", SecurityGroupId=group) == (409, "9085")
    server.call("DeleteNic", NicId=nic)
    server.call("DeleteSecurityGroup", SecurityGroupId=group)


def test_the_default_group_is_not_deleted(server: Server, net_id: str) -> None:
    default = server.call("ReadSecurityGroups")["SecurityGroups"][0]["SecurityGroupId"]
    assert refused(server, "DeleteSecurityGroup", SecurityGroupId=default) == (409, "9051")


def test_a_group_of_another_net_cannot_be_linked_until_the_nets_are_peered(server: Server, net_id: str) -> None:
    far = world.net(server, "10.1.0.0/16")
    link = rule(world.group(server, net_id), IpRange=None, SecurityGroupNameToLink=world.group(server, far))
    assert refused(server, "CreateSecurityGroupRule", **link) == (400, "4086")
    world.peering(server, net_id, far)
    server.call("CreateSecurityGroupRule", **link)


def test_the_quota_of_rules_holds(server: Server, net_id: str) -> None:
    server.control.settings(quota__rule_per_security_group=2)
    group = world.group(server, net_id)
    server.call("CreateSecurityGroupRule", **rule(group))
    assert refused(server, "CreateSecurityGroupRule", **rule(group, IpRange="10.0.0.0/9")) == (400, "10017")


# Route tables and routes -----------------------------------------------------------------------------------------


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


# Peerings --------------------------------------------------------------------------------------------------------


def test_a_peering_routes_only_once_active(server: Server, net_id: str) -> None:
    far = world.net(server, "10.1.0.0/16")
    made = server.call("CreateNetPeering", SourceNetId=net_id, AccepterNetId=far)["NetPeering"]
    assert made["State"]["Name"] == "pending-acceptance"
    route = {"RouteTableId": world.main_table(server, net_id), "DestinationIpRange": "10.1.0.0/16"}
    assert refused(server, "CreateRoute", **route, NetPeeringId=made["NetPeeringId"]) == (409, "6003")
    accepted = server.call("AcceptNetPeering", NetPeeringId=made["NetPeeringId"])["NetPeering"]
    assert accepted["State"]["Name"] == "active"
    server.call("CreateRoute", **route, NetPeeringId=made["NetPeeringId"])
    assert refused(server, "AcceptNetPeering", NetPeeringId=made["NetPeeringId"]) == (409, "6003")
    assert refused(server, "RejectNetPeering", NetPeeringId=made["NetPeeringId"]) == (409, "6003")


def test_nets_that_overlap_make_a_failed_peering_that_cannot_be_accepted(server: Server, net_id: str) -> None:
    twin = world.net(server, "10.0.0.0/17")
    made = server.call("CreateNetPeering", SourceNetId=net_id, AccepterNetId=twin)["NetPeering"]
    assert made["State"]["Name"] == "failed"
    assert refused(server, "AcceptNetPeering", NetPeeringId=made["NetPeeringId"]) == (409, "6003")
    assert refused(server, "DeleteNetPeering", NetPeeringId=made["NetPeeringId"]) == (409, "6003")
    server.call("DeleteNet", NetId=twin)


def test_a_peering_is_made_once_and_its_opposite_is_rejected(server: Server, net_id: str) -> None:
    far = world.net(server, "10.1.0.0/16")
    made = server.call("CreateNetPeering", SourceNetId=net_id, AccepterNetId=far)["NetPeering"]["NetPeeringId"]
    assert refused(server, "CreateNetPeering", SourceNetId=net_id, AccepterNetId=far) == (409, "9067")
    opposite = server.call("CreateNetPeering", SourceNetId=far, AccepterNetId=net_id)["NetPeering"]["NetPeeringId"]
    server.call("AcceptNetPeering", NetPeeringId=made)
    states = server.call("ReadNetPeerings", Filters={"NetPeeringIds": [opposite]})["NetPeerings"]
    assert states[0]["State"]["Name"] == "rejected"
    late = server.call("CreateNetPeering", SourceNetId=far, AccepterNetId=net_id)["NetPeering"]
    assert late["State"]["Name"] == "rejected"


def test_a_net_is_not_peered_with_itself(server: Server, net_id: str) -> None:
    assert refused(server, "CreateNetPeering", SourceNetId=net_id, AccepterNetId=net_id) == (400, "4047")


def test_another_account_is_not_simulated(server: Server, net_id: str) -> None:
    other = {"SourceNetId": net_id, "AccepterNetId": net_id, "AccepterOwnerId": "999999999999"}
    assert refused(server, "CreateNetPeering", **other)[0] == 501


# Internet and NAT services, public IPs ---------------------------------------------------------------------------


def test_a_net_has_one_internet_service_and_a_service_one_net(server: Server, net_id: str) -> None:
    first, second = (server.call("CreateInternetService")["InternetService"]["InternetServiceId"] for _ in range(2))
    far = world.net(server, "10.1.0.0/16")
    server.call("LinkInternetService", InternetServiceId=first, NetId=net_id)
    assert refused(server, "LinkInternetService", InternetServiceId=first, NetId=far) == (409, "9024")
    assert refused(server, "LinkInternetService", InternetServiceId=second, NetId=net_id) == (409, "9065")
    assert refused(server, "DeleteInternetService", InternetServiceId=first) == (409, "9024")
    assert refused(server, "UnlinkInternetService", InternetServiceId=second, NetId=net_id) == (409, "9026")


def test_a_nat_service_needs_a_public_subnet_and_a_free_ip(server: Server, net_id: str) -> None:
    place, other = world.subnet(server, net_id), world.subnet(server, net_id, "10.0.2.0/24")
    ip = world.public_ip(server)
    assert refused(server, "CreateNatService", SubnetId=place, PublicIpId=ip) == (409, "9045")
    service = world.internet(server, net_id)
    nat = server.call("CreateNatService", SubnetId=place, PublicIpId=ip)["NatService"]
    assert nat["State"] == "pending"
    assert refused(server, "CreateNatService", SubnetId=place, PublicIpId=world.public_ip(server)) == (409, "9037")
    assert refused(server, "CreateNatService", SubnetId=other, PublicIpId=ip) == (409, "9031")
    assert refused(server, "DeletePublicIp", PublicIpId=ip) == (409, "9031")
    assert refused(server, "DeleteSubnet", SubnetId=place) == (409, "9057")
    assert refused(server, "UnlinkInternetService", InternetServiceId=service, NetId=net_id) == (409, "9002")
    route = {"RouteTableId": server.call("CreateRouteTable", NetId=net_id)["RouteTable"]["RouteTableId"]}
    route |= {"DestinationIpRange": "0.0.0.0/0", "NatServiceId": nat["NatServiceId"]}
    assert refused(server, "CreateRoute", **route) == (409, "6003")
    world.wait(server, "ReadNatServices", "NatServiceIds", nat["NatServiceId"], "NatServices", "available")
    server.call("CreateRoute", **route)


def test_a_nat_service_takes_time_to_go_and_then_frees_its_ip(server: Server, net_id: str) -> None:
    place, ip = world.subnet(server, net_id), world.public_ip(server)
    world.internet(server, net_id)
    nat = server.call("CreateNatService", SubnetId=place, PublicIpId=ip)["NatService"]["NatServiceId"]
    server.call("DeleteNatService", NatServiceId=nat)
    assert refused(server, "DeleteSubnet", SubnetId=place) == (409, "9057")
    world.wait(server, "ReadNatServices", "NatServiceIds", nat, "NatServices", "deleted")
    assert refused(server, "DeleteNatService", NatServiceId=nat) == (400, "5032")
    server.call("DeleteSubnet", SubnetId=place)
    server.call("DeletePublicIp", PublicIpId=ip)


def test_a_nat_service_can_be_asked_for_twice_with_one_token(server: Server, net_id: str) -> None:
    world.internet(server, net_id)
    request = {"SubnetId": world.subnet(server, net_id), "PublicIpId": world.public_ip(server), "ClientToken": "t"}
    first = server.call("CreateNatService", **request)["NatService"]
    assert server.call("CreateNatService", **request)["NatService"]["NatServiceId"] == first["NatServiceId"]
    assert refused(server, "CreateNatService", **{**request, "PublicIpId": world.public_ip(server)}) == (400, "4091")


def test_a_public_ip_goes_to_one_nic_at_a_time(server: Server, net_id: str) -> None:
    place = world.subnet(server, net_id)
    nics = [server.call("CreateNic", SubnetId=place)["Nic"]["NicId"] for _ in range(2)]
    ip = world.public_ip(server)
    assert refused(server, "LinkPublicIp", PublicIpId=ip, NicId=nics[0]) == (409, "9027")
    world.internet(server, net_id)
    server.call("LinkPublicIp", PublicIpId=ip, NicId=nics[0])
    assert refused(server, "LinkPublicIp", PublicIpId=ip, NicId=nics[1]) == (409, "9031")
    assert refused(server, "LinkPublicIp", PublicIpId=world.public_ip(server), NicId=nics[0]) == (409, "9031")
    assert refused(server, "DeletePublicIp", PublicIpId=ip) == (409, "9031")
    assert refused(server, "LinkPublicIp", PublicIpId=ip) == (400, "7000")
    assert refused(server, "LinkPublicIp", PublicIpId=ip, NicId=nics[0], VmId="i-12345678") == (400, "4046")
    moved = server.call("LinkPublicIp", PublicIpId=ip, NicId=nics[1], AllowRelink=True)["LinkPublicIpId"]
    shown = server.call("ReadNics", Filters={"LinkPublicIpPublicIpIds": [ip]})["Nics"]
    assert [nic["NicId"] for nic in shown] == [nics[1]]
    server.call("UnlinkPublicIp", LinkPublicIpId=moved)
    assert refused(server, "UnlinkPublicIp", LinkPublicIpId=moved) == (400, "5026")
    server.call("DeletePublicIp", PublicIpId=ip)
