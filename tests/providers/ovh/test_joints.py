"""Interfaces and routes of which no answer came: the plan's that no state holds go, and nothing that serves."""

from __future__ import annotations

from typing import Any

import pytest

from blueprint import loader, naming, planner, target
from providers.ovh import kinds, strays
from providers.ovh import labels as labelled
from providers.strays import Claim, Held, Stray, Swept, Why
from tests.providers.ovh.project import Cloud, Neutron

PLACE = "ovh-sandbox"
CLAIM = Claim(planner.plan(loader.load(loader.find("minimal")), target.load(PLACE), "dev"), PLACE)
PEERING = CLAIM.plan.peerings[0].subject
ROUTE = next(route for route in CLAIM.plan.routes if route.target == PEERING)
SEGMENT = next(
    subnet for b in CLAIM.plan.bubbles for zone in b.zones if zone.subject == ROUTE.zone for subnet in zone.subnets
)
ATTACHMENT = f"{PEERING}/attachments/{SEGMENT.subject}"
LINE = {"destination": ROUTE.destination, "nexthop": "10.64.1.9"}
ROUTE_ID = f"sub-route-{ROUTE.destination}-10.64.1.9"
STANDING = {(kinds.ROUTER, "router"), (kinds.SUBNET, "sub"), (kinds.PORT, "port")}
INTERFACE, HANDED = (kinds.ROUTER_INTERFACE, "port"), (kinds.SUBNET_ROUTE, ROUTE_ID)


def claimed(subject: str, **more: Any) -> dict[str, Any]:
    told = {"rempart:platform": "minimal", "rempart:environment": "dev", "rempart:subject": subject}
    stack = CLAIM.stack("network")
    name = naming.of("minimal", "dev", *subject.split("/"))
    description = labelled.described(subject, {labelled.MARK: stack})
    return {"name": name, "description": description, "tags": labelled.as_tags(told), **more}


@pytest.fixture
def neutron() -> Neutron:
    """A router, its place in a segment, and the segment's route over it."""
    made = Neutron()
    made.put("routers", "router", claimed(PEERING))
    made.put("subnets", "sub", claimed(SEGMENT.subject, network_id="net", cidr=SEGMENT.cidr, host_routes=[LINE]))
    address = {"network_id": "net", "fixed_ips": [{"subnet_id": "sub", "ip_address": LINE["nexthop"]}]}
    owner = {"device_id": "router", "device_owner": "network:router_interface"}
    made.put("ports", "port", claimed(ATTACHMENT, **address, **owner))
    return made


def sweep(neutron: Neutron, *held: tuple[str, str], layers: frozenset[str] = frozenset({"network"})) -> Swept:
    typed = frozenset(STANDING | set(held))
    told: list[Stray] = []
    state = Held(frozenset(one for _, one in typed), layers, typed=typed)
    done = strays._sweep(Cloud(neutron), CLAIM, frozenset({"network"}), state, told.append)
    assert [one for one in told if one in done.removed] == list(done.removed), "each is told before"
    return done


def test_what_a_state_holds_stays(neutron: Neutron) -> None:
    assert sweep(neutron, INTERFACE, HANDED) == Swept((), ())
    assert neutron.deleted == []


def test_an_interface_that_no_state_holds_goes_with_its_port_and_its_route_before_it(neutron: Neutron) -> None:
    """Neutron refuses to make either again, so that every later run failed."""
    done = sweep(neutron)
    assert neutron.deleted == ["a route of sub", "port"]
    assert [(one.kind, one.identifier) for one in done.removed] == [HANDED, INTERFACE]
    assert {one.layer for one in done.removed} == {"network"}
    assert neutron.rows["subnets"]["sub"]["host_routes"] == []


def test_a_route_alone_leaves_the_others_and_the_interface(neutron: Neutron) -> None:
    other = {"destination": "203.0.113.0/24", "nexthop": "10.64.1.77"}
    neutron.rows["subnets"]["sub"]["host_routes"] = [other, LINE]
    sweep(neutron, INTERFACE)
    assert neutron.deleted == ["a route of sub"]
    assert neutron.rows["subnets"]["sub"]["host_routes"] == [other]


def test_an_interface_over_which_a_held_route_leads_serves_somebody(neutron: Neutron) -> None:
    done = sweep(neutron, HANDED)
    assert neutron.deleted == []
    assert [(one.stray.identifier, one.why) for one in done.kept] == [("port", Why.USED)]


@pytest.mark.parametrize("kind", ["subnets", "ports", "routers"])
def test_what_joins_things_of_somebody_else_is_not_the_plans(kind: str, neutron: Neutron) -> None:
    for row in neutron.rows[kind].values():
        row["description"] = row["description"].replace("minimal.", "other.")
        row["tags"] = []
    assert sweep(neutron, HANDED).removed == ()
    assert neutron.deleted == []


def test_a_route_that_the_plan_has_not_is_left_to_drift(neutron: Neutron) -> None:
    neutron.rows["subnets"]["sub"]["host_routes"] = [{**LINE, "destination": "203.0.113.0/24"}]
    done = sweep(neutron, INTERFACE)
    assert (done, neutron.deleted) == (Swept((), ()), [])


def test_a_layer_whose_state_holds_nothing_is_not_touched(neutron: Neutron) -> None:
    done = sweep(neutron, layers=frozenset())
    assert neutron.deleted == [] and done.removed == ()


def test_what_changed_while_it_was_looked_at_is_left(neutron: Neutron) -> None:
    def another(identifier: str) -> None:
        neutron.rows["subnets"][identifier]["revision_number"] += 1

    neutron.before_delete = another
    typed = frozenset(STANDING | {INTERFACE})
    held = Held(frozenset(one for _, one in typed), frozenset({"network"}), typed=typed)
    done = strays._sweep(Cloud(neutron), CLAIM, frozenset({"network"}), held, lambda _stray: None)
    assert [(one.stray.identifier, one.why) for one in done.kept] == [(ROUTE_ID, Why.CHANGED)]


def test_a_router_that_no_state_holds_goes_where_nothing_stands_on_it(neutron: Neutron) -> None:
    """Its creation's answer was lost: the next run would make a second one."""
    neutron.put("routers", "twin", claimed(PEERING))
    assert [one.identifier for one in sweep(neutron, INTERFACE, HANDED).removed] == ["twin"]
    neutron.put("routers", "serving", claimed(PEERING))
    neutron.put(
        "ports", "theirs", {"network_id": "n", "device_id": "serving", "device_owner": "network:router_interface"}
    )
    done = sweep(neutron, INTERFACE, HANDED)
    assert [(one.stray.identifier, one.why) for one in done.kept] == [("serving", Why.USED)]


def test_an_address_that_stands_before_nothing_is_named_with_what_takes_it_away(neutron: Neutron) -> None:
    told = claimed("bastion/1/address", floating_network_id="ext")
    told["description"] = labelled.described("bastion/1/address", {labelled.MARK: CLAIM.stack("bastion")})
    neutron.put("ips", "free", told)
    held = Held(frozenset({"router", "sub", "port"}), frozenset({"bastion"}))
    (kept,) = strays._sweep(Cloud(neutron), CLAIM, frozenset({"bastion"}), held, lambda _stray: None).kept
    assert (kept.stray.identifier, kept.why) == ("free", Why.DATA)
    assert "openstack floating ip delete free" in kept.remedy
