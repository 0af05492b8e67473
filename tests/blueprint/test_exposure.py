"""Which machines face the Internet, and which of them it reaches."""

from __future__ import annotations

import dataclasses

from blueprint import exposure, loader, planner, target
from blueprint import plan as plans
from tests.blueprint import worlds
from tests.conformance import generated

WHERE = target.load("ovh-sandbox")
FRONT = planner.plan(worlds.load_data(generated.front()), WHERE, "dev")
EMC2 = planner.plan(loader.load(loader.find("emc2")), WHERE, "dev")
OURS = "bubbles/administration/tiers/front"


def every(plan: plans.Plan) -> list[plans.Machine]:
    return [*plan.machines, *(plan.bastion.machines if plan.bastion else ())]


def facing(plan: plans.Plan) -> set[str]:
    return {machine.subject for machine in every(plan) if exposure.has_place(plan, machine)}


def reached(plan: plans.Plan) -> set[str]:
    return {machine.subject for machine in every(plan) if exposure.has_address(plan, machine)}


def test_machines_of_the_edge_that_a_flow_comes_to_are_reached_and_those_behind_a_nat_are_not() -> None:
    assert facing(FRONT) == reached(FRONT) == {f"{OURS}/1", f"{OURS}/2", "bastion/1", "bastion/2"}
    assert any(route.via is plans.Via.NAT for route in FRONT.routes), "a zone leaves, and faces nobody"


def test_machines_of_the_edge_that_only_speak_first_face_the_internet_and_are_not_reached() -> None:
    gate = {f"bubbles/export/tiers/gate/{number}" for number in (1, 2)}
    bastion = {"bastion/1", "bastion/2"}
    assert (facing(EMC2), reached(EMC2)) == (gate | bastion, bastion)


def test_what_comes_by_a_private_link_does_not_come_from_the_internet() -> None:
    private = tuple(
        dataclasses.replace(one, via="private") if one.name == "partner" else one for one in FRONT.externals
    )
    plan = dataclasses.replace(FRONT, externals=private)
    assert reached(plan) == {"bastion/1", "bastion/2"}


def test_a_bastion_behind_a_vpn_is_not_reached() -> None:
    assert FRONT.bastion is not None
    plan = dataclasses.replace(FRONT, bastion=dataclasses.replace(FRONT.bastion, access="vpn"))
    assert facing(plan) == reached(plan) == {f"{OURS}/1", f"{OURS}/2"}
