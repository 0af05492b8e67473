"""The report as JSON: a published shape, `report.schema.json`. `python -m policies.report.document` writes the schema.

A new field is a minor change. A field that goes, or that means something else, changes `format`.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
from collections.abc import Mapping
from typing import Any, Literal

from blueprint import indented
from blueprint.model import Model
from policies.catalogue.loader import Catalogue
from policies.catalogue.texts import Bilingual
from policies.report import law, model
from policies.verdicts import Effect, State

FORMAT: Literal["rempart-report/1"] = "rempart-report/1"
PATH = pathlib.Path(__file__).resolve().parent / "report.schema.json"


class Finding(Model):
    """One rule applied to one subject."""

    rule: str
    requirements: tuple[str, ...]
    subject: str
    state: State
    effect: Effect
    message: str
    """Never holds a value that may be secret: names and paths only."""
    location: str
    """`file:line`, relative to the project."""
    type: str
    urn: str
    stage: str
    pending: bool
    fault: bool
    until: str | None
    record: str | None
    scope: str
    """What one record of evidence may be about instead of this subject alone; empty where nothing else will do."""


class Rule(Model):
    rule: str
    states: dict[State, int]


class Requirement(Model):
    id: str
    type: str
    brick: str
    applicable: bool
    coverage: str
    state: State
    judged: bool
    rules: tuple[str, ...]
    states: dict[State, int]


class Rate(Model):
    """Of `n` applicable requirements of the disclosed subset."""

    name: str
    n: int
    conform: int
    workaround: int


class Rates(Model):
    basis: Literal["judged", "declared"]
    all: Rate
    by_type: tuple[Rate, ...]
    by_brick: tuple[Rate, ...]
    states: dict[str, State]


class Change(Model):
    kind: Literal["qualification", "record", "roadmap", "term"]
    date: str
    what: str
    name: str


class Horizon(Model):
    months: int
    date: str
    judged: Rates
    declared: Rates | None
    changes: tuple[Change, ...]


class Said(Model):
    fr: str
    en: str


class Standing(Model):
    date: str
    force: Literal["in_force", "not_yet", "ended"]


class Law(Model):
    """A text or a decision on the days of the horizons; `ends` is the first day without force."""

    text: str
    title: Said
    effective: str
    ends: str | None
    replaced_by: str | None
    note: Said | None
    source: str
    read_on: str
    second_hand: bool
    standings: tuple[Standing, ...]


class Run(Model):
    stack: str
    layer: str
    operation: str
    time: str
    complete: bool
    silent: tuple[str, ...]
    findings: int
    header: dict[str, Any]


class Document(Model):
    """A whole report."""

    format: Literal["rempart-report/1"]
    kind: Literal["disclosed subset"]
    """Which part of the EMC2 catalogue the rates are about."""
    platform: str
    title: str
    environment: str
    target: str
    simulated: bool
    basis: str
    as_of: str
    as_of_pinned: bool
    effect: Effect
    exit_code: int
    states: dict[State, int]
    problems: tuple[str, ...]
    runs: tuple[Run, ...]
    requirements: tuple[Requirement, ...]
    rows: tuple[Rule, ...]
    horizons: tuple[Horizon, ...]
    law: tuple[Law, ...]
    findings: tuple[Finding, ...]


def document(report: model.Report, catalogue: Catalogue) -> dict[str, Any]:
    """The report as plain data; every finding is in `findings` once."""
    return {
        "format": FORMAT,
        "kind": "disclosed subset",
        "platform": report.platform,
        "title": report.title,
        "environment": report.environment,
        "target": report.target,
        "simulated": report.simulated,
        "basis": report.basis,
        "as_of": report.as_of,
        "as_of_pinned": report.as_of_pinned,
        "effect": str(report.effect),
        "exit_code": report.exit_code(catalogue),
        "states": _named(dict(sorted(report.states.items()))),
        "problems": list(report.problems),
        "runs": [_run(one) for one in report.runs],
        "requirements": [
            {
                **_named(dataclasses.asdict(one)),
                "type": catalogue.requirements[one.id].type,
                "brick": catalogue.requirements[one.id].brick,
            }
            for one in report.requirements
        ],
        "rows": [_named(dataclasses.asdict(one)) for one in report.rows],
        "horizons": [_named(dataclasses.asdict(one)) for one in report.horizons],
        "law": [_law(one) for one in report.law],
        "findings": [{**one.flat(), "requirements": list(one.requirements)} for one in report.findings],
    }


def render(report: model.Report, catalogue: Catalogue, language: str) -> str:  # noqa: ARG001 - data has no language
    return indented.dumps(document(report, catalogue)) + "\n"


def schema() -> str:
    """The schema as it must stand in the file."""
    made = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Document.model_json_schema(mode="serialization"),
        "title": "Rempart report",
    }
    return json.dumps(made, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _law(text: law.Text) -> dict[str, Any]:
    made = dataclasses.asdict(text)
    return {**made, "title": _said(text.title), "note": _said(text.note) if text.note else None}


def _said(text: Bilingual) -> dict[str, str]:
    return {"fr": text.fr, "en": text.en}


def _run(run: model.Run) -> dict[str, Any]:
    kept = {field.name: getattr(run, field.name) for field in dataclasses.fields(run)}
    return _named({**kept, "findings": len(run.findings)})


def _named(values: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return _named(value)
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


if __name__ == "__main__":
    PATH.write_text(schema(), encoding="utf-8")
