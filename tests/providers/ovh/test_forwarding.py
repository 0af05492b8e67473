"""With routers, a conversation needs filters on both sides and a way there and back, as Neutron itself lists them."""

from __future__ import annotations

from typing import Any

import pytest

from providers.observation import Reach
from providers.ovh import kinds
from providers.ovh.live import Thing
from providers.ovh.reach import Observer
from tests.providers.ovh.test_reach import EXTERNAL, HTTPS, LEFT, PLAN, RIGHT, SHOP, port, rule, thing

ANY, EVERY = Reach.ANY, Reach.EVERY
Project = dict[str, Thing]


def segment(identifier: str, subject: str, network: str, cidr: str, **routes: str) -> Thing:
    """`routes`: name of a destination -> next hop. See `CIDRS`."""
    handed = [{"destination": CIDRS[name], "nexthop": hop} for name, hop in routes.items()]
    return thing(kinds.SUBNET, identifier, subject, network_id=network, cidr=cidr, host_routes=handed, gateway_ip=None)


CIDRS = {"left": "10.0.1.0/24", "right": "10.1.1.0/24", "third": "10.2.1.0/24", "shop": "192.0.2.0/24"}


def router(identifier: str, outside: bool = False, snat: bool = True, **more: Any) -> Thing:
    gateway = {"network_id": "ext-net", "enable_snat": snat} if outside else None
    body = {"external_gateway_info": gateway, "routes": [], "is_admin_state_up": True, **more}
    return thing(kinds.ROUTER, identifier, "peerings/left--right", **body)


def leg(owner: str, network: str, subnet: str, address: str) -> Thing:
    fixed = [{"subnet_id": subnet, "ip_address": address}]
    more = {"security_group_ids": [], "is_port_security_enabled": False, "device_owner": "network:router_interface"}
    return thing(kinds.PORT, f"{owner}-{subnet}", network_id=network, device_id=owner, fixed_ips=fixed, **more)


def project(*more: Thing) -> Project:
    """Two bubbles with a machine each, and a router between them that DHCP tells both of."""
    listed = [
        segment("sub-l", f"{LEFT}/az/a", "net-l", CIDRS["left"], right="10.0.1.1"),
        segment("sub-r", f"{RIGHT}/az/a", "net-r", CIDRS["right"], left="10.1.1.1"),
        thing(kinds.GROUP, "sg-l", f"{LEFT}/filter"),
        thing(kinds.GROUP, "sg-r", f"{RIGHT}/filter"),
        rule("out", "sg-l", "egress", CIDRS["right"]),
        rule("in", "sg-r", "ingress", CIDRS["left"]),
        port("port-l", "net-l", "vm-l", "sg-l", sub_l="10.0.1.5"),
        port("port-r", "net-r", "vm-r", "sg-r", sub_r="10.1.1.5"),
        router("peer"),
        leg("peer", "net-l", "sub-l", "10.0.1.1"),
        leg("peer", "net-r", "sub-r", "10.1.1.1"),
        *more,
    ]
    return {one.identifier: one for one in listed}


def seen(things: Project, reach: Reach, source: str = LEFT, there: str = RIGHT) -> Any:
    return Observer(tuple(things.values()), PLAN, EXTERNAL).openings(source, there, reach)


def test_a_router_carries_what_both_filters_let_through_one_way() -> None:
    assert (seen(project(), EVERY), seen(project(), ANY)) == ({HTTPS}, {HTTPS})
    assert seen(project(), ANY, RIGHT, LEFT) == frozenset()


def test_empty_zones_are_as_a_machine_in_them_would_be() -> None:
    things = {name: one for name, one in project().items() if not name.startswith("port-")}
    assert (seen(things, EVERY), seen(things, ANY)) == ({HTTPS}, {HTTPS})
    del things["peer-sub-r"]
    assert (seen(things, EVERY), seen(things, ANY)) == (frozenset(), frozenset())


@pytest.mark.parametrize("gone", ["out", "in", "peer", "peer-sub-l", "peer-sub-r"])
def test_without_a_rule_or_an_interface_nothing_passes(gone: str) -> None:
    things = project()
    del things[gone]
    assert (seen(things, EVERY), seen(things, ANY)) == (frozenset(), frozenset())


@pytest.mark.parametrize("side", ["sub-l", "sub-r"], ids=["way there", "way back"])
def test_without_a_route_nobody_is_told_the_way_but_a_machine_can_find_it(side: str) -> None:
    things = project()
    things[side].body["host_routes"] = []
    assert seen(things, EVERY) == frozenset()
    assert seen(things, ANY) == {HTTPS}, "no route that DHCP hands out stops a machine"


def test_a_router_that_is_switched_off_carries_nothing() -> None:
    things = project(router("peer", is_admin_state_up=False))
    assert seen(things, ANY) == frozenset()


