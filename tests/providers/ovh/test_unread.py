"""What the plugin does not read back is read from the project, or refused by name: nothing is taken on trust."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import pytest

from blueprint import plan as plans
from providers import adoption
from providers.adoption import Wanted
from providers.ovh import kinds, unread
from providers.ovh.live import Account, Thing
from tests.providers.ovh.test_reach import LEFT, PLAN, RIGHT, port, rule, thing
from tests.providers.ovh.test_strays import CLAIM

FILTER, MACHINE = f"{LEFT}/filter", "bubbles/left/tiers/app/1"
OUTSIDE = {"ext-net": "Ext-Net"}
BORN_WITH = rule("born", "sg-l", "egress", None, protocol=None, port_range_min=None, port_range_max=None)
MADE_BY_HAND = rule("hand", "sg-l", "ingress", "0.0.0.0/0", port_range_min=22, port_range_max=22)


@pytest.fixture
def account(tmp_path: Any) -> Account:
    clouds = tmp_path / "clouds.yaml"
    clouds.write_text("clouds: {c: {auth: {auth_url: 'http://127.0.0.1:1/'}}}\n", encoding="utf-8")
    return Account(PLAN.region, clouds, "c", "http://127.0.0.1:2", PLAN.region, "key", "secret")


def group() -> list[Thing]:
    """The filter on the left, with the plan's one rule in it."""
    (planned,) = [one for one in PLAN.rules if one.zone == LEFT]
    body = {"port_range_min": planned.from_port, "port_range_max": planned.to_port}
    return [
        thing(kinds.GROUP, "sg-l", FILTER, tags=["rempart:subject=x", "Name=left", "team=radiology"]),
        rule("out", "sg-l", str(planned.direction), planned.cidr, **body),
    ]


def named(subject: str, made: Thing) -> Thing:
    """The same thing, bearing a subject."""
    return dataclasses.replace(made, labels={**made.labels, "rempart:subject": subject})


def worded(
    account: Account, things: Iterable[Thing], plan: plans.Plan = PLAN, **wanted: tuple[str, str, str]
) -> dict[str, dict[str, Any]]:
    """`wanted`: anything=(name, type, id)."""
    asked = {name: Wanted(kind, identifier) for name, kind, identifier in wanted.values()}
    return unread.worded(account, plan, tuple(things), OUTSIDE, asked)


def test_a_group_with_the_plans_rules_only_was_born_without_any(account: Account) -> None:
    found = worded(account, group(), it=(FILTER, kinds.GROUP, "sg-l"))
    assert found == {FILTER: {"tags": ["Name=left", "rempart:subject=x"], "deleteDefaultRules": True}}


def test_a_second_value_under_a_name_of_ours_is_told_and_so_is_a_difference(account: Account) -> None:
    told = ["rempart:owner=nobody", "rempart:owner=team"]
    found = worded(account, [thing(kinds.NETWORK, "n", "bubbles/left", tags=told)], it=("n", kinds.NETWORK, "n"))
    assert found["n"]["tags"] == told


@pytest.mark.parametrize("extra", [BORN_WITH, MADE_BY_HAND], ids=["as Neutron makes one", "another hand's"])
def test_a_group_that_holds_what_no_flow_declares_is_refused_with_the_rule(extra: Thing, account: Account) -> None:
    with pytest.raises(adoption.Unproven) as refused:
        worded(account, [*group(), extra], it=(FILTER, kinds.GROUP, "sg-l"))
    assert f"{FILTER}: the group sg-l holds what no flow declares" in str(refused.value)
    assert f"openstack security group rule delete {extra.identifier}`" in str(refused.value)


def test_what_another_group_holds_is_no_matter(account: Account) -> None:
    beside = [thing(kinds.GROUP, "sg-r", f"{RIGHT}/filter"), rule("born", "sg-r", "egress", None, protocol=None)]
    assert FILTER in worded(account, [*group(), *beside], it=(FILTER, kinds.GROUP, "sg-l"))


def test_all_that_is_refused_is_told_at_once_and_nothing_is_given(account: Account) -> None:
    things = [*group(), BORN_WITH, thing(kinds.GROUP, "sg-r", f"{RIGHT}/filter"), rule("b2", "sg-r", "egress", None)]
    with pytest.raises(adoption.Unproven) as refused:
        worded(account, things, a=(FILTER, kinds.GROUP, "sg-l"), b=(f"{RIGHT}/filter", kinds.GROUP, "sg-r"))
    assert all(f"{zone}/filter: the group" in str(refused.value) for zone in (LEFT, RIGHT))


def test_a_port_says_its_groups_and_its_segment(account: Account) -> None:
    """On a link it also says its address, since there the machine brings that of its bubble."""
    own, on_link = f"{MACHINE}/nic", f"{MACHINE}/links/left--right"
    things = [port("p", "net-l", "vm", "sg-l", sub_l="10.0.1.5"), port("l", "link", "vm", "sg-l", link_l="10.0.1.5")]
    found = worded(account, things, a=(own, kinds.PORT, "p"), b=(on_link, kinds.PORT, "l"))
    assert found[own] == {"tags": [], "securityGroupIds": ["sg-l"], "fixedIps": [{"subnetId": "sub-l"}]}
    assert found[on_link]["fixedIps"] == [{"subnetId": "link-l", "ipAddress": "10.0.1.5"}]


