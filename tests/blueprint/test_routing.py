"""A zone reaches what it has a rule with, by the right way, and nothing else."""

from __future__ import annotations

from typing import Any

from hypothesis import given

from blueprint.plan import Direction, Plan, Via
from tests.blueprint.worlds import blueprints, flow, minimal, plan_data

OUTSIDE = {"outside": {"cidrs": ["192.0.2.0/24", "198.51.100.0/24"], "via": "internet"}}


def routes(plan: Plan) -> list[tuple[str, str, str]]:
    return [(r.zone.removeprefix("bubbles/"), r.destination, r.via) for r in plan.routes]


@given(blueprints())
def test_every_rule_is_reachable_and_every_route_serves_a_rule(data: dict[str, Any]) -> None:
    plan = plan_data(data)
    private = {e.subject for e in plan.externals if e.via == "private"}
    needed = set()
    for rule in plan.rules:
        bubble = rule.zone.split("/")[1]
        if rule.peer.startswith("externals/"):
            if rule.peer not in private:
                needed.add((rule.zone, rule.cidr))
        elif rule.peer.split("/")[1] != bubble:
            needed.add((rule.zone, plan.bubble(rule.peer.split("/")[1]).cidr))
    found = {(r.zone, r.destination) for r in plan.routes}
    assert needed <= found
    of_nat = {(g.zone, r.destination) for g in plan.gateways for r in plan.routes if r.target == g.subject and g.zone}
    assert found == needed | of_nat, "only a NAT service's own zone has a route without a rule"
    assert len(found) == len(plan.routes), "one route per destination in a table"


@given(blueprints())
def test_peerings_exist_exactly_where_flows_cross_bubbles(data: dict[str, Any]) -> None:
    plan = plan_data(data)
    pairs: dict[tuple[str, ...], set[str]] = {}
    for f in plan.flows:
        ends = {end.split("/")[1] for end in (f.source, f.destination) if end.startswith("bubbles/")}
        if len(ends) == 2:
            pairs.setdefault(tuple(sorted(ends)), set()).add(f.subject)
    assert {(p.a, p.b): set(p.flows) for p in plan.peerings} == pairs
    assert all(p.a < p.b and p.subject == f"peerings/{p.a}--{p.b}" for p in plan.peerings)


@given(blueprints())
def test_routes_point_at_gateways_and_peerings_of_their_own_bubble(data: dict[str, Any]) -> None:
    plan = plan_data(data)
    gateways = {g.subject: g for g in plan.gateways}
    peerings = {p.subject: p for p in plan.peerings}
    for route in plan.routes:
        bubble = route.zone.split("/")[1]
        if route.via is Via.PEERING:
            assert bubble in (peerings[route.target].a, peerings[route.target].b)
        else:
            assert (gateways[route.target].bubble, gateways[route.target].via) == (bubble, route.via)


@given(blueprints())
def test_a_default_route_exists_only_for_an_external_that_is_the_whole_world(data: dict[str, Any]) -> None:
    plan = plan_data(data)
    world = {e.subject for e in plan.externals if "0.0.0.0/0" in e.cidrs}
    asked = any(rule.peer in world for rule in plan.rules)
    assert asked or not any(route.destination == "0.0.0.0/0" for route in plan.routes)


def test_an_edge_zone_leaves_by_the_internet_service_to_the_external_only() -> None:
    plan = plan_data(minimal(externals=OUTSIDE, flows={"out": flow("left.front", "outside")}))
    assert routes(plan) == [
        ("left/zones/front", "192.0.2.0/24", "internet"),
        ("left/zones/front", "198.51.100.0/24", "internet"),
    ]
    assert [g.subject for g in plan.gateways] == ["bubbles/left/gateways/internet"]


def test_another_zone_leaves_by_a_nat_service_that_stands_in_the_edge_zone() -> None:
    plan = plan_data(minimal(externals=OUTSIDE, flows={"out": flow("left.back", "outside")}))
    assert [(g.subject, g.zone) for g in plan.gateways] == [
        ("bubbles/left/gateways/internet", None),
        ("bubbles/left/gateways/nat", "bubbles/left/zones/front"),
    ]
    assert ("left/zones/back", "192.0.2.0/24", "nat") in routes(plan)
    assert ("left/zones/front", "192.0.2.0/24", "internet") in routes(plan), "the NAT service's own way out"
    assert not [r for r in plan.rules if r.zone.endswith("/front")]


def test_a_data_zone_opened_to_the_internet_is_planned_as_written_for_the_pack_to_refuse() -> None:
    plan = plan_data(minimal(externals=OUTSIDE, flows={"in": flow("outside", "left.back")}))
    assert ("left/zones/back", "192.0.2.0/24", "internet") in routes(plan)
    assert {r.direction for r in plan.rules} == {Direction.INGRESS}


def test_an_external_behind_a_private_link_gets_rules_and_no_route() -> None:
    private = {"outside": {"cidrs": ["192.0.2.0/24"], "via": "private"}}
    plan = plan_data(minimal(externals=private, flows={"in": flow("outside", "left.front")}))
    assert len(plan.rules) == 1
    assert plan.routes == plan.gateways == ()


def test_a_zone_that_a_range_must_reach_needs_no_nat_to_answer_it() -> None:
    flows = {"out": flow("left.back", "outside", ports=8443), "in": flow("outside", "left.back")}
    plan = plan_data(minimal(externals=OUTSIDE, flows=flows))
    assert [g.via for g in plan.gateways] == [Via.INTERNET]
    assert {zone for zone, _, _ in routes(plan)} == {"left/zones/back"}
