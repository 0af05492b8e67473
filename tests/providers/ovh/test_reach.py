"""Without routers, a conversation needs filters on both sides and one network on which both ends stand."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from providers.observation import Opening, Reach
from providers.ovh import kinds, live
from providers.ovh.live import Thing
from providers.ovh.reach import Observer
from tests.blueprint import worlds

LEFT, RIGHT, SHOP = "bubbles/left/zones/back", "bubbles/right/zones/back", "externals/shop"
HTTPS = Opening("tcp", 443, 443)
EXTERNAL = frozenset({"ext-net"})
PLAN = worlds.plan_data(
    worlds.minimal(
        flows={"talk": worlds.flow("left.back", "right.back")},
        externals={"shop": {"cidrs": ["192.0.2.0/24"], "via": "internet"}},
    )
)


def thing(kind: str, identifier: str, subject: str = "", **body: Any) -> Thing:
    told = {"rempart:platform": "test", "rempart:environment": "dev", "rempart:subject": subject}
    return Thing(kind, identifier, {"id": identifier, **body}, told)


def rule(identifier: str, group: str, direction: str, cidr: str | None, **more: Any) -> Thing:
    body = {"protocol": "tcp", "port_range_min": 443, "port_range_max": 443, "ether_type": "IPv4", **more}
    return Thing(
        kinds.RULE, identifier, {"security_group_id": group, "direction": direction, "remote_ip_prefix": cidr, **body}
    )


def port(identifier: str, network: str, device: str, group: str, **addresses: str) -> Thing:
    fixed = [{"subnet_id": subnet.replace("_", "-"), "ip_address": address} for subnet, address in addresses.items()]
    more = {"security_group_ids": [group], "is_port_security_enabled": True, "device_owner": "compute:nova"}
    return thing(kinds.PORT, identifier, network_id=network, device_id=device, fixed_ips=fixed, **more)


def project() -> dict[str, Thing]:
    """Two bubbles with a machine each, and a link on which both stand under the addresses that they have at home."""
    listed = [
        thing(kinds.SUBNET, "sub-l", f"{LEFT}/az/a", network_id="net-l", cidr="10.0.1.0/24"),
        thing(kinds.SUBNET, "sub-r", f"{RIGHT}/az/a", network_id="net-r", cidr="10.1.1.0/24"),
        thing(kinds.SUBNET, "link-l", f"peerings/left--right/{LEFT}/az/a", network_id="link", cidr="10.0.1.0/24"),
        thing(kinds.SUBNET, "link-r", f"peerings/left--right/{RIGHT}/az/a", network_id="link", cidr="10.1.1.0/24"),
        thing(kinds.GROUP, "sg-l", f"{LEFT}/filter"),
        thing(kinds.GROUP, "sg-r", f"{RIGHT}/filter"),
        rule("out", "sg-l", "egress", "10.1.1.0/24"),
        rule("in", "sg-r", "ingress", "10.0.1.0/24"),
        port("port-l", "net-l", "vm-l", "sg-l", sub_l="10.0.1.5"),
        port("port-r", "net-r", "vm-r", "sg-r", sub_r="10.1.1.5"),
        port("link-port-l", "link", "vm-l", "sg-l", link_l="10.0.1.5"),
        port("link-port-r", "link", "vm-r", "sg-r", link_r="10.1.1.5"),
    ]
    return copy.deepcopy({one.identifier: one for one in listed})


def seen(things: dict[str, Thing], source: str = LEFT, there: str = RIGHT, reach: Reach = Reach.EVERY) -> Any:
    return Observer(tuple(things.values()), PLAN, EXTERNAL).openings(source, there, reach)


def test_machines_on_one_link_talk_one_way() -> None:
    assert seen(project()) == {HTTPS}
    assert seen(project(), RIGHT, LEFT, Reach.ANY) == frozenset()


@pytest.mark.parametrize("gone", ["out", "in", "link-port-l", "link-port-r"])
def test_without_any_one_of_them_nothing_passes(gone: str) -> None:
    things = project()
    del things[gone]
    assert seen(things, reach=Reach.ANY) == frozenset()


def test_another_address_on_the_link_is_not_the_one_that_rules_speak_of() -> None:
    things = project()
    things["link-port-r"] = port("link-port-r", "link", "vm-r", "sg-r", link_r="10.1.1.6")
    assert seen(things) == frozenset(), "who is told to speak to 10.1.1.5 finds nobody there"
    assert seen(things, reach=Reach.ANY) == {HTTPS}, "something passes all the same"
    things["link-port-r"] = port("link-port-r", "link", "vm-r", "sg-r", link_r="10.9.9.9")
    assert seen(things, reach=Reach.ANY) == frozenset(), "no rule speaks of it"


def test_every_network_on_which_both_stand_is_a_way() -> None:
    things = project()
    open_to_all = {"port_range_min": 22, "port_range_max": 22}
    things["side-out"] = rule("side-out", "sg-side", "egress", None, **open_to_all)
    things["side-in"] = rule("side-in", "sg-side", "ingress", None, **open_to_all)
    things["side-l"] = port("side-l", "side", "vm-l", "sg-side", side="172.16.0.1")
    things["side-r"] = port("side-r", "side", "vm-r", "sg-side", side="172.16.0.2")
    assert seen(things, reach=Reach.ANY) == {HTTPS, Opening("tcp", 22, 22)}
    assert seen(things) == {HTTPS}, "the other way is not the one that the plan speaks of"


def test_what_passes_over_the_internet_is_no_way_between_zones() -> None:
    things = {name: one for name, one in project().items() if not name.startswith("link-port")}
    things["ext-l"] = port("ext-l", "ext-net", "vm-l", "sg-l", ext_sub="203.0.113.7")
    things["ext-r"] = port("ext-r", "ext-net", "vm-r", "sg-r", ext_sub="203.0.113.8")
    things["in"] = rule("in", "sg-r", "ingress", None)
    things["out"] = rule("out", "sg-l", "egress", None)
    assert seen(things, reach=Reach.ANY) == frozenset()


def test_each_port_on_the_providers_network_counts() -> None:
    things = project()
    things["ext-1"] = port("ext-1", "ext-net", "vm-l", "sg-closed", ext_sub="203.0.113.7")
    things["ext-2"] = port("ext-2", "ext-net", "vm-l", "sg-open", ext_sub="203.0.113.8")
    things["open"] = rule("open", "sg-open", "ingress", "192.0.2.0/24")
    assert seen(things, SHOP, LEFT, Reach.ANY) == {HTTPS}


def test_empty_zones_stand_where_their_segments_are() -> None:
    things = {name: one for name, one in project().items() if one.type != kinds.PORT}
    assert seen(things) == {HTTPS}
    del things["link-r"]
    assert seen(things, reach=Reach.ANY) == frozenset()


def test_a_rule_without_a_range_is_open_to_all_and_a_port_without_security_to_everything() -> None:
    things = project()
    things["in"] = rule("in", "sg-r", "ingress", None, protocol=None, port_range_min=None, port_range_max=None)
    assert seen(things) == {HTTPS}
    for name in ("link-port-l", "link-port-r"):
        things[name].body["is_port_security_enabled"] = False
    assert seen(things, reach=Reach.ANY) == {Opening(name, 0, 65535) for name in ("icmp", "tcp", "udp")}


def test_a_rule_that_names_a_group_opens_to_its_ports() -> None:
    things = project()
    things["in"] = rule("in", "sg-r", "ingress", None, remote_group_id="sg-l")
    assert seen(things) == {HTTPS}
    things["in"] = rule("in", "sg-r", "ingress", None, remote_group_id="sg-of-nobody")
    assert seen(things, reach=Reach.ANY) == frozenset()


def test_the_internet_needs_a_port_on_the_providers_own_network() -> None:
    things = project()
    things["shop"] = rule("shop", "sg-l", "egress", "192.0.2.0/24")
    assert seen(things, LEFT, SHOP, Reach.ANY) == frozenset()
    things["ext"] = port("ext", "ext-net", "vm-l", "sg-l", ext_sub="203.0.113.7")
    assert seen(things, LEFT, SHOP) == {HTTPS}
    assert seen(things, SHOP, LEFT, Reach.ANY) == frozenset(), "no ingress rule"


def test_what_the_provider_makes_beside_is_told_apart() -> None:
    boots = {"attachments": [{"server_id": "vm"}], "is_bootable": True}
    things = (
        thing(kinds.GROUP, "default", name="default"),
        rule("r", "default", "egress", None),
        thing(kinds.PORT, "dhcp", device_owner="network:dhcp"),
        Thing(kinds.VOLUME, "boot", {**boots, "is_encrypted": True}),
        Thing(kinds.VOLUME, "boot-in-clear", {**boots, "is_encrypted": False}),
        Thing(kinds.VOLUME, "stray", {"attachments": [], "is_bootable": True, "is_encrypted": True}),
        thing(kinds.GROUP, "mine", f"{LEFT}/filter", name="test-dev-left-back"),
    )
    assert [one.identifier for one in things if live.own(one, things)] == ["default", "r", "dhcp", "boot"]
