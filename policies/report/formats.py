"""The report's formats by name: each is a function (report, catalogue, language) -> text."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

from policies.catalogue.loader import Catalogue
from policies.report.model import Report

MODULES: Mapping[str, str] = {
    "json": "document",
    "sarif": "sarif",
    "md": "markdown",
    "html": "html",
    "junit": "junit",
    "csv": "table",
    "oscal": "oscal",
    "codequality": "codequality",
}
LANGUAGES = ("en", "fr")


def render(name: str, report: Report, catalogue: Catalogue, language: str) -> str:
    """`name` is a key of `MODULES`; its module is imported when it is asked for."""
    text: str = importlib.import_module(f"policies.report.{MODULES[name]}").render(report, catalogue, language)
    return text
