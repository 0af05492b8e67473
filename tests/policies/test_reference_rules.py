"""GOV-01, 02, 09 kind by kind: whose subject a resource may have, what it may point at, and where its ids come from."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from blueprint import facts
from blueprint import plan as plans
from blueprint.values import UNKNOWN
from policies.verdicts import State
from tests.policies import estate, judging
from tests.policies.cases import CONFORM, IDLE, REFUSED, Case, check, referring, to
from tests.policies.test_control_rules import ACCEPTATION, GROUP, KEY, NET, NIC, RULE, TABLE_LINK, VM

PLAN = estate.plan_of()
SUBNET = "bubbles/warehouse/zones/omop/az/a"
ZONE = "bubbles/warehouse/zones/omop"
DISK = f"{VM}/disks/data"
LINK = "peerings/administration--warehouse"
NAT = "bubbles/administration/gateways/nat"
ROUTE = next(route.subject for route in PLAN.routes if route.zone == ZONE)
BUCKET = "bubbles/warehouse/buckets/archive"


def origin(subject: str) -> facts.Origin:
    return facts.Origin("urn:x", "x:index:X", "x", subject)


def fact_of(name: str, **changes: Any) -> Any:
    return dataclasses.replace(estate.estate_of().fact(name), **changes)


def named(name: str, subject: str) -> Any:
    """The fact of one compliant resource under another subject."""
    fact = fact_of(name)
    return dataclasses.replace(fact, origin=dataclasses.replace(fact.origin, subject=subject))


def say(rule: str, fact: Any, plan: plans.Plan = PLAN) -> State:
    return judging.ask(judging.judge_of(plan), rule, fact).state


KINDS: list[tuple[str, list[str], list[str]]] = [  # a resource; subjects that one of its kind may have; others
    (NET, ["bubbles/export"], ["bubbles/x"]),
    (SUBNET, ["bubbles/warehouse/zones/omop/az/b"], [ZONE, f"{ZONE}/az/z"]),
    (GROUP, [f"{ZONE}/filter/2", f"{ZONE}/filter/31"], [ZONE, "bubbles/x/zones/y/filter", f"{ZONE}/filter/x"]),
    (f"{ZONE}/table", ["bubbles/export/zones/gate/table"], [ZONE, "bubbles/x/zones/y/table", f"{ZONE}/table/2"]),
    (RULE, [], ["flows/x/ingress/y/1"]),
    (ROUTE, [], [f"{ZONE}/routes/x"]),
    (NAT, [f"{NAT}/link"], ["bubbles/warehouse/gateways/nat", f"{NAT}/x"]),
    (LINK, [], [f"{LINK}/acceptation", "peerings/x--y"]),
    (NIC, [], [f"{VM}/nic2"]),
    (f"{NAT}/address", ["bastion/1/address", "bastion/1/address/link"], ["bubbles/warehouse/address", NET]),
    (VM, ["bastion/1"], [f"{VM}0"]),
    (DISK, [], [f"{VM}/disks/x"]),
    (BUCKET, [], ["bubbles/warehouse/buckets/x"]),
    (KEY, [], ["bastion/1", "keypair"]),
    (TABLE_LINK, [], [SUBNET, "bubbles/x/zones/y/az/a/table-link", f"{DISK}/link"]),
    (ACCEPTATION, [f"{LINK}/acceptation"], [LINK, "peerings/x--y/acceptation"]),
    (f"{DISK}/link", [], [DISK, f"{VM}/disks/x/link", TABLE_LINK]),
]


@pytest.mark.parametrize(("name", "right", "wrong"), KINDS, ids=[name for name, *_ in KINDS])
def test_a_kind_has_subjects_of_its_own(name: str, right: list[str], wrong: list[str]) -> None:
    for subject in (name, *right):
        assert say("GOV-01", named(name, subject)) is CONFORM, subject
    others = {other for other, *_ in KINDS} - {name}
    if name == NAT:
        others -= {LINK}
    for subject in (*wrong, *others):
        assert say("GOV-01", named(name, subject)) is REFUSED, subject


@pytest.mark.parametrize(
    ("fact", "state"),
    [
        (facts.Placement(origin("bubbles/warehouse/tiers/omop/placement"), True), CONFORM),
        (facts.Placement(origin("bastion/placement"), True), CONFORM),
        (facts.Placement(origin("bubbles/warehouse/tiers/x/placement"), True), REFUSED),
        (facts.Attachment(origin("any"), LINK, SUBNET, None), CONFORM),
        (facts.Attachment(origin("any"), NAT, SUBNET, None), CONFORM),
        (facts.Attachment(origin("any"), LINK, ZONE, None), REFUSED),
        (facts.Attachment(origin("any"), "peerings/x--y", SUBNET, None), REFUSED),
        (facts.Support(origin(f"{LINK}/attachments/{SUBNET}/link"), "attachment-link"), CONFORM),
        (facts.Support(origin(f"{NAT}/attachments/{SUBNET}/link"), "attachment-link"), CONFORM),
        (facts.Support(origin(f"{LINK}/attachments/{ZONE}/link"), "attachment-link"), REFUSED),
        (facts.Support(origin(f"peerings/x--y/attachments/{SUBNET}/link"), "attachment-link"), REFUSED),
        (facts.Support(origin(f"{DISK}/link"), "attachment-link"), REFUSED),
        (facts.Support(origin(f"{DISK}/link"), "something else"), REFUSED),
        (facts.Support(origin(f"{VM}/copies"), "copy-policy"), CONFORM),
        (facts.Support(origin(VM), "copy-policy"), REFUSED),
        (facts.Support(origin(f"{VM}0/copies"), "copy-policy"), REFUSED),
        (facts.Support(origin(""), "stack"), CONFORM),
        (facts.Support(origin(""), "engine-provider"), CONFORM),
        (facts.Support(origin(""), "disk-link"), REFUSED),
        (facts.StackReference(origin(""), "x"), CONFORM),
        (facts.Component(origin("components/warehouse")), CONFORM),
        (facts.Component(origin("")), REFUSED),
    ],
    ids=lambda value: f"{type(value).__name__} {value.origin.subject}" if hasattr(value, "origin") else "",
)
def test_what_the_sample_has_none_of(fact: Any, state: State) -> None:
    assert say("GOV-01", fact) is state


def test_without_a_bastion_no_key_pair_is_planned() -> None:
    assert say("GOV-01", fact_of(KEY), dataclasses.replace(PLAN, bastion=None)) is REFUSED


def test_gov_02_a_bubble_that_says_little_has_tags_that_say_so() -> None:
    bare = tuple(
        dataclasses.replace(one, project=None, data_class="", owner="") if one.subject == NET else one
        for one in PLAN.bubbles
    )
    plan = dataclasses.replace(PLAN, bubbles=bare)
    fact = fact_of(NET)
    said = {"rempart:project_end": "none", "rempart:data_class": "none", "rempart:owner": "platform"}
    little = dataclasses.replace(fact.origin, tags={**fact.origin.tags, **said})
    assert say("GOV-02", dataclasses.replace(fact, origin=little), plan) is CONFORM
    for name in said:
        tags = {**little.tags, name: fact.origin.tags[name]}
        lying = dataclasses.replace(fact, origin=dataclasses.replace(fact.origin, tags=tags))
        assert say("GOV-02", lying, plan) is REFUSED, name


POINTING = [
    Case("a filter in its network conforms", GROUP, None, CONFORM),
    Case("a table on its segment conforms", TABLE_LINK, None, CONFORM),
    Case("an acceptation of its link conforms", ACCEPTATION, None, CONFORM),
    Case("a volume on its machine conforms", f"{DISK}/link", None, CONFORM),
    Case("a volume on another machine is refused", f"{DISK}/link", referring(vmId="bastion/1"), REFUSED, "machine"),
    Case("another volume is refused", f"{DISK}/link", referring(volumeId=f"{VM}/disks/x"), REFUSED, "its disk"),
    Case("a link of no volume is refused", f"{DISK}/link", to(subject=f"{VM}/disks/x/link"), REFUSED, "disk, machine"),
    Case("a link of no segment is refused", TABLE_LINK, to(subject="bubbles/x/zones/y/az/a/table-link"), REFUSED),
    # What has no place in the plan is GOV-01's to refuse.
    Case("a filter of no plan is not compared", RULE, to(subject="flows/x/ingress/y/1"), CONFORM),
    Case("nor is an interface under a filter's subject", NIC, to(subject=RULE), CONFORM),
    Case("nor is a machine of no plan", VM, to(subject=f"{VM}0"), CONFORM),
]


@pytest.mark.parametrize("case", POINTING, ids=str)
def test_gov_09_kind_by_kind(case: Case) -> None:
    check("GOV-09", case)


def test_gov_09_what_says_nothing_of_its_ends_is_refused_and_not_a_fault() -> None:
    found = fact_of(TABLE_LINK, ends={})
    assert say("GOV-09", dataclasses.replace(found, origin=dataclasses.replace(found.origin, targets={}))) is REFUSED
    assert say("GOV-09", fact_of(VM, interfaces=UNKNOWN)) is REFUSED


def together(changed: estate.Estate, name: str, layer: str = "network") -> tuple[State, str]:
    found = judging.say_whole(judging.judge_of(changed.plan, layer=layer), changed, "GOV-09")
    return next((one.state, one.message) for one in found if one.urn == changed[name].urn)


def test_gov_09_an_id_that_says_nothing_and_comes_from_here_is_refused() -> None:
    changed = estate.estate_of()
    changed[RULE].properties["references"] = {}
    assert together(changed, RULE) == (
        REFUSED,
        "`securityGroupId` comes from a resource other than the unnamed that it names",
    )


def test_gov_09_where_one_id_comes_from_here_and_one_from_elsewhere_the_one_is_proved() -> None:
    changed = estate.estate_of()
    del changed.resources[SUBNET]
    changed.read = ("emc2.outscale-sandbox.dev.network",)
    changed[NIC].uses["subnetId"] = changed.read
    assert together(changed, NIC, "compute") == (CONFORM, "")


def test_gov_09_what_lies_outside_comes_from_no_layer() -> None:
    changed = estate.estate_of()
    rule = dataclasses.replace(changed[RULE], uses={})
    rule.properties["references"] = {"securityGroupId": facts.OUTSIDE}
    changed.resources = {RULE: rule}
    assert together(changed, RULE)[0] is IDLE
    assert together(changed, RULE, "compute")[0] is IDLE


def test_gov_09_says_nothing_of_the_whole_before_the_engine_has_seen_it() -> None:
    whole = estate.estate_of()
    found = judging.judge_of(PLAN).stack([whole.fact(name) for name in (RULE, NIC)])
    assert [one for one in found if one.rule == "GOV-09"] == []
