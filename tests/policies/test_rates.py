"""Rates: what counts, what does not, and what time does to them."""

from __future__ import annotations

import datetime as dt
import pathlib

import pytest

from cli import report as command
from policies.catalogue import loader as catalogues
from policies.report import model, rates
from policies.verdicts import Effect, Finding, State
from providers import capabilities
from providers.capabilities import Brick, Offer, Qualification, Roadmap, Workaround
from tests.policies import runs
from tests.policies.estate import estate_of

DAY = dt.date(2026, 10, 1)
REAL = catalogues.load()
WHOLE = REAL.requirements["F-066"].model_copy(update={"coverage": "full"})
CATALOGUE = REAL.model_copy(update={"requirements": {**REAL.requirements, "F-066": WHOLE}})
"""With one requirement that rules judge whole, whatever the real ones are by now."""
SOURCE = {"source": "test", "read_on": DAY}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> model.Report:
    with pytest.MonkeyPatch.context() as patch:
        runs.settle(patch, tmp_path_factory.mktemp("state"))
        for layer in runs.LAYERS:
            runs.run(estate_of(), layer)
        return model.merge(command.folders("emc2.outscale-sandbox.dev"))


def offer(valid_until: dt.date | None = dt.date(2027, 12, 31), **bricks: Brick) -> Offer:
    qualification = valid_until and Qualification(
        scheme="SecNumCloud",
        version="3.2",
        decision="1",
        valid_from=dt.date(2025, 1, 1),
        valid_until=valid_until,
        second_hand=False,
        **SOURCE,
    )
    return Offer(
        name="o", provider="p", region="r", azs=("a",), country="FR", qualification=qualification or None, bricks=bricks
    )


def brick(**more: object) -> Brick:
    return Brick.model_validate({"state": "native", "declared": "conform", "qualified": True, **SOURCE, **more})


def finding(rule: str, state: State, until: str | None = None, record: str | None = None) -> Finding:
    return Finding(rule, "s", state, Effect.PASS, "", "", "", "a:1", ("F-066",), "resource", until=until, record=record)


def test_today_is_counted_as_the_requirements_stand(report: model.Report) -> None:
    assert report.horizons[0].months == 0
    assert report.horizons[0].date == report.as_of
    assert report.today.all.conform == sum(row.state is State.CONFORM for row in report.requirements)
    for horizon in report.horizons:
        for one in (horizon.judged, horizon.declared):
            assert one is not None
            assert one.all.n == sum(rate.n for rate in one.by_type) == sum(rate.n for rate in one.by_brick)
            assert one.all.conform + one.all.workaround <= one.all.n <= 10


def test_nothing_is_conform_on_a_brick_whose_qualification_has_ended(report: model.Report) -> None:
    """Decision 2118 ends a week after the day that the target pins."""
    today, in_three, in_six = report.horizons
    assert today.declared is not None
    assert today.declared.all.conform > 0
    known = capabilities.load("outscale").offers["iaas-cloud-on-demand"]
    for later in (in_three, in_six):
        assert "2118" in {one.name for one in later.changes}
        for rated in (later.judged, later.declared):
            assert rated is not None
            for identifier, state in rated.states.items():
                text = CATALOGUE.requirements[identifier]
                if text.applicable and known.bricks[text.brick].qualified and state is not State.NOT_APPLICABLE:
                    assert state is State.NON_CONFORM, identifier
            assert rated.all.conform == 0


