"""Each format says the same findings, is valid where a schema exists, and takes nothing for mark-up."""

from __future__ import annotations

import csv
import io
import json
import pathlib
import xml.etree.ElementTree as xml
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st

from cli import report as command
from policies.catalogue import loader as catalogues
from policies.report import codequality, document, fold, formats, junit, markdown, model, sarif, table
from policies.verdicts import Effect, Finding, State
from tests.policies import runs
from tests.policies.estate import Estate, estate_of

SCHEMAS = pathlib.Path(__file__).parent / "schemas"
EVIL = "=HYPERLINK(1)|<b>`@all` [x](y)\x01"


def judged(estate: Estate, folder: pathlib.Path) -> model.Report:
    with pytest.MonkeyPatch.context() as patch:
        runs.settle(patch, folder)
        for layer in runs.LAYERS:
            runs.run(estate, layer)
        return model.merge(command.folders(f"{estate.plan.platform}.outscale-sandbox.dev"))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> model.Report:
    """A platform with a violation, and one resource whose name tries to be more than a name."""
    estate = estate_of("open-admin-port")
    stack = estate["stack"]
    estate.resources[EVIL] = stack.__class__("x:index:Y", EVIL, {}, {})
    return judged(estate, tmp_path_factory.mktemp("state"))


def text(report: model.Report, name: str, language: str = "en") -> str:
    return formats.render(name, report, catalogues.load(), language)


def test_the_published_schema_is_the_one_of_today() -> None:
    assert document.PATH.read_text(encoding="utf-8") == document.schema(), (
        "`python -m policies.report.document` writes it again"
    )


