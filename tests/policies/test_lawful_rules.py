"""GOV-07 and the dates of law: in force on a day, never beyond it, and a person shows what no file can."""

from __future__ import annotations

import dataclasses
import datetime as dt
import pathlib
from typing import Any

import pytest

from blueprint import plan as plans
from blueprint.errors import BlueprintErrors
from policies.catalogue import legal
from policies.verdicts import Effect, Finding, State
from tests.policies import attesting, estate
from tests.policies.judging import judge_of, say_run

END = dt.date(2026, 12, 21)
DAY = dt.timedelta(1)
WAREHOUSE = "bubbles/warehouse"


def say(plan: plans.Plan | None = None, subject: str = WAREHOUSE, **changes: Any) -> Finding:
    found = say_run(judge_of(plan or estate.estate_of().plan, **changes), "GOV-07")
    return next(one for one in found if one.subject == subject)


def with_project(**changes: Any) -> plans.Plan:
    """EMC2 with another authorisation for its warehouse."""
    plan = estate.estate_of().plan
    bubbles = tuple(
        dataclasses.replace(bubble, project=dataclasses.replace(bubble.project, **changes))
        if bubble.subject == WAREHOUSE and bubble.project
        else bubble
        for bubble in plan.bubbles
    )
    return dataclasses.replace(plan, bubbles=bubbles)


def verified(**changes: Any) -> legal.Legal:
    """The register, with EMC2's authorisation read in the text itself."""
    kept = legal.load()
    text = kept.texts["cnil-2023-146"].model_copy(update={"confidence": "verified", "note": None, **changes})
    return kept.model_copy(update={"texts": {**kept.texts, "cnil-2023-146": text}})


def test_a_date_of_our_own_reading_needs_the_decision_itself() -> None:
    found = say()
    assert (found.state, found.effect, found.until) == (State.EVIDENCE_REQUIRED, Effect.WARN, "2026-12-21")
    assert "31 January 2027" in found.message
    assert say(simulated=False).effect is Effect.BLOCK


def test_the_decision_shown_is_accepted_until_its_end_at_most() -> None:
    record = attesting.evidence("GOV-07", "legal/cnil-2023-146", valid_until=dt.date(2027, 6, 1))
    judge = judge_of(estate.estate_of().plan, attesting.kept(record), simulated=False)
    found = next(one for one in say_run(judge, "GOV-07") if one.subject == WAREHOUSE)
    assert (found.state, found.until) == (State.EVIDENCE_ACCEPTED_UNTIL, "2026-12-21")


@pytest.mark.parametrize(
    ("as_of", "state", "effect"),
    [
        (END - 91 * DAY, State.CONFORM, Effect.PASS),
        (END - 90 * DAY, State.CONFORM, Effect.WARN),
        (END, State.CONFORM, Effect.WARN),
        (END + DAY, State.NON_CONFORM, Effect.BLOCK),
        (dt.date(2023, 12, 20), State.NON_CONFORM, Effect.BLOCK),
    ],
)
def test_the_last_day_is_valid_and_the_next_is_not(as_of: dt.date, state: State, effect: Effect) -> None:
    found = say(as_of=as_of, legal=verified())
    assert (found.state, found.effect) == (state, effect)


@pytest.mark.parametrize("end", [END + DAY, None])
def test_nothing_is_planned_beyond_the_authorisation(end: dt.date | None) -> None:
    found = say(with_project(end=end), legal=verified())
    assert (found.state, found.effect) == (State.NON_CONFORM, Effect.BLOCK)
    assert "planned beyond" in found.message


def test_a_repealed_authorisation_is_none() -> None:
    found = say(legal=verified(repealed=dt.date(2026, 11, 23)), as_of=dt.date(2026, 11, 23))
    assert found.state is State.NON_CONFORM


@pytest.mark.parametrize(
    ("authorisation", "state"),
    [
        ("cnil 2023-146, Study 4", State.CONFORM),
        ("CNIL 2023-1467", State.EVIDENCE_REQUIRED),
        ("not CNIL 2023-146", State.EVIDENCE_REQUIRED),
        ("  ", State.NON_CONFORM),
    ],
)
def test_an_authorisation_is_found_by_its_exact_name(authorisation: str, state: State) -> None:
    found = say(with_project(authorisation=authorisation), legal=verified(), as_of=dt.date(2025, 1, 1))
    assert found.state is state


def test_a_bubble_without_authorisation_is_refused() -> None:
    plan = estate.estate_of().plan
    bare = tuple(dataclasses.replace(bubble, project=None) for bubble in plan.bubbles)
    assert say(dataclasses.replace(plan, bubbles=bare)).state is State.NON_CONFORM


def test_papers_need_a_person_and_only_where_health_data_are() -> None:
    assert say(subject="legal/snds-homologation").state is State.EVIDENCE_REQUIRED
    plan = estate.estate_of().plan
    technical = tuple(dataclasses.replace(bubble, data_class="technical") for bubble in plan.bubbles)
    (found,) = say_run(judge_of(dataclasses.replace(plan, bubbles=technical)), "GOV-07")
    assert found.state is State.NOT_APPLICABLE


def test_horizons_tell_what_ends_in_order() -> None:
    changes = legal.load().changes(dt.date(2026, 9, 1), dt.date(2027, 2, 1))
    assert [(change.day, change.text, change.begins) for change in changes] == [
        (dt.date(2026, 9, 22), "fips-140-2", False),
        (END + DAY, "cnil-2023-146", False),
    ]
    assert legal.load().changes(END + DAY, END + DAY) == ()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("replaced_by: snds-2024", "replaced_by: snds-2030", "not described"),
        ("repealed: 2024-05-08", "repealed: 2017-03-24", "ends before it begins"),
        ("    cited_as: CNIL 2023-146\n", "", "cited_as"),
        ("kind: authorisation", "kind: rumour", "one of"),
        ("expiry: 2026-12-21", "expiry: soon", "expiry"),
    ],
)
def test_a_mistake_in_the_dates_has_a_line(tmp_path: pathlib.Path, old: str, new: str, says: str) -> None:
    text = (pathlib.Path(legal.__file__).parent / "legal.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "legal.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BlueprintErrors, match=r"legal\.yaml:\d+") as caught:
        legal.read(tmp_path / "legal.yaml")
    assert says in str(caught.value)


def test_every_text_is_sourced_and_read_on_a_day_that_was() -> None:
    for key, text in legal.load().texts.items():
        assert text.source.strip(), key
        assert text.read_on <= dt.date(2026, 11, 28), key
