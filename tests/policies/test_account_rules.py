"""IAM-01, 02, 04, 06, 07, 09: who gets in at the provider, by which door, with which rights."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from blueprint import data_plan
from blueprint import plan as plans
from policies.verdicts import Finding, State
from tests.policies import estate, judging
from tests.policies.cases import REFUSED

PLAN = estate.plan_of()
EVIDENCE = State.EVIDENCE_REQUIRED
RULES = ("IAM-01", "IAM-02", "IAM-06", "IAM-07", "IAM-09")
OPERATORS = "externals/hdh-operators"


def with_accounts(plan: plans.Plan = PLAN, **changes: Any) -> plans.Plan:
    assert plan.accounts is not None
    return dataclasses.replace(plan, accounts=dataclasses.replace(plan.accounts, **changes))


def with_door(name: str, **changes: Any) -> plans.Plan:
    assert PLAN.accounts is not None
    doors = (dataclasses.replace(one, **changes) if one.name == name else one for one in PLAN.accounts.doors)
    return with_accounts(doors=tuple(doors))


def every_door(plan: plans.Plan = PLAN, **changes: Any) -> plans.Plan:
    assert plan.accounts is not None
    return with_accounts(plan, doors=tuple(dataclasses.replace(one, **changes) for one in plan.accounts.doors))


def say(rule: str, plan: plans.Plan) -> Finding:
    (found,) = judging.say_run(judging.judge_of(plan), rule)
    return found


@pytest.mark.parametrize("rule", RULES)
def test_what_is_declared_well_still_needs_a_record_and_what_is_not_declared_too(rule: str) -> None:
    found = say(rule, PLAN)
    assert (found.state, found.subject, "no adapter reads" in found.message) == (EVIDENCE, "accounts", True)
    found = say(rule, dataclasses.replace(PLAN, accounts=None))
    assert (found.state, "`accounts`" in found.message) == (EVIDENCE, True)


@pytest.mark.parametrize(
    ("rule", "changes", "says"),
    [
        ("IAM-01", {"local": 0}, ""),
        ("IAM-01", {"local": 3}, "3 persons"),
        ("IAM-01", {"directory": "TBD"}, "no directory"),
        ("IAM-01", {"directory": "another"}, "the bastion knows"),
        ("IAM-06", {"access_keys": "none", "access_key_days": None}, ""),
        ("IAM-06", {"access_key_days": 1}, ""),
        ("IAM-06", {"access_key_days": 91}, "within 90 days"),
        ("IAM-06", {"access_key_days": 0}, "within 90 days"),
        ("IAM-06", {"access_key_days": None}, "within 90 days"),
        ("IAM-06", {"access_keys": "persons"}, "persons hold keys"),
        ("IAM-07", {"review_days": 366}, ""),
        ("IAM-07", {"review_days": 1}, ""),
        ("IAM-07", {"technical_review_days": 92}, ""),
        ("IAM-07", {"review_days": 367}, "rights of persons every 366"),
        ("IAM-07", {"review_days": 0}, "rights of persons"),
        ("IAM-07", {"review_days": None}, "rights of persons"),
        ("IAM-07", {"technical_review_days": 93}, "rights of services every 92"),
        ("IAM-07", {"technical_review_days": None}, "rights of services"),
    ],
)
def test_accounts(rule: str, changes: dict[str, Any], says: str) -> None:
    found = say(rule, with_accounts(**changes))
    assert found.state is (REFUSED if says else EVIDENCE), found
    assert says in found.message
    if says:
        located = dataclasses.replace(
            judging.judge_of(with_accounts(**changes)), locate=lambda *place: " ".join(map(str, place))
        )
        assert judging.say_run(located, rule)[0].location == f"accounts {next(iter(changes))}", (
            "the line of the wrong field"
        )


def test_iam_01_without_a_bastion_there_is_one_directory_to_know() -> None:
    assert say("IAM-01", dataclasses.replace(with_accounts(directory="another"), bastion=None)).state is EVIDENCE
    assert PLAN.bastion is not None
    silent = dataclasses.replace(PLAN.bastion, sign_in=None)
    assert say("IAM-01", dataclasses.replace(with_accounts(directory="another"), bastion=silent)).state is EVIDENCE


@pytest.mark.parametrize("name", ["console", "cli", "api"])
def test_iam_02_every_door_asks_for_two_factors(name: str) -> None:
    assert say("IAM-02", with_door(name, mfa="certificate")).state is EVIDENCE
    found = say("IAM-02", with_door(name, mfa="none"))
    assert (found.state, found.message) == (REFUSED, f"the second factor of {name} is none")
    assert PLAN.accounts is not None
    closed = with_accounts(doors=tuple(one for one in PLAN.accounts.doors if one.name != name))
    found = say("IAM-02", closed)
    assert (found.state, found.message) == (REFUSED, f"nothing says how one gets in by {name}")


def test_iam_09_no_door_is_weaker_than_another() -> None:
    found = say("IAM-09", with_door("api", mfa="totp"))
    assert (found.state, "not under the same rules" in found.message) == (REFUSED, True)
    assert say("IAM-09", every_door(mfa="totp")).state is EVIDENCE
    found = say("IAM-09", with_door("cli", allowed=(OPERATORS, "externals/researchers")))
    assert "not under the same rules" in found.message
    assert say("IAM-09", with_door("cli", allowed=(OPERATORS, OPERATORS))).state is EVIDENCE


def moved(**changes: Any) -> plans.Plan:
    """The operators come from elsewhere."""
    externals = (dataclasses.replace(one, **changes) if one.subject == OPERATORS else one for one in PLAN.externals)
    return dataclasses.replace(PLAN, externals=tuple(externals))


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        (every_door(allowed=("externals/researchers",)), "no place of administration"),
        (every_door(allowed=("externals/nowhere",)), "no place of administration"),
        (moved(administration=False), "no place of administration"),
        (moved(cidrs=("0.0.0.0/0",)), "almost anywhere"),
        (moved(cidrs=("0.0.0.0/1", "128.0.0.0/1")), "almost anywhere"),
        (moved(cidrs=("::/0",)), "almost anywhere"),
        (moved(country="US"), "outside the European Union"),
        (moved(country="FR"), ""),
        (moved(country="DE"), ""),
        (moved(cidrs=("203.0.113.0/28", "2001:db8::/48")), ""),
    ],
)
def test_iam_09_doors_open_to_administrators_only(plan: plans.Plan, says: str) -> None:
    found = say("IAM-09", plan)
    assert found.state is (REFUSED if says else EVIDENCE), found
    assert says in found.message


def right(*actions: str, on: str = "bubbles/warehouse", role: str = "role-1") -> data_plan.Right:
    return data_plan.Right(f"roles/{role}", actions, (on,))


@pytest.mark.parametrize(
    ("rights", "says"),
    [
        ((right("s3:GetObject", "s3:ListBucket"),), ""),
        ((right("s3:GetObject", on="bubbles/warehouse/buckets/archive"),), ""),
        ((right("*"),), "more than one action"),
        ((right("s3:Get*"),), "more than one action"),
        ((right("s3:GetObject", "S3:GET?BJECT"),), "more than one action"),
        ((right("s3:GetObject", on="*"),), "* is nothing of the plan"),
        ((right("s3:GetObject", on="bubbles/elsewhere"),), "nothing of the plan"),
        ((right("kms:Decrypt", on="keys/pseudonymisation--warehouse--project-a"),), "nothing of the plan"),
        ((right("api:AssumeRole", on="roles/role-9"),), "nothing of the plan"),
        ((right("api:CreatePolicy"),), ""),
        ((right("api:CreatePolicy", "api:LinkPolicy"),), "every right"),
        ((right("API:CREATEPOLICYVERSION", " api:AttachUserPolicy "),), "every right"),
        ((right("api:CreatePolicy"), right("api:PutUserGroupPolicy", on="bubbles/export")), "every right"),
        ((right("api:CreateAccessKey", "api:CreateUser"),), "every right"),
        ((right("api:CreateAccessKey", "api:AddUserToUserGroup"),), "every right"),
        ((right("api:CreateAccessKey"),), ""),
    ],
)
def test_iam_04_no_role_has_everything(rights: tuple[data_plan.Right, ...], says: str) -> None:
    found = say("IAM-04", dataclasses.replace(PLAN, rights=rights))
    assert found.state is (REFUSED if says else EVIDENCE), found
    assert says in found.message
    assert found.subject == "roles/role-1"


def test_iam_04_two_roles_are_two_and_none_needs_a_record() -> None:
    apart = (right("api:CreatePolicy"), right("api:LinkPolicy", role="role-2"))
    found = judging.say_run(judging.judge_of(dataclasses.replace(PLAN, rights=apart)), "IAM-04")
    assert [(one.subject, one.state) for one in found] == [("roles/role-1", EVIDENCE), ("roles/role-2", EVIDENCE)]
    assert "`rights`" in say("IAM-04", PLAN).message