def test_the_last_valid_day_still_counts() -> None:
    its = offer(dt.date(2027, 1, 1), compute=brick())
    found = [finding(rule, State.CONFORM) for rule, text in CATALOGUE.rules.items() if "F-066" in text.requirements]
    assert [one.judged.states["F-066"] for one in rates.horizons(found, its, DAY, CATALOGUE)] == [
        State.CONFORM,
        State.CONFORM,
        State.NON_CONFORM,
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (State.WAIVED_UNTIL, State.NON_CONFORM),
        (State.EVIDENCE_ACCEPTED_UNTIL, State.EVIDENCE_REQUIRED),
        (State.WORKAROUND_ACCEPTED, State.NON_CONFORM),
        (State.CONFORM, State.NON_CONFORM),
    ],
)
def test_what_was_accepted_until_a_day_is_not_accepted_after_it(before: State, after: State) -> None:
    found = [finding("SOV-03", before, "2026-12-31", "w1")]
    states = [one.judged.states["F-066"] for one in rates.horizons(found, None, DAY, CATALOGUE)]
    assert states == [before, after, after]
    changes = rates.horizons(found, None, DAY, CATALOGUE)[1].changes
    assert [(one.kind, one.name, one.what) for one in changes] == [("record", "SOV-03", "w1")]


def test_a_term_of_law_is_said_by_what_rests_on_it() -> None:
    found = [finding("SOV-03", State.CONFORM, "2026-12-31")]
    changes = rates.horizons(found, None, DAY, CATALOGUE)[1].changes
    assert [(one.kind, one.date, one.what, one.name) for one in changes] == [("term", "2026-12-31", "s", "SOV-03")]


def test_only_conform_counts_and_workarounds_are_a_rate_of_their_own() -> None:
    rate = rates.rate("x", [State.CONFORM, State.WORKAROUND_ACCEPTED, *(one for one in State if one != "conform")])
    assert (rate.conform, rate.workaround, rate.n) == (1, 2, 9)
    assert rates.share(rate) == "1/9 (+ 2)"


def test_an_announcement_moves_what_is_declared_and_never_what_was_judged() -> None:
    step = Roadmap(
        date=dt.date(2026, 12, 1),
        becomes="native",
        qualified_from=dt.date(2026, 12, 15),
        source="test",
        confidence="low",
        assessor="someone",
    )
    its = offer(iam=brick(state="absent", declared="non_conform", qualified=False, roadmap=(step,)))
    found = [finding(rule, State.NON_CONFORM) for rule in CATALOGUE.rules]
    today, in_three, _ = rates.horizons(found, its, DAY, CATALOGUE)
    assert today.declared is not None
    assert in_three.declared is not None
    assert today.declared.states["F-068"] is State.NON_CONFORM
    assert in_three.declared.states["F-068"] is State.CONFORM
    assert in_three.judged.all.conform == 0
    assert ("roadmap", "iam") in {(one.kind, one.name) for one in in_three.changes}


def test_a_native_service_that_is_not_in_the_decision_is_not_conform() -> None:
    step = Roadmap(date=DAY, becomes="native", source="test", confidence="high", assessor="someone")
    its = offer(iam=brick(state="absent", declared="non_conform", qualified=False, roadmap=(step,)))
    declared = rates.horizons([], its, DAY, CATALOGUE)[0].declared
    assert declared is not None
    assert declared.states["F-068"] is State.NON_CONFORM


def test_a_declared_workaround_counts_for_its_requirement_only() -> None:
    worked = Workaround.model_validate(
        {
            "requirement": "F-068",
            "name": "w",
            "impact": {"security": "s", "functional": "f"},
            "complexity": "complex",
        }
    )
    its = offer(iam=brick(declared="partial", workaround=worked))
    declared = rates.horizons([], its, DAY, CATALOGUE)[0].declared
    assert declared is not None
    assert declared.states["F-068"] is State.WORKAROUND_ACCEPTED
    assert declared.states["F-002"] is State.NON_CONFORM


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [("2026-11-30", 3, "2027-02-28"), ("2026-11-23", 3, "2027-02-23"), ("2027-08-31", 6, "2028-02-29")],
)
def test_months_later_is_a_day_that_exists(day: str, months: int, then: str) -> None:
    assert rates.later(dt.date.fromisoformat(day), months) == dt.date.fromisoformat(then)


def test_an_offer_without_a_capability_file_declares_nothing(tmp_path: pathlib.Path) -> None:
    assert [one.declared for one in rates.horizons([], None, DAY, CATALOGUE)] == [None, None, None]
