"""What a provider's offer has, and what that is worth on a day."""

from __future__ import annotations

import datetime as dt
import pathlib

import pytest

from blueprint.errors import BlueprintErrors
from providers import capabilities
from providers.capabilities import Standing

OFFER = capabilities.load("outscale").offers["iaas-cloud-on-demand"]
TODAY = dt.date(2026, 11, 23)


def first_hand(**changes: object) -> capabilities.Qualification:
    assert OFFER.qualification is not None
    return OFFER.qualification.model_copy(update={"second_hand": False, "read_on": dt.date(2026, 11, 20), **changes})


@pytest.mark.parametrize(
    ("day", "standing", "warning"),
    [
        ("2023-11-29", Standing.NOT_YET, False),
        ("2026-11-22", Standing.QUALIFIED, True),
        ("2026-11-29", Standing.QUALIFIED, True),
        ("2026-11-30", Standing.QUALIFIED, True),
        ("2026-12-01", Standing.LAPSED, False),
    ],
)
def test_a_qualification_holds_from_its_first_day_to_its_last(day: str, standing: Standing, warning: bool) -> None:
    judged = first_hand().judge(dt.date.fromisoformat(day))
    assert (judged.standing, judged.warning) == (standing, warning)


@pytest.mark.parametrize(("left", "warning"), [(90, False), (89, True), (1, True)])
def test_it_warns_inside_the_last_ninety_days(left: int, warning: bool) -> None:
    day = dt.date(2026, 11, 30) - dt.timedelta(days=left)
    assert first_hand(read_on=day).judge(day).warning is warning


@pytest.mark.parametrize(
    ("age", "second_hand", "standing"),
    [(31, False, Standing.QUALIFIED), (32, False, Standing.EVIDENCE_REQUIRED), (0, True, Standing.EVIDENCE_REQUIRED)],
)
def test_an_old_or_second_hand_source_proves_nothing_by_itself(age: int, second_hand: bool, standing: Standing) -> None:
    read_on = TODAY - dt.timedelta(days=age)
    assert first_hand(read_on=read_on, second_hand=second_hand).judge(TODAY).standing is standing


@pytest.mark.parametrize("brick", ["network", "compute", "storage", "bastion"])
def test_the_bricks_of_this_wave_are_inside_the_decision(brick: str) -> None:
    assert OFFER.judge(brick, TODAY).until == dt.date(2026, 11, 30)


@pytest.mark.parametrize("brick", ["encryption", "kubernetes", "siem", "unheard-of"])
def test_what_is_outside_the_decision_is_never_qualified(brick: str) -> None:
    assert OFFER.judge(brick, TODAY).standing is Standing.UNQUALIFIED


def test_another_region_of_the_same_provider_is_not_qualified() -> None:
    other = capabilities.load("outscale").offers["iaas-eu-west-2"]
    assert other.judge("network", TODAY).standing is Standing.UNQUALIFIED


def test_what_is_missing_is_named_with_its_workaround() -> None:
    problems = capabilities.check(OFFER, ["network", "encryption", "iam", "kubernetes"], TODAY)
    assert [problem.brick for problem in problems] == ["encryption", "kubernetes"]
    assert "Accepted workaround: sovereign third-party key management" in str(problems[0])
    assert "2026-09-29" in str(problems[0])


def test_a_declared_workaround_is_no_problem() -> None:
    declared = ["sovereign third-party key management"]
    assert capabilities.check(OFFER, ["encryption"], TODAY, declared) == ()


def test_a_brick_of_which_nothing_is_said_is_a_problem() -> None:
    assert "says nothing" in str(capabilities.check(OFFER, ["quantum"], TODAY)[0])


def test_a_roadmap_counts_from_the_day_on_which_it_is_qualified() -> None:
    step = capabilities.Roadmap(
        date=dt.date(2027, 2, 1), becomes="native", qualified_from=dt.date(2027, 3, 1), source="s", confidence="high",
        assessor="a",
    )  # fmt: skip
    coming = OFFER.model_copy(
        update={"bricks": {"siem": OFFER.bricks["siem"].model_copy(update={"roadmap": (step,), "workaround": None})}}
    )
    before = capabilities.check(coming, ["siem"], dt.date(2027, 2, 28))
    assert "announced for 2027-02-01 (high confidence)" in str(before[0])
    assert capabilities.check(coming, ["siem"], dt.date(2027, 3, 1)) == ()


def test_a_mistake_in_the_file_has_a_line(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = capabilities.path("outscale").read_text(encoding="utf-8").replace("state: native", "state: magic", 1)
    line = 1 + text[: text.index("magic")].count("\n")
    (tmp_path / "capabilities.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(capabilities, "path", lambda provider: tmp_path / "capabilities.yaml")
    with pytest.raises(BlueprintErrors) as caught:
        capabilities.load.__wrapped__("wrong")
    assert f":{line}:" in str(caught.value)


def test_every_statement_has_a_source_and_a_day() -> None:
    for offer in capabilities.load("outscale").offers.values():
        for name, brick in offer.bricks.items():
            assert brick.source, name
            assert brick.read_on <= TODAY, name
