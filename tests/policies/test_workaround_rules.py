"""NET-13, STO-08, IAM-08: what stands in for a brick has rules of its own, and applies where it is used only."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from blueprint import data_plan
from blueprint import plan as plans
from policies.verdicts import Effect, Finding, State
from providers import capabilities
from providers.capabilities import Capabilities, Impact, Workaround
from tests.policies import elsewhere, estate, judging
from tests.policies.cases import IDLE, REFUSED
from tests.policies.judging import judge_of, say_run

OFFER = "iaas-cloud-on-demand"
NAME = "something in its place"
ACCEPTED = Workaround(
    requirement="F-003", name=NAME, impact=Impact(security="s", functional="f"), complexity="very_complex"
)
EVIDENCE = State.EVIDENCE_REQUIRED
BRICKS = {"NET-13": "network", "STO-08": "storage"}


def offering(brick: str, **changes: Any) -> Capabilities:
    """Outscale's file with one brick changed."""
    file = capabilities.load("outscale")
    offer = file.offers[OFFER]
    changed = {**offer.bricks, brick: offer.bricks[brick].model_copy(update=changes)}
    return file.model_copy(update={"offers": {OFFER: offer.model_copy(update={"bricks": changed})}})


def declaring(brick: str, *names: str, projects: int = 2) -> plans.Plan:
    """EMC2 with these workarounds of a brick, and so many projects."""
    plan = estate.estate_of().plan
    others = [one for one in plan.workarounds if one.brick != brick]
    mine = [data_plan.Workaround(f"workarounds/{brick}", brick, name) for name in names]
    found = [one for one in plan.bubbles if one.kind is plans.BubbleKind.PROJECT][projects:]
    bubbles = tuple(one for one in plan.bubbles if one not in found)
    return dataclasses.replace(plan, workarounds=(*others, *mine), bubbles=bubbles)


def say(rule: str, plan: plans.Plan, **context: Any) -> Finding:
    (found,) = say_run(judge_of(plan, **context), rule)
    assert not found.fault
    return found


@pytest.mark.parametrize(("rule", "brick"), BRICKS.items())
def test_a_brick_of_the_offer_s_own_leaves_nothing_to_judge(rule: str, brick: str) -> None:
    found = say(rule, declaring(brick))
    assert (found.state, found.effect) == (IDLE, Effect.PASS)
    assert f"has {brick} by itself" in found.message


@pytest.mark.parametrize("rule", BRICKS)
def test_on_openstack_too(rule: str) -> None:
    (found,) = say_run(judging.judge_at(elsewhere.TARGET, "emc2"), rule)
    assert found.state is IDLE


@pytest.mark.parametrize("state", ["absent", "external", "workaround"])
@pytest.mark.parametrize(("rule", "brick"), BRICKS.items())
def test_a_brick_that_is_missing_needs_a_declared_workaround(rule: str, brick: str, state: str) -> None:
    found = say(rule, declaring(brick), capabilities=offering(brick, state=state, workaround=ACCEPTED))
    assert (found.state, found.effect) == (REFUSED, Effect.BLOCK)
    assert "no workaround for it is declared" in found.message


@pytest.mark.parametrize("state", ["absent", "native"])
@pytest.mark.parametrize(("rule", "brick"), BRICKS.items())
def test_a_workaround_that_the_offer_s_file_does_not_accept_is_refused(rule: str, brick: str, state: str) -> None:
    found = say(rule, declaring(brick, "another"), capabilities=offering(brick, state=state, workaround=ACCEPTED))
    assert (found.state, found.subject) == (REFUSED, f"workarounds/{brick}")
    assert "does not accept" in found.message


@pytest.mark.parametrize("state", ["absent", "native"])
@pytest.mark.parametrize(("rule", "brick"), BRICKS.items())
def test_one_that_is_used_is_shown_by_a_record_only(rule: str, brick: str, state: str) -> None:
    """Declared where the offer has the brick, it is used all the same: somebody runs it."""
    given = offering(brick, state=state, workaround=ACCEPTED)
    found = say(rule, declaring(brick, NAME), capabilities=given)
    assert (found.state, found.effect, found.subject) == (EVIDENCE, Effect.WARN, f"workarounds/{brick}")
    assert say(rule, declaring(brick, NAME), capabilities=given, simulated=False).effect is Effect.BLOCK


def test_net_13_counts_the_firewalls_that_are_needed() -> None:
    plan = declaring("network", NAME)
    found = say("NET-13", plan, capabilities=offering("network", state="absent", workaround=ACCEPTED))
    assert plan.bastion is not None
    zones = {machine.zone for machine in (*plan.machines, *plan.bastion.machines)}
    assert found.message.startswith(f"{len(zones)} zones hold machines")


@pytest.mark.parametrize("rule", [*BRICKS, "IAM-08"])
def test_an_offer_that_nobody_described_is_never_a_pass(rule: str) -> None:
    for given in ({"capabilities": None}, {"offer": "another"}):
        assert say(rule, declaring("iam"), **given).state is REFUSED


IAM = [
    ("rights of the offer's own", {"declared": "conform"}, (), 2, IDLE, "stop at a project"),
    (
        "partial rights, two projects",
        {},
        ("one account per project",),
        2,
        EVIDENCE,
        "project-a, project-b stand in one",
    ),
    ("partial rights, nothing declared", {}, (), 2, EVIDENCE, "project-a, project-b stand in one"),
    ("partial rights, one project", {}, (), 1, EVIDENCE, "declares its rights partial"),
    ("one project in its account", {}, ("one account per project",), 1, State.WORKAROUND_ACCEPTED, "(very complex)"),
    ("no project at all", {}, ("one account per project",), 0, State.WORKAROUND_ACCEPTED, "one account per project"),
    ("another workaround", {}, ("a list by hand",), 1, EVIDENCE, "declares its rights partial"),
    (
        "full rights, and a workaround all the same",
        {"declared": "conform"},
        ("one account per project",),
        2,
        EVIDENCE,
        "stand in one account",
    ),
    ("no rights, nothing declared", {"state": "absent"}, (), 1, REFUSED, "no accepted workaround"),
    (
        "rights outside the offer",
        {"state": "external", "declared": "conform"},
        (),
        1,
        REFUSED,
        "no accepted workaround",
    ),
    ("no rights, another workaround", {"state": "absent"}, ("a list by hand",), 1, REFUSED, "no accepted workaround"),
    ("no rights, two projects", {"state": "absent"}, ("one account per project",), 2, REFUSED, "project-a, project-b"),
    (
        "no rights, one project",
        {"state": "external"},
        ("one account per project",),
        1,
        State.WORKAROUND_ACCEPTED,
        "(very complex)",
    ),
]


@pytest.mark.parametrize(
    ("brick", "names", "projects", "wanted", "says"), [case[1:] for case in IAM], ids=[case[0] for case in IAM]
)
def test_iam_08(brick: dict[str, str], names: tuple[str, ...], projects: int, wanted: State, says: str) -> None:
    found = say("IAM-08", declaring("iam", *names, projects=projects), capabilities=offering("iam", **brick))
    assert (found.state, says in found.message) == (wanted, True), found


def test_iam_08_on_openstack_too() -> None:
    (found,) = say_run(judging.judge_at(elsewhere.TARGET, "emc2"), "IAM-08")
    assert (found.state, found.subject) == (EVIDENCE, "workarounds/iam")
