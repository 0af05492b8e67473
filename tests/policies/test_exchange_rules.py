"""DAT-03 to 07: transfers, pseudonyms, the way out, recipients."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest

from blueprint import data_plan, facts
from blueprint import plan as plans
from blueprint.values import UNKNOWN
from policies.verdicts import State
from tests.policies import estate, judging
from tests.policies.cases import CONFORM, IDLE, REFUSED, UNSEEN

PLAN = estate.plan_of()
SUBSET = "transfers/subset-a"
OUT = "transfers/child-system"
KEY = "keys/pseudonymisation--warehouse--project-a"
EVIDENCE = State.EVIDENCE_REQUIRED


def with_transfer(subject: str, **changes: Any) -> plans.Plan:
    """The plan with one declared transfer changed."""
    changed = tuple(dataclasses.replace(one, **changes) if one.subject == subject else one for one in PLAN.transfers)
    return dataclasses.replace(PLAN, transfers=changed)


def say(rule: str, subject: str, plan: plans.Plan = PLAN, **context: Any) -> Any:
    return judging.ask(judging.judge_of(plan, **context), rule, judging.declared(plan, subject))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"key": None}, "no pseudonymisation key"),
        ({"key": "keys/nowhere"}, "no pseudonymisation key"),
        ({"key": "keys/pseudonymisation--warehouse--project-b"}, "not the pseudonymisation key of this pair"),
        ({"key": "keys/data-at-rest--warehouse--buckets--archive"}, "not the pseudonymisation key of this pair"),
        ({"dataset": "TBD"}, "dataset"),
        ({"approver": " "}, "approver"),
        ({"flow": "flows/subset-b"}, "does not run between"),
        ({"flow": "flows/nowhere"}, "does not run between"),
        ({"source": "bubbles/project-b"}, "two project bubbles"),
        ({"source": "bubbles/nowhere"}, "nothing of the plan"),
        ({"target": "bubbles/nowhere"}, "nothing of the plan"),
        ({"source": "bubbles/project-a", "target": "bubbles/warehouse"}, "does not run between"),
    ],
)
def test_a_transfer_that_is_badly_declared_is_refused(changes: dict[str, Any], says: str) -> None:
    found = say("DAT-03", SUBSET, with_transfer(SUBSET, **changes))
    assert (found.state, found.fault) == (REFUSED, False), found
    assert says in found.message


def test_every_transfer_of_the_sample_conforms() -> None:
    assert {say("DAT-03", one.subject).state for one in PLAN.transfers} == {CONFORM}
    assert len(PLAN.transfers) == 6


def test_a_key_that_serves_two_transfers_is_refused() -> None:
    twin = dataclasses.replace(PLAN.transfers[-2], subject="transfers/twin", key=KEY)
    plan = dataclasses.replace(PLAN, transfers=(*PLAN.transfers, twin))
    assert "another transfer" in say("DAT-03", SUBSET, plan).message


def test_a_key_that_is_derived_is_refused() -> None:
    keys = tuple(dataclasses.replace(one, derived_from="keys/m") if one.subject == KEY else one for one in PLAN.keys)
    assert "computed from another" in say("DAT-03", SUBSET, dataclasses.replace(PLAN, keys=keys)).message


def test_a_bubble_that_sends_data_without_a_declared_transfer_is_refused_before_it_is_made() -> None:
    whole = estate.estate_of()
    fewer = tuple(one for one in PLAN.transfers if one.subject != SUBSET)
    judge = judging.judge_of(dataclasses.replace(PLAN, transfers=fewer))
    found = judging.say(judge, whole, "DAT-03", "bubbles/warehouse")
    assert found.state is REFUSED
    assert "subset-a" in found.message
    assert "bubbles/project-a" in found.message
    assert judging.say(judge, whole, "DAT-03", "bubbles/ingestion").state is CONFORM
    assert judging.say(judge, whole, "DAT-03", "bubbles/administration").state is IDLE


def with_pseudonyms(**changes: Any) -> plans.Plan:
    assert PLAN.pseudonymisation is not None
    return dataclasses.replace(PLAN, pseudonymisation=dataclasses.replace(PLAN.pseudonymisation, **changes))


@pytest.mark.parametrize(
    ("changes", "state", "says"),
    [
        ({}, EVIDENCE, "no resource shows"),
        ({"function": "hmac_sha_512"}, EVIDENCE, ""),
        ({"function": "AES-SIV"}, EVIDENCE, ""),
        ({"function": "AES-256-SIV"}, EVIDENCE, ""),
        ({"function": "SHA-256"}, REFUSED, "keyed"),
        ({"function": "HMAC-SHA-1"}, REFUSED, "keyed"),
        ({"function": "random"}, REFUSED, "keyed"),
        ({"function": "salted SHA-256 HMAC-SHA-256"}, REFUSED, "keyed"),
        ({"function": None}, EVIDENCE, "does not say"),
        ({"version": None}, EVIDENCE, "does not say"),
        ({"version": "tbd"}, REFUSED, "version"),
        ({"deterministic": False}, REFUSED, "change at each run"),
        ({"redone_at_each_transfer": False}, REFUSED, "share pseudonyms"),
    ],
)
def test_pseudonyms_come_from_a_keyed_function(changes: dict[str, Any], state: State, says: str) -> None:
    found = say("DAT-04", "pseudonymisation", with_pseudonyms(**changes))
    assert (found.state, found.fault) == (state, False), found
    assert says in found.message


def test_pseudonyms_without_a_key_or_under_one_that_leaves_are_refused() -> None:
    assert "no key" in say("DAT-04", "pseudonymisation", dataclasses.replace(PLAN, keys=())).message
    exported = tuple(dataclasses.replace(key, exportable=True) for key in PLAN.keys)
    assert "exported" in say("DAT-04", "pseudonymisation", dataclasses.replace(PLAN, keys=exported)).message


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"plan": None}, "no complete plan"),
        ({"plan": "RP-02"}, ""),
        ({"plan": "x"}, "no complete plan"),
        ({"plan_owner": None}, "no complete plan"),
        ({"plan_triggers": ()}, "no complete plan"),
        ({"plan_triggers": ("compromise", "n/a")}, "placeholder"),
        ({"mapping_destroyed_days": None}, "no complete plan"),
        ({"mapping_destroyed_days": 91}, "more than 90"),
        ({"plan_bubbles": ("bubbles/ingestion", "bubbles/warehouse")}, "bubbles/export"),
    ],
)
def test_the_plan_for_new_pseudonyms_is_complete(changes: dict[str, Any], says: str) -> None:
    found = say("DAT-05", "pseudonymisation", with_pseudonyms(**changes))
    assert found.state is (REFUSED if says else CONFORM), found
    assert says in found.message


def with_gate(**changes: Any) -> plans.Plan:
    return dataclasses.replace(PLAN, gates=(dataclasses.replace(PLAN.gates[0], **changes),))


@pytest.mark.parametrize(
    ("changes", "state", "says"),
    [
        ({}, EVIDENCE, "no resource shows"),
        ({"bubble": "bubbles/warehouse"}, REFUSED, "no export bubble"),
        ({"bubble": "bubbles/nowhere"}, REFUSED, "no export bubble"),
        ({"quarantine": "bubbles/warehouse/buckets/archive"}, REFUSED, "quarantine"),
        ({"quarantine": "bubbles/export/buckets/nowhere"}, REFUSED, "quarantine"),
        ({"requesters": ()}, REFUSED, "who asks"),
        ({"approvers": ("role-5",)}, REFUSED, "who asks says yes"),
        ({"approvers": ("role-5", "role-7")}, REFUSED, "who asks says yes"),
        ({"approvers": (" Role-5", "ROLE-7")}, REFUSED, "who asks says yes"),
        ({"approvers": ("role-5", "role-3")}, EVIDENCE, ""),
        ({"automatic_check": False}, REFUSED, "no machine checks"),
        ({"anonymity_record": "TODO"}, REFUSED, "anonymous"),
        ({"maximum_mib": 10241}, REFUSED, "no limit"),
        ({"maximum_mib": 10240}, EVIDENCE, ""),
        ({"logs": "bubbles/administration/buckets/nowhere"}, REFUSED, "nowhere"),
        ({"logs": "bubbles/administration/zones/services"}, EVIDENCE, ""),
        ({"disabled_channels": ("clipboard", "print")}, REFUSED, "drive of the workspaces"),
        ({"disabled_channels": ()}, REFUSED, "clipboard, drive, print"),
    ],
)
def test_a_gate(changes: dict[str, Any], state: State, says: str) -> None:
    found = say("DAT-06", "gates/export", with_gate(**changes))
    assert (found.state, found.fault) == (state, False), found
    assert says in found.message


EGRESS = "flows/child-system/egress/export.gate/1"


def leaves(plan: plans.Plan, rule: str = EGRESS, **properties: Any) -> Any:
    whole = estate.estate_of()
    whole[rule].properties.update(properties)
    return judging.say(judging.judge_of(plan), whole, "DAT-06", rule)


def test_data_leave_through_a_gate_and_a_declared_transfer_only() -> None:
    assert leaves(PLAN).state is CONFORM
    assert "beside every gate" in leaves(dataclasses.replace(PLAN, gates=())).message
    assert "beside every gate" in leaves(with_gate(bubble="bubbles/warehouse")).message
    undeclared = dataclasses.replace(PLAN, transfers=PLAN.transfers[1:])
    assert "no transfer declares" in leaves(undeclared).message
    assert leaves(PLAN, references={"securityGroupId": "bubbles/warehouse/zones/omop"}).state is REFUSED
    assert leaves(PLAN, references={}).state is CONFORM
    assert "beside every gate" in leaves(dataclasses.replace(PLAN, gates=()), references={}).message
    assert leaves(PLAN, flow=UNKNOWN).state is UNSEEN
    assert leaves(PLAN, flow=["Outbound"]).state is REFUSED


@pytest.mark.parametrize(
    "rule",
    [
        "flows/release/ingress/export.gate/1",
        "flows/objects-warehouse/egress/warehouse.processing/1",
        "flows/upstream-packages/egress/administration.services/1",
        "flows/loading/egress/ingestion.landing/1",
    ],
)
def test_what_lets_no_data_out_is_not_judged(rule: str) -> None:
    assert leaves(PLAN, rule).state is IDLE


def test_a_project_that_sends_to_the_internet_by_itself_is_refused() -> None:
    externals = tuple(
        dataclasses.replace(one, via="internet") if one.name == "object-storage" else one for one in PLAN.externals
    )
    found = leaves(dataclasses.replace(PLAN, externals=externals), "flows/objects-project-a/egress/project-a.data/1")
    assert found.state is REFUSED
    assert "object-storage beside every gate" in found.message


@pytest.mark.parametrize(
    ("changes", "state", "says"),
    [
        ({}, CONFORM, ""),
        ({"homologation": None}, REFUSED, "homologation"),
        ({"homologation": "n/a"}, REFUSED, "homologation"),
        ({"convention": "todo"}, REFUSED, "convention"),
        ({"homologation_date": None}, REFUSED, "dated"),
        ({"homologation_date": dt.date(2026, 11, 24)}, REFUSED, "2026-11-24"),
        ({"homologation_date": dt.date(2026, 11, 23)}, CONFORM, ""),
        ({"flow": "flows/objects-export"}, REFUSED, "both ends"),
        ({"flow": "flows/nowhere"}, REFUSED, "both ends"),
        ({"target": "bubbles/warehouse"}, IDLE, ""),
    ],
)
def test_a_recipient(changes: dict[str, Any], state: State, says: str) -> None:
    found = say("DAT-07", OUT, with_transfer(OUT, **changes))
    assert (found.state, found.fault) == (state, False), found
    assert says in found.message


def test_the_facts_carry_the_plan_s_own_words() -> None:
    assert isinstance(judging.declared(PLAN, SUBSET).says, data_plan.Transfer)


def test_only_keys_of_pseudonyms_count() -> None:
    none_left = tuple(key for key in PLAN.keys if key.kind != "pseudonymisation")
    assert none_left
    without = dataclasses.replace(PLAN, keys=none_left)
    assert "no key" in say("DAT-04", "pseudonymisation", without).message
    exported = tuple(dataclasses.replace(key, exportable=key.kind != "pseudonymisation") for key in PLAN.keys)
    assert say("DAT-04", "pseudonymisation", dataclasses.replace(PLAN, keys=exported)).state is EVIDENCE
    idle = dataclasses.replace(without, transfers=())
    assert say("DAT-04", "pseudonymisation", idle).state is EVIDENCE


def test_ninety_days_are_not_too_long_for_the_table_of_pseudonyms() -> None:
    assert say("DAT-05", "pseudonymisation", with_pseudonyms(mapping_destroyed_days=90)).state is CONFORM


def test_what_enters_or_is_no_rule_of_the_plan_lets_no_data_out() -> None:
    fact = estate.estate_of().fact(EGRESS)
    assert isinstance(fact, facts.FilterRule)
    judge = judging.judge_of(PLAN)
    assert judging.ask(judge, "DAT-06", dataclasses.replace(fact, direction="ingress")).state is IDLE
    stray = dataclasses.replace(fact, origin=dataclasses.replace(fact.origin, subject="flows/x/egress/y/1"))
    assert judging.ask(judge, "DAT-06", stray).state is IDLE
