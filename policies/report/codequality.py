"""The report as a list of GitLab's code quality issues: what asks for attention, beside the lines of a merge request.

An issue has a `description`, a `check_name`, a `fingerprint`, a `severity` and a `location` (`path`, `lines.begin`), as
GitLab's documentation of code quality reports says. It takes issues of one fingerprint for one, and shows it beside its
line where the path is one of the repository's.
"""

from __future__ import annotations

import hashlib
from typing import Any

from blueprint import indented
from policies.catalogue.loader import Catalogue
from policies.report.model import Report
from policies.report.sarif import place
from policies.verdicts import Effect, Finding

SEVERITIES = {"critical": "critical", "high": "major", "medium": "minor"}
"""The catalogue's word -> GitLab's, of what blocks; what only warns is `info`."""


def render(report: Report, catalogue: Catalogue, language: str) -> str:
    return indented.dumps(issues(report, catalogue, language)) + "\n"


def issues(report: Report, catalogue: Catalogue, language: str) -> list[dict[str, Any]]:
    """What rules of the run ask is asked in each layer: the same answer is one issue, at its worst."""
    loud = sorted((one for one in report.findings if one.effect is not Effect.PASS), key=_warns)
    found = [_issue(one, catalogue, language) for one in loud] + [_incomplete(problem) for problem in report.problems]
    return list({one["fingerprint"]: one for one in reversed(found)}.values())[::-1]


def _warns(finding: Finding) -> bool:
    return finding.effect is not Effect.BLOCK


def _issue(finding: Finding, catalogue: Catalogue, language: str) -> dict[str, Any]:
    text = catalogue.rules.get(finding.rule)
    title = f"{text.title.in_(language)}. " if text else ""
    severity = SEVERITIES.get(text.severity, "major") if text else "major"
    file, line = place(finding.location)
    same = (finding.rule, finding.subject, finding.urn or "", finding.stage, finding.message)
    return {
        "description": f"{finding.rule} {title}{finding.subject}: {finding.message} ({finding.state})",
        "check_name": finding.rule,
        "fingerprint": hashlib.sha256("\n".join(same).encode()).hexdigest(),
        "severity": severity if finding.effect is Effect.BLOCK else "info",
        "location": {"path": file.removeprefix("./"), "lines": {"begin": line}},
    }


def _incomplete(problem: str) -> dict[str, Any]:
    """What makes the report incomplete is the worst: what it would say of the rest, nobody knows."""
    return {
        "description": problem,
        "check_name": "complete",
        "fingerprint": hashlib.sha256(problem.encode()).hexdigest(),
        "severity": "blocker",
        "location": {"path": ".", "lines": {"begin": 1}},
    }
