"""LOG-03, LOG-04: traces are kept inside their window, and cannot be erased before their term."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from blueprint import data_plan
from policies.verdicts import State
from tests.policies import estate
from tests.policies.cases import CONFORM, IDLE, REFUSED, UNSEEN, Case, check, to, unknown, without
from tests.policies.judging import ask, judge_at, judge_of
from tests.policies.test_log_rules import COLLECTOR, emc2, of_projects, say, with_sink

HERE = {"layer": "storage"}
SINK = "bubbles/administration/buckets/traces"
OTHER = "bubbles/warehouse/buckets/archive"


def rule(days: Any, noncurrent: Any = 1, **more: Any) -> dict[str, Any]:
    return {"expirationDays": days, "noncurrentExpirationDays": noncurrent, "abortMultipartDays": 7, **more}


LOG_03 = [
    Case("a year, then gone", SINK, None, CONFORM, context=HERE),
    Case("another bucket is no sink", OTHER, None, IDLE),
    Case("the least and one day", SINK, to(lifecycleRules=[rule(183)]), CONFORM),
    Case("a number as a string", SINK, to(lifecycleRules=[rule("365")]), CONFORM),
    Case("ninety days are too few", SINK, to(lifecycleRules=[rule(90)]), REFUSED, "90 days"),
    Case("ten years are too many", SINK, to(lifecycleRules=[rule(3650)]), REFUSED, "366 at most"),
    Case("a version that outlives the window counts", SINK, to(lifecycleRules=[rule(300, 300)]), REFUSED, "600 days"),
    Case("no rule at all keeps for ever", SINK, without("lifecycleRules"), REFUSED, "for ever"),
    Case("an empty list keeps for ever", SINK, to(lifecycleRules=[]), REFUSED, "for ever"),
    Case("versions without an end stay", SINK, to(lifecycleRules=[rule(365, None)]), REFUSED, "for ever"),
    Case(
        "parts without an end stay",
        SINK,
        to(lifecycleRules=[rule(365) | {"abortMultipartDays": None}]),
        REFUSED,
        "unfinished uploads stay for ever",
    ),
    Case(
        "parts that outlive the window count",
        SINK,
        to(lifecycleRules=[rule(365) | {"abortMultipartDays": 367}]),
        REFUSED,
        "367 days",
    ),
    Case("a prefix covers not all", SINK, to(lifecycleRules=[rule(365, prefix="app/")]), REFUSED, "for ever"),
    Case(
        "a second rule that erases a part early",
        SINK,
        to(lifecycleRules=[rule(365), rule(1, prefix="bastion/")]),
        REFUSED,
        "after 1 days",
    ),
    Case("not known yet", SINK, unknown("lifecycleRules"), UNSEEN, "not known yet"),
    Case("a word where rules should be", SINK, to(lifecycleRules="365"), REFUSED, "wrong type"),
]
LOG_04 = [
    Case("locked for a year in compliance", SINK, None, CONFORM, context=HERE),
    Case("another bucket is no sink", OTHER, None, IDLE),
    Case("in lower case", SINK, to(objectLock={"mode": "compliance", "days": 365}), CONFORM),
    Case("a lock that can be lifted", SINK, to(objectLock={"mode": "GOVERNANCE", "days": 365}), REFUSED, "lifted"),
    Case("a lock without a mode", SINK, to(objectLock={"days": 365}), REFUSED, "lifted"),
    Case("a lock that ends too soon", SINK, to(objectLock={"mode": "COMPLIANCE", "days": 30}), REFUSED, "30 days"),
    Case("no lock", SINK, without("objectLock"), REFUSED, "no lock"),
    Case("no versions", SINK, to(versioning=False), REFUSED, "replaced", context=HERE),
    Case("traces that go with their bucket", SINK, to(forceDestroy=True), REFUSED, "go with it"),
    Case("not known yet", SINK, unknown("objectLock"), UNSEEN, "not known yet"),
    Case("a list where a lock should be", SINK, to(objectLock=[365]), REFUSED, "wrong type"),
]


@pytest.mark.parametrize("case", LOG_03, ids=str)
def test_log_03_traces_are_kept_inside_the_window(case: Case) -> None:
    check("LOG-03", case)


@pytest.mark.parametrize("case", LOG_04, ids=str)
def test_log_04_traces_cannot_be_erased_before_their_term(case: Case) -> None:
    check("LOG-04", case)


def test_log_03_a_sink_that_is_a_zone_needs_a_record_and_one_that_is_a_bucket_does_not() -> None:
    assert say("LOG-03") == []
    (found,) = say("LOG-03", with_sink(COLLECTOR))
    assert (found.state, found.subject) == (State.EVIDENCE_REQUIRED, COLLECTOR)


@pytest.mark.parametrize("name", ["warehouse", "gate", "module", "recording"])
def test_log_03_of_two_sinks_each_is_judged(name: str) -> None:
    plan = emc2()
    assert plan.bastion is not None
    assert plan.bastion.recording is not None
    if name == "warehouse":
        plan = with_sink(OTHER, name)
    elif name == "gate":
        plan = dataclasses.replace(plan, gates=(dataclasses.replace(plan.gates[0], logs=OTHER),))
    elif name == "module":
        module = data_plan.KeyModule("keys/module", COLLECTOR, OTHER, ("role-3",), None, None, None, None)
        plan = dataclasses.replace(plan, key_module=module)
    else:
        recording = dataclasses.replace(plan.bastion.recording, bucket=OTHER)
        plan = dataclasses.replace(plan, bastion=dataclasses.replace(plan.bastion, recording=recording))
    changed = estate.estate_of()
    changed[OTHER].properties.pop("lifecycleRules")
    for one, state in ((SINK, CONFORM), (OTHER, REFUSED)):
        found = ask(judge_of(plan, **HERE), "LOG-03", changed.fact(one))
        assert found.state is state, found
    assert "for ever" in found.message


def test_a_bucket_is_no_sink_where_nobody_names_one() -> None:
    for plan in (with_sink(None), of_projects(project=None)):
        bastion = dataclasses.replace(plan.bastion, recording=None) if plan.bastion else None
        plan = dataclasses.replace(plan, gates=(), bastion=bastion)
        changed = estate.estate_of()
        changed[SINK].properties.pop("subject")
        for rule_of in ("LOG-03", "LOG-04"):
            assert ask(judge_of(plan), rule_of, changed.fact(SINK)).state is State.NOT_APPLICABLE


def test_log_03_versions_that_are_not_known_wait() -> None:
    check("LOG-03", Case("versions", SINK, unknown("versioning"), UNSEEN, "`versioning` is not known yet"))


@pytest.mark.parametrize(("days", "state"), [(183, CONFORM), (182, REFUSED)])
def test_log_04_the_least_is_enough(days: int, state: State) -> None:
    check("LOG-04", Case("the least", SINK, to(objectLock={"mode": "COMPLIANCE", "days": days}), state, context=HERE))


def test_log_04_without_locks_the_declared_workaround_answers() -> None:
    changed = estate.estate_of()
    changed[SINK].properties["objectLock"] = None
    found = ask(judge_at("ovh-sandbox", "emc2"), "LOG-04", changed.fact(SINK))
    assert (found.state, "no object-lock" in found.message) == (State.EVIDENCE_REQUIRED, True)


def test_log_04_what_stands_in_for_a_lock_has_versions() -> None:
    changed = estate.estate_of()
    changed[SINK].properties |= {"objectLock": None, "versioning": False}
    found = ask(judge_at("ovh-sandbox", "emc2"), "LOG-04", changed.fact(SINK))
    assert (found.state, "without versions" in found.message) == (REFUSED, True)
