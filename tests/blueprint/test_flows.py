"""The matrix is closed: every flow gives its egress and its ingress, and nothing else gives a rule."""

from __future__ import annotations

import ipaddress
from collections import Counter
from typing import Any

from hypothesis import given

from blueprint.plan import Direction, Plan
from tests.blueprint.worlds import blueprints, flow, machines, minimal, plan_data


def zones_of(plan: Plan, end: str) -> list[str]:
    """Recomputed here on purpose, in another way than the planner's."""
    if end.startswith("externals/"):
        return []
    if "/zones/" in end:
        return [end]
    bubble = plan.bubble(end.split("/")[1])
    bastion = [plan.bastion.zone] if plan.bastion else []
    inhabited = {machine.zone for machine in plan.machines} | set(bastion)
    return [z.subject for z in bubble.zones if z.subject in inhabited] or [z.subject for z in bubble.zones]


def cidrs_of(plan: Plan, end: str) -> list[str]:
    if end.startswith("externals/"):
        return list(next(e for e in plan.externals if e.subject == end).cidrs)
    return [plan.zone(end).cidr] if "/zones/" in end else [plan.bubble(end.split("/")[1]).cidr]


@given(blueprints())
def test_every_flow_gives_exactly_its_egress_and_ingress_rules(data: dict[str, Any]) -> None:
    plan = plan_data(data)
    expected: Counter[tuple[object, ...]] = Counter()
    for f in plan.flows:
        for direction, here, there in (
            (Direction.EGRESS, f.source, f.destination),
            (Direction.INGRESS, f.destination, f.source),
        ):
            for zone in zones_of(plan, here):
                for cidr in cidrs_of(plan, there):
                    expected[f.subject, direction, zone, cidr, f.protocol, f.from_port, f.to_port] += 1
    found = Counter((r.flow, r.direction, r.zone, r.cidr, r.protocol, r.from_port, r.to_port) for r in plan.rules)
    assert found == expected
    assert set(found.values()) <= {1}


@given(blueprints())
def test_no_rule_without_a_flow_and_no_reverse_rule(data: dict[str, Any]) -> None:
    plan = plan_data(data)
    flows = {f.subject: f for f in plan.flows}
    for rule in plan.rules:
        f = flows[rule.flow]
        here, there = (f.source, f.destination) if rule.direction is Direction.EGRESS else (f.destination, f.source)
        assert rule.zone in zones_of(plan, here)
        assert rule.peer == there
        assert rule.subject.startswith(f"{f.subject}/{rule.direction}/")


@given(blueprints())
def test_subjects_are_unique_and_sorted(data: dict[str, Any]) -> None:
    plan = plan_data(data)
    for parts in (plan.bubbles, plan.externals, plan.flows, plan.rules, plan.peerings, plan.gateways, plan.routes):
        subjects = [part.subject for part in parts]
        assert subjects == sorted(set(subjects))


def test_replies_pass_by_connection_state_and_get_no_rule() -> None:
    plan = plan_data(minimal(flows={"one": flow("left.front", "right.back")}))
    assert [(r.direction, r.zone, r.cidr) for r in plan.rules] == [
        ("egress", "bubbles/left/zones/front", "10.0.17.0/24"),
        ("ingress", "bubbles/right/zones/back", "10.0.0.0/24"),
    ]


def test_a_bubble_as_an_end_is_its_zones_that_hold_machines() -> None:
    data = minimal(flows={"one": flow("left", "right.back")})
    data["bubbles"]["left"]["tiers"] = {"web": machines("front"), "none": machines("back", count=0)}
    egress = [r for r in plan_data(data).rules if r.direction is Direction.EGRESS]
    assert [r.zone for r in egress] == ["bubbles/left/zones/front"]
    ingress = [r for r in plan_data(data).rules if r.direction is Direction.INGRESS]
    assert [r.cidr for r in ingress] == ["10.0.0.0/20"]


def test_a_service_gives_one_listed_and_owned_flow_per_other_bubble() -> None:
    data = minimal()
    data["bubbles"]["left"]["tiers"] = {"a": machines("front"), "b": machines("back")}
    data["bubbles"]["right"]["tiers"] = {"relay": machines("back"), "door": machines("front")}
    data["services"] = {"dns": {"zone": "right.back", "protocol": "tcp", "ports": 853, "owner": "ops"}}
    plan = plan_data(data)
    assert [(f.name, f.source, f.owner, f.generated) for f in plan.flows] == [
        ("dns--left", "bubbles/left", "ops", True),
        ("dns--right.front", "bubbles/right/zones/front", "ops", True),
    ]
    ingress = [r.cidr for r in plan.rules if r.direction is Direction.INGRESS]
    assert ingress == ["10.0.0.0/20", "10.0.16.0/24"], "one rule per bubble, on the bubble's range"
    egress = {r.zone: r.cidr for r in plan.rules if r.direction is Direction.EGRESS}
    assert set(egress.values()) == {"10.0.17.0/24"}
    assert len(egress) == 3


def test_a_bubble_without_machines_asks_for_no_service() -> None:
    data = minimal(services={"dns": {"zone": "right.back", "protocol": "tcp", "ports": 853}})
    assert plan_data(data).flows == ()


def test_the_bastion_gets_flows_from_declared_ranges_and_to_every_bubble_with_machines() -> None:
    data = minimal(
        externals={"office": {"cidrs": ["192.0.2.0/28"], "via": "internet", "administration": True}},
        bastion={
            "zone": "right.front",
            "access": "declared_ranges",
            "machines_per_az": 1,
            "admin_ports": [22, 6443],
            "allowed": ["office"],
            "vcpus": 1,
            "memory_gib": 1,
            "image": "debian-12",
        },
    )
    data["bubbles"]["left"]["tiers"] = {"a": machines("back")}
    plan = plan_data(data)
    assert [(f.name, f.from_port) for f in plan.flows] == [
        ("admin-22--left", 22),
        ("admin-22--office", 22),
        ("admin-6443--left", 6443),
        ("admin-6443--office", 6443),
    ]
    assert plan.bastion is not None
    assert [m.az for m in plan.bastion.machines] == ["a", "b"]
    ssh = {(r.direction, r.zone, r.cidr) for r in plan.rules if r.from_port == 22}
    assert ssh == {
        ("ingress", "bubbles/right/zones/front", "192.0.2.0/28"),
        ("egress", "bubbles/right/zones/front", "10.0.0.0/20"),
        ("ingress", "bubbles/left/zones/back", "10.0.16.0/24"),
    }


@given(blueprints())
def test_a_rule_between_bubbles_never_reaches_beyond_the_other_bubble(data: dict[str, Any]) -> None:
    plan = plan_data(data)
    for rule in plan.rules:
        if rule.peer.startswith("bubbles/"):
            bubble = ipaddress.ip_network(plan.bubble(rule.peer.split("/")[1]).cidr)
            assert ipaddress.ip_network(rule.cidr).subnet_of(bubble)