def test_json_keeps_to_the_published_schema_and_holds_every_finding_once(report: model.Report) -> None:
    made = json.loads(text(report, "json"))
    schema = json.loads(document.PATH.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(made)
    assert len(made["findings"]) == len(report.findings)
    assert sum(made["states"].values()) == len(report.findings)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate({**made, "invented": 1})


@pytest.mark.parametrize("language", ["en", "fr"])
def test_sarif_is_valid_sarif(report: model.Report, language: str) -> None:
    schema = json.loads((SCHEMAS / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
    made = json.loads(text(report, "sarif", language))
    jsonschema.Draft4Validator(schema).validate(made)
    assert len(made["runs"][0]["results"]) == sum(one.effect is not Effect.PASS for one in report.findings)


@pytest.mark.parametrize(
    ("location", "artifact", "line"),
    [
        ("stacks/platforms/emc2.yaml:12", {"uri": "stacks/platforms/emc2.yaml", "uriBaseId": "SRCROOT"}, 12),
        ("my files/a#b%.tf:3", {"uri": "my%20files/a%23b%25.tf", "uriBaseId": "SRCROOT"}, 3),
        ("/srv/own platforms/x.yaml:0", {"uri": "file:///srv/own%20platforms/x.yaml"}, 1),
        ('plan.json#outscale_vm.x["a"]', {"uri": "plan.json", "uriBaseId": "SRCROOT"}, 1),
    ],
)
def test_a_place_is_a_uri_whatever_its_name(location: str, artifact: dict[str, str], line: int) -> None:
    file, found = sarif.place(location)
    assert (sarif._artifact(file), found) == (artifact, line)


def test_code_quality_is_what_gitlab_reads_and_tells_each_issue_apart(report: model.Report) -> None:
    made = json.loads(text(report, "codequality"))
    loud = [one for one in report.findings if one.effect is not Effect.PASS]
    assert len(made) < len(loud), "what is asked in each layer is one issue"
    said = {f"{one.rule} {one.subject} {one.message}" for one in loud}
    assert len(said) <= len(made) - len(report.problems)
    for one in made:
        assert set(one) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert one["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert one["location"]["path"] and not one["location"]["path"].startswith("./")
        assert one["location"]["lines"]["begin"] >= 1
    assert {one["severity"] for one in made} - {"info"} <= {*codequality.SEVERITIES.values(), "blocker"}
    assert len({one["fingerprint"] for one in made}) == len(made)
    blocked = {(one.rule, one.subject, one.message) for one in loud if one.effect is Effect.BLOCK}
    worse = [one for one in made if one["severity"] not in ("info", "blocker")]
    for rule, subject, message in blocked:
        assert any(one["check_name"] == rule and f"{subject}: {message}" in one["description"] for one in worse)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_junit_is_valid_and_only_a_conform_finding_is_green(report: model.Report, language: str) -> None:
    made = text(report, "junit", language)
    xmlschema.XMLSchema(str(SCHEMAS / "junit-10.xsd")).validate(made)
    cases = list(xml.fromstring(made).iter("testcase"))
    assert len(cases) == len(report.findings)
    green = [case for case in cases if not list(case)]
    assert len(green) == sum(one.state is State.CONFORM and one.effect is Effect.PASS for one in report.findings)
    failed = [case for case in cases if case.find("failure") is not None]
    assert len(failed) == sum(one.effect is Effect.BLOCK for one in report.findings) > 0


def test_junit_shows_an_incomplete_report_as_an_error(tmp_path: pathlib.Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        runs.settle(patch, tmp_path)
        runs.run(estate_of(), "storage", end=False)
        made = text(model.merge(command.folders("emc2.outscale-sandbox.dev")), "junit")
    (case,) = [one for one in xml.fromstring(made).iter("testcase") if one.get("classname") == "report"]
    assert case.find("error") is not None


def test_csv_has_a_line_per_finding_and_no_formula(report: model.Report) -> None:
    rows = list(csv.DictReader(io.StringIO(text(report, "csv"))))
    assert len(rows) == len(report.findings)
    assert [row["state"] for row in rows] == [str(one.state) for one in report.findings]
    for row in rows:
        for value in row.values():
            assert not value.lstrip().startswith(table.FORMULA)
    assert any(row["subject"] == f"'{EVIL}" for row in rows)


@given(st.text())
def test_no_cell_is_ever_a_formula(value: str) -> None:
    made = table.cell(value)
    assert not made.lstrip(" \u00a0").startswith(table.FORMULA)
    assert made.endswith(value)


@given(st.text())
def test_markdown_keeps_text_text(value: str) -> None:
    made = markdown.escape(value)
    assert "\n" not in made
    for position, sign in enumerate(made):
        if sign in "`*_{}[]<>#|~!@&":
            assert made[position - 1] == "\\"


@pytest.mark.parametrize(("language", "says"), [("en", "Refused"), ("fr", "Refusé")])
def test_markdown_is_one_screen_that_says_what_is_refused(report: model.Report, language: str, says: str) -> None:
    made = text(report, "md", language)
    assert f"**{says}**" in made
    assert "open to 0.0.0.0/0" in made
    assert "open-admin-port.yaml:" in made
    assert "<b>" not in made
    assert "Simul" in made
    assert len(made.splitlines()) * 2 < len(fold.loud(report.findings))


@given(st.text())
def test_junit_is_xml_whatever_a_message_holds(value: str) -> None:
    element = xml.Element("x", message=junit.clean(value))
    xml.fromstring(xml.tostring(element))


def alike(count: int) -> Iterator[Finding]:
    common: dict[str, Any] = {"state": State.NON_CONFORM, "effect": Effect.BLOCK, "urn": "", "type": "", "stage": "x"}
    for number in range(count):
        yield Finding(
            rule="NET-04",
            subject=f"flows/f{number}",
            message=f"port {number} of `z{number}` is open",
            location=f"a.yaml:{number}",
            requirements=("F-003", "F-070"),
            **common,
        )
    yield Finding("STO-01", "b", message="public", location="a.yaml:1", requirements=(), **common)


def test_a_thousand_findings_that_say_the_same_are_one_line() -> None:
    groups = fold.group(alike(1000))
    assert [(group.requirement, len(group.folds)) for group in groups] == [("F-003", 1), ("Rempart", 1)]
    assert len(groups[0].folds[0].findings) == 1000
    assert fold.some(groups[0].folds[0].subjects, 2) == "flows/f0, flows/f1 and 998 more"


def test_the_terminal_groups_by_requirement_then_rule(report: model.Report) -> None:
    lines = [line.plain for line in command.attention(report, "en")]
    assert len(lines) * 3 < len(fold.loud(report.findings))
    assert len(lines) == len(set(lines))
    heads = [line for line in lines if not line.startswith("  ")]
    assert len(heads) == len(set(heads))
    assert any(line.startswith("  NET-04 non-conform") for line in lines)


def test_every_blocking_finding_is_counted_in_the_fold(report: model.Report) -> None:
    folded = sum(len(one.findings) for group in fold.group(fold.loud(report.findings)) for one in group.folds)
    assert folded == len(fold.loud(report.findings))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_oscal_is_read_by_trestle_and_only_conform_is_satisfied(report: model.Report, language: str) -> None:
    from trestle.oscal.assessment_results import Model

    made = json.loads(text(report, "oscal", language))
    read = Model.parse_obj(made).assessment_results
    (result,) = read.results
    satisfied = {one.target.target_id: str(one.target.status.state.value) for one in result.findings}
    assert satisfied == {
        row.id.lower(): "satisfied" if row.state is State.CONFORM else "not-satisfied"
        for row in report.requirements
        if row.applicable
    }
    observations = {one.uuid for one in result.observations}
    for one in result.findings:
        assert {related.observation_uuid for related in one.related_observations or ()} <= observations
    assert made == json.loads(text(report, "oscal", language))
