"""SOV-04 and STO-07: where copies go, and whether they bring everything back."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest

from blueprint import data_plan
from blueprint import plan as plans
from blueprint.values import UNKNOWN
from policies.verdicts import Effect, Finding, State
from tests.policies import estate, judging
from tests.policies.cases import CONFORM, IDLE, REFUSED, UNSEEN

EVIDENCE = State.EVIDENCE_REQUIRED
TODAY = dt.date(2026, 11, 23)
STORE = "bubbles/administration/buckets/traces"
"""The one locked bucket of the sample: copies may lie there, since it is the administration's."""
KEY = "keys/data-at-rest--administration--buckets--traces"
BARE = estate.plan_of()
TIERS = sorted(
    {
        machine.subject.rpartition("/")[0]
        for machine in BARE.machines
        if machine.disks and machine.bubble != "administration"
    }
)
OMOP = "bubbles/warehouse/tiers/omop"


def copy_of(tier: str, **changes: Any) -> data_plan.Backup:
    name = tier.removeprefix("bubbles/").replace("/tiers/", "-")
    base = data_plan.Backup(f"backups/{name}", tier, STORE, 24, KEY, TODAY)
    return dataclasses.replace(base, **changes)


def planned(**changes: Any) -> plans.Plan:
    """Every disk of data has its copies; those of the warehouse's database as `changes` say."""
    copies = tuple(copy_of(tier, **(changes if tier == OMOP else {})) for tier in TIERS)
    return dataclasses.replace(BARE, backups=copies)


def say(rule: str, plan: plans.Plan, subject: str = "backups/warehouse-omop") -> Finding:
    return next(one for one in judging.say_run(judging.judge_of(plan), rule) if one.subject == subject)


def test_the_sample_has_disks_to_copy() -> None:
    assert OMOP in TIERS
    assert len(TIERS) > 3
    assert not [tier for tier in TIERS if tier.startswith("bubbles/administration")]


@pytest.mark.parametrize(
    ("changes", "state", "says"),
    [
        ({}, EVIDENCE, "no resource shows"),
        ({"every_hours": 1}, EVIDENCE, ""),
        ({"restored_on": None}, EVIDENCE, "no trial"),
        ({"restored_on": TODAY - dt.timedelta(366)}, EVIDENCE, "no resource shows"),
        ({"restored_on": TODAY - dt.timedelta(367)}, REFUSED, "within the year"),
        ({"restored_on": TODAY + dt.timedelta(1)}, REFUSED, "within the year"),
        ({"every_hours": 25}, REFUSED, "more than 24 hours"),
        ({"source": "bubbles/warehouse/tiers/nowhere"}, REFUSED, "nothing of the plan"),
        ({"target": "bubbles/project-a/buckets/archive"}, REFUSED, "bubble of other data"),
        ({"target": "externals/nancy"}, REFUSED, "bubble of other data"),
        ({"key": None}, REFUSED, "its key"),
        ({"key": "keys/data-at-rest--warehouse--tiers--omop"}, REFUSED, "its key"),
        ({"key": "keys/nowhere"}, REFUSED, "its key"),
    ],
)
def test_sto_07_a_backup(changes: dict[str, Any], state: State, says: str) -> None:
    found = say("STO-07", planned(**changes))
    assert found.state is state, found
    assert says in found.message


def test_sto_07_a_bucket_is_no_copy_of_itself_and_may_have_one_in_its_bubble() -> None:
    archive = "bubbles/warehouse/buckets/archive"
    key = "keys/data-at-rest--warehouse--buckets--archive"
    itself = say("STO-07", planned(source=archive, target=archive, key=key))
    assert (itself.state, "where what they copy does" in itself.message) == (REFUSED, True)
    assert say("STO-07", planned(target=archive, key=key)).state is EVIDENCE
    assert say("STO-07", planned(source=archive)).state is EVIDENCE


