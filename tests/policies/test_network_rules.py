"""NET-01, NET-03, NET-08, NET-09: compliant, violating, unknown, equivalent, wrong type, tampered."""

from __future__ import annotations

import dataclasses

import pytest

from blueprint import plan as plans
from policies.context import Index
from policies.verdicts import State
from tests.policies import estate, judging
from tests.policies.cases import CONFORM, IDLE, REFUSED, UNSEEN, Case, check, referring, to, unknown, without

NET = "bubbles/warehouse"
SUBNET = "bubbles/warehouse/zones/omop/az/a"
NIC = "bubbles/warehouse/tiers/omop/1/nic"
VM = "bubbles/warehouse/tiers/omop/1"
PEERING = "peerings/project-a--warehouse"
ADDRESS = "bastion/1/address"
LINK = "bastion/1/address/link"
NAT = "bubbles/administration/gateways/nat"

ONE_NETWORK = [
    Case("a bubble's own network conforms", NET, None, CONFORM),
    Case("a segment in its own bubble's network conforms", SUBNET, None, CONFORM),
    Case("a network with other addresses is refused", NET, to(ipRange="10.80.0.0/20"), REFUSED, "addresses"),
    Case("a network that is no bubble's is refused", NET, to(subject="bubbles/other"), REFUSED, "no bubble's"),
    Case("a network's unknown range waits", NET, unknown("ipRange"), UNSEEN, "not known yet"),
    Case("host bits in a range change nothing", NET, to(ipRange="10.64.16.1/20"), CONFORM),
    Case("a list where a range belongs is refused", NET, to(ipRange=["10.64.16.0/20"]), REFUSED, "wrong type"),
    Case(
        "a segment in another bubble's network is refused",
        SUBNET,
        referring(netId="bubbles/project-a"),
        REFUSED,
        "lies in the network of bubbles/project-a",
    ),
    Case("a segment that does not name its network is refused", SUBNET, to(references={}), REFUSED, "no bubble"),
    Case(
        "a segment that claims another subject is refused",
        SUBNET,
        to(subject="bubbles/project-a/zones/data/az/a"),
        REFUSED,
    ),
]

FILTERED = [
    Case("an interface with its zone's filter conforms", NIC, None, CONFORM),
    Case("a machine whose interfaces carry the filters is left to them", VM, None, IDLE),
    Case("a network with an emptied default group conforms", NET, None, CONFORM),
    Case("true written as text is true", NET, to(emptyDefaultSecurityGroup="TRUE"), CONFORM),
    Case(
        "a network that keeps its default group's rules is refused",
        NET,
        to(emptyDefaultSecurityGroup=False),
        REFUSED,
        "default filter group",
    ),
    Case("a network that does not say so is refused", NET, without("emptyDefaultSecurityGroup"), REFUSED),
    Case("an unknown emptying waits", NET, unknown("emptyDefaultSecurityGroup"), UNSEEN),
    Case("a number for true is refused", NET, to(emptyDefaultSecurityGroup=1.0), REFUSED, "wrong type"),
    Case(
        "an interface without filter gets the default one: refused",
        NIC,
        without("securityGroupIds"),
        REFUSED,
        "default one",
    ),
    Case("an empty list of filters is the default one: refused", NIC, to(securityGroupIds=[]), REFUSED, "default one"),
    Case(
        "a filter that is no zone's is refused",
        NIC,
        referring(**{"securityGroupIds[0]": "bubbles/other/zones/x/filter"}),
        REFUSED,
        "no zone's",
    ),
    Case("a filter in secret is refused", NIC, to(references={"subnetId": SUBNET}), REFUSED),
    Case("text where a list of filters belongs is refused", NIC, to(securityGroupIds="sg-1"), REFUSED, "wrong type"),
    Case("a machine with neither interface nor filter is refused", VM, without("nics"), REFUSED, "default one"),
]

PEERINGS = [
    Case("a link with a declared flow conforms", PEERING, None, CONFORM),
    Case("another account's network is refused", PEERING, to(accepterOwnerId="123456789012"), REFUSED, "account"),
    Case("an unknown account waits", PEERING, unknown("accepterOwnerId"), UNSEEN),
    Case("a number for an account is refused", PEERING, to(accepterOwnerId=12.0), REFUSED, "wrong type"),
    Case(
        "two project bubbles are never linked",
        PEERING,
        referring(sourceNetId="bubbles/project-a", accepterNetId="bubbles/project-b"),
        REFUSED,
        "two project bubbles",
    ),
    Case(
        "a link without a flow is refused",
        PEERING,
        to(subject="peerings/export--ingestion"),
        REFUSED,
        "no declared flow",
    ),
    Case(
        "a link to another bubble than its flows' is refused",
        PEERING,
        referring(accepterNetId="bubbles/ingestion"),
        REFUSED,
        "other bubbles",
    ),
    Case(
        "a link the other way round is the same link",
        PEERING,
        referring(sourceNetId="bubbles/warehouse", accepterNetId="bubbles/project-a"),
        CONFORM,
    ),
    Case("a link to an unnamed network is refused", PEERING, to(references={}), REFUSED, "no bubble's network"),
]

