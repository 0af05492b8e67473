"""CPT-01 over what is really registered: a tier that must last stands in two availability zones, whole."""

from __future__ import annotations

import dataclasses

from blueprint.values import UNKNOWN
from policies.verdicts import State
from tests.policies import estate, judging
from tests.policies.cases import IDLE, UNSEEN

VM = "bubbles/warehouse/tiers/omop/1"


def _tier(az_of: dict[int, str] | None = None, keep: int = 2) -> list[State]:
    changed = estate.estate_of()
    tier = sorted(name for name in changed.resources if name in (VM, "bubbles/warehouse/tiers/omop/2"))
    for number, name in enumerate(tier, 1):
        if number > keep:
            del changed.resources[name]
        elif az_of and number in az_of:
            changed[name].properties["placementSubregionName"] = f"{estate.REGION}{az_of[number]}"
    found = judging.say_whole(judging.judge_of(changed.plan), changed, "CPT-01")
    return [one.state for one in found if one.subject == "bubbles/warehouse/tiers/omop"]


def test_a_tier_that_is_really_in_two_zones_conforms() -> None:
    assert _tier() == [State.CONFORM]


def test_a_tier_that_is_really_in_one_zone_is_refused() -> None:
    assert _tier({2: "a"}) == [State.NON_CONFORM]


def test_a_tier_of_one_machine_is_refused() -> None:
    assert _tier(keep=1) == [State.NON_CONFORM]


def test_a_bastion_planned_on_one_machine_is_refused() -> None:
    plan = estate.plan_of()
    assert plan.bastion is not None
    alone = dataclasses.replace(plan, bastion=dataclasses.replace(plan.bastion, machines=plan.bastion.machines[:1]))
    assert judging.say(judging.judge_of(alone), estate.estate_of(), "CPT-01", "bastion/1").state is State.NON_CONFORM


def test_a_tier_that_need_not_last_is_not_judged() -> None:
    plan = estate.plan_of()
    machines = tuple(dataclasses.replace(one, highly_available=False) for one in plan.machines)
    judge = judging.judge_of(dataclasses.replace(plan, machines=machines))
    assert judging.say(judge, estate.estate_of(), "CPT-01", VM).state is IDLE
    assert {one.subject for one in judging.say_whole(judge, estate.estate_of(), "CPT-01")} == {"bastion"}


def test_a_bastion_must_last_whatever_its_machines_say() -> None:
    plan = estate.plan_of()
    assert plan.bastion is not None
    machines = tuple(dataclasses.replace(one, highly_available=False, az="a") for one in plan.bastion.machines)
    judge = judging.judge_of(dataclasses.replace(plan, bastion=dataclasses.replace(plan.bastion, machines=machines)))
    assert judging.say(judge, estate.estate_of(), "CPT-01", "bastion/1").state is State.NON_CONFORM


def test_a_machine_of_no_plan_makes_no_tier() -> None:
    changed = estate.estate_of()
    changed[VM].properties["subject"] = "bubbles/warehouse/tiers/omop/9"
    found = judging.say_whole(judging.judge_of(changed.plan), changed, "CPT-01")
    assert [one for one in found if one.fault] == []
    assert [one.state for one in found if one.subject == "bubbles/warehouse/tiers/omop"] == [State.NON_CONFORM]


def test_a_tier_with_a_zone_that_is_not_known_waits() -> None:
    changed = estate.estate_of()
    changed[VM].properties["placementSubregionName"] = UNKNOWN
    found = judging.say_whole(judging.judge_of(changed.plan), changed, "CPT-01")
    assert [one.state for one in found if one.subject == "bubbles/warehouse/tiers/omop"] == [UNSEEN]


def test_two_zones_of_which_the_offer_shows_one_are_two() -> None:
    judge = judging.judge_at("ovh-sandbox", "emc2")
    offer = judge.context.capabilities
    assert offer is not None
    assert [one.azs for one in offer.offers.values()] == [("nova-vm",)]
    tier = [estate.estate_of().fact(f"bubbles/warehouse/tiers/omop/{number}") for number in (1, 2)]
    apart = [dataclasses.replace(one, az=az) for one, az in zip(tier, ("nova-vm", "other"), strict=True)]
    together = [dataclasses.replace(one, az="nova-vm") for one in tier]
    for facts_of, state in (
        (apart, State.CONFORM),
        (together, State.EVIDENCE_REQUIRED),
        (together[:1], State.NON_CONFORM),
    ):
        assert [one.state for one in judge.stack(facts_of) if one.rule == "CPT-01"] == [state]
