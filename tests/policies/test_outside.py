"""What a state, Terraform and a provider's API answer for every rule: true, and by name."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from blueprint import plan as plans
from policies import outside, registry
from policies.catalogue import loader as catalogues
from policies.judge import Judge
from policies.verdicts import Finding, State
from tests.policies import estate, judging, test_waivers

LAYERS = {"audit": "network", "verify": "live", "review": "terraform"}


def judge(operation: str, plan: plans.Plan | None = None) -> Judge:
    place = outside.PHASES[operation]
    return judging.judge_of(plan or estate.plan_of(), layer=LAYERS[operation], place=place)


def answers(operation: str, plan: plans.Plan | None = None) -> dict[str, list[Finding]]:
    """Rule -> what a place answers for it where it holds nothing at all."""
    found: dict[str, list[Finding]] = {}
    for one in outside.ask(judge(operation, plan), operation, []):
        found.setdefault(one.rule, []).append(one)
    return found


@pytest.mark.parametrize("operation", LAYERS)
def test_every_rule_answers_by_name(operation: str) -> None:
    assert set(answers(operation)) == set(catalogues.load().rules)


@pytest.mark.parametrize("operation", LAYERS)
def test_a_rule_that_a_place_shows_nothing_of_says_which_place_does(operation: str) -> None:
    """Never that the layer holds nothing of it: nobody looked."""
    texts, place = catalogues.load().rules, outside.WHERE[operation]
    hidden = [rule.id for rule in registry.RULES if texts[rule.id].observability[place] == "none"]
    said = answers(operation)
    assert {"SOV-07", "GOV-06", "LOG-01", "KMS-01"} <= set(hidden)
    for rule in hidden:
        (found,) = said[rule]
        assert found.state is State.NOT_APPLICABLE
        assert found.message.startswith(f"{outside.NAMES[place]} shows nothing of it: ask "), rule


def test_the_places_named_are_those_of_the_catalogue() -> None:
    (found,) = answers("audit")["GOV-10"]
    assert found.message == "a state shows nothing of it: ask the provider's API"
    (found,) = answers("review")["GOV-11"]
    assert found.message == "Terraform shows nothing of it: ask the policy pack or a state or the provider's API"


def test_a_waiver_that_does_not_bind_is_a_breach_in_an_audit_too() -> None:
    broken = estate.estate_of()
    waiver = test_waivers.approved(until=dt.date(2027, 12, 31))
    pack = test_waivers.judge(broken, waiver)
    auditing = dataclasses.replace(pack, context=dataclasses.replace(pack.context, place=outside.PHASES["audit"]))
    (found,) = [one for one in outside.ask(auditing, "audit", []) if one.rule == "GOV-05"]
    assert (found.state, found.subject) == (State.NON_CONFORM, "waivers/cpt-01-1")


@pytest.mark.parametrize("operation", LAYERS)
def test_traces_kept_on_disks_need_a_record_wherever_the_plan_is_asked(operation: str) -> None:
    """The catalogue says where: in every place."""
    plan = estate.plan_of()
    zone = plan.bubbles[0].zones[0].subject
    bubbles = tuple(
        dataclasses.replace(one, project=dataclasses.replace(one.project, log_sink=zone)) if one.project else one
        for one in plan.bubbles
    )
    found = answers(operation, dataclasses.replace(plan, bubbles=bubbles))["LOG-03"]
    assert (State.EVIDENCE_REQUIRED, zone) in {(one.state, one.subject) for one in found}


def test_a_reading_of_everything_is_of_no_layer() -> None:
    """SOV-01 asks each resource there; an audit is of one layer, and answers for it."""
    (live,) = answers("verify")["SOV-01"]
    assert (live.state, live.message) == (State.NOT_APPLICABLE, "it is asked of each resource")
    (audited,) = answers("audit")["SOV-01"]
    assert audited.stage == "run"
    assert audited.state is not State.NOT_APPLICABLE