def test_an_interface_that_is_no_routers_leads_nowhere() -> None:
    things = project()
    things["peer-sub-r"].body["device_owner"] = "compute:nova"
    assert seen(things, ANY) == frozenset()


def test_a_route_to_somebody_elses_router_closes_what_it_leads_astray() -> None:
    other = (router("theirs"), leg("theirs", "net-l", "sub-l", "10.0.1.9"), leg("theirs", "net-x", "sub-x", "10.9.1.1"))
    things = project(*other)
    assert seen(things, EVERY) == {HTTPS}, "it stands beside, and nobody is sent there"
    things["sub-l"].body["host_routes"][0]["nexthop"] = "10.0.1.9"
    assert seen(things, EVERY) == frozenset()
    things["sub-l"].body["host_routes"][0]["nexthop"] = "10.0.1.77"
    assert seen(things, EVERY) == frozenset(), "nobody answers there"


def test_an_answer_by_another_way_is_lost() -> None:
    """The other router knows the right, and not who asked from the left."""
    other = (router("side"), leg("side", "net-r", "sub-r", "10.1.1.9"), leg("side", "net-x", "sub-x", "10.9.1.1"))
    things = project(*other)
    things["sub-r"].body["host_routes"][0]["nexthop"] = "10.1.1.9"
    assert seen(things, EVERY) == frozenset()
    things["side-sub-l"] = leg("side", "net-l", "sub-l", "10.0.1.9")
    assert seen(things, EVERY) == {HTTPS}, "groups keep the state of a conversation, whichever router brings it"


def test_a_half_of_the_way_is_some_and_not_every() -> None:
    things = {name: one for name, one in project().items() if not name.startswith("port-")}
    half = {"destination": "10.1.1.0/25", "nexthop": "10.0.1.77"}
    things["sub-l"].body["host_routes"].append(half)
    assert (seen(things, EVERY), seen(things, ANY)) == (frozenset(), {HTTPS})


def test_a_router_that_joins_three_networks_opens_them_to_each_other() -> None:
    """Where filters are wide: they are what the matrix is held by, and this is what a router adds to them."""
    things = project()
    things["in"] = rule("in", "sg-r", "ingress", None)
    things["out"] = rule("out", "sg-l", "egress", None)
    for name in ("peer-sub-r", "sub-l", "sub-r"):
        things.pop(name) if name == "peer-sub-r" else things[name].body.update(host_routes=[])
    assert seen(things, ANY) == frozenset(), "wide open, and no way"
    things["hub"] = router("hub")
    for network, subnet, address in (("net-l", "sub-l", "10.0.1.8"), ("net-x", "sub-x", "10.9.1.1")):
        things[f"hub-{subnet}"] = leg("hub", network, subnet, address)
    assert seen(things, ANY) == frozenset()
    things["hub-sub-r"] = leg("hub", "net-r", "sub-r", "10.1.1.8")
    assert (seen(things, ANY), seen(things, EVERY)) == ({HTTPS}, frozenset()), "a machine needs only to know of it"


def test_routers_behind_each_other_carry_by_their_own_routes() -> None:
    """left - peer - third network - far - right, each with a route to what the other knows."""
    to_right = [{"destination": CIDRS["right"], "nexthop": "10.2.1.2"}]
    to_left = [{"destination": CIDRS["left"], "nexthop": "10.2.1.1"}]
    things = project(
        segment("sub-t", "third", "net-t", CIDRS["third"]),
        router("peer", routes=to_right),
        leg("peer", "net-t", "sub-t", "10.2.1.1"),
        router("far", routes=to_left),
        leg("far", "net-t", "sub-t", "10.2.1.2"),
        leg("far", "net-r", "sub-r", "10.1.1.9"),
    )
    del things["peer-sub-r"]
    things["sub-r"].body["host_routes"][0]["nexthop"] = "10.1.1.9"
    assert (seen(things, EVERY), seen(things, ANY)) == ({HTTPS}, {HTTPS})
    things["far"].body["routes"] = []
    assert seen(things, ANY) == frozenset(), "no way back"
    things["far"].body["routes"] = to_left
    things["peer"].body["routes"] = [{"destination": CIDRS["right"], "nexthop": "10.2.1.1"}]
    assert seen(things, ANY) == frozenset(), "it sends to itself, and that ends"


def outside(snat: bool = True) -> Project:
    """The machine on the left has a way to the shop, over a router with a gateway."""
    things = project(router("gate", outside=True, snat=snat), leg("gate", "net-l", "sub-l", "10.0.1.2"))
    things["sub-l"].body["host_routes"].append({"destination": CIDRS["shop"], "nexthop": "10.0.1.2"})
    things["buy"] = rule("buy", "sg-l", "egress", CIDRS["shop"])
    things["sell"] = rule("sell", "sg-l", "ingress", CIDRS["shop"])
    return things


