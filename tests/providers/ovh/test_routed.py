"""What a reading says of routers: each part is the plan's where the ids say so, and nobody's otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from blueprint import facts
from blueprint import plan as plans
from providers.observation import Observed
from providers.ovh import kinds, observed
from providers.ovh.live import Account, Thing
from tests.providers.ovh.test_forwarding import leg, router
from tests.providers.ovh.test_reach import EXTERNAL, LEFT, PLAN, RIGHT, port, thing

PEERING = "peerings/left--right"
ROUTE = next(route for route in PLAN.routes if route.zone == LEFT and route.via is plans.Via.PEERING)
SEGMENT = next(s for bubble in PLAN.bubbles for zone in bubble.zones if zone.subject == LEFT for s in zone.subnets)
PLACE = f"{PEERING}/attachments/{SEGMENT.subject}"
AZ = SEGMENT.subject.rpartition("/az/")[2]


@pytest.fixture
def account(tmp_path: Any) -> Account:
    clouds = tmp_path / "clouds.yaml"
    clouds.write_text("clouds: {c: {auth: {auth_url: 'http://127.0.0.1:1/'}}}\n", encoding="utf-8")
    return Account(PLAN.region, clouds, "c", "http://127.0.0.1:2", PLAN.region, "key", "secret")


def project() -> dict[str, Thing]:
    """The segment on the left, the peering's router, and its place there."""
    route = {"destination": ROUTE.destination, "nexthop": "10.0.1.1"}
    place = leg("peer", "net-l", "sub-l", "10.0.1.1")
    listed = [
        thing(kinds.NETWORK, "net-l", "bubbles/left"),
        thing(kinds.SUBNET, "sub-l", SEGMENT.subject, network_id="net-l", cidr=SEGMENT.cidr, host_routes=[route]),
        router("peer"),
        Thing(place.type, place.identifier, place.body, {**place.labels, "rempart:subject": PLACE}),
    ]
    return {one.identifier: one for one in listed}


def read(account: Account, things: Mapping[str, Thing]) -> Observed:
    return observed.observed(account, PLAN, tuple(things.values()), EXTERNAL, ("test",))


def of(seen: Observed, kind: str) -> list[facts.Fact]:
    return [fact for fact in seen.facts if fact.origin.type == kind]


def test_a_router_its_place_and_the_route_over_it_are_the_plans(account: Account) -> None:
    seen = read(account, project())
    (peering,) = of(seen, kinds.ROUTER)
    assert isinstance(peering, facts.Peering)
    assert (peering.origin.subject, peering.source, peering.accepter) == (PEERING, "bubbles/left", "bubbles/right")
    assert peering.accepter_account is None
    (place,) = of(seen, kinds.PORT)
    assert isinstance(place, facts.Attachment)
    assert (place.link, place.segment) == (PEERING, SEGMENT.subject)
    (link,) = of(seen, kinds.ROUTER_INTERFACE)
    assert link.origin.subject == f"{PLACE}/link"
    assert link.origin.dependencies == {
        "routerId": ("openstack:Router:peer",),
        "portId": ("openstack:Port:peer-sub-l",),
    }
    (route,) = of(seen, kinds.SUBNET_ROUTE)
    assert isinstance(route, facts.Route)
    assert (route.origin.subject, route.origin.name) == (ROUTE.subject, f"{ROUTE.subject}/az/{AZ}/via/{PEERING}")
    assert (route.destination, route.via, route.table, route.target) == (ROUTE.destination, "peering", LEFT, PEERING)
    assert seen.unmanaged == ()
    assert {"attachments", "segment-routes"} <= set(seen.expected)
    assert "link-segments" not in seen.expected


@pytest.mark.parametrize(
    ("destination", "hop"),
    [("0.0.0.0/0", "10.0.1.1"), (ROUTE.destination, "10.0.1.9"), (ROUTE.destination, "10.0.1.77")],
    ids=["to everywhere", "over a machine", "over nobody"],
)
def test_a_route_that_the_plan_has_not_is_nobodys(account: Account, destination: str, hop: str) -> None:
    things = project()
    things["machine"] = port("machine", "net-l", "vm", "sg", sub_l="10.0.1.9")
    things["sub-l"].body["host_routes"].append({"destination": destination, "nexthop": hop})
    routes = of(read(account, things), kinds.SUBNET_ROUTE)
    assert [one.origin.subject for one in routes] == [ROUTE.subject, None]
    assert routes[1].origin.name.startswith(f"{SEGMENT.subject}/"), "it is placed at its segment"


def test_without_routers_a_route_is_nobodys_too(account: Account) -> None:
    things = {name: one for name, one in project().items() if name in ("net-l", "sub-l")}
    seen = read(account, things)
    assert [one.origin.subject for one in of(seen, kinds.SUBNET_ROUTE)] == [None]
    assert "link-segments" in seen.expected
    assert "attachments" not in seen.expected


def test_a_place_that_another_router_took_is_nobodys(account: Account) -> None:
    things = project()
    things["peer-sub-l"].body["device_id"] = "theirs"
    things["theirs"] = Thing(kinds.ROUTER, "theirs", {"id": "theirs"})
    seen = read(account, things)
    assert [one.origin.subject for one in of(seen, kinds.ROUTER_INTERFACE)] == [None]
    assert seen.unmanaged == ("Router theirs",)


def test_a_router_with_a_way_out_or_a_route_of_its_own_is_told(account: Account) -> None:
    things = project()
    things["peer"].body["external_gateway_info"] = {"network_id": "ext-net"}
    things["peer"].body["routes"].append({"destination": "10.9.0.0/16", "nexthop": "10.0.1.9"})
    seen = read(account, things)
    (peering,) = of(seen, kinds.ROUTER)
    assert isinstance(peering, facts.Peering)
    assert peering.accepter_account == "the Internet"
    (unknown,) = [fact for fact in seen.facts if isinstance(fact, facts.Unmapped)]
    assert unknown.origin.name.startswith(f"{PEERING}/")


@pytest.mark.parametrize(
    ("subject", "port_id", "planned"),
    [
        ("bastion/1/address", "nic", "bastion/1/address/link"),
        ("bastion/1/address", "other", None),
        ("", "nic", None),
        ("bastion/2/address", "nic", None),
    ],
    ids=["its own", "another's interface", "nobody's address", "another machine's address"],
)
def test_a_floating_ip_is_planned_before_the_interface_of_its_machine_only(
    account: Account, subject: str, port_id: str, planned: str | None
) -> None:
    nic = port("nic", "net-l", "vm", "sg", sub_l="10.0.1.9")
    other = port("other", "net-l", "vm2", "sg", sub_l="10.0.1.10")
    things = {
        **project(),
        "nic": Thing(nic.type, "nic", nic.body, {**nic.labels, "rempart:subject": "bastion/1/nic"}),
        "other": Thing(other.type, "other", other.body, {**other.labels, "rempart:subject": f"{RIGHT}/nic"}),
        "fip": thing(kinds.FLOATING_IP, "fip", subject, port_id=port_id, router_id="peer"),
    }
    (link,) = of(read(account, things), kinds.FLOATING_LINK)
    assert isinstance(link, facts.PublicAddress)
    assert link.origin.subject == planned
    assert link.target == ("bastion/1/nic" if planned else ""), "what it stands before else is no machine of the plan"


def test_a_floating_ip_that_stands_before_nothing_has_no_link(account: Account) -> None:
    things = {**project(), "fip": thing(kinds.FLOATING_IP, "fip", "bastion/1/address", port_id=None)}
    assert of(read(account, things), kinds.FLOATING_LINK) == []