def test_a_port_outside_has_no_place_of_ours_and_a_routers_has_no_groups(account: Account) -> None:
    outside = port("p", "ext-net", "vm", "sg-l", theirs="203.0.113.9")
    bare = port("q", "net-l", "router", "sg-l", sub_l="10.0.1.1")
    bare = dataclasses.replace(bare, body={**bare.body, "security_group_ids": []})
    names = f"{MACHINE}/address", f"peerings/left--right/attachments/{LEFT}/az/a"
    found = worded(account, [outside, bare], a=(names[0], kinds.PORT, "p"), b=(names[1], kinds.PORT, "q"))
    assert found[names[0]] == {"tags": [], "securityGroupIds": ["sg-l"]}
    assert found[names[1]] == {"tags": [], "noSecurityGroups": True, "fixedIps": [{"subnetId": "sub-l"}]}


def machine(**body: Any) -> list[Thing]:
    """A machine with two interfaces that the API lists the other way round, its disk, and its group."""
    first, second = f"{MACHINE}/nic", f"{MACHINE}/links/left--right"
    disk = {"attachments": [{"server_id": "vm"}], "size": 20, "volume_type": "luks"}
    return [
        named(second, port("l", "link", "vm", "sg-l", link_l="10.0.1.5")),
        named(first, port("p", "net-l", "vm", "sg-l", sub_l="10.0.1.5")),
        thing(kinds.NETWORK, "net-l", "bubbles/left", name="left"),
        thing(kinds.VOLUME, "data", f"{MACHINE}/disks/d", **disk),
        thing(kinds.VOLUME, "boot", **disk, is_bootable=True, volume_image_metadata={"image_id": "debian"}),
        thing(kinds.SERVER_GROUP, "apart", member_ids=["vm"]),
        thing(kinds.SERVER_GROUP, "others", member_ids=["else"]),
        thing(
            kinds.INSTANCE,
            "vm",
            MACHINE,
            attached_volumes=[{"id": "boot", "delete_on_termination": True}],
            has_config_drive=True,
            **body,
        ),
    ]


def test_a_machine_says_its_interfaces_in_the_plans_order_its_disk_and_its_group(account: Account) -> None:
    found = worded(account, machine(), it=(MACHINE, kinds.INSTANCE, "vm"))[MACHINE]
    assert [(one["port"], one["uuid"], one["name"]) for one in found["networks"]] == [
        ("p", "net-l", "left"),
        ("l", "link", ""),
    ]
    (boot,) = found["blockDevices"]
    assert (boot["uuid"], boot["volumeType"], boot["volumeSize"], boot["deleteOnTermination"]) == (
        "debian",
        "luks",
        20,
        True,
    )
    assert (found["schedulerHints"], found["configDrive"]) == ([{"group": "apart"}], True)


def test_a_disk_of_which_nobody_says_that_it_ends_is_not_said_to(account: Account) -> None:
    things = [one for one in machine() if one.type != kinds.INSTANCE]
    silent = thing(kinds.INSTANCE, "vm", MACHINE, attached_volumes=[{"id": "boot"}])
    found = worded(account, [*things, silent], it=(MACHINE, kinds.INSTANCE, "vm"))[MACHINE]
    assert found["blockDevices"][0]["deleteOnTermination"] is False


def test_a_machine_with_user_data_is_refused_with_what_to_do(account: Account) -> None:
    """Planned, and so hidden from the project by Nova; or shown, and no plan's."""
    own = dataclasses.replace(CLAIM.plan.machines[0], user_data="#cloud-config")
    planned = dataclasses.replace(CLAIM.plan, machines=(own,))
    things = [dataclasses.replace(one, labels={**one.labels, "rempart:subject": own.subject}) for one in machine()]
    for plan, listed in ((planned, things), (PLAN, machine(user_data="IyE="))):
        name = own.subject if plan is planned else MACHINE
        with pytest.raises(adoption.Unproven, match="administrators only") as refused:
            worded(account, listed, plan, it=(name, kinds.INSTANCE, "vm"))
        assert str(refused.value).startswith(f"{name}: ")
        assert "openstack server delete vm" in str(refused.value)


def test_what_the_plugin_reads_whole_needs_nothing(account: Account) -> None:
    things = [*group(), thing(kinds.VOLUME, "data", f"{MACHINE}/disks/d")]
    rules = {"it": ("flows/f", kinds.RULE, "out"), "that": (f"{MACHINE}/disks/d", kinds.VOLUME, "data")}
    assert worded(account, things, **rules) == {}


def test_a_bucket_asks_openstack_nothing(account: Account) -> None:
    """The account of this test answers nobody."""
    assert unread.reading(account, PLAN).told({"bubbles/left/buckets/b": Wanted("s3:index:Bucket", "b")}) == {}
