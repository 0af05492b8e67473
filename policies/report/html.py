"""The report as one HTML page, in French and in English, that needs no network: what a security reviewer reads."""

from __future__ import annotations

import collections
import functools
import pathlib
import re
from typing import Any

import jinja2
import markupsafe

from policies.catalogue.loader import Catalogue
from policies.catalogue.texts import Bilingual
from policies.report import fold, law, meaning
from policies.report.model import Report
from policies.report.rates import Rate, Rates
from policies.report.requirements import WORST_FIRST, RequirementRow, by_requirement
from policies.verdicts import Effect, Finding, State

PAGE = pathlib.Path(__file__).parent / "page"
_CALM = (State.CONFORM, State.NOT_APPLICABLE)


@functools.cache
def _templates() -> jinja2.Environment:
    """Compiled once in a process: a bundle holds the page in both languages."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"both": both, "quoted": quoted}
    return environment


def render(report: Report, catalogue: Catalogue, language: str) -> str:
    """The page; `language` is the one shown first."""
    blocking = [one for one in report.findings if one.effect is Effect.BLOCK]
    about, states = by_requirement(report.findings), report.states
    page = _templates().get_template("page.html.j2")
    return page.render(
        report=report,
        catalogue=catalogue,
        language=language,
        verdict=meaning.verdict(report),
        basis=meaning.BASES[report.basis],
        blocking=fold.fold(blocking),
        remedies=sorted({one.rule for one in blocking if one.rule in catalogue.rules}),
        counts=states,
        states=[state for state in WORST_FIRST if state in states],
        requirements=[_requirement(row, about.get(row.id, []), report, catalogue) for row in report.requirements],
        rules=_rules(report, catalogue),
        records=_records(report),
        names={**catalogue.bricks, **meaning.TYPES},
        groups={
            "by_type": [one.name for one in report.today.by_type],
            "by_brick": [one.name for one in report.today.by_brick],
        },
        found=_found,
        order=WORST_FIRST,
        complexities=meaning.COMPLEXITIES,
        forces=law.FORCES,
        titles={one.text: one.title for one in report.law},
        State=State,
    )


def both(text: Bilingual) -> markupsafe.Markup:
    """Both languages; the page's style shows one."""
    fr, en = markupsafe.escape(text.fr), markupsafe.escape(text.en)  # `Markup.format` takes three times as long
    return markupsafe.Markup(f'<span lang="fr">{fr}</span><span lang="en">{en}</span>')


def quoted(text: str) -> markupsafe.Markup:
    """What may stand in quotes in a style sheet: all but plain letters, digits and a few signs is written as a code."""
    plain = re.compile(r"[A-Za-z0-9 ./_-]")
    return markupsafe.Markup("".join(one if plain.fullmatch(one) else f"\\{ord(one):06x}" for one in text))


def _found(rates: Rates | None, part: str, name: str) -> Rate | None:
    """The rate of one group; None where nothing of it is rated."""
    return next((one for one in getattr(rates, part) if one.name == name), None) if rates else None


def _requirement(row: RequirementRow, about: list[Finding], report: Report, catalogue: Catalogue) -> dict[str, Any]:
    """Requirement by requirement: its rules, what asks for attention, what counted, and what it all means."""
    worst = {one.rule: one.worst for one in report.rows}
    proves, proves_not = meaning.of(row, report, catalogue)
    return {
        "row": row,
        "text": catalogue.requirements[row.id],
        "rules": [(rule, worst[rule]) for rule in row.rules if rule in worst],
        "subjects": len({one.subject for one in about if one.state is not State.NOT_APPLICABLE}),
        "evidence": _once(one for one in about if one.state is State.EVIDENCE_ACCEPTED_UNTIL),
        "waivers": _once(one for one in about if one.state is State.WAIVED_UNTIL),
        "history": report.history.get(row.id, ()),
        "loud": fold.fold(fold.loud(about)),
        "proves": proves,
        "proves_not": proves_not,
    }


def _once(findings: Any) -> list[Finding]:
    """One finding per record and rule."""
    return list({(one.record, one.rule): one for one in findings if one.record}.values())


def _rules(report: Report, catalogue: Catalogue) -> list[dict[str, Any]]:
    """Rule by rule: its text, what asks for attention, and the calm subjects as a list."""
    by_rule: dict[str, list[Finding]] = collections.defaultdict(list)
    for finding in report.findings:
        by_rule[finding.rule].append(finding)
    return [
        {
            "id": row.rule,
            "text": catalogue.rules[row.rule],
            "row": row,
            "loud": fold.fold(one for one in by_rule[row.rule] if one.state not in _CALM),
            "calm": [one for one in by_rule[row.rule] if one.state is State.CONFORM],
            "idle": sum(one.state is State.NOT_APPLICABLE for one in by_rule[row.rule]),
        }
        for row in report.rows
        if row.rule in catalogue.rules
    ]


def _records(report: Report) -> list[tuple[str, str, int, str]]:
    """(record, rule, how many findings it decided, until)."""
    used = collections.Counter((one.record, one.rule, one.until or "") for one in report.findings if one.record)
    return [(str(record), rule, count, until) for (record, rule, until), count in sorted(used.items())]
