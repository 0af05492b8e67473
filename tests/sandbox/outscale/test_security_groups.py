"""Security groups and their rules: what Outscale refuses of them is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.outscale import world
from tests.sandbox.outscale.server import Server, refused


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
