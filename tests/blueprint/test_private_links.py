"""Flows that only a private link carries: which they are, what each needs, and what people are told."""

from __future__ import annotations

import dataclasses

import pytest

from blueprint import loader, overview, planner, private_links, target
from blueprint import plan as plans


def plan_of(platform: str) -> plans.Plan:
    return planner.plan(loader.load(loader.find(platform)), target.load("outscale-sandbox"), "dev")


EMC2 = plan_of("emc2")


def test_every_private_external_with_a_flow_is_one_with_the_zones_whose_filters_let_it_pass() -> None:
    found = {one.external.name: one for one in private_links.of(EMC2)}
    private = {one.subject for one in EMC2.externals if one.via == "private"}
    assert {one.external.subject for one in found.values()} == private
    assert found["snds"].flows == ("flows/delivery-snds",)
    assert found["snds"].zones == ("bubbles/ingestion/zones/gateway",)
    assert found["researchers"].flows == ("flows/access-a", "flows/access-b")
    assert found["researchers"].zones == ("bubbles/project-a/zones/workspace", "bubbles/project-b/zones/workspace")
    ends = {end for flow in EMC2.flows for end in (flow.source, flow.destination)}
    assert private <= ends
    routed = {route.destination for route in EMC2.routes}
    assert not [cidr for one in found.values() for cidr in one.external.cidrs if cidr in routed], "nothing carries them"


def test_what_is_reached_over_the_internet_or_has_no_flow_needs_no_link() -> None:
    public = tuple(dataclasses.replace(one, via="internet") for one in EMC2.externals)
    assert private_links.find(public, EMC2.rules) == ()
    assert private_links.find(EMC2.externals, ()) == ()
    assert private_links.to_settle(()) == ""


def test_a_platform_needs_the_feature_exactly_where_it_has_such_a_flow() -> None:
    assert private_links.NEED in EMC2.needs
    minimal = plan_of("minimal")
    assert private_links.of(minimal) == ()
    assert private_links.NEED not in minimal.needs


@pytest.mark.parametrize("said", [private_links.summary, private_links.to_settle])
def test_every_external_and_every_flow_is_named(said: object) -> None:
    assert callable(said)
    words = said(private_links.of(EMC2))
    for one in private_links.of(EMC2):
        assert one.external.name in words
        assert all(flow.removeprefix("flows/") in words for flow in one.flows)


def test_a_plan_has_a_table_of_them_and_none_where_there_is_none() -> None:
    (table,) = [one for one in overview.sections(EMC2) if one.title == "Private links"]
    assert {row[0] for row in table.rows} == {one.external.name for one in private_links.of(EMC2)}
    assert ("snds", "192.0.2.64/28", "declared", "delivery-snds", "ingestion.gateway") in table.rows
    assert "no route" in table.note and "outside" in table.note
    (none,) = [one for one in overview.sections(plan_of("minimal")) if one.title == "Private links"]
    assert (none.rows, none.note) == ((), "")
