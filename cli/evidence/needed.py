"""`rempart evidence needed`: which records the last runs asked for, and what each must be about."""

from __future__ import annotations

import dataclasses
import itertools
import json
import shlex
from collections.abc import Iterable, Sequence

import rich.markup

from blueprint.errors import RempartError
from cli import console, exit_codes, given, report
from policies.catalogue import loader as catalogues
from policies.catalogue.loader import Catalogue
from policies.catalogue.texts import RuleText
from policies.judge import RUN
from policies.report import fold, model
from policies.verdicts import ASKING, Effect, Finding, State

SHOWN = 3
"""How many subjects, or wordings, a line names."""


@dataclasses.dataclass(frozen=True, slots=True)
class Need:
    """What one record, or one signature, would answer: for `rule`, about `scope`, and all that it would settle."""

    rule: str
    scope: str
    findings: tuple[Finding, ...]
    recordable: bool
    """Whether a record will do: some rules ask for a signature instead."""

    @property
    def blocks(self) -> bool:
        return any(one.effect is Effect.BLOCK for one in self.findings)

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.subject for one in self.findings))

    @property
    def whys(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.message for one in self.findings))


def show(platform: str, target: str, environment: str, format: str) -> int:
    """Exit code 1 where a record that is missing blocks."""
    if format not in ("table", "json"):
        raise RempartError(f"--format {format!r} is unknown: use table, json")
    findings = model.merge(report.folders(f"{platform}.{target}.{environment}")).findings
    catalogue = catalogues.load()
    needs = needed(findings, catalogue)
    answered = [one for one in findings if one.state is State.EVIDENCE_ACCEPTED_UNTIL]
    if format == "json":
        text = json.dumps([_plain(one, catalogue) for one in needs], indent=2, ensure_ascii=False)
        console.out().file.write(text + "\n")
    else:
        _print(needs, answered, catalogue, given.deployment(platform, target, environment))
    return exit_codes.VIOLATION if any(one.blocks for one in needs) else exit_codes.OK


def needed(findings: Iterable[Finding], catalogue: Catalogue) -> list[Need]:
    """What blocks first, then by rule. Where a rule takes one record for many subjects, that is one need."""
    found: dict[tuple[str, str], list[Finding]] = {}
    for one in findings:
        if one.state in ASKING and not one.pending:
            found.setdefault((one.rule, one.scope or one.subject), []).append(one)
    needs = [Need(rule, scope, tuple(alike), catalogue.rules[rule].evidence) for (rule, scope), alike in found.items()]
    return sorted(needs, key=lambda one: (not one.blocks, one.rule, one.scope))


def _print(needs: Sequence[Need], answered: Sequence[Finding], catalogue: Catalogue, where: str) -> None:
    out = console.out()
    for (_, rule), alike in itertools.groupby(needs, key=lambda one: (one.blocks, one.rule)):
        _print_rule(catalogue.rules[rule], list(alike))
    if needs:
        blocking = sum(one.blocks for one in needs)
        out.print(f"{len(needs)} answers are missing: {blocking} block, {len(needs) - blocking} only warn.")
    else:
        out.print("no record is asked for")
    if first := next((one for one in needs if one.recordable), None):
        about = f"{first.rule} {shlex.quote(first.scope)}"
        command = f"rempart evidence record {about} --platform {where} --document FILE ..."
        out.print(f"Next: `{command}`", soft_wrap=True, markup=False)
    if answered:
        end = min(str(one.until) for one in answered)
        records = len({one.record for one in answered})
        out.print(f"{len(answered)} findings are answered by {records} records; the first ends on {end}")


def _print_rule(text: RuleText, needs: Sequence[Need]) -> None:
    """Its remedy once, then what each record would be about; scopes for which the same is missing stand together."""
    first = needs[0]
    effect = "[bold red]blocks[/]" if first.blocks else "[yellow]warns[/]"
    names = ", ".join(text.requirements) or "Rempart"
    sign = "" if first.recordable else " (a signature: no record will do)"
    head = f"{first.rule} · {names}: {text.remedy.en}{sign}"
    out = console.out()
    out.print(f"{effect} {rich.markup.escape(head)}", soft_wrap=True)
    missing: dict[str, list[Need]] = {}
    for need in needs:
        missing.setdefault("; ".join(need.whys[:SHOWN]), []).append(need)
    for why, alike in missing.items():
        for need in alike:
            out.print(rich.markup.escape(f"    {need.scope}{_settles(need)}"), soft_wrap=True)
        out.print(f"        [dim]{rich.markup.escape(why)}[/]", soft_wrap=True)


def _settles(need: Need) -> str:
    """The subjects of a record that is about more than one of them."""
    subjects = [one for one in need.subjects if one not in (need.scope, RUN)]
    return f"  (settles {fold.some(subjects, SHOWN)})" if subjects else ""


def _plain(need: Need, catalogue: Catalogue) -> dict[str, object]:
    return {
        "rule": need.rule,
        "requirements": list(dict.fromkeys(name for one in need.findings for name in one.requirements)),
        "scope": need.scope,
        "recordable": need.recordable,
        "blocks": need.blocks,
        "subjects": list(need.subjects),
        "missing": list(need.whys),
        "remedy": catalogue.rules[need.rule].remedy.en,
    }