def test_sto_07_every_disk_of_data_has_its_copies() -> None:
    missing = say("STO-07", planned(source="bubbles/warehouse/buckets/archive"), OMOP)
    assert (missing.state, "no backup" in missing.message) == (REFUSED, True)
    assert not [one for one in judging.say_run(judging.judge_of(planned()), "STO-07") if one.state is REFUSED]


def test_sto_07_without_an_inventory_of_keys_there_is_none_to_name() -> None:
    assert say("STO-07", dataclasses.replace(planned(key=None), keys=())).state is EVIDENCE


@pytest.mark.parametrize("rule", ["STO-07", "SOV-04"])
def test_what_is_not_declared_needs_a_record(rule: str) -> None:
    (found,) = judging.say_run(judging.judge_of(BARE), rule)
    assert (found.state, "`backups`" in found.message) == (EVIDENCE, True)
    bucket = judging.ask(judging.judge_of(BARE), rule, estate.estate_of().fact(STORE))
    assert bucket.state is IDLE


def bucket(rule: str, *, preview: bool = False, **properties: Any) -> Finding:
    whole = estate.estate_of()
    for name, value in properties.items():
        whole[STORE].properties[name] = value
    return judging.say(judging.judge_of(planned(), preview=preview), whole, rule, STORE)


@pytest.mark.parametrize(
    ("properties", "state", "says"),
    [
        ({}, CONFORM, ""),
        ({"objectLock": {"mode": "compliance", "days": 14}}, CONFORM, ""),
        ({"objectLock": {"mode": "COMPLIANCE", "days": 13}}, REFUSED, "13 days"),
        ({"objectLock": {"mode": "GOVERNANCE", "days": 365}}, REFUSED, "lifted"),
        ({"objectLock": None}, REFUSED, "no lock"),
        ({"versioning": False}, REFUSED, "without versions its copies"),
        ({"forceDestroy": True}, REFUSED, "its copies would go"),
        ({"forceDestroy": ["true"]}, REFUSED, "wrong type"),
        ({"objectLock": UNKNOWN}, UNSEEN, "not known yet"),
    ],
)
def test_sto_07_nobody_erases_a_copy(properties: dict[str, Any], state: State, says: str) -> None:
    found = bucket("STO-07", **properties)
    assert found.state is state, found
    assert says in found.message
    if found.pending:
        assert (found.effect, bucket("STO-07", preview=True, **properties).effect) == (Effect.BLOCK, Effect.WARN)


def test_sov_04_a_bucket_of_copies_lies_where_data_may_be() -> None:
    assert bucket("SOV-04").state is CONFORM
    whole = estate.estate_of()
    for region, state, says in (
        ("us-east-2", REFUSED, "where data may not be"),
        ("cloudgouv-eu-west-1 ", REFUSED, "where data may not be"),
        ("", REFUSED, "where data may not be"),
        (["cloudgouv-eu-west-1"], REFUSED, "wrong type"),
        (UNKNOWN, UNSEEN, "not known yet"),
    ):
        whole[STORE].provider = {**whole[STORE].provider, "region": region}
        found = judging.say(judging.judge_of(planned()), whole, "SOV-04", STORE)
        assert found.state is state, found
        assert says in found.message


def elsewhere(country: str | None) -> plans.Plan:
    plan = planned(target="externals/nancy")
    externals = tuple(
        dataclasses.replace(one, operator="A house of copies", country=country) if one.name == "nancy" else one
        for one in plan.externals
    )
    return dataclasses.replace(plan, externals=externals)


def test_sov_04_copies_stay_on_the_territory() -> None:
    assert say("SOV-04", planned()).state is CONFORM
    for country, state, says in (
        ("FR", EVIDENCE, "only a contract"),
        (None, EVIDENCE, "who runs nancy"),
        ("IE", REFUSED, "established in IE"),
        ("US", REFUSED, "established in US"),
        ("fr", REFUSED, "established in fr"),
    ):
        found = say("SOV-04", elsewhere(country))
        assert found.state is state, country
        assert says in found.message
    stray = say("SOV-04", planned(target="s3://somewhere-else"))
    assert (stray.state, "nothing of the plan" in stray.message) == (REFUSED, True)
