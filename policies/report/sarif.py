"""The report as SARIF 2.1.0: what code-scanning tools read. Findings that pass or do not apply are left out."""

from __future__ import annotations

import hashlib
import pathlib
import urllib.parse
from typing import Any

from blueprint import indented
from policies.catalogue.loader import Catalogue
from policies.report.model import Report
from policies.verdicts import Effect, Finding, State

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(report: Report, catalogue: Catalogue, language: str) -> str:
    return indented.dumps(log(report, catalogue, language)) + "\n"


def log(report: Report, catalogue: Catalogue, language: str) -> dict[str, Any]:
    """One SARIF log with one run."""
    rules = list(catalogue.rules)
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver(catalogue, language)},
                "language": language,
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {"SRCROOT": {"description": {"text": "the folder of the project"}}},
                "invocations": [
                    {
                        "executionSuccessful": not report.problems,
                        "toolExecutionNotifications": [
                            {"level": "error", "message": {"text": problem}} for problem in report.problems
                        ],
                    }
                ],
                "results": [_result(one, rules) for one in report.findings if one.effect is not Effect.PASS],
                "properties": {
                    "simulated": report.simulated,
                    "platform": report.platform,
                    "environment": report.environment,
                    "target": report.target,
                    "asOf": report.as_of,
                    "asOfPinned": report.as_of_pinned,
                },
            }
        ],
    }


def _driver(catalogue: Catalogue, language: str) -> dict[str, Any]:
    return {
        "name": "rempart",
        "semanticVersion": "0.1.0",
        "rules": [
            {
                "id": identifier,
                "name": identifier.replace("-", ""),
                "shortDescription": {"text": text.title.in_(language)},
                "fullDescription": {"text": f"{text.objective.in_(language)}. {text.mechanism.in_(language)}."},
                "help": {"text": text.remedy.in_(language)},
                "defaultConfiguration": {"level": "error"},
                "properties": {
                    "requirements": list(text.requirements),
                    "references": list(text.references),
                    "severity": text.severity,
                },
            }
            for identifier, text in catalogue.rules.items()
        ],
    }


def place(location: str) -> tuple[str, int]:
    """(file, line) of `file:line`; of a place inside a plan (`plan.json#address`), the plan."""
    file, _, line = location.rpartition(":")
    if line.isdigit():
        return file, max(1, int(line))
    return location.partition("#")[0], 1


def _artifact(file: str) -> dict[str, str]:
    """A file of the project's folder, from there; another one by its own address. Either is a URI."""
    path = pathlib.PurePath(file)
    if path.is_absolute():
        return {"uri": path.as_uri()}
    return {"uri": urllib.parse.quote(file), "uriBaseId": "SRCROOT"}


def _result(finding: Finding, rules: list[str]) -> dict[str, Any]:
    file, line = place(finding.location)
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "kind": "fail",
        "level": "error" if finding.effect is Effect.BLOCK else "warning",
        "message": {"text": f"{finding.subject}: {finding.message} ({finding.state})"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": _artifact(file),
                    "region": {"startLine": line},
                },
                "logicalLocations": [{"fullyQualifiedName": finding.urn or finding.subject, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {
            "rempart/v1": hashlib.sha256(f"{finding.rule}\n{finding.subject}\n{finding.stage}".encode()).hexdigest()
        },
        "properties": {
            "state": str(finding.state),
            "subject": finding.subject,
            "requirements": list(finding.requirements),
            "until": finding.until,
        },
    }
    if finding.rule in rules:
        result["ruleIndex"] = rules.index(finding.rule)
    if finding.state in (State.EVIDENCE_ACCEPTED_UNTIL, State.WAIVED_UNTIL):
        kind = "waiver" if finding.state is State.WAIVED_UNTIL else "evidence"
        result["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted",
                "justification": f"{kind} {finding.record}, until {finding.until}",
            }
        ]
    return result
