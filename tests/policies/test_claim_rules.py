"""GOV-01: each thing of the plan is one resource, in the layer that makes it: a second one is no part of the plan."""

from __future__ import annotations

import dataclasses
import pathlib

import pytest

from blueprint import facts
from policies.rules import gov
from policies.verdicts import Effect, State, Unjudgeable
from tests.policies import estate, judging, runs

VM = "bubbles/warehouse/tiers/omop/1"
KINDS = sorted(
    {one.kind for one in estate.estate_of().resources.values() if runs.layer_of(one) and ":components:" not in one.kind}
)


@pytest.fixture(autouse=True)
def state_dir(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    runs.settle(monkeypatch, tmp_path)
    return tmp_path


def doubled(kind: str) -> tuple[estate.Estate, str]:
    """An estate where a second resource says the same as the first of that kind, under a name of its own."""
    whole = estate.estate_of()
    first = next(one for one in whole.resources.values() if one.kind == kind)
    second = f"{first.name}-again"
    whole.resources[second] = dataclasses.replace(first, name=second)
    return whole, second


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_resource_that_claims_the_same_is_refused_before_it_is_created(kind: str) -> None:
    whole, second = doubled(kind)
    layer = runs.layer_of(whole[second])
    assert layer is not None
    session = runs.run(whole, layer, end=False)
    told = {}
    for one in (whole[second.removesuffix("-again")], whole[second]):
        found = session.resource(
            session.fact(one.kind, one.urn, one.name, one.properties, one.provider, None, one.told)
        )
        told[one.name] = [finding for finding in found if finding.rule == "GOV-01"]
    first = [finding.state for finding in told.pop(second.removesuffix("-again"))]
    assert first == [State.CONFORM]
    ((again,),) = told.values()
    assert (again.state, again.effect) == (State.NON_CONFORM, Effect.BLOCK)
    assert f"{second.removesuffix('-again')} is it already" in again.message


@pytest.mark.parametrize("kind", KINDS)
def test_the_whole_stack_shows_it_too(kind: str) -> None:
    whole, second = doubled(kind)
    (found,) = judging.say_whole(judging.judge_of(whole.plan), whole, "GOV-01")
    assert (found.state, found.urn) == (State.NON_CONFORM, whole[second].urn)


def test_a_resource_that_is_asked_about_twice_is_still_one() -> None:
    """The engine asks again of what it replaces."""
    whole = estate.estate_of()
    session = runs.run(whole, "compute", end=False)
    one = whole[VM]
    for _ in range(2):
        found = session.resource(
            session.fact(one.kind, one.urn, one.name, one.properties, one.provider, None, one.told)
        )
        assert [finding.state for finding in found if finding.rule == "GOV-01"] == [State.CONFORM]


@pytest.mark.parametrize("layer", runs.LAYERS)
@pytest.mark.parametrize("kind", KINDS)
def test_another_layer_s_resource_is_refused(layer: str, kind: str) -> None:
    """Split over two stacks, each stack would have it once."""
    whole = estate.estate_of()
    one = next(one for one in whole.resources.values() if one.kind == kind)
    found = judging.say(judging.judge_of(whole.plan, layer=layer), whole, "GOV-01", one.name)
    own = runs.layer_of(one) == layer
    assert found.state is (State.CONFORM if own else State.NON_CONFORM)
    assert own or f"the {runs.layer_of(one)} layer makes it" in found.message


@pytest.mark.parametrize("layer", runs.LAYERS)
def test_a_stack_of_one_bubble_is_refused_while_no_layer_is_made_bubble_by_bubble(layer: str) -> None:
    """It would make the whole layer once more, under another name of its own."""
    session = runs.Session(f"emc2.outscale-sandbox.dev.{layer}.warehouse", preview=True)
    with pytest.raises(Unjudgeable, match=rf"emc2\.outscale-sandbox\.dev\.{layer}, without `\.warehouse`"):
        _ = session.judge


def fact_of(kind: str, name: str, subject: str | None) -> dict[str, facts.Fact]:
    origin = facts.Origin(urn=f"urn:pulumi:s::rempart::{kind}::{name}", type=kind, name=name, subject=subject)
    return {
        "grants": facts.Support(origin, "bucket-grant", {}),
        "groupings": facts.Component(origin),
        "keys": facts.Support(origin, "keypair", {}),
    }


@pytest.mark.parametrize(
    ("what", "subject", "claims"),
    [("keys", "bastion", 1), ("grants", "bastion", 0), ("groupings", "bastion", 0), ("keys", None, 0)],
)
def test_only_things_that_the_plan_has_once_are_claimed(what: str, subject: str | None, claims: int) -> None:
    """A bucket has as many grants as keys; a grouping is nothing at the provider; what says nothing has none."""
    two = [fact_of("x:y:Z", name, subject)[what] for name in ("one", "two")]
    context = judging.judge_of(estate.estate_of().plan).context
    assert len(list(gov.claimed_once(two, context))) == claims
