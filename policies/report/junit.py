"""The report as JUnit XML, which every CI shows: one suite per rule, one case per finding.

What blocks is a failure, a rule that broke is an error, what passes only by a human decision or does not apply is
skipped with the reason: a green case is a conform finding and nothing else. What makes the report incomplete is an
error of a suite of its own.
"""

from __future__ import annotations

import collections
import re
import xml.etree.ElementTree as xml
from collections.abc import Sequence

from policies.catalogue.loader import Catalogue
from policies.report.model import Report
from policies.verdicts import Effect, Finding, State

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_GREEN = (State.CONFORM, State.WORKAROUND_ACCEPTED)


def render(report: Report, catalogue: Catalogue, language: str) -> str:
    root = xml.Element("testsuites", name="rempart")
    by_rule: dict[str, list[Finding]] = collections.defaultdict(list)
    for one in report.findings:
        by_rule[one.rule].append(one)
    for row in report.rows:
        title = catalogue.rules[row.rule].title.in_(language) if row.rule in catalogue.rules else row.rule
        _suite(root, f"{row.rule} {title}", [_case(one) for one in by_rule[row.rule]], report)
    if report.problems:
        _suite(root, "complete", [_problem(problem) for problem in report.problems], report)
    xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(root, encoding="unicode") + "\n"


def _suite(root: xml.Element, name: str, cases: Sequence[xml.Element], report: Report) -> None:
    def count(kind: str) -> str:
        return str(sum(case.find(kind) is not None for case in cases))

    suite = xml.SubElement(
        root,
        "testsuite",
        name=clean(name),
        tests=str(len(cases)),
        failures=count("failure"),
        errors=count("error"),
        skipped=count("skipped"),
    )
    properties = xml.SubElement(suite, "properties")
    for key, value in (
        ("platform", report.platform),
        ("environment", report.environment),
        ("target", report.target),
        ("basis", report.basis),
        ("as_of", report.as_of),
    ):
        xml.SubElement(properties, "property", name=key, value=clean(value))
    suite.extend(cases)


def _case(finding: Finding) -> xml.Element:
    where = f" ({finding.urn.rpartition('::')[2]})" if finding.urn and finding.urn != finding.subject else ""
    case = xml.Element("testcase", name=clean(finding.subject + where), classname=clean(finding.rule))
    text = f"{finding.location}: {finding.message} ({finding.state})"
    if finding.fault:
        xml.SubElement(case, "error", type=str(finding.state), message=clean(finding.message)).text = clean(text)
    elif finding.effect is Effect.BLOCK:
        xml.SubElement(case, "failure", type=str(finding.state), message=clean(finding.message)).text = clean(text)
    elif finding.effect is Effect.WARN or finding.state not in _GREEN:
        xml.SubElement(case, "skipped", type=str(finding.state), message=clean(finding.message or finding.state))
    return case


def _problem(problem: str) -> xml.Element:
    case = xml.Element("testcase", name=clean(problem), classname="report")
    xml.SubElement(case, "error", type="incomplete", message=clean(problem))
    return case


def clean(text: str) -> str:
    """Without what XML 1.0 cannot hold."""
    return _NO_XML.sub("\ufffd", text)
