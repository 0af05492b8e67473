"""IAM-05: whoever works on a project's data does not watch over it too."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from blueprint import data_plan
from blueprint import plan as plans
from policies.catalogue import loader as catalogues
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


SINK, ARCHIVE = "bubbles/administration/buckets/traces", "bubbles/warehouse/buckets/archive"


def right(action: str, on: str, role: str = "role-1") -> data_plan.Right:
    return data_plan.Right(f"roles/{role}", ("s3:GetObject", action), (on,))


@pytest.mark.parametrize(
    ("rights", "clashes"),
    [
        ((right("s3:DeleteObject", SINK), right("api:CreateVms", ARCHIVE)), True),
        ((right("s3:DeleteObject", SINK), right("api:ReadVms", ARCHIVE)), False),
        ((right("s3:ListBucket", SINK), right("api:CreateVms", ARCHIVE)), False),
        ((right(" S3:GETOBJECT", SINK), right("api:CreateVms", ARCHIVE)), False),
        ((right("*", SINK), right("api:CreateVms", ARCHIVE)), True),
        ((right("s3:DeleteObject", SINK),), False),
        ((right("s3:DeleteObject", f"{SINK}/part"), right("api:CreateVms", ARCHIVE)), True),
        ((right("api:DeleteVms", "bubbles/administration"),), True),
        ((right("api:DeleteVms", "bubbles/warehouse"),), False),
        ((right("api:DeleteVms", f"{SINK}2"), right("api:DeleteVms", ARCHIVE)), False),
    ],
)
def test_who_can_change_traces_changes_nothing_else(rights: tuple[data_plan.Right, ...], clashes: bool) -> None:
    found = [one for one in say_run(judge_of(emc2(rights=rights)), "IAM-05") if one.subject == "roles/role-1"]
    assert [one.state for one in found] == [State.NON_CONFORM if clashes else State.CONFORM]
    assert (found[0].effect is Effect.BLOCK) is clashes


@pytest.mark.parametrize("place", [SINK, "bubbles/administration"])
def test_one_sink_of_several_is_enough(place: str) -> None:
    gates = tuple(dataclasses.replace(one, logs="bubbles/export/buckets/quarantine") for one in emc2().gates)
    plan = emc2(gates=gates, rights=(right("s3:DeleteObject", place), right("api:CreateVms", ARCHIVE)))
    assert states(plan)["roles/role-1"] is State.NON_CONFORM


def test_two_roles_may_share_what_one_may_not() -> None:
    plan = emc2(rights=(right("s3:DeleteObject", SINK), right("api:CreateVms", ARCHIVE, "role-2")))
    assert {states(plan)[f"roles/role-{number}"] for number in (1, 2)} == {State.CONFORM}
    reading = emc2(rights=(right("api:ReadVms", ARCHIVE),))
    assert "roles/role-1" not in states(reading)


@pytest.mark.parametrize("pair", catalogues.load().parameters["IAM-05"]["pairs"])
def test_each_pair_is_looked_at_because_the_catalogue_says_so(pair: str) -> None:
    rights = (right("s3:DeleteObject", SINK), right("api:CreateVms", ARCHIVE))
    plan = dataclasses.replace(with_roles(*watchers()), rights=rights)
    numbers = catalogues.load().parameters
    kept = {**numbers, "IAM-05": {**numbers["IAM-05"], "pairs": [pair]}}
    refused = [one for one in say_run(judge_of(plan, parameters=kept), "IAM-05") if one.state is State.NON_CONFORM]
    assert [one.subject for one in refused] == ["roles/role-1" if pair.startswith("traces") else "bubbles/project-a"]
    none = {**numbers, "IAM-05": {**numbers["IAM-05"], "pairs": []}}
    (found,) = say_run(judge_of(plan, parameters=none), "IAM-05")
    assert found.state is State.NOT_APPLICABLE