def floating(port_id: str | None, address: str, by: str | None) -> Thing:
    return thing(kinds.FLOATING_IP, "fip", "", port_id=port_id, fixed_ip_address=address, router_id=by)


def test_a_gateway_lets_out_and_never_in() -> None:
    assert (seen(outside(), EVERY, LEFT, SHOP), seen(outside(), ANY, LEFT, SHOP)) == ({HTTPS}, {HTTPS})
    assert seen(outside(), ANY, SHOP, LEFT) == frozenset(), "nobody outside knows an address of it"
    assert seen(outside(), ANY, RIGHT, SHOP) == frozenset(), "its segment has no place on that router"


@pytest.mark.parametrize("gone", ["gate", "gate-sub-l", "buy"])
def test_without_router_interface_or_rule_nothing_leaves(gone: str) -> None:
    things = outside()
    del things[gone]
    assert seen(things, ANY, LEFT, SHOP) == frozenset()


def test_the_internet_is_told_of_only_where_a_route_says_so() -> None:
    things = outside()
    things["sub-l"].body["host_routes"].pop()
    assert (seen(things, EVERY, LEFT, SHOP), seen(things, ANY, LEFT, SHOP)) == (frozenset(), {HTTPS})
    things["sub-l"].body["gateway_ip"] = "10.0.1.2"
    assert seen(things, EVERY, LEFT, SHOP) == {HTTPS}, "a segment's gateway is a way to everywhere"


def test_a_gateway_that_keeps_private_addresses_gets_no_answers() -> None:
    assert seen(outside(snat=False), ANY, LEFT, SHOP) == frozenset()
    things = outside(snat=False)
    things["fip"] = floating("port-l", "10.0.1.5", "gate")
    assert seen(things, EVERY, LEFT, SHOP) == {HTTPS}


def test_a_gateway_on_a_network_of_the_project_is_none() -> None:
    things = outside()
    things["gate"].body["external_gateway_info"] = {"network_id": "net-x", "enable_snat": True}
    assert seen(things, ANY, LEFT, SHOP) == frozenset()


def test_a_floating_ip_lets_in_what_the_filter_lets_in() -> None:
    things = outside()
    things["fip"] = floating("port-l", "10.0.1.5", "gate")
    assert (seen(things, EVERY, SHOP, LEFT), seen(things, ANY, SHOP, LEFT)) == ({HTTPS}, {HTTPS})
    del things["sell"]
    assert seen(things, ANY, SHOP, LEFT) == frozenset()


@pytest.mark.parametrize(
    "address",
    [("port-r", "10.1.1.5", "gate"), ("port-l", "10.0.1.6", "gate"), ("port-l", "10.0.1.5", None), (None, "", "gate")],
    ids=["another machine", "another address", "no router", "nothing"],
)
def test_a_floating_ip_of_something_else_lets_nothing_in(address: tuple[str | None, str, str | None]) -> None:
    things = outside()
    things["fip"] = floating(*address)
    assert seen(things, ANY, SHOP, LEFT) == frozenset()


def test_a_floating_ip_on_a_private_machine_is_seen() -> None:
    """Its zone is told of no way out, and answers all the same: a router with a gateway stands on its network."""
    things = project(router("nat", outside=True), leg("nat", "net-r", "sub-r", "10.1.1.2"))
    things["sell"] = rule("sell", "sg-r", "ingress", CIDRS["shop"])
    assert seen(things, ANY, SHOP, RIGHT) == frozenset()
    things["fip"] = floating("port-r", "10.1.1.5", "nat")
    assert (seen(things, ANY, SHOP, RIGHT), seen(things, EVERY, SHOP, RIGHT)) == ({HTTPS}, frozenset())


def test_an_answer_that_leaves_by_another_router_bears_another_address() -> None:
    things = outside()
    things["other"] = router("other", outside=True)
    things["other-sub-l"] = leg("other", "net-l", "sub-l", "10.0.1.3")
    things["fip"] = floating("port-l", "10.0.1.5", "other")
    assert seen(things, EVERY, SHOP, LEFT) == frozenset(), "what DHCP says takes the answer to the gate"
    assert seen(things, ANY, SHOP, LEFT) == {HTTPS}


def test_an_empty_zone_behind_a_gateway_leaves_by_it_and_is_not_reached() -> None:
    things = {name: one for name, one in outside().items() if not name.startswith("port-")}
    assert seen(things, EVERY, LEFT, SHOP) == {HTTPS}
    assert seen(things, ANY, SHOP, LEFT) == frozenset(), "the plan has nothing reached from the Internet here"
