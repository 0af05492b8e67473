"""SOV-01, 03, 06, 07: what differs between one brick, provider or zone and the next."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from blueprint import facts
from blueprint.values import UNKNOWN, Malformed
from policies.backend import Backend
from policies.verdicts import State
from providers import capabilities
from tests.policies import estate, judging
from tests.policies.cases import CONFORM, IDLE, REFUSED, UNSEEN
from tests.policies.test_sovereignty_rules import BUCKET, NET, NOTHING, OOS, SUBNET, VM, _with_offer

PLAN = estate.plan_of()
DISK = "bubbles/warehouse/tiers/omop/1/disks/data"


def say(rule: str, name: str, context: dict[str, Any] | None = None, **changes: Any) -> State:
    fact: Any = dataclasses.replace(estate.estate_of().fact(name), **changes)
    return judging.ask(judging.judge_of(PLAN, **(context or {})), rule, fact).state


def named(name: str, subject: str) -> dict[str, Any]:
    return {"origin": dataclasses.replace(estate.estate_of().fact(name).origin, subject=subject)}


def test_sov_01_asks_each_resource_of_its_own_brick() -> None:
    bricks = capabilities.load("outscale").offers["iaas-cloud-on-demand"].bricks
    names = {"network": NET, "compute": VM, "storage": BUCKET, "bastion": "bastion/1"}
    for brick in names:
        lacking = _with_offer(bricks={**bricks, brick: bricks["siem"]})
        refused = {one for one, name in names.items() if say("SOV-01", name, {"capabilities": lacking}) is REFUSED}
        assert refused == {brick}
    alone = judging.judge_of(dataclasses.replace(PLAN, bastion=None))
    assert judging.say(alone, estate.estate_of(), "SOV-01", VM).state is not REFUSED


def test_sov_01_is_asked_of_a_layer_as_a_whole_and_of_no_reading_of_everything() -> None:
    for layer, state in (("network", State.EVIDENCE_REQUIRED), ("", IDLE)):
        (found,) = judging.say_run(judging.judge_of(PLAN, NOTHING, layer=layer), "SOV-01")
        assert found.state is state


def test_sov_06_an_offer_that_nobody_described_has_no_certificate() -> None:
    (found,) = judging.say_run(judging.judge_of(PLAN, capabilities=None), "SOV-06")
    assert (found.state, "in no capability file" in found.message) == (REFUSED, True)


def test_sov_07_a_state_at_the_offer_s_own_store_is_at_home_in_its_region_only() -> None:
    backend = Backend(f"s3://state?endpoint=https://{OOS}")
    for region, state in ((estate.REGION, CONFORM), ("eu-west-2", REFUSED)):
        (found,) = judging.say_run(judging.judge_of(PLAN, backend=backend, region=region), "SOV-07")
        assert found.state is state


@pytest.mark.parametrize(
    ("profile", "endpoints", "state"),
    [
        (None, estate.ENDPOINTS, CONFORM),
        (estate.ENDPOINTS[0], estate.ENDPOINTS, CONFORM),
        ("another", estate.ENDPOINTS, REFUSED),
        ("another", (), REFUSED),  # for its endpoint: the target gives none
        (UNKNOWN, estate.ENDPOINTS, UNSEEN),
        (Malformed("a string"), estate.ENDPOINTS, REFUSED),
    ],
)
def test_sov_03_a_provider_signs_in_as_the_target_says(profile: Any, endpoints: tuple[str, ...], state: State) -> None:
    assert say("SOV-03", "outscale", {"endpoints": endpoints}, profile=profile) is state


def test_sov_03_where_the_target_gives_no_endpoint_any_profile_will_do() -> None:
    assert say("SOV-03", "outscale", {"endpoints": ()}, profile="another", endpoint=None) is CONFORM
    assert say("SOV-03", "outscale", profile="another", endpoint=None) is REFUSED


@pytest.mark.parametrize(
    ("name", "az", "state"),
    [
        (SUBNET, "b", REFUSED),
        (SUBNET, None, CONFORM),  # a provider whose segments and disks stand in no zone
        (SUBNET, UNKNOWN, UNSEEN),
        (VM, "b", REFUSED),
        (VM, None, REFUSED),
        (VM, Malformed("a string"), REFUSED),
        (DISK, "a", CONFORM),
        (DISK, "b", REFUSED),
        (DISK, None, CONFORM),
    ],
)
def test_sov_03_the_zone_is_the_planned_one(name: str, az: Any, state: State) -> None:
    assert say("SOV-03", name, az=az) is state


@pytest.mark.parametrize("name", [SUBNET, VM, DISK])
@pytest.mark.parametrize("subject", [SUBNET, VM, DISK, "bubbles/nowhere"])
def test_sov_03_another_kind_s_subject_plans_no_zone(name: str, subject: str) -> None:
    """GOV-01 refuses it."""
    assert say("SOV-03", name, az="b", **named(name, subject)) is (REFUSED if name == subject else CONFORM)


def test_sov_03_of_ranges_that_are_allowed_only_the_target_s_is_right() -> None:
    assert say("SOV-03", NET, region="us-east-2") is REFUSED
    assert say("SOV-03", NET, {"region": "us-east-2"}, region="us-east-2") is REFUSED  # allowed by no parameter
    assert say("SOV-03", NET, {"region": "eu-west-2"}) is REFUSED


def test_facts_are_of_the_kinds_that_these_tests_speak_of() -> None:
    whole = estate.estate_of()
    kinds = {NET: facts.Network, SUBNET: facts.Segment, VM: facts.Machine, DISK: facts.Disk, BUCKET: facts.Bucket}
    assert {name: type(whole.fact(name)) for name in kinds} == kinds
