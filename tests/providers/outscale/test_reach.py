"""Who can talk with whom, worked out from the API's own words: filters on both sides, and a way there and back."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from providers.observation import Opening, Reach
from providers.openings import merge
from providers.outscale.live import Thing
from providers.outscale.reach import Observer
from tests.blueprint import worlds

LEFT, RIGHT = "bubbles/left/zones/back", "bubbles/right/zones/back"
HTTPS = Opening("tcp", 443, 443)
PLAN = worlds.plan_data(
    worlds.minimal(
        flows={"talk": worlds.flow("left.back", "right.back")},
        externals={"shop": {"cidrs": ["192.0.2.0/24"], "via": "internet"}},
    )
)


def rule(cidr: str, protocol: str = "tcp", first: int = 443, last: int = 443) -> dict[str, Any]:
    return {"IpProtocol": protocol, "FromPortRange": first, "ToPortRange": last, "IpRanges": [cidr]}


def thing(kind: str, identifier: str, subject: str, **body: Any) -> Thing:
    tags = {"rempart:platform": "test", "rempart:environment": "dev", "rempart:subject": subject}
    return Thing(kind, identifier, "test", "", body, tags)


def account() -> dict[str, Thing]:
    """Two Nets with one zone each, a peering between them, routes both ways, one rule on each side."""
    found: dict[str, Thing] = {}
    for side, cidr, far in (("l", "10.0.1.0/24", "10.1.1.0/24"), ("r", "10.1.1.0/24", "10.0.1.0/24")):
        zone = LEFT if side == "l" else RIGHT
        inbound, outbound = ([], [rule(far)]) if side == "l" else ([rule(far)], [])
        route = {"DestinationIpRange": far, "NetPeeringId": "pcx", "State": "active"}
        for one in (
            thing("Subnet", f"subnet-{side}", f"{zone}/az/a", NetId=f"net-{side}", IpRange=cidr),
            thing("SecurityGroup", f"sg-{side}", f"{zone}/filter", InboundRules=inbound, OutboundRules=outbound),
            thing(
                "RouteTable",
                f"rtb-{side}",
                f"{zone}/table",
                NetId=f"net-{side}",
                Routes=[route],
                LinkRouteTables=[{"SubnetId": f"subnet-{side}"}],
            ),
        ):
            found[one.identifier] = one
    ends = {"SourceNet": {"NetId": "net-l"}, "AccepterNet": {"NetId": "net-r"}}
    found["pcx"] = thing("NetPeering", "pcx", "peerings/left--right", State={"Name": "active"}, **ends)
    return copy.deepcopy(found)


def seen(things: dict[str, Thing], source: str = LEFT, there: str = RIGHT, reach: Reach = Reach.EVERY) -> Any:
    return Observer(tuple(things.values()), PLAN).openings(source, there, reach)


def test_what_both_filters_and_both_ways_allow_passes_and_nothing_comes_back() -> None:
    assert seen(account()) == {HTTPS}
    assert seen(account(), RIGHT, LEFT, Reach.ANY) == frozenset()


@pytest.mark.parametrize(
    ("identifier", "field", "value"),
    [
        ("sg-l", "OutboundRules", []),
        ("sg-r", "InboundRules", []),
        ("sg-r", "InboundRules", [rule("10.0.1.0/24", "udp")]),
        ("sg-r", "InboundRules", [rule("10.0.2.0/24")]),
        ("rtb-l", "Routes", []),
        ("rtb-r", "Routes", []),
        ("rtb-l", "Routes", [{"DestinationIpRange": "10.1.1.0/24", "NetPeeringId": "pcx", "State": "blackhole"}]),
        ("pcx", "State", {"Name": "pending-acceptance"}),
        ("rtb-r", "LinkRouteTables", []),
    ],
    ids=["out", "in", "protocol", "source", "way there", "way back", "blackhole", "not accepted", "unlinked table"],
)
def test_without_any_one_of_them_nothing_passes(identifier: str, field: str, value: Any) -> None:
    things = account()
    things[identifier].body[field] = value
    assert seen(things, reach=Reach.ANY) == frozenset()


def test_half_of_a_zone_is_some_and_not_every() -> None:
    things = account()
    things["sg-r"].body["InboundRules"] = [rule("10.0.1.0/25")]
    assert seen(things, reach=Reach.ANY) == {HTTPS}
    assert seen(things, reach=Reach.EVERY) == frozenset()


def test_an_interface_counts_with_the_groups_that_it_has_and_not_with_its_zones() -> None:
    things = account()
    stray = {"SecurityGroupId": "sg-open"}
    things["sg-open"] = thing("SecurityGroup", "sg-open", "", InboundRules=[rule("0.0.0.0/0", "-1", -1, -1)])
    things["eni"] = thing(
        "Nic", "eni", "", SubnetId="subnet-r", SecurityGroups=[stray], PrivateIps=[{"PrivateIp": "10.1.1.9"}]
    )
    assert seen(things, reach=Reach.ANY) == {HTTPS}
    things["sg-l"].body["OutboundRules"] = [rule("0.0.0.0/0", "-1", -1, -1)]
    assert seen(things, reach=Reach.ANY) == {Opening(name, 0, 65535) for name in ("icmp", "tcp", "udp")}


def test_a_rule_that_names_a_group_opens_to_the_addresses_of_its_interfaces() -> None:
    things = account()
    members = {"IpProtocol": "tcp", "FromPortRange": 22, "ToPortRange": 22}
    things["sg-r"].body["InboundRules"] = [{**members, "SecurityGroupsMembers": [{"SecurityGroupId": "sg-l"}]}]
    things["sg-l"].body["OutboundRules"] = [rule("10.1.1.0/24", "tcp", 22, 22)]
    assert seen(things, reach=Reach.ANY) == frozenset()
    group = [{"SecurityGroupId": "sg-l"}]
    things["eni"] = thing(
        "Nic", "eni", "", SubnetId="subnet-l", SecurityGroups=group, PrivateIps=[{"PrivateIp": "10.0.1.7"}]
    )
    assert seen(things, reach=Reach.ANY) == {Opening("tcp", 22, 22)}


def test_the_internet_needs_a_linked_gateway_and_the_route_to_it() -> None:
    things = account()
    outside = "externals/shop"
    things["sg-l"].body["OutboundRules"] = [rule("192.0.2.0/24")]
    assert seen(things, LEFT, outside, Reach.ANY) == frozenset()
    route = {"DestinationIpRange": "192.0.2.0/24", "GatewayId": "igw", "State": "active"}
    things["rtb-l"].body["Routes"] = [route]
    things["igw"] = thing("InternetService", "igw", "", NetId="net-r")
    assert seen(things, LEFT, outside, Reach.ANY) == frozenset(), "linked to another Net"
    things["igw"] = thing("InternetService", "igw", "", NetId="net-l")
    assert seen(things, LEFT, outside) == {HTTPS}
    assert seen(things, outside, LEFT, Reach.ANY) == frozenset(), "no inbound rule"
    things["sg-l"].body["InboundRules"] = [rule("192.0.2.0/25", "tcp", 22, 22)]
    assert seen(things, outside, LEFT, Reach.ANY) == {Opening("tcp", 22, 22)}
    assert seen(things, outside, LEFT, Reach.EVERY) == frozenset()


def test_a_nat_service_lets_out_and_never_in() -> None:
    things = account()
    things["sg-l"].body.update(OutboundRules=[rule("192.0.2.0/24")], InboundRules=[rule("192.0.2.0/24")])
    things["rtb-l"].body["Routes"] = [{"DestinationIpRange": "192.0.2.0/24", "NatServiceId": "nat", "State": "active"}]
    things["nat"] = thing("NatService", "nat", "", SubnetId="subnet-l")
    assert seen(things, LEFT, "externals/shop") == {HTTPS}
    assert seen(things, "externals/shop", LEFT, Reach.ANY) == frozenset()


def test_ranges_that_touch_are_one() -> None:
    assert merge([Opening("tcp", 1, 5), Opening("tcp", 6, 9), Opening("udp", 2, 2)]) == {
        Opening("tcp", 1, 9),
        Opening("udp", 2, 2),
    }
