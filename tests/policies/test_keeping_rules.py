"""STO-01, 03, 04, 05, DAT-02, 08 at their borders: whose key, which requests, how long, and what a project says."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from blueprint import facts
from blueprint import plan as plans
from policies.verdicts import State
from tests.policies import estate, judging
from tests.policies.cases import CONFORM, IDLE, REFUSED, Case, check, to
from tests.policies.test_data_rules import BUCKET, NAME, deny

PLAN = estate.plan_of()
LANDING = "bubbles/ingestion/buckets/landing-nancy"


@pytest.mark.parametrize(
    "changes",
    [
        {"Resource": f"arn:aws:s3:::{NAME}"},
        {"Resource": f"arn:aws:s3:::{NAME}/*"},
        {"Condition": "plain"},
        {"Condition": "x"},
        {"Condition": {"Bool": "plain"}},
        {"Condition": {"Bool": "x"}},
        {"Condition": {"Bool": {}}},
        {"Condition": {"StringEquals": {"aws:SecureTransport": "false"}}},
        {"Condition": {"Bool": {"aws:ViaAWSService": "false"}}},
    ],
)
def test_sto_04_a_denial_of_less_than_every_plain_request_is_none(changes: dict[str, Any]) -> None:
    check("STO-04", Case("less", BUCKET, deny(**changes), REFUSED, "in clear"))


def test_sto_01_a_key_is_the_one_that_the_plan_binds() -> None:
    fact = estate.estate_of().fact(BUCKET)
    assert isinstance(fact, facts.Bucket)
    own = next(key.subject for key in PLAN.keys if key.scope == BUCKET)
    other = next(key.subject for key in PLAN.keys if key.scope != BUCKET)
    judge = judging.judge_of(PLAN)
    assert judging.ask(judge, "STO-01", dataclasses.replace(fact, key=own)).state is CONFORM
    assert judging.ask(judge, "STO-01", dataclasses.replace(fact, key=other)).state is REFUSED


def test_sto_05_a_bucket_of_no_plan_is_left_to_others() -> None:
    check("STO-05", Case("no plan", LANDING, to(subject="bubbles/ingestion/buckets/x"), IDLE))
    check("STO-05", Case("no bubble", LANDING, to(subject="nowhere"), IDLE))


@pytest.mark.parametrize(
    "more", [{"prefix": "a/", "expirationDays": 1, "noncurrentExpirationDays": 1}, {"noncurrentExpirationDays": 3}]
)
def test_dat_08_a_rule_for_a_part_does_not_end_the_whole(more: dict[str, Any]) -> None:
    changed = estate.estate_of()
    changed[BUCKET].properties["lifecycleRules"] = [*changed[BUCKET].properties["lifecycleRules"], more]
    assert judging.say(judging.judge_of(PLAN), changed, "DAT-08", BUCKET).state is CONFORM


def test_dat_08_an_end_that_nobody_planned_differs() -> None:
    for field in ("expire_days", "noncurrent_expire_days"):
        buckets = [dataclasses.replace(b, **{field: None}) if b.subject == BUCKET else b for b in PLAN.buckets]
        judge = judging.judge_of(dataclasses.replace(PLAN, buckets=tuple(buckets)))
        found = judging.say(judge, estate.estate_of(), "DAT-08", BUCKET)
        assert (found.state, found.message) == (REFUSED, "its end differs from the plan's")


def project(name: str = "project-a", bubble: dict[str, Any] | None = None, **changes: Any) -> State:
    """What DAT-02 says of a project's bubble, once it is declared otherwise."""

    def changed(one: plans.Bubble) -> plans.Bubble:
        if one.name != name or one.project is None:
            return one
        return dataclasses.replace(one, project=dataclasses.replace(one.project, **changes), **(bubble or {}))

    plan = dataclasses.replace(PLAN, bubbles=tuple(changed(one) for one in PLAN.bubbles))
    return judging.say(judging.judge_of(plan), estate.estate_of(), "DAT-02", f"bubbles/{name}").state


def test_dat_02_a_project_says_who_until_when_and_where_its_traces_go() -> None:
    assert project() is CONFORM
    assert project(owner=None) is REFUSED
    assert project(bubble={"owner": None}) is REFUSED
    end = next(one.project.end for one in PLAN.bubbles if one.name == "project-a" and one.project)
    assert project(start=end) is CONFORM
    assert project(log_sink="bubbles/administration/zones/services") is CONFORM
    assert project(log_sink="bubbles/nowhere") is REFUSED


def test_dat_02_a_project_has_buckets_of_its_own() -> None:
    others = tuple(one for one in PLAN.buckets if one.bubble != "project-a")
    assert others
    judge = judging.judge_of(dataclasses.replace(PLAN, buckets=others))
    found = judging.say(judge, estate.estate_of(), "DAT-02", "bubbles/project-a")
    assert (found.state, found.message) == (REFUSED, "it does not say its buckets")
