"""KMS-02, KMS-03: the module that holds the keys, as the blueprint declares it: a bad one is refused, none proved."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest

from blueprint import data_plan, loader, planner
from blueprint import plan as plans
from blueprint import target as targets
from blueprint.errors import BlueprintErrors
from policies import planned
from policies.verdicts import Effect, Finding, State
from tests.policies import elsewhere, estate, judging
from tests.policies.cases import REFUSED

PLAN = estate.plan_of()
EVIDENCE = State.EVIDENCE_REQUIRED
INSIDE = "bubbles/administration/zones/services"
DAY = dt.date(2026, 11, 23)
GOOD = data_plan.KeyModule(
    subject="keys/module",
    endpoint=INSIDE,
    logs="bubbles/administration/buckets/traces",
    readers=("role-3",),
    scheme="fips-140-3",
    level=3,
    number="4999",
    valid_until=dt.date(2029, 1, 1),
)


def with_module(**changes: Any) -> plans.Plan:
    return dataclasses.replace(PLAN, key_module=dataclasses.replace(GOOD, **changes))


def say(rule: str, plan: plans.Plan, **context: Any) -> Finding:
    found = judging.ask(judging.judge_of(plan, **context), rule, judging.declared(plan, "keys/module"))
    assert not found.fault
    return found


@pytest.mark.parametrize("rule", ["KMS-02", "KMS-03"])
def test_a_module_that_nobody_describes_needs_a_record(rule: str) -> None:
    for judge in (judging.judge_of(PLAN), judging.judge_at(elsewhere.TARGET, "emc2")):
        found = judging.ask(judge, rule, judging.declared(judge.context.plan, "keys/module"))
        assert (found.state, found.effect) == (EVIDENCE, Effect.WARN)
        assert "does not say which" in found.message


@pytest.mark.parametrize(
    ("changes", "state", "says"),
    [
        ({}, EVIDENCE, "no interface shows"),
        ({"endpoint": "externals/snds"}, EVIDENCE, "no interface shows"),
        ({"endpoint": "externals/upstream"}, REFUSED, "over the Internet"),
        ({"endpoint": "externals/nowhere"}, REFUSED, "nowhere in the plan"),
        ({"endpoint": "bubbles/administration"}, REFUSED, "nowhere in the plan"),
        ({"endpoint": "https://hsm.example"}, REFUSED, "nowhere in the plan"),
        ({"endpoint": "bubbles/administration/zones/bastion"}, REFUSED, "may have public addresses"),
        ({"endpoint": ""}, REFUSED, "nowhere in the plan"),
        ({"logs": INSIDE}, EVIDENCE, "no interface shows"),
        ({"logs": "/dev/null"}, REFUSED, "traces go nowhere"),
        ({"readers": ()}, EVIDENCE, "who reads"),
        ({"readers": ("role-4",)}, REFUSED, "role-4 both administers"),
        ({"readers": ("role-3", " Role-4")}, REFUSED, "both administers"),
        ({"readers": ("role-40",)}, EVIDENCE, "no interface shows"),
    ],
)
def test_kms_02_its_door_is_private_and_its_traces_are_read_by_others(
    changes: dict[str, Any], state: State, says: str
) -> None:
    found = say("KMS-02", with_module(**changes))
    assert (found.state, says in found.message) == (state, True), found
    assert found.effect is (Effect.BLOCK if state is REFUSED else Effect.WARN)


@pytest.mark.parametrize(
    ("changes", "state", "says"),
    [
        ({}, EVIDENCE, "its issuer's list"),
        ({"level": 4}, EVIDENCE, "its issuer's list"),
        ({"level": 2}, REFUSED, "its level is 2"),
        ({"level": None}, REFUSED, "not given"),
        ({"scheme": "fips-140-2"}, EVIDENCE, "ages"),
        ({"scheme": "fips-140-2", "level": 2}, REFUSED, "its level is 2"),
        ({"scheme": "anssi", "level": None}, EVIDENCE, "its issuer's list"),
        ({"scheme": "common-criteria", "level": None}, EVIDENCE, "its issuer's list"),
        ({"scheme": None}, EVIDENCE, "how its module was evaluated"),
        ({"scheme": "self-declared"}, REFUSED, "none of the catalogue's"),
        ({"scheme": "FIPS-140-3"}, REFUSED, "none of the catalogue's"),
        ({"number": "TBD"}, REFUSED, "no number"),
        ({"number": None}, REFUSED, "no number"),
        ({"valid_until": DAY}, EVIDENCE, "its issuer's list"),
        ({"valid_until": DAY - dt.timedelta(1)}, REFUSED, "ended on 2026-11-22"),
        ({"valid_until": None}, EVIDENCE, "its issuer's list"),
    ],
)
def test_kms_03_its_certificate_is_known_high_enough_and_in_force(
    changes: dict[str, Any], state: State, says: str
) -> None:
    found = say("KMS-03", with_module(**changes))
    assert (found.state, found.effect, says in found.message) == (state, Effect.WARN, True), found


def test_kms_03_a_scheme_ages_on_its_day() -> None:
    """The day is the law's, in legal.yaml."""
    last = dt.date(2026, 9, 21)
    plan = with_module(scheme="fips-140-2")
    assert "its issuer's list" in say("KMS-03", plan, as_of=last).message
    assert "ages" in say("KMS-03", plan, as_of=last + dt.timedelta(1)).message


@pytest.mark.parametrize(("protection", "asked"), [("hsm", True), ("external_hsm", True), ("manual_store", False)])
def test_keys_in_hardware_need_a_module(protection: str, asked: bool) -> None:
    keys = tuple(dataclasses.replace(key, protection=protection) for key in PLAN.keys)
    subjects = {fact.origin.subject for fact in planned.facts_of(dataclasses.replace(PLAN, keys=keys))}
    assert ("keys/module" in subjects) is asked
    assert any(fact.origin.subject == "keys/module" for fact in planned.facts_of(with_module()))


MODULE = """  module:
    endpoint: administration.services
    logs: bubbles/administration/buckets/traces
    readers: [role-3]
    certificate: {scheme: fips-140-3, level: 3, number: "4999", valid_until: 2029-01-01}
"""


def written(tmp_path: Any, block: str) -> plans.Plan:
    text = loader.find("emc2").read_text(encoding="utf-8")
    path = tmp_path / "emc2.yaml"
    path.write_text(text.replace("  expected_at_least: 100\n", f"  expected_at_least: 100\n{block}"), encoding="utf-8")
    return planner.plan(loader.load(path), targets.load("outscale-sandbox"), "dev")


def test_a_platform_file_says_it(tmp_path: Any) -> None:
    assert written(tmp_path, MODULE).key_module == GOOD
    assert written(tmp_path, "").key_module is None


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("administration.services", "administration.service", "there is no zone or external"),
        ("buckets/traces", "buckets/trace", "there is no subject of a bucket or zone"),
        ("role-3", "role-33", "there is no role"),
        ("fips-140-3", "fips", "one of"),
    ],
)
def test_a_name_that_points_at_nothing_has_a_line(tmp_path: Any, old: str, new: str, says: str) -> None:
    with pytest.raises(BlueprintErrors) as caught:
        written(tmp_path, MODULE.replace(old, new))
    assert says in str(caught.value)
