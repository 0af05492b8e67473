"""`rempart evidence needed`: which records the last runs asked for, and what each must be about."""

from __future__ import annotations

import dataclasses
import json
import shlex
from collections.abc import Iterable, Sequence

import rich.box
import rich.markup
import rich.table

from blueprint.errors import RempartError
from cli import console, exit_codes, report
from policies.catalogue import loader as catalogues
from policies.catalogue.loader import Catalogue
from policies.report import model
from policies.verdicts import ASKING, Effect, Finding, State

SHOWN = 3
"""How many subjects a row names."""


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
        _print(needs, answered, catalogue, f"{platform} --target {target} --environment {environment}")
    return exit_codes.VIOLATION if any(one.blocks for one in needs) else exit_codes.OK


def needed(findings: Iterable[Finding], catalogue: Catalogue) -> list[Need]:
    """What blocks first, then by rule. Where a rule takes one record for many subjects, that is one need."""
    found: dict[tuple[str, str], list[Finding]] = {}
    for one in findings:
        if one.state in ASKING and not one.pending:
            found.setdefault((one.rule, one.scope or one.subject), []).append(one)
    needs = [Need(rule, scope, tuple(alike), catalogue.rules[rule].evidence) for (rule, scope), alike in found.items()]
    return sorted(needs, key=lambda one: (not one.blocks, not one.recordable, one.rule, one.scope))


def _print(needs: Sequence[Need], answered: Sequence[Finding], catalogue: Catalogue, where: str) -> None:
    out = console.out()
    if needs:
        table = rich.table.Table("rule", "a record about", "settles", "what is missing", box=rich.box.SIMPLE_HEAD)
        table.columns[1].overflow = table.columns[2].overflow = "fold"
        table.columns[2].max_width = 36
        for need in needs:
            about = need.scope if need.recordable else "no record: a signature"
            cells = (need.rule, about, _subjects(need), _why(need, catalogue))
            table.add_row(*map(rich.markup.escape, cells), style="" if need.blocks else "dim")
        out.print(table)
        blocking = sum(one.blocks for one in needs)
        out.print(f"{len(needs)} answers are missing: {blocking} block, {len(needs) - blocking} only warn.")
        if first := next((one for one in needs if one.recordable), None):
            about = f"{first.rule} {shlex.quote(first.scope)}"
            command = f"rempart evidence record {about} --platform {where} --document FILE ..."
            out.print(f"Next: `{command}`", soft_wrap=True, markup=False)
    else:
        out.print("no record is asked for")
    if answered:
        end = min(str(one.until) for one in answered)
        records = len({one.record for one in answered})
        out.print(f"{len(answered)} findings are answered by {records} records; the first ends on {end}")


def _subjects(need: Need) -> str:
    subjects = need.subjects
    more = f" and {len(subjects) - SHOWN} more" if len(subjects) > SHOWN else ""
    return ", ".join(subjects[:SHOWN]) + more


def _why(need: Need, catalogue: Catalogue) -> str:
    text = catalogue.rules.get(need.rule)
    return f"{'; '.join(need.whys[:2])}." + (f" {text.remedy.en}" if text else "")


def _plain(need: Need, catalogue: Catalogue) -> dict[str, object]:
    text = catalogue.rules.get(need.rule)
    return {
        "rule": need.rule,
        "requirements": list(dict.fromkeys(name for one in need.findings for name in one.requirements)),
        "scope": need.scope,
        "recordable": need.recordable,
        "blocks": need.blocks,
        "subjects": list(need.subjects),
        "missing": list(need.whys),
        "remedy": text.remedy.en if text else "",
    }
