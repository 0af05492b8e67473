"""What changes in law, and when, is in every report that a person reads: today, in three months, in six."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import pathlib

import jsonschema
import markupsafe
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli import report as command
from policies.catalogue import legal
from policies.catalogue import loader as catalogues
from policies.catalogue.texts import Bilingual
from policies.report import document, formats, law, model, rates
from tests.policies import runs
from tests.policies.estate import estate_of

TODAY = dt.date(2026, 11, 23)
DAYS = [rates.later(TODAY, months) for months in rates.MONTHS]
CNIL = "cnil-2023-146"
"""The authorisation of EMC2: its last valid day is 21 December 2026."""


def text(**changes: object) -> legal.LegalText:
    base = {
        "kind": "law",
        "title": Bilingual(fr="Loi", en="Act"),
        "effective": dt.date(2020, 1, 1),
        "source": "a test",
        "read_on": TODAY,
        "second_hand": False,
        "confidence": "verified",
    }
    return legal.LegalText.model_validate({**base, **changes})


@pytest.mark.parametrize(
    ("changes", "forces", "on"),
    [
        ({}, ["in_force"] * 3, None),
        ({"effective": dt.date(2026, 11, 23)}, ["in_force"] * 3, None),
        ({"effective": dt.date(2026, 11, 24)}, ["not_yet", "in_force", "in_force"], "2026-11-24"),
        ({"effective": dt.date(2027, 2, 23)}, ["not_yet", "in_force", "in_force"], "2027-02-23"),
        ({"effective": dt.date(2027, 2, 24)}, ["not_yet", "not_yet", "in_force"], "2027-02-24"),
        ({"effective": dt.date(2027, 5, 24)}, ["not_yet"] * 3, None),
        ({"repealed": dt.date(2026, 11, 23)}, ["ended"] * 3, None),
        ({"repealed": dt.date(2027, 2, 23)}, ["in_force", "ended", "ended"], "2027-02-23"),
        ({"expiry": dt.date(2027, 2, 23)}, ["in_force", "in_force", "ended"], "2027-02-24"),
        (
            {"effective": dt.date(2026, 12, 1), "expiry": dt.date(2026, 12, 2)},
            ["not_yet", "ended", "ended"],
            "2026-12-01",
        ),
    ],
)
def test_a_text_on_the_three_days(changes: dict[str, dt.date], forces: list[str], on: str | None) -> None:
    (found,) = law.texts(legal.Legal(texts={"x": text(**changes)}), DAYS)
    assert [one.force for one in found.standings] == forces
    assert [one.date for one in found.standings] == ["2026-11-23", "2027-02-23", "2027-05-23"]
    assert (found.on, found.changes) == (on, on is not None)


def test_what_changes_comes_first_by_its_day() -> None:
    known = legal.Legal(
        texts={
            "steady": text(),
            "later": text(effective=dt.date(2027, 4, 1)),
            "sooner": text(expiry=dt.date(2026, 12, 31)),
            "over": text(repealed=dt.date(2024, 1, 1)),
        }
    )
    assert [one.text for one in law.texts(known, DAYS)] == ["sooner", "later", "steady", "over"]


@given(st.dates(dt.date(2000, 1, 1), dt.date(2040, 1, 1)))
def test_a_report_shows_the_changes_that_the_catalogue_knows_of_and_no_other(today: dt.date) -> None:
    known, days = legal.load(), [rates.later(today, months) for months in rates.MONTHS]
    shown = {one.text for one in law.texts(known, days) if one.changes}
    assert shown == {change.text for change in known.changes(today, days[-1])}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> model.Report:
    with pytest.MonkeyPatch.context() as patch:
        runs.settle(patch, tmp_path_factory.mktemp("state"))
        runs.run(estate_of(), "storage")
        return model.merge(command.folders("emc2.outscale-sandbox.dev"))


def written(report: model.Report, name: str, language: str) -> str:
    return formats.render(name, report, catalogues.load(), language)


def test_the_end_of_the_authorisation_is_the_first_thing_that_a_report_of_emc2_says(report: model.Report) -> None:
    first = report.law[0]
    assert (first.text, first.on, first.ends) == (CNIL, "2026-12-22", "2026-12-22")
    assert [one.force for one in first.standings] == ["in_force", "ended", "ended"]
    assert {one.text for one in report.law} == set(legal.load().texts)


@pytest.mark.parametrize(
    ("language", "heading", "force"),
    [
        ("fr", "Droit et décisions : ce qui change, et quand", "| en vigueur | sans effet | sans effet |"),
        ("en", "Law and decisions: what changes, and when", "| in force | without force | without force |"),
    ],
)
def test_markdown_says_what_changes_and_when(report: model.Report, language: str, heading: str, force: str) -> None:
    made = written(report, "md", language)
    section = made.split(f"### {heading.replace(' :', chr(0xA0) + ':')}\n")[1]
    (line,) = [one for one in section.splitlines() if "2023-146" in one]
    assert "| 2026-12-22 |" in line
    assert line.endswith(force)
    assert "SecNumCloud 3.2" not in section, "what stays as it is would fill the screen"


def test_markdown_says_that_nothing_changes_too(report: model.Report) -> None:
    steady = dataclasses.replace(report, law=tuple(one for one in report.law if not one.changes))
    assert "No text begins or ends by 2027-05-23." in written(steady, "md", "en")
    assert "Aucun texte ne commence ni ne finit d\u2019ici au 2027-05-23." in written(steady, "md", "fr")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_page_shows_each_text_on_each_day_in_both_languages(report: model.Report, language: str) -> None:
    made = written(report, "html", language)
    section = made.split('<section id="law"')[1].split("</section>")[0]
    assert 'href="#law"' in made
    band = section.split('class="band"')[1].split("</p>")[0]
    assert '<time datetime="2026-12-22">' in band
    assert "without force from" in band
    assert "sans effet à partir du" in band
    titles = [title for one in legal.load().texts.values() for title in (one.title.fr, one.title.en)]
    for title in titles:
        assert str(markupsafe.escape(title)) in section, title
    assert section.count('<tr class="turns">') == sum(one.changes for one in report.law) == 1
    assert section.count("→") == sum(one.replaced_by is not None for one in report.law) > 0
    assert section.count('class="force is-') == 3 * len(report.law)
    assert section.count("is-ended") == sum(one.force == "ended" for each in report.law for one in each.standings) > 0


def test_json_has_them_under_the_published_schema(report: model.Report) -> None:
    made = json.loads(written(report, "json", "en"))
    schema = json.loads(pathlib.Path(document.PATH).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(made)
    assert made["law"][0]["text"] == CNIL
    assert made["law"][0]["title"]["en"].startswith("CNIL deliberation 2023-146")
    assert made["law"][0]["standings"][1] == {"date": "2027-02-23", "force": "ended"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate({**made, "law": [{**made["law"][0], "ends": 2026}]})
