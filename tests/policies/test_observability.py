"""`observability` in the catalogue is what the places do: a level that flatters a place, or hides what it sees, fails.

All of EMC2 is judged in each place, from what the place gives: registered resources, a state, a Terraform plan, and
what a reading of the API gives, where options are the engine's and so are not seen. A real reading is the conformance
suite's.
"""

from __future__ import annotations

import functools
import io
import json
import pathlib
from collections.abc import Callable, Iterable, Sequence

import pytest

from blueprint.facts import Fact
from cli import review
from policies import outside, planned, state
from policies.catalogue import loader as catalogues
from policies.judge import RUN, Judge
from policies.verdicts import Finding, State
from providers.outscale import observed
from tests.policies import estate, judging, runs, states, terraforms

NOTHING = (State.NOT_APPLICABLE, State.NOT_OBSERVABLE)
WITHOUT_TWIN = {
    ("verify", "GOV-10"): "whether everything of the plan is there, and once: no declaration can be asked that",
    ("verify", "SOV-01"): "the pack answers for a layer too; a reading is of no layer, each thing answers",
    ("review", "SOV-01"): "the same: Terraform is of no layer",
}
"""What is `full` and has an answer on one side only: that one is not compared."""
APART = ("pulumi:", "rempart:")
"""How types begin that each place has others of: the engine's own, and components."""
SILENT = {
    ("audit", "KMS-05"): "no store of EMC2 holds a key",
    ("review", "KMS-05"): "no store of EMC2 holds a key",
}
"""What is shown, and is not there in EMC2."""

LAYERS = {"audit": runs.LAYERS, "review": ("terraform",), "verify": ("live",)}
"""A state is of one layer; the others are of all of them."""

Seen = tuple[Sequence[Fact], Sequence[Fact] | None]
"""Facts one by one; the same as the provider gave them back, where that is something else."""
Answer = tuple[str, str, State]


def of_a_state(layer: str) -> Seen:
    made = json.dumps(states.deployment(estate.estate_of(), f"emc2.outscale-sandbox.dev.{layer}")).encode()
    facts: list[Fact] = []
    settled: list[Fact] = []
    subjects: dict[str, str] = {}
    for one in state.resources(io.BufferedReader(io.BytesIO(made)), layer, state.Counts()):  # type: ignore[arg-type]
        inputs, given = state.declared(one, subjects)
        facts.append(outside.fact("outscale", one.type, one.urn, one.name, inputs, one.provider, None, one.options))
        settled.append(outside.fact("outscale", one.type, one.urn, one.name, given, one.provider, one.dependencies))
    return facts, settled


def of_an_api() -> Seen:
    """No component, nothing of the engine's own, and of options nothing is known."""
    made = estate.estate_of().facts()
    assert {one.origin.options for one in made} == {None}
    return [one for one in made if not one.origin.type.startswith(("pulumi:pulumi", "rempart:"))], None


def of_terraform(folder: pathlib.Path) -> Seen:
    path = folder / "plan.json"
    path.write_text(json.dumps(terraforms.plan(estate.estate_of())), encoding="utf-8")
    resources, unknown = review.resolve(review.read(path), "outscale", estate.plan_of())
    assert not unknown
    return list(review.facts_of(resources, "outscale")), None


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[tuple[Judge, Seen]]]:
    """Operation -> for each document of its place, who judges it and what it shows; read once."""

    @functools.cache
    def shown(operation: str, layer: str) -> Seen:
        if operation == "audit":
            return of_a_state(layer)
        return of_an_api() if operation == "verify" else of_terraform(tmp_path_factory.mktemp("terraform"))

    def documents(operation: str) -> list[tuple[Judge, Seen]]:
        whole = frozenset(observed.EXPECTED) if operation == "verify" else frozenset()
        place = outside.PHASES[operation]
        return [
            (judging.judge_of(estate.plan_of(), place=place, layer=layer, whole=whole), shown(operation, layer))
            for layer in LAYERS[operation]
        ]

    return documents


def told(operation: str, documents: Iterable[tuple[Judge, Seen]]) -> list[Finding]:
    """What the place answers, of the rules that it is asked."""
    return [one for made, (facts, settled) in documents for one in outside.ask(made, operation, facts, settled=settled)]


def packed(operation: str) -> list[Finding]:
    """What the pack answers: by layer where the place is of one, else as if all were one stack."""
    found: list[Finding] = []
    for layer in LAYERS[operation]:
        all_of_it = layer not in runs.LAYERS
        made = judging.judge_of(estate.plan_of(), **({} if all_of_it else {"layer": layer}))
        part = estate.estate_of() if all_of_it else runs.layer(estate.estate_of(), layer)
        found += [one for name in part.resources for one in made.resource(part.fact(name))]
        found += [*made.stack(part.facts()), *made.run(), *made.planned()]
    return found


def rules(operation: str, *levels: str) -> set[str]:
    place = outside.WHERE[operation]
    return {name for name, text in catalogues.load().rules.items() if text.observability[place] in levels}


Shown = Callable[[str], list[tuple[Judge, Seen]]]


@pytest.mark.parametrize("operation", outside.WHERE)
def test_a_rule_that_a_place_shows_nothing_of_would_find_nothing_there(operation: str, seen: Shown) -> None:
    """Asked whatever its level says: `none` keeps a rule from being asked, so it must be true."""
    found: list[Finding] = []
    for made, (facts, settled) in seen(operation):
        found += [one for fact in facts for one in made.resource(fact)]
        found += made.stack(facts if settled is None else settled)
    hidden = rules(operation, "none")
    assert {(one.rule, one.state) for one in found if one.rule in hidden and one.state not in NOTHING} == set()


@pytest.mark.parametrize("operation", outside.WHERE)
def test_a_rule_that_a_place_shows_in_full_answers_as_in_the_pack(operation: str, seen: Shown) -> None:
    """But for the engine's own and the components, one by one, and for what only one of the two can be asked."""
    full, apart = rules(operation, "full"), {rule for place, rule in WITHOUT_TWIN if place == operation}
    assert len(full) > 20

    def compared(found: Iterable[Finding]) -> set[Answer]:
        return {
            (one.rule, one.subject, one.state)
            for one in found
            if one.rule in full
            and (not one.type.startswith(APART) or one.type.startswith(planned.TYPE) or one.stage == "stack")
            if not (one.rule in apart and (one.subject == RUN or one.rule not in answered))
            if not (one.subject == RUN and one.state is State.NOT_APPLICABLE)
        }

    before = packed(operation)
    answered = {one.rule for one in before}
    assert compared(told(operation, seen(operation))) == compared(before)


@pytest.mark.parametrize("operation", outside.WHERE)
def test_a_rule_that_a_place_shows_something_of_answers_there(operation: str, seen: Shown) -> None:
    spoken = {one.rule for one in told(operation, seen(operation)) if one.state is not State.NOT_APPLICABLE}
    silent = {rule for place, rule in SILENT if place == operation}
    assert rules(operation, "full", "partial") - spoken == silent