EDGE = [
    Case("the bastion's address conforms", ADDRESS, None, CONFORM),
    Case("the bastion's link conforms", LINK, None, CONFORM),
    Case("the NAT's address conforms", f"{NAT}/address", None, CONFORM),
    Case("a NAT in an edge zone conforms", NAT, None, CONFORM),
    Case("a planned internet service conforms", "bubbles/administration/gateways/internet", None, CONFORM),
    Case("an address for a data machine is refused", ADDRESS, to(subject=f"{VM}/address"), REFUSED, "outside the edge"),
    Case("an address for nothing is refused", ADDRESS, to(subject="bubbles/warehouse/address"), REFUSED, "nothing"),
    Case("an address linked to another machine is refused", LINK, referring(vmId=VM), REFUSED, "something else"),
    Case("an address linked in secret is refused", LINK, to(references={"publicIpId": ADDRESS}), REFUSED),
    Case(
        "a NAT outside the edge is refused",
        NAT,
        referring(subnetId="bubbles/administration/zones/services/az/a"),
        REFUSED,
        "edge zone",
    ),
    Case(
        "a gateway that nobody planned is refused",
        NAT,
        to(subject="bubbles/warehouse/gateways/nat"),
        REFUSED,
        "no such gateway",
    ),
    Case(
        "an internet service linked to another bubble is refused",
        "bubbles/administration/gateways/internet/link",
        referring(netId=NET),
        REFUSED,
        "another bubble",
    ),
    Case(
        "a segment that gives public addresses is refused",
        SUBNET,
        to(mapPublicIpOnLaunch=True),
        REFUSED,
        "by themselves",
    ),
    Case("the same as text is refused", SUBNET, to(mapPublicIpOnLaunch="True"), REFUSED),
    Case("an unknown one waits", SUBNET, unknown("mapPublicIpOnLaunch"), UNSEEN),
    Case("a wrong type is refused", SUBNET, to(mapPublicIpOnLaunch=["no"]), REFUSED, "wrong type"),
    Case("an ingress rule from inside is not its business", "flows/queries-a/ingress/project-a.data/1", None, IDLE),
    Case(
        "a tampered source on the Internet is refused",
        "flows/queries-a/ingress/project-a.data/1",
        to(subject="flows/x/ingress/project-a.data/1", ipRange="198.51.100.1/32"),
        REFUSED,
        "no declared flow",
    ),
]


@pytest.mark.parametrize("case", ONE_NETWORK, ids=str)
def test_net_01(case: Case) -> None:
    check("NET-01", case)


@pytest.mark.parametrize("case", FILTERED, ids=str)
def test_net_03(case: Case) -> None:
    check("NET-03", case)


@pytest.mark.parametrize("case", PEERINGS, ids=str)
def test_net_08(case: Case) -> None:
    check("NET-08", case)


@pytest.mark.parametrize("case", EDGE, ids=str)
def test_net_09(case: Case) -> None:
    check("NET-09", case)


def test_two_networks_whose_addresses_overlap_are_refused_together() -> None:
    changed = estate.estate_of()
    changed[NET].properties["ipRange"] = changed["bubbles/project-a"].properties["ipRange"]
    found = judging.say_whole(judging.judge_of(changed.plan), changed, "NET-01")
    assert [one.subject for one in found if one.state is State.NON_CONFORM]


def test_a_second_network_for_a_bubble_is_refused_together() -> None:
    changed = estate.estate_of()
    twin = dataclasses.replace(changed[NET], name="twin")
    changed.resources["twin"] = twin
    found = judging.say_whole(judging.judge_of(changed.plan), changed, "NET-01")
    assert "two networks" in " ".join(one.message for one in found)


@pytest.mark.parametrize(("value", "state", "blocks"), [(True, State.CONFORM, False), (False, State.NON_CONFORM, True)])
def test_a_filter_group_that_keeps_the_rule_it_was_born_with_is_refused(
    value: bool, state: State, blocks: bool
) -> None:
    changed = estate.estate_of()
    group = changed.first("SecurityGroup")
    group.properties["implicitRulesRemoved"] = value
    found = judging.say_whole(judging.judge_of(changed.plan), changed, "NET-03")
    assert next(one for one in found if one.urn == group.urn).state is state
    assert any(one.effect == "block" for one in found) is blocks


def test_what_a_filter_group_was_born_with_is_only_known_once_it_is_made() -> None:
    changed = estate.estate_of()
    group = changed.first("SecurityGroup")
    del group.properties["implicitRulesRemoved"]
    found = judging.say_whole(judging.judge_of(changed.plan, preview=True), changed, "NET-03")
    assert next(one for one in found if one.urn == group.urn).effect == "warn"


def _with(plan: plans.Plan, **changes: object) -> plans.Plan:
    return dataclasses.replace(plan, **changes)


def test_http_from_the_internet_needs_a_waf_and_an_edge_zone() -> None:
    plan = estate.plan_of()
    subject = "flows/delivery-lyon/ingress/ingestion.gateway/1"
    assert subject in Index(plan).rules
    on_internet = _with(
        plan,
        externals=tuple(
            dataclasses.replace(one, via="internet") if one.name == "lyon" else one for one in plan.externals
        ),
    )
    waf = _with(
        on_internet,
        flows=tuple(dataclasses.replace(one, waf=one.name == "delivery-lyon") for one in plan.flows),
    )
    changed = estate.estate_of()
    assert "WAF" in judging.say(judging.judge_of(on_internet), changed, "NET-09", subject).message
    assert judging.say(judging.judge_of(waf), changed, "NET-09", subject).state is State.CONFORM


def test_a_bastion_reached_by_vpn_has_no_public_address() -> None:
    plan = estate.plan_of()
    assert plan.bastion is not None
    by_vpn = _with(plan, bastion=dataclasses.replace(plan.bastion, access="vpn"))
    found = judging.say(judging.judge_of(by_vpn), estate.estate_of(), "NET-09", ADDRESS)
    assert found.state is State.NON_CONFORM
    assert "vpn" in found.message
