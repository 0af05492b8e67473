"""A layer previewed on planned placeholders: nothing passes, what is wrong is still refused."""

from __future__ import annotations

import json
import pathlib

import pytest

from blueprint import stack as stacks
from policies import provisional
from policies.verdicts import Effect, Finding, State
from tests.policies import estate, runs


@pytest.fixture(autouse=True)
def without_network(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs.settle(monkeypatch, tmp_path)
    monkeypatch.setenv(stacks.PROVISIONAL, "network")


def recorded(layer: str, *, preview: bool = True) -> list[dict[str, str]]:
    session = runs.run(estate.estate_of(), layer, preview=preview)
    lines = [json.loads(line) for line in session.recorder.path.read_text().splitlines()]
    return [line for line in lines if line["kind"] == "finding" and line["stage"] in ("resource", "stack")]


def states(lines: list[dict[str, str]]) -> set[str]:
    return {line["state"] for line in lines} - {State.NOT_APPLICABLE}


def test_what_stands_on_a_network_that_is_not_there_is_not_observable() -> None:
    lines = recorded("compute")
    assert len(lines) > 20
    assert State.CONFORM not in states(lines)
    softened = [line for line in lines if "network does not exist yet" in line["message"]]
    assert softened
    assert {(line["state"], line["effect"], line["pending"]) for line in softened} == {
        (State.NOT_OBSERVABLE, Effect.WARN, True)
    }


@pytest.mark.parametrize(("layer", "preview"), [("network", True), ("storage", True), ("compute", False)])
def test_what_stands_on_nothing_missing_is_judged_for_good(layer: str, preview: bool) -> None:
    assert State.CONFORM in states(recorded(layer, preview=preview))


def test_a_plan_that_is_wrong_stays_wrong() -> None:
    changed = estate.estate_of()
    vm = changed["bubbles/warehouse/tiers/omop/1"]
    vm.properties["userData"] = "#cloud-config\npassword: hunter-2\n"
    session = runs.Session("emc2.outscale-sandbox.dev.compute", preview=True)
    found = session.resource(session.fact(vm.kind, vm.urn, vm.name, vm.properties, vm.provider))
    assert [one.rule for one in found if one.effect is Effect.BLOCK] == ["CPT-05"]


def test_the_console_says_it_once() -> None:
    part = runs.layer(estate.estate_of(), "compute")
    session = runs.Session("emc2.outscale-sandbox.dev.compute", preview=True)
    said: list[Finding] = [
        finding
        for one in part.resources.values()
        for finding in session.resource(session.fact(one.kind, one.urn, one.name, one.properties, one.provider))
    ]
    told = [one for one in said if "planned placeholders" in one.message]
    assert [one.rule for one in told] == [provisional.RULE]
    assert session.say(told[0]).startswith("provisional · Rempart · stacks/platforms/")
