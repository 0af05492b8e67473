"""The report as Markdown, for a merge request: what was judged, how, and what asks for attention, in one screen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from policies.catalogue.loader import Catalogue
from policies.catalogue.texts import Bilingual
from policies.report import fold, law
from policies.report.model import Report
from policies.report.rates import share
from policies.verdicts import Effect

MOST = 5
"""How many subjects of one fold are named."""
_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~!@&])")
_WORDS = {
    "blocked": Bilingual(fr="Refusé", en="Refused"),
    "warned": Bilingual(fr="Accepté, avec réserves", en="Accepted, with reservations"),
    "passed": Bilingual(fr="Conforme aux règles", en="Conform to the rules"),
    "incomplete": Bilingual(fr="Incomplet", en="Incomplete"),
    "as_of": Bilingual(fr="au", en="as of"),
    "pinned": Bilingual(fr="date fixée par la cible", en="pinned by the target"),
    "simulated": Bilingual(
        fr="**Simulé** : points d'accès locaux ; rien ici n'atteste du fournisseur.",
        en="**Simulated**: local endpoints; nothing here attests anything of the provider.",
    ),
    "declared": Bilingual(
        fr="Jugé sur des entrées déclarées ; ne prouve pas ce qui existe chez le fournisseur.",
        en="Judged on declared inputs; does not prove what exists at the provider.",
    ),
    "states": Bilingual(fr="Constats", en="Findings"),
    "requirement": Bilingual(fr="Exigence", en="Requirement"),
    "rule": Bilingual(fr="Règle", en="Rule"),
    "state": Bilingual(fr="État", en="State"),
    "finding": Bilingual(fr="Constat", en="Finding"),
    "subjects": Bilingual(fr="Objets", en="Subjects"),
    "remedies": Bilingual(fr="Remèdes", en="Remedies"),
    "attention": Bilingual(fr="À corriger ou à décider", en="To mend or to decide"),
    "nothing": Bilingual(fr="Rien à corriger.", en="Nothing to mend."),
    "without": Bilingual(
        fr="règles sans fonction, dont chacune demande une preuve", en="rules without a function, each needs evidence"
    ),
    "rates": Bilingual(
        fr="Taux, sous-ensemble divulgué (exigences conformes / applicables ; + contournées)",
        en="Rates, disclosed subset (conform / applicable requirements; + worked round)",
    ),
    "day": Bilingual(fr="Jour", en="Day"),
    "judged": Bilingual(fr="Jugé", en="Judged"),
    "provider": Bilingual(fr="Déclaré par le fournisseur", en="Declared by the provider"),
    "law": Bilingual(fr="Droit et décisions : ce qui change, et quand", en="Law and decisions: what changes, and when"),
    "text": Bilingual(fr="Texte", en="Text"),
    "on": Bilingual(fr="Change le", en="Changes on"),
    "steady": Bilingual(fr="Aucun texte ne commence ni ne finit d'ici au", en="No text begins or ends by"),
}


def render(report: Report, catalogue: Catalogue, language: str) -> str:
    def say(key: str) -> str:
        return _WORDS[key].in_(language)

    where = " · ".join(escape(one) for one in (report.platform, report.environment, report.target) if one)
    pinned = f" ({say('pinned')})" if report.as_of_pinned else ""
    verdict = {Effect.BLOCK: "blocked", Effect.WARN: "warned", Effect.PASS: "passed"}[report.effect]
    lines = [
        f"## Rempart: {where}",
        "",
        f"**{say('incomplete') if report.problems else say(verdict)}** · {say('as_of')} {report.as_of}{pinned}",
        "",
        f"> {say('simulated' if report.simulated else 'declared')}",
        "",
    ]
    lines += [f"- {escape(problem)}" for problem in report.problems] + [""] * bool(report.problems)
    counted = fold.counts(one.state for one in report.findings)
    lines += [
        f"{say('states')}: "
        + ", ".join(f"{n} {catalogue.states[state].title.in_(language)}" for state, n in counted.items()),
        "",
        f"### {say('attention')}",
        "",
    ]
    lines += _attention(report, catalogue, language)
    lines += [f"### {say('rates')}", ""]
    lines += table(
        [f"{say('day')}", f"{say('judged')} ({escape(report.basis)})", say("provider")],
        (
            [one.date, share(one.judged.all), share(one.declared.all) if one.declared else "–"]
            for one in report.horizons
        ),
    )
    lines += [f"### {say('law')}", "", *_law(report, language)]
    return "\n".join(lines) + "\n"


def _law(report: Report, language: str) -> list[str]:
    """What begins or ends on the report's days; texts that stay as they are would fill the screen."""
    days = [one.date for one in report.horizons]
    moving = [one for one in report.law if one.changes]
    if not moving:
        return [f"{_WORDS['steady'].in_(language)} {days[-1]}.", ""]
    rows = [
        [
            escape(one.title.in_(language)),
            str(one.on),
            *(law.FORCES[standing.force].in_(language) for standing in one.standings),
        ]
        for one in moving
    ]
    return table([_WORDS["text"].in_(language), _WORDS["on"].in_(language), *days], rows)


def _attention(report: Report, catalogue: Catalogue, language: str) -> list[str]:
    found, without = fold.apart(fold.loud(report.findings))
    groups = fold.group(found)
    said = [f"{len(without)} {_WORDS['without'].in_(language)}: {fold.some(without, MOST)}", ""] if without else []
    if not groups:
        return [_WORDS["nothing"].in_(language), "", *said]
    names = ("requirement", "rule", "state", "finding", "subjects")
    rows = [
        [
            group.requirement,
            one.first.rule,
            catalogue.states[one.first.state].title.in_(language),
            escape(one.first.message) + f" ({escape(one.first.location)})",
            escape(fold.some(one.subjects, MOST)),
        ]
        for group in groups
        for one in group.folds
    ]
    rules = sorted({one.first.rule for group in groups for one in group.folds if one.first.effect is Effect.BLOCK})
    remedies = [
        f"- **{rule}** {escape(catalogue.rules[rule].remedy.in_(language))}"
        for rule in rules
        if rule in catalogue.rules
    ]
    made = table([_WORDS[name].in_(language) for name in names], rows)
    return [*made, *said, *([f"{_WORDS['remedies'].in_(language)}:", "", *remedies, ""] if remedies else [])]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table and the empty line after it; cells are escaped already."""
    return [
        "| " + " | ".join(head) + " |",
        "|" + "---|" * len(head),
        *("| " + " | ".join(row) + " |" for row in rows),
        "",
    ]


def escape(text: str) -> str:
    """`text` as text: no mark-up, no mention, no link, no second line."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))
