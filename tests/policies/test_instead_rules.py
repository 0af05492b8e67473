"""GOV-11: a workaround stands for a brick that the offer knows, and is the one that it accepts where it lacks that."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from blueprint import stack as stacks
from policies import registry
from policies.context import Context
from policies.verdicts import Finding, State
from providers import capabilities
from tests.mutation import platforms
from tests.policies import estate, judging
from tests.policies.cases import CONFORM, IDLE, REFUSED

ACCEPTED = State.WORKAROUND_ACCEPTED


def say(subject: str, place: str, changes: dict[str, Any]) -> Finding:
    judge = judging.judge_at(place, "emc2")
    plan = judge.context.plan
    changed = tuple(dataclasses.replace(w, **changes) if w.subject == subject else w for w in plan.workarounds)
    judge = judging.judge_of(
        dataclasses.replace(plan, workarounds=changed),
        capabilities=judge.context.capabilities,
        offer=judge.context.offer,
    )
    return next(one for one in judging.say_run(judge, "GOV-11") if one.subject == subject)


@pytest.mark.parametrize(
    ("subject", "place", "changes", "state", "says"),
    [
        ("workarounds/encryption", "outscale-sandbox", {}, ACCEPTED, "accepts"),
        ("workarounds/encryption", "outscale-sandbox", {"name": "a spreadsheet"}, REFUSED, "sovereign third-party"),
        ("workarounds/peering", "outscale-sandbox", {}, IDLE, "needs none"),
        ("workarounds/peering", "ovh-sandbox", {}, ACCEPTED, "accepts"),
        ("workarounds/peering", "ovh-sandbox", {"name": "a cable"}, REFUSED, "machines on a link network"),
        ("workarounds/peering", "outscale-sandbox", {"name": "TBD"}, REFUSED, "placeholder"),
        ("workarounds/peering", "outscale-sandbox", {"name": None}, REFUSED, "placeholder"),
        ("workarounds/peering", "outscale-sandbox", {"brick": "teleport"}, REFUSED, "knows nothing"),
        ("workarounds/peering", "outscale-sandbox", {"brick": None}, REFUSED, "knows nothing"),
        ("workarounds/bastion", "outscale-sandbox", {}, CONFORM, "leaves it to the platform"),
    ],
)
def test_gov_11(subject: str, place: str, changes: dict[str, Any], state: State, says: str) -> None:
    found = say(subject, place, changes)
    assert (found.state, found.fault) == (state, False), found
    assert says in found.message
    assert (found.effect == "block") == (state is REFUSED)


def test_an_offer_that_nobody_described_accepts_none() -> None:
    found = judging.say_run(judging.judge_of(estate.plan_of(), capabilities=None), "GOV-11")
    assert {one.state for one in found} == {REFUSED}
    assert {one.subject for one in found} == {one.subject for one in estate.plan_of().workarounds}


def test_without_a_workaround_there_is_nothing_to_judge() -> None:
    plan = dataclasses.replace(estate.plan_of(), workarounds=())
    assert [one.state for one in judging.say_run(judging.judge_of(plan), "GOV-11")] == [IDLE]


@pytest.mark.parametrize("place", platforms.PLACES)
def test_a_rule_that_asks_for_what_stands_in_says_for_what(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`rempart compare` names the rules of each workaround from that: none that is accepted is missed."""
    asked: set[str] = set()
    ask = Context.workaround

    def look(self: Context, part: str) -> capabilities.Workaround | None:
        asked.add(part)
        return ask(self, part)

    monkeypatch.setattr(Context, "workaround", look)
    layers = [platforms.Layer(place, name) for name in stacks.LAYERS]
    everywhere: set[str] = set()
    for rule in registry.RULES:
        asked.clear()
        for layer in layers:
            alone = dataclasses.replace(layer.judge, rules=[rule])
            for fact in layer.facts:
                alone.resource(fact)
            alone.run()
            alone.planned()
        assert asked <= set(rule.instead), rule.id
        everywhere |= asked
    assert everywhere >= {"encryption", "iam", "siem"}
    assert place != "ovh-sandbox" or everywhere >= {"lifecycle", "object-lock"}


def test_what_rules_judge_in_place_of_something_is_a_part_of_offers() -> None:
    offers = [offer for name in ("cloudtemple", "outscale", "ovh") for offer in capabilities.load(name).offers.values()]
    parts = {part for offer in offers for part in (*offer.bricks, *offer.features)}
    assert {part for rule in registry.RULES for part in rule.instead} <= parts
