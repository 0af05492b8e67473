"""The report as one HTML page, in French and in English, that needs no network: what a security reviewer reads."""

from __future__ import annotations

import collections
import pathlib
from typing import Any

import jinja2
import markupsafe

from policies.catalogue.loader import Bilingual, Catalogue
from policies.report.model import WORST_FIRST, Report
from policies.verdicts import Effect, Finding, State

_TYPES = {
    "functional": Bilingual(fr="fonctionnelles", en="functional"),
    "regulatory": Bilingual(fr="réglementaires", en="regulatory"),
    "technical": Bilingual(fr="techniques", en="technical"),
}
_COMPLEXITIES = {
    "low": Bilingual(fr="simple", en="low complexity"),
    "complex": Bilingual(fr="complexe", en="complex"),
    "very_complex": Bilingual(fr="très complexe", en="very complex"),
}
_CALM = (State.CONFORM, State.NOT_APPLICABLE)


def render(report: Report, catalogue: Catalogue, language: str) -> str:
    """The page; `language` is the one shown first."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(pathlib.Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["both"] = both
    return environment.get_template("page.html.j2").render(
        report=report,
        catalogue=catalogue,
        language=language,
        blocking=[one for one in report.findings if one.effect is Effect.BLOCK],
        states=[state for state in WORST_FIRST if state in report.states],
        rules=_rules(report, catalogue),
        records=_records(report),
        names=_names(catalogue),
        complexities=_COMPLEXITIES,
        State=State,
    )


def both(text: Bilingual) -> markupsafe.Markup:
    """Both languages; the page's style shows one."""
    return markupsafe.Markup('<span lang="fr">{}</span><span lang="en">{}</span>').format(text.fr, text.en)


def _names(catalogue: Catalogue) -> dict[str, Bilingual]:
    """Of the groups that rates are given for."""
    bricks = {requirement.brick.en: requirement.brick for requirement in catalogue.requirements.values()}
    return {**bricks, **_TYPES}


def _rules(report: Report, catalogue: Catalogue) -> list[dict[str, Any]]:
    """Rule by rule: its text, what asks for attention line by line, and the calm subjects as a list."""
    by_rule: dict[str, list[Finding]] = collections.defaultdict(list)
    for finding in report.findings:
        by_rule[finding.rule].append(finding)
    made = []
    for row in report.rows:
        found = by_rule[row.rule]
        loud = [one for one in found if one.state not in _CALM]
        made.append(
            {
                "id": row.rule,
                "text": catalogue.rules[row.rule],
                "row": row,
                "loud": sorted(loud, key=lambda one: (WORST_FIRST.index(one.state), one.subject)),
                "calm": [one for one in found if one.state is State.CONFORM],
                "idle": sum(one.state is State.NOT_APPLICABLE for one in found),
            }
        )
    return made


def _records(report: Report) -> list[tuple[str, str, int, str]]:
    """(record, rule, how many findings it decided, until)."""
    used = collections.Counter((one.record, one.rule, one.until or "") for one in report.findings if one.record)
    return [(str(record), rule, count, until) for (record, rule, until), count in sorted(used.items())]
