"""The findings as CSV, for a spreadsheet: one line per finding. No cell of it is ever a formula."""

from __future__ import annotations

import csv
import io

from policies.catalogue.loader import Catalogue
from policies.report.model import Report

COLUMNS = (
    "requirements",
    "rule",
    "title",
    "subject",
    "state",
    "effect",
    "message",
    "location",
    "until",
    "record",
    "type",
    "urn",
    "stage",
    "basis",
    "as_of",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""First characters by which a spreadsheet takes a cell for a formula, or looks past to the next one."""


def render(report: Report, catalogue: Catalogue, language: str) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    basis = report.basis
    for one in report.findings:
        text = catalogue.rules.get(one.rule)
        row = (
            " ".join(one.requirements),
            one.rule,
            text.title.in_(language) if text else "",
            one.subject,
            str(one.state),
            str(one.effect),
            one.message,
            one.location,
            one.until or "",
            one.record or "",
            one.type,
            one.urn,
            one.stage,
            basis,
            report.as_of,
        )
        writer.writerow([cell(value) for value in row])
    return file.getvalue()


def cell(value: str) -> str:
    """`value` as text: an apostrophe in front of what a spreadsheet would run."""
    return f"'{value}" if value.lstrip(" \u00a0").startswith(FORMULA) else value
