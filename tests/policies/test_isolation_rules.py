"""NET-02, DAT-01, DAT-10: environments and projects apart, nothing real outside production."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from blueprint import facts
from blueprint import plan as plans
from blueprint import stack as stacks
from blueprint.values import UNKNOWN
from policies.rules import read_stacks
from policies.verdicts import Effect, State
from providers.outscale import facts as outscale
from tests.policies import estate, judging, runs
from tests.policies.cases import CONFORM, IDLE, REFUSED, UNSEEN, Case, check, referring, to, unknown

PLAN = estate.plan_of()
NET = "bubbles/warehouse"
VM = "bubbles/project-a/tiers/database/1"
DISK = f"{VM}/disks/data"
RULE = "flows/queries-a/ingress/project-a.data/1"
ROUTE = next(route.subject for route in PLAN.routes if route.zone == "bubbles/project-a/zones/workspace")
OTHER = next(bubble.cidr for bubble in PLAN.bubbles if bubble.name == "project-b")


def half_of(cidr: str) -> str:
    address, _, length = cidr.partition("/")
    return f"{address}/{int(length) + 1}"


def tagged(**tags: Any) -> Any:
    return lambda properties: properties.update(tags={**properties["tags"], **tags})


ENVIRONMENT = [
    Case("a network of this environment conforms", NET, None, CONFORM),
    Case("a bucket of this environment conforms", "bubbles/warehouse/buckets/archive", None, CONFORM),
    Case("a network of another environment is refused", NET, tagged(**{"rempart:environment": "prod"}), REFUSED, "dev"),
    Case("DEV is not dev", NET, tagged(**{"rempart:environment": "DEV"}), REFUSED, "dev"),
    Case("a machine without tags is refused", VM, to(tags={}), REFUSED, "dev"),
    Case("unknown tags wait", NET, unknown("tags"), UNSEEN),
    Case("one unknown tag waits", NET, tagged(**{"rempart:environment": UNKNOWN}), UNSEEN),
    Case("text for tags is refused", NET, to(tags="dev"), REFUSED, "wrong type"),
]

SEALED = [
    Case("a rule between two zones of a project conforms", RULE, None, CONFORM),
    Case("a rule from another project is refused", RULE, to(ipRange=OTHER), REFUSED, "two project bubbles"),
    Case("a rule from half of it is refused", RULE, to(ipRange=half_of(OTHER)), REFUSED, "two project bubbles"),
    Case("a rule from more than it is refused", RULE, to(ipRange="10.0.0.0/8"), REFUSED, "two project bubbles"),
    Case("a rule from everywhere is refused", RULE, to(ipRange="0.0.0.0/0"), REFUSED, "two project bubbles"),
    Case("an unknown range waits", RULE, unknown("ipRange"), UNSEEN),
    Case("a list for a range is refused", RULE, to(ipRange=[OTHER]), REFUSED, "wrong type"),
    Case("a rule of no zone is refused", RULE, to(references={}), REFUSED, "no bubble"),
    Case("a route of a project conforms", ROUTE, None, CONFORM),
    Case("a route to another project is refused", ROUTE, to(destinationIpRange=OTHER), REFUSED, "two project bubbles"),
    Case("an unknown route waits", ROUTE, unknown("destinationIpRange"), UNSEEN),
    Case("a machine on its own interface conforms", VM, None, CONFORM),
    Case(
        "a machine with a second interface elsewhere is refused",
        VM,
        lambda properties: properties.update(
            nics=[*properties["nics"], {"nicId": "eni-2"}],
            references={**properties["references"], "nics[1].nicId": "bubbles/project-b/tiers/database/1/nic"},
        ),
        REFUSED,
        "nics[1].nicId is of another bubble",
    ),
    Case(
        "an interface in another bubble is refused",
        f"{VM}/nic",
        referring(subnetId="bubbles/project-b/zones/data/az/a"),
        REFUSED,
        "subnetId is of another bubble",
    ),
    Case(
        "an interface under another bubble's filter is refused",
        f"{VM}/nic",
        referring(**{"securityGroupIds[0]": "bubbles/warehouse/zones/omop/filter"}),
        REFUSED,
        "securityGroupIds[0]",
    ),
    Case("a disk on its own machine conforms", f"{DISK}/link", None, CONFORM),
    Case(
        "a disk on another bubble's machine is refused",
        f"{DISK}/link",
        referring(vmId="bubbles/project-b/tiers/database/1"),
        REFUSED,
        "vmId is of another bubble",
    ),
    Case("what the warehouse gives to a project conforms", "flows/subset-b/ingress/project-b.data/1", None, CONFORM),
    Case("what names nothing of the plan is in no other bubble", VM, referring(**{"nics[0].nicId": "x"}), CONFORM),
    Case("a machine of no bubble is refused", VM, to(subject="nowhere/1"), REFUSED, "no bubble"),
    Case("what attaches nothing is not judged", "bubbles/project-a/zones/data/az/a/table-link", None, IDLE),
    Case("a rule outside projects is not judged", "flows/omop-load/ingress/warehouse.omop/1", None, IDLE),
]

REAL = [
    Case("synthetic data in a development environment conforms", NET, None, CONFORM),
    Case("a bubble without health data is not judged", "bubbles/administration", None, IDLE),
    Case("a network of no bubble holds none", NET, to(subject="nowhere"), IDLE),
    Case("an empty disk conforms", DISK, None, CONFORM),
    Case("a disk made from a snapshot is refused", DISK, to(snapshotId="snap-1"), REFUSED, "copy"),
    Case("an unknown snapshot waits", DISK, unknown("snapshotId"), UNSEEN),
    Case("a list for a snapshot is refused", DISK, to(snapshotId=["snap-1"]), REFUSED, "wrong type"),
]


@pytest.mark.parametrize("case", ENVIRONMENT, ids=str)
def test_net_02(case: Case) -> None:
    check("NET-02", case)


@pytest.mark.parametrize("case", SEALED, ids=str)
def test_dat_01(case: Case) -> None:
    check("DAT-01", case)


@pytest.mark.parametrize("case", REAL, ids=str)
def test_dat_10(case: Case) -> None:
    check("DAT-10", case)


MINE = "emc2.outscale-sandbox.dev.network"
STACKS = [
    (MINE, CONFORM),
    (f"organization/rempart/{MINE}", CONFORM),
    ("emc2.outscale-sandbox.prod.network", REFUSED),
    ("minimal.outscale-sandbox.dev.network", REFUSED),
    ("emc2.ovh-sandbox.dev.network", REFUSED),
    ("network", REFUSED),
    ("", REFUSED),
]


def stacks_read(*shown: facts.Fact, name: str = "") -> list[tuple[str, State, bool]]:
    """(subject, state, fault) of each stack that a compute layer reads: those shown, and where its ids come from."""
    whole = runs.layer(estate.estate_of(), "compute")
    whole.read = (name or MINE,)
    for one in whole.resources.values():
        one.uses = {key: tuple(whole.read if used == MINE else (used,))[:1] for key, (used, *_) in one.uses.items()}
    found = judging.judge_of(PLAN, layer="compute").stack([*whole.facts(), *shown])
    return [(one.subject, one.state, one.fault) for one in found if one.rule == "NET-02"]


@pytest.mark.parametrize(("name", "state"), STACKS)
def test_a_stack_of_another_environment_is_not_read_though_the_engine_shows_it_in_ids_only(
    name: str, state: State
) -> None:
    assert stacks_read(name=name or "-") == [(name or "-", state, False)]


@pytest.mark.parametrize(("name", "state"), [*STACKS, (None, REFUSED), (UNKNOWN, UNSEEN), ([], REFUSED)])
def test_a_state_shows_which_stack_a_reference_reads_whatever_the_program_calls_it(name: Any, state: State) -> None:
    urn = estate.urn(stacks.REFERENCE, MINE)
    assert stacks_read(outscale.fact(stacks.REFERENCE, urn, MINE, {"name": name})) == [(MINE, state, False)]


def test_a_stack_that_gives_no_id_is_judged_where_a_state_shows_it() -> None:
    name = "emc2.outscale-sandbox.prod.keys"
    fact = outscale.fact(stacks.REFERENCE, estate.urn(stacks.REFERENCE, name), name, {"name": name})
    assert stacks_read(fact) == [(MINE, CONFORM, False), (name, REFUSED, False)]


@pytest.mark.parametrize(
    ("urn", "reads"),
    [
        (f"urn:pulumi:s::rempart::{stacks.REFERENCE}::{MINE}", [MINE]),
        (f"urn:pulumi:s::rempart::rempart:components:LandingZone${stacks.REFERENCE}::{MINE}", [MINE]),
        (f"urn:pulumi:s::rempart::{stacks.REFERENCE}::a::b", ["a::b"]),
        (f"urn:pulumi:s::rempart::outscale:index:Subnet::{stacks.REFERENCE}::{MINE}", []),
        (f"urn:pulumi:s::rempart::{stacks.REFERENCE}$outscale:index:Subnet::{MINE}", []),
        (stacks.REFERENCE, []),
    ],
)
def test_a_stack_that_is_read_is_known_by_its_type_and_not_by_its_name(urn: str, reads: list[str]) -> None:
    origin = facts.Origin("urn:x", "x:index:X", "x", "x", dependencies={"subnetId": (urn,), "netId": (urn,)})
    assert [one.stack for one in read_stacks.read([facts.Component(origin)])] == reads


@pytest.mark.parametrize("turned", [False, True])
def test_what_a_reference_says_goes_before_what_ids_that_come_from_it_call_it(turned: bool) -> None:
    urn = f"urn:pulumi:s::rempart::{stacks.REFERENCE}::{MINE}"
    reference = facts.StackReference(facts.Origin(urn, stacks.REFERENCE, MINE, None), "another")
    user = facts.Component(facts.Origin("urn:x", "x:index:X", "x", "x", dependencies={"subnetId": (urn,)}))
    shown = [user, reference] if turned else [reference, user]
    assert [one.stack for one in read_stacks.read(shown)] == ["another"]


def followed(*, plan: plans.Plan = PLAN, **changes: dict[str, Any]) -> dict[str, Any]:
    whole = estate.estate_of()
    for name, values in changes.items():
        whole[name].properties.update(values)
    found = judging.say_whole(judging.judge_of(plan), whole, "DAT-01")
    return {one.subject: one for one in found}


def test_followed_from_zone_to_zone_no_project_reaches_another() -> None:
    assert {name: one.state for name, one in followed().items()} == {
        "bubbles/project-a": CONFORM,
        "bubbles/project-b": CONFORM,
    }


def test_only_a_network_is_followed() -> None:
    whole = estate.estate_of().facts()
    network = next(fact for fact in whole if fact.origin.subject == "bubbles/project-a")
    component = facts.Component(dataclasses.replace(network.origin, urn="urn:component"))
    found = [one for one in judging.judge_of(PLAN).stack([*whole, component]) if one.rule == "DAT-01"]
    assert sorted(one.subject for one in found) == ["bubbles/project-a", "bubbles/project-b"]


def test_two_harmless_steps_that_make_a_way_between_projects_are_refused() -> None:
    """Quarantine to the gate, then a rule that lets the gate into a project: each alone joins no two projects."""
    gate = next(
        zone.cidr for bubble in PLAN.bubbles for zone in bubble.zones if zone.subject.endswith("export/zones/gate")
    )
    opened = "flows/subset-b/ingress/project-b.data/1"
    found = followed(**{opened: {"ipRange": gate}})
    assert found["bubbles/project-a"].state is REFUSED
    assert "bubbles/project-b" in found["bubbles/project-a"].message
    assert found["bubbles/project-a"].effect is Effect.BLOCK
    assert found["bubbles/project-b"].state is CONFORM


def test_what_a_zone_may_say_and_who_may_say_it_to_nobody_known_are_no_ways_in() -> None:
    gate = next(
        zone.cidr for bubble in PLAN.bubbles for zone in bubble.zones if zone.subject.endswith("export/zones/gate")
    )
    leaving = next(
        one.subject
        for one in PLAN.rules
        if one.zone.startswith("bubbles/project-b/") and one.direction is plans.Direction.EGRESS
    )
    for changes in ({leaving: {"ipRange": gate}}, {RULE: {"references": {}, "ipRange": "0.0.0.0/0"}}):
        assert {one.state for one in followed(**changes).values()} == {CONFORM}


@pytest.mark.parametrize(
    ("data", "environment", "simulated", "state"),
    [
        ("synthetic", "dev", False, CONFORM),
        ("real", "prod", False, CONFORM),
        ("real", "dev", False, REFUSED),
        ("real", "production", False, CONFORM),
        ("real", "pre-prod", False, REFUSED),
        (None, "dev", False, REFUSED),
        (None, "prod", False, REFUSED),
        (None, "dev", True, IDLE),
        ("real", "dev", True, REFUSED),
    ],
)
def test_real_data_stay_in_production(data: str | None, environment: str, simulated: bool, state: State) -> None:
    plan = dataclasses.replace(PLAN, data=data, environment=environment)
    judge = judging.judge_of(plan, simulated=simulated)
    assert judging.say(judge, estate.estate_of(), "DAT-10", NET).state is state


def test_a_resource_that_cannot_have_tags_needs_evidence_of_its_environment() -> None:
    fact = estate.estate_of().fact("bubbles/warehouse/buckets/archive")
    bare = dataclasses.replace(fact, origin=dataclasses.replace(fact.origin, taggable=False, tags={}))
    assert judging.ask(judging.judge_of(PLAN), "NET-02", bare).state is State.EVIDENCE_REQUIRED
