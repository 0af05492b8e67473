"""NET-01, NET-03, NET-08, NET-09 at their borders: what overlaps, what stands at an edge, what others judge."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest

from blueprint import facts
from blueprint import plan as plans
from blueprint.values import UNKNOWN
from policies.verdicts import State
from tests.policies import estate, judging
from tests.policies.cases import CONFORM, IDLE, REFUSED, UNSEEN
from tests.policies.test_network_rules import ADDRESS, NAT, NET, PEERING, SUBNET, VM

RULE_IN = "flows/admin-22--hdh-operators/ingress/administration.bastion/1"
DELIVERY = "flows/delivery-lyon/ingress/ingestion.gateway/1"


def fact_of(name: str, **changes: Any) -> Any:
    """The fact of one compliant resource, with fields changed."""
    return dataclasses.replace(estate.estate_of().fact(name), **changes)


def said(rule: str, fact: Any, plan: plans.Plan | None = None) -> tuple[State, str]:
    found = judging.ask(judging.judge_of(plan or estate.plan_of()), rule, fact)
    return found.state, found.message


def zones_as(role: plans.ZoneRole, bubble: str, only: str | None = None) -> plans.Plan:
    """The sample, where the zones of a bubble (or one of them) have another role."""

    def changed(zone: plans.Zone) -> plans.Zone:
        return dataclasses.replace(zone, role=role) if only in (None, zone.name) else zone

    plan = estate.plan_of()
    return dataclasses.replace(
        plan,
        bubbles=tuple(
            dataclasses.replace(one, zones=tuple(changed(zone) for zone in one.zones)) if one.name == bubble else one
            for one in plan.bubbles
        ),
    )


def from_internet(name: str, *, waf: bool = False) -> plans.Plan:
    """The sample, where that external is on the Internet."""
    plan = estate.plan_of()
    externals = tuple(dataclasses.replace(one, via="internet") if one.name == name else one for one in plan.externals)
    flows = tuple(dataclasses.replace(one, waf=waf) if one.source == f"externals/{name}" else one for one in plan.flows)
    return dataclasses.replace(plan, externals=externals, flows=flows)


def together(rule: str, everything: Sequence[Any]) -> dict[str, tuple[State, str]]:
    judge = judging.judge_of(estate.plan_of())
    found = [one for one in judge.stack(everything) if one.rule == rule]
    assert not [one for one in found if one.fault], found
    return {one.urn: (one.state, one.message) for one in found}


@pytest.mark.parametrize("rule", ["NET-01", "NET-03"])
def test_the_whole_compliant_estate_conforms(rule: str) -> None:
    assert {state for state, _ in together(rule, estate.estate_of().facts()).values()} == {State.CONFORM}


def test_a_segment_of_other_addresses_or_of_no_zone_is_refused() -> None:
    assert said("NET-01", fact_of(SUBNET, cidr="10.64.99.0/24"))[1].startswith("its addresses are not the planned")
    nowhere = dataclasses.replace(fact_of(SUBNET).origin, subject="bubbles/warehouse/zones/x/az/a")
    assert said("NET-01", fact_of(SUBNET, origin=nowhere)) == (REFUSED, "this segment is no zone's")


@pytest.mark.parametrize(("cidr", "ends"), [("10.64.0.0/24", ()), (None, ("10.64.0.1/32",))])
def test_what_is_handed_out_is_judged_against_a_range(cidr: str | None, ends: tuple[str, ...]) -> None:
    fact = facts.Attachment(fact_of(SUBNET).origin, "peerings/administration--warehouse", SUBNET, cidr, ends)
    assert said("NET-08", fact)[0] is REFUSED


def test_an_attachment_conforms_under_the_segment_s_own_addresses_or_none() -> None:
    own = fact_of(SUBNET).cidr
    for cidr, ends in ((None, ()), (own, ()), (own, (own,))):
        fact = facts.Attachment(fact_of(SUBNET).origin, "peerings/administration--warehouse", SUBNET, cidr, ends)
        assert said("NET-08", fact) == (CONFORM, "")
    for segment in (None, "bubbles/warehouse/zones/x/az/a"):
        fact = facts.Attachment(fact_of(SUBNET).origin, "peerings/administration--warehouse", segment, None)
        assert said("NET-08", fact) == (REFUSED, "what it attaches is no zone's segment")


def test_a_network_whose_range_is_not_known_waits_over_the_whole_stack() -> None:
    network = fact_of(NET, cidr=UNKNOWN)
    assert together("NET-01", [network, fact_of("bubbles/export")])[network.origin.urn][0] is UNSEEN


def networks(*ranges: str | None) -> list[Any]:
    """One network for each range, under names of their own."""
    made = []
    for number, cidr in enumerate(ranges):
        origin = dataclasses.replace(
            fact_of(NET).origin, urn=f"urn-{number}", subject=f"s-{number}", name=f"n-{number}"
        )
        made.append(fact_of(NET, origin=origin, cidr=cidr))
    return made


@pytest.mark.parametrize(
    ("ranges", "overlapping"),
    [
        (("10.0.0.0/24", "10.0.1.0/24"), {}),
        (("10.0.0.0/16", "10.0.1.0/24"), {0: "s-1", 1: "s-0"}),
        (("10.0.0.0/16", "10.0.1.0/24", "10.0.2.0/24"), {0: "s-2", 1: "s-0", 2: "s-0"}),
        (("10.0.0.0/24", "::/120", "::10/124"), {1: "s-2", 2: "s-1"}),
        (("10.0.0.0/24", "fd00::/64"), {}),
    ],
)
def test_each_network_that_overlaps_is_named(ranges: tuple[str, ...], overlapping: dict[int, str]) -> None:
    found = together("NET-01", networks(*ranges))
    assert {urn: message for urn, (_, message) in found.items() if message} == {
        f"urn-{number}": f"its addresses overlap those of {other}" for number, other in overlapping.items()
    }


def test_an_overlapping_network_without_a_subject_goes_by_its_name() -> None:
    one, other = networks("10.0.0.0/16", "10.0.1.0/24")
    nameless = [
        dataclasses.replace(fact, origin=dataclasses.replace(fact.origin, subject=None)) for fact in (one, other)
    ]
    messages = [message for _, message in together("NET-01", nameless).values()]
    assert messages == ["its addresses overlap those of n-1", "its addresses overlap those of n-0"]
    mixed = together("NET-01", [nameless[0], other])
    assert mixed["urn-1"][1].endswith("n-0")
    mixed = together("NET-01", [one, nameless[1]])
    assert mixed["urn-0"][1].endswith("n-1")


def test_two_networks_of_one_bubble_are_refused_and_two_of_none_are_no_bubble_s() -> None:
    apart = networks("10.0.0.0/24", "10.0.1.0/24")
    for subject, said in (("bubbles/warehouse", "its bubble has two networks"), (None, ""), ("", "")):
        twins = [dataclasses.replace(fact, origin=dataclasses.replace(fact.origin, subject=subject)) for fact in apart]
        assert [message for _, message in together("NET-01", twins).values()] == [said] * 2


def test_networks_without_a_range_have_those_of_their_segments() -> None:
    bare = networks(None, None)

    def segment(number: int, cidr: Any) -> Any:
        origin = dataclasses.replace(fact_of(SUBNET).origin, urn=f"segment-{number}", subject=f"segment-{number}")
        return fact_of(SUBNET, origin=origin, cidr=cidr, network=f"s-{number}")

    apart = together("NET-01", [*bare, segment(0, "10.0.0.0/24"), segment(1, "10.0.1.0/24")])
    assert {state for state, _ in apart.values()} == {CONFORM}
    meeting = together("NET-01", [*bare, segment(0, "10.0.0.0/24"), segment(1, "10.0.0.0/25")])
    assert {state for state, _ in meeting.values()} == {REFUSED}
    unknown_yet = together("NET-01", [*bare, segment(0, "10.0.0.0/24"), segment(1, UNKNOWN)])
    assert {state for state, _ in unknown_yet.values()} == {CONFORM}


def test_a_machine_with_filters_of_its_own_is_judged_by_them() -> None:
    assert said("NET-03", fact_of(VM, filters=("bubbles/warehouse/zones/omop",)))[0] is CONFORM
    assert said("NET-03", fact_of(VM, filters=("bubbles/other/zones/x",)))[0] is REFUSED


def test_a_link_whose_flows_are_gone_is_refused() -> None:
    plan = estate.plan_of()
    bare = dataclasses.replace(
        plan,
        peerings=tuple(dataclasses.replace(one, flows=()) if one.subject == PEERING else one for one in plan.peerings),
    )
    assert said("NET-08", fact_of(PEERING), bare) == (REFUSED, "no declared flow needs this link")


@pytest.mark.parametrize(
    ("filters", "state"),
    [
        (("bubbles/administration/zones/bastion",), CONFORM),
        (("bubbles/administration/zones/services",), REFUSED),
        ((), REFUSED),
        (UNKNOWN, UNSEEN),
        (None, CONFORM),
    ],
)
def test_an_address_that_is_an_interface_stands_behind_its_machine_s_filter(filters: Any, state: State) -> None:
    assert said("NET-09", fact_of(ADDRESS, filters=filters))[0] is state


def test_an_address_that_is_an_interface_of_no_machine_is_a_gateway_s_or_nobody_s() -> None:
    zone = ("bubbles/administration/zones/bastion",)
    assert said("NET-09", fact_of(f"{NAT}/address", filters=zone))[0] is CONFORM
    nobody = dataclasses.replace(fact_of(ADDRESS).origin, subject="bubbles/warehouse/address")
    assert said("NET-09", fact_of(ADDRESS, filters=zone, origin=nobody)) == (
        REFUSED,
        "nothing in the blueprint has this public address",
    )


def test_a_gateway_stands_at_an_edge() -> None:
    internet = "bubbles/administration/gateways/internet"
    assert said("NET-09", fact_of(f"{internet}/link"))[0] is CONFORM
    assert said("NET-09", fact_of(NAT, network="bubbles/nowhere/zones/x/az/a"))[0] is REFUSED
    assert said("NET-09", fact_of(NAT, network=None))[0] is REFUSED
    assert said("NET-09", fact_of(NAT, network=facts.UNBOUND))[0] is CONFORM
    inner = zones_as(plans.ZoneRole.SERVICE, "administration")
    assert said("NET-09", fact_of(internet), inner) == (REFUSED, "its bubble has no edge zone")
    outer = zones_as(plans.ZoneRole.EDGE, "administration")
    assert said("NET-09", fact_of(internet), outer)[0] is CONFORM
    assert said("NET-09", fact_of(f"{NAT}/address"), inner)[1] == "its gateway does not stand in an edge zone"


def test_the_bastion_is_reached_from_declared_administration_ranges_only() -> None:
    plan = estate.plan_of()
    anyone = tuple(
        dataclasses.replace(one, administration=False) if one.name == "hdh-operators" else one for one in plan.externals
    )
    assert said("NET-09", fact_of(RULE_IN))[0] is CONFORM
    assert said("NET-09", fact_of(RULE_IN), dataclasses.replace(plan, externals=anyone)) == (
        REFUSED,
        "its source is not a declared administration range",
    )
    alone = dataclasses.replace(plan, bastion=None)
    assert said("NET-09", fact_of(RULE_IN), alone)[0] is CONFORM  # an edge zone, and no web port


def test_what_is_reached_from_the_internet_is_an_edge_zone_behind_a_waf() -> None:
    assert said("NET-09", fact_of(DELIVERY)) == (IDLE, "its source is not on the Internet")
    assert "WAF" in said("NET-09", fact_of(DELIVERY), from_internet("lyon"))[1]
    assert said("NET-09", fact_of(DELIVERY), from_internet("lyon", waf=True))[0] is CONFORM
    assert said("NET-09", fact_of(DELIVERY, protocol="udp"), from_internet("lyon"))[0] is CONFORM
    assert said("NET-09", fact_of(DELIVERY, from_port=22, to_port=22), from_internet("lyon"))[0] is CONFORM
    inside = fact_of(DELIVERY, group="bubbles/ingestion/zones/landing")
    for place in (inside, fact_of(DELIVERY, group=None), fact_of(DELIVERY, group="bubbles/x/zones/y")):
        assert said("NET-09", place, from_internet("lyon", waf=True)) == (
            REFUSED,
            "it is reached from the Internet and is not an edge zone",
        )


def test_an_undeclared_rule_from_inside_is_left_to_the_matrix() -> None:
    nowhere = dataclasses.replace(fact_of(RULE_IN).origin, subject="flows/x/ingress/y/1")
    assert said("NET-09", fact_of(RULE_IN, origin=nowhere, cidrs=("10.64.0.0/24",)))[0] is IDLE
    assert said("NET-09", fact_of(RULE_IN, origin=nowhere, cidrs=("198.51.100.0/24",)))[0] is REFUSED
