"""GOV-10: what is missing from an account, or there twice, is seen; a run of the pack has nothing to say of it."""

from __future__ import annotations

import dataclasses
import functools

import pytest

from blueprint import stack as stacks
from blueprint.facts import Fact
from policies.context import Index
from policies.rules import whole
from policies.verdicts import State
from providers.outscale import observed
from providers.ovh import facts as ovh
from providers.ovh import observed as there
from tests.components import registering
from tests.policies import judging
from tests.policies.estate import Estate, estate_of

EVERYTHING = frozenset(observed.EXPECTED)


@pytest.fixture(scope="module")
def estate() -> Estate:
    return estate_of("emc2")


@pytest.fixture(scope="module")
def everything(estate: Estate) -> list[Fact]:
    return list(estate.facts())


def said(estate: Estate, facts: list[Fact], parts: frozenset[str] = EVERYTHING) -> dict[str, State]:
    context = judging.context_of(estate.plan, whole=parts)
    return {str(verdict.subject): verdict.state for verdict in whole.there_and_once(facts, context)}


def test_a_whole_account_is_conform(estate: Estate, everything: list[Fact]) -> None:
    assert set(said(estate, everything).values()) == {State.CONFORM}


@pytest.mark.parametrize("part", sorted(EVERYTHING))
def test_each_missing_thing_is_seen(part: str, estate: Estate, everything: list[Fact]) -> None:
    _, subjects = whole.PARTS[part]
    subject = sorted(subjects(judging.context_of(estate.plan).index))[0]
    left = [fact for fact in everything if fact.origin.subject != subject]
    assert len(left) < len(everything)
    assert [one for one, state in said(estate, left).items() if state is State.NON_CONFORM] == [subject]


FORMS = {False: (*there.EXPECTED, *there.ON_LINKS), True: (*there.EXPECTED, *there.OVER_ROUTERS)}
"""Whether bubbles meet over routers, on the other adapter -> what is expected there."""


@functools.cache
def project(routers: bool) -> tuple[registering.Registered, list[Fact]]:
    """What the other adapter declares, as facts."""
    layers = [registering.register("emc2", layer, "ovh-sandbox", routers=routers) for layer in stacks.LAYERS]
    resources = [one for layer in layers for one in layer.resources]
    return layers[0], [ovh.fact(kind, name, name, inputs) for kind, name, inputs in resources]


@pytest.mark.parametrize(
    ("routers", "part"), [(routers, part) for routers, parts in FORMS.items() for part in (None, *parts)]
)
def test_each_missing_thing_of_a_project_is_seen(routers: bool, part: str | None) -> None:
    made, facts = project(routers)
    context = judging.context_of(made.plan, whole=frozenset(FORMS[routers]))
    subject = sorted(whole.PARTS[part][1](context.index))[0] if part else "nothing"
    left = [fact for fact in facts if subject not in (fact.origin.subject, fact.origin.name)]
    found = {str(one.subject): one.state for one in whole.there_and_once(left, context)}
    assert [one for one, state in found.items() if state is State.NON_CONFORM] == ([subject] if part else [])


def test_two_things_of_one_name_are_seen(estate: Estate, everything: list[Fact]) -> None:
    group = next(fact for fact in everything if (fact.origin.subject or "").endswith("/filter"))
    twin = dataclasses.replace(group, origin=dataclasses.replace(group.origin, urn="twin"))
    found = said(estate, [*everything, twin])
    assert [one for one, state in found.items() if state is State.NON_CONFORM] == [group.origin.subject]
    context = judging.context_of(estate.plan, whole=frozenset({"filters"}))
    (refused,) = [one for one in whole.there_and_once([*everything, twin], context) if one.message]
    assert refused.urn == group.origin.urn  # the first that was found stands for both


def test_a_tier_of_several_machines_is_placed_and_one_machine_is_not(estate: Estate) -> None:
    tier = [one for one in estate.plan.machines if one.subject.startswith("bubbles/warehouse/tiers/omop/")]
    assert len(tier) == 2
    _, placed = whole.PARTS["placements"]
    for machines, expected in ((tier, ["bubbles/warehouse/tiers/omop/placement"]), (tier[:1], [])):
        plan = dataclasses.replace(estate.plan, machines=tuple(machines), bastion=None)
        assert list(placed(Index(plan))) == expected


def test_a_run_of_the_pack_says_nothing(estate: Estate) -> None:
    assert said(estate, [], frozenset()) == {}


def test_every_part_that_a_provider_expects_is_known() -> None:
    assert set(whole.PARTS) >= EVERYTHING.union(*FORMS.values())
