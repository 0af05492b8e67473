"""IAM-05: whoever works on a project's data does not watch over it too."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from blueprint import plan as plans
from policies.verdicts import Effect, State
from tests.policies import estate
from tests.policies.judging import judge_of, say_run


def emc2(**changes: Any) -> plans.Plan:
    return dataclasses.replace(estate.estate_of().plan, **changes)


def with_roles(*roles: str) -> plans.Plan:
    """EMC2 with other roles in project a."""
    bubbles = tuple(
        dataclasses.replace(one, project=dataclasses.replace(one.project, roles=roles))
        if one.name == "project-a" and one.project
        else one
        for one in emc2().bubbles
    )
    return emc2(bubbles=bubbles)


def states(plan: plans.Plan) -> dict[str, State]:
    return {one.subject: one.state for one in say_run(judge_of(plan), "IAM-05")}


def test_the_sample_keeps_them_apart() -> None:
    assert states(emc2()) == {"bubbles/project-a": State.CONFORM, "bubbles/project-b": State.CONFORM}


def watchers() -> list[str]:
    plan = emc2()
    assert plan.bastion is not None
    keys = [key for key in plan.keys if key.kind == "pseudonymisation"]
    found = {*plan.gates[0].approvers, *plan.bastion.approvals[0].roles, *keys[0].administrators, *keys[0].users}
    return sorted(found)


@pytest.mark.parametrize("role", watchers())
def test_each_role_that_watches_clashes_in_any_spelling(role: str) -> None:
    for spelled in (role, role.upper(), f" {role}"):
        (found,) = [one for one in say_run(judge_of(with_roles("role-5", spelled)), "IAM-05") if one.state != "conform"]
        assert (found.subject, found.state, found.effect) == ("bubbles/project-a", State.NON_CONFORM, Effect.BLOCK)
        assert role in found.message


def test_a_role_whose_name_only_begins_alike_is_another() -> None:
    assert states(with_roles(*(f"{role}0" for role in watchers())))["bubbles/project-a"] is State.CONFORM


@pytest.mark.parametrize("part", ["gates", "keys", "bastion"])
def test_each_kind_of_watching_is_looked_at_alone(part: str) -> None:
    alone = {"gates": (), "keys": (), "bastion": None}
    kept = {name: value for name, value in alone.items() if name != part}
    plan = dataclasses.replace(with_roles(*watchers()), **kept)
    assert states(plan)["bubbles/project-a"] is State.NON_CONFORM


def test_without_roles_that_watch_there_is_nothing_to_judge() -> None:
    assert set(states(emc2(gates=(), keys=(), bastion=None)).values()) == {State.NOT_APPLICABLE}


def test_without_a_project_there_is_nobody_to_keep_apart() -> None:
    plan = emc2()
    nobody = emc2(bubbles=tuple(one for one in plan.bubbles if one.kind is not plans.BubbleKind.PROJECT))
    (found,) = say_run(judge_of(nobody), "IAM-05")
    assert found.state is State.NOT_APPLICABLE
    unowned = emc2(
        bubbles=tuple(
            dataclasses.replace(one, project=None) if one.name == "project-a" else one for one in plan.bubbles
        )
    )
    assert set(states(unowned)) == {"bubbles/project-b"}
