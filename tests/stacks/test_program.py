"""What the program refuses before it registers anything."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pulumi
import pytest

from blueprint import loader, planner, target
from blueprint import stack as stacks
from providers import capabilities
from stacks import program, references

WHERE = target.load("outscale-sandbox")
LOADED = loader.load(loader.find("minimal"))
PLAN = planner.plan(LOADED, WHERE, "dev")
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEXAMPLE someone"


def test_an_offer_that_has_every_brick_lacks_nothing() -> None:
    assert program.lacking(LOADED, PLAN, WHERE) == ""


def test_a_brick_that_the_offer_does_not_have_is_refused_by_name_before_anything() -> None:
    plan = dataclasses.replace(PLAN, needs=(*PLAN.needs, "encryption"))
    said = program.lacking(LOADED, plan, WHERE)
    assert "encryption" in said
    assert "workaround" in said


def test_an_offer_that_nobody_described_is_named() -> None:
    said = program.lacking(LOADED, PLAN, dataclasses.replace(WHERE, offer="somewhere"))
    assert "'somewhere'" in said
    assert "capabilities.yaml" in said


def test_missing_endpoints_are_named_with_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in WHERE.endpoints.values():
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(pulumi.RunError, match=r"OOS_ENDPOINT, OSC_ENDPOINT_API.*rempart sandbox up"):
        program.endpoints(WHERE)


@pytest.mark.parametrize("text", ["", "-----BEGIN OPENSSH PRIVATE KEY-----", "hunter2"])
def test_a_bastion_without_a_public_key_is_refused_and_never_echoed(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(program.PUBLIC_KEY, text)
    with pytest.raises(pulumi.RunError) as refused:
        program.public_key(PLAN)
    assert "public key" in str(refused.value)
    assert not text or text not in str(refused.value)


def test_a_public_key_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(program.PUBLIC_KEY, KEY + "\n")
    assert program.public_key(PLAN) == KEY


def test_placeholders_are_for_previews_only(monkeypatch: pytest.MonkeyPatch) -> None:
    name = stacks.parse("minimal.outscale-sandbox.dev.compute")
    monkeypatch.setenv(stacks.PROVISIONAL, "network")
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: False)
    with pytest.raises(pulumi.RunError, match="previews only"):
        references.network(name, {"networks": ["bubbles/study"]})
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: True)
    placeholders = references.network(name, {"networks": ["bubbles/study"]})
    assert placeholders.networks["bubbles/study"] == "planned:bubbles/study"


@pytest.mark.parametrize("day", [dt.date(2026, 11, 30), dt.date(2026, 12, 1)])
def test_dates_are_the_packs_business_not_the_programs(day: dt.date) -> None:
    """A qualification that lapses is a finding, with a continuity record as the way on: the program says nothing."""
    assert program.lacking(LOADED, PLAN, dataclasses.replace(WHERE, as_of=day)) == ""


def test_what_an_offer_lacks_is_refused_by_name_unless_the_blueprint_accepts_the_workaround() -> None:
    where = target.load("ovh-sandbox")
    plan = planner.plan(LOADED, where, "dev")
    assert program.lacking(LOADED, plan, where) == ""
    bare = dataclasses.replace(LOADED, blueprint=LOADED.blueprint.model_copy(update={"workarounds": {}}))
    said = program.lacking(bare, plan, where)
    for feature, workaround in (
        ("peering", "machines on a link network"),
        ("object-lock", "versions kept without a lock"),
        ("lifecycle", "expiry by a scheduled job"),
        ("bucket-policy", "object storage over TLS only"),
    ):
        assert f"{feature}: " in said
        assert workaround in said
    assert "nat" not in said, "minimal has no zone that leaves by NAT"


def test_one_line_of_capabilities_turns_routers_on_and_with_them_peering_and_nat() -> None:
    offer = capabilities.load("ovh").offers["snc-cloud-platform"]
    lacking = {one.brick for one in capabilities.check(offer, ("peering", "nat", "object-lock"), WHERE.as_of)}
    assert lacking == {"peering", "nat", "object-lock"}
    native = offer.features["routers"].model_copy(update={"state": "native"})
    grown = offer.model_copy(update={"features": {**offer.features, "routers": native}})
    lacking = {one.brick for one in capabilities.check(grown, ("peering", "nat", "object-lock"), WHERE.as_of)}
    assert lacking == {"object-lock"}
