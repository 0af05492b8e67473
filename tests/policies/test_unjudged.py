"""A rule that no function decides: each run answers for it once, by name, and never with a pass."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import pathlib

import pytest

from policies import judge as judging
from policies import lines as texts
from policies.catalogue import loader
from policies.catalogue.texts import Bilingual, Unjudged
from policies.judge import Judge
from policies.session import Session
from policies.verdicts import UNJUDGED, WITHOUT_FUNCTION, Effect, State
from tests.policies import attesting, estate, runs
from tests.policies.judging import judge_of

RULE = "NET-09"
WHY = Bilingual(fr="Aucun adaptateur ne le montre.", en="No adapter shows it.")
PLATFORM = "platforms/emc2"


def _without_function(state: str, level: str = "mandatory", **changes: object) -> Judge:
    """The estate's judge, with one rule whose function is missing and whose entry says so."""
    catalogue = loader.load()
    text = catalogue.rules[RULE].model_copy(update={"unjudged": Unjudged(state=state, why=WHY), "level": level})
    rules = {**catalogue.rules, RULE: text}
    pack = judge_of(estate.estate_of().plan, **changes)
    return dataclasses.replace(
        pack,
        catalogue=catalogue.model_copy(update={"rules": rules}),
        rules=tuple(rule for rule in pack.rules if rule.id != RULE),
    )


@pytest.mark.parametrize(
    ("state", "simulated", "effect"),
    [
        ("evidence_required", True, Effect.WARN),
        ("evidence_required", False, Effect.BLOCK),
        ("not_observable", True, Effect.BLOCK),
        ("not_observable", False, Effect.BLOCK),
    ],
)
def test_it_answers_its_state_with_the_reason(state: str, simulated: bool, effect: Effect) -> None:
    found = next(one for one in _without_function(state, simulated=simulated).unjudged() if one.rule == RULE)
    assert (found.state, found.effect, found.message) == (State(state), effect, WHY.en)
    assert (found.stage, found.subject) == (UNJUDGED, judging.RUN)


def test_one_about_a_brick_that_the_blueprint_does_not_need_does_not_apply() -> None:
    whole = estate.estate_of()
    found = {one.rule: one for one in judge_of(whole.plan).unjudged()}
    assert found["K8S-04"].state is State.NOT_APPLICABLE
    with_brick = dataclasses.replace(whole.plan, needs=(*whole.plan.needs, "kubernetes"))
    found = {one.rule: one for one in judge_of(with_brick).unjudged()}
    assert found["K8S-04"].state is State.EVIDENCE_REQUIRED


def test_an_advisory_one_never_blocks() -> None:
    pack = _without_function("evidence_required", "advisory", simulated=False)
    assert next(one for one in pack.unjudged() if one.rule == RULE).effect is Effect.WARN


def test_evidence_about_the_platform_decides_it_until_its_last_day() -> None:
    day = dt.date(2026, 11, 23)
    record = attesting.evidence(RULE, PLATFORM, valid_from=day, valid_until=day, simulated=True)
    for as_of, state in ((day, State.EVIDENCE_ACCEPTED_UNTIL), (day + dt.timedelta(1), State.EVIDENCE_REQUIRED)):
        pack = dataclasses.replace(_without_function("evidence_required", as_of=as_of), records=attesting.kept(record))
        assert next(one for one in pack.unjudged() if one.rule == RULE).state is state


def test_many_are_told_in_one_line_with_every_name() -> None:
    pack = _without_function("evidence_required")
    found = [dataclasses.replace(one, rule=f"X-{n:02}") for n in range(40) for one in pack.unjudged()[:1]]
    (line,) = judging.fold(found)
    assert line.message.startswith(WITHOUT_FUNCTION)
    assert all(f"X-{n:02}" in line.message for n in range(40))
    assert "policies/evidence" in texts.write(line, pack.catalogue)


def test_a_run_records_each_once(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs.settle(monkeypatch, tmp_path)
    monkeypatch.setattr(Session, "_prepare", _prepare_without(Session._prepare))
    session = runs.run(estate.estate_of(), "storage")
    lines = [json.loads(line) for line in session.recorder.path.read_text().splitlines()]
    told = [line["rule"] for line in lines if line.get("stage") == UNJUDGED]
    assert RULE in told
    assert len(told) == len(set(told))
    assert set(told) <= set(lines[0]["rules"])
    assert RULE in lines[-1]["rules"]


def _prepare_without(prepare):
    def prepared(session: Session) -> Judge:
        made, pack = prepare(session), _without_function("evidence_required")
        return dataclasses.replace(made, catalogue=pack.catalogue, rules=pack.rules)

    return prepared
