"""The report as OSCAL assessment results: each disclosed requirement is a control, each rule and state an observation.

A control is satisfied only where the requirement is conform. Identifiers are made from what they name, so that two
reports on the same runs are the same document.
"""

from __future__ import annotations

import collections
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from blueprint import indented
from policies.catalogue.loader import Catalogue
from policies.report.model import Report
from policies.report.requirements import RequirementRow, by_requirement
from policies.verdicts import Finding, State

OSCAL_VERSION = "1.1.3"
NAMESPACE = uuid.UUID("6f1d8f5e-6f0c-5a55-9a0e-2f6b7e2c9d41")
PROPERTIES = "urn:rempart:oscal"


def render(report: Report, catalogue: Catalogue, language: str) -> str:
    return indented.dumps(results(report, catalogue, language)) + "\n"


def results(report: Report, catalogue: Catalogue, language: str) -> dict[str, Any]:
    """One OSCAL assessment-results document with one result."""
    name = f"{report.platform}/{report.environment}/{report.target}"
    when = max(run.time for run in report.runs)
    rows = [row for row in report.requirements if row.applicable]
    observed = list(_observations(report, catalogue, language, name))
    about = by_requirement(report.findings)
    result = {
        "uuid": _uuid(name, "result", when),
        "title": report.title or report.platform,
        "description": f"{report.basis}, as of {report.as_of}" + (" (pinned)" if report.as_of_pinned else ""),
        "start": when,
        "props": [
            _prop("basis", report.basis.replace(" ", "-")),
            _prop("as-of", report.as_of),
            _prop("complete", "false" if report.problems else "true"),
        ],
        "reviewed-controls": {
            "description": "The disclosed subset of the EMC2 catalogue.",
            "control-selections": [{"include-controls": [{"control-id": row.id.lower()} for row in rows]}],
        },
        "observations": observed,
        "findings": [_finding(row, about.get(row.id, ()), catalogue, language, name) for row in rows],
        **({"remarks": "\n\n".join(report.problems)} if report.problems else {}),
    }
    plan = _uuid(name, "plan")
    return {
        "assessment-results": {
            "uuid": _uuid(name, when),
            "metadata": {
                "title": f"Rempart: {report.title or report.platform}",
                "last-modified": when,
                "version": when,
                "oscal-version": OSCAL_VERSION,
            },
            "import-ap": {"href": f"#{plan}"},
            "results": [result],
            "back-matter": {
                "resources": [
                    {
                        "uuid": plan,
                        "title": "Rempart's catalogue of rules",
                        "description": "Rules, requirements and states, with the digest that each run stamps.",
                        "props": [
                            _prop("catalogue-digest", str(run.header.get("catalogue_digest", "")) or "none")
                            for run in report.runs[:1]
                        ],
                    }
                ]
            },
        }
    }


def _observations(report: Report, catalogue: Catalogue, language: str, name: str) -> Iterator[dict[str, Any]]:
    grouped: dict[tuple[str, State], list[Finding]] = collections.defaultdict(list)
    for one in report.findings:
        grouped[one.rule, one.state].append(one)
    when = max(run.time for run in report.runs)
    for (rule, state), found in sorted(grouped.items()):
        text = catalogue.rules.get(rule)
        title = text.title.in_(language) if text else rule
        made: dict[str, Any] = {
            "uuid": _observation(name, rule, state),
            "title": f"{rule} {title}",
            "description": f"{len(found)} × {catalogue.states[state].title.in_(language)}",
            "props": [_prop("rule", rule), _prop("state", str(state))],
            "methods": ["TEST"],
            "collected": when,
            "subjects": [
                {"subject-uuid": _uuid(name, "subject", subject), "type": "resource", "title": subject}
                for subject in dict.fromkeys(one.subject for one in found)
            ],
        }
        until = [one.until for one in found if one.until]
        if until:
            made["expires"] = f"{min(until)}T23:59:59Z"
        if state is not State.NOT_APPLICABLE:
            made["relevant-evidence"] = [
                {"description": f"{location}: {message}" if message else location}
                for location, message in dict.fromkeys((one.location, one.message) for one in found)
            ]
        yield made


def _finding(
    row: RequirementRow, about: Iterable[Finding], catalogue: Catalogue, language: str, name: str
) -> dict[str, Any]:
    observed = sorted({(one.rule, one.state) for one in about})
    text = catalogue.requirements[row.id]
    satisfied = row.state is State.CONFORM
    related = [{"observation-uuid": _observation(name, rule, state)} for rule, state in observed]
    return {
        "uuid": _uuid(name, "finding", row.id),
        "title": f"{row.id} {text.title.in_(language)}",
        "description": text.text.in_(language),
        "target": {
            "type": "objective-id",
            "target-id": row.id.lower(),
            "status": {
                "state": "satisfied" if satisfied else "not-satisfied",
                "reason": "pass" if satisfied else "fail",
            },
            "remarks": catalogue.states[row.state].meaning.in_(language),
        },
        **({"related-observations": related} if related else {}),
    }


def _observation(name: str, rule: str, state: State) -> str:
    return _uuid(name, "observation", rule, str(state))


def _prop(name: str, value: str) -> dict[str, str]:
    return {"name": name, "ns": PROPERTIES, "value": value}


def _uuid(*parts: str) -> str:
    return str(uuid.uuid5(NAMESPACE, "\n".join(parts)))
