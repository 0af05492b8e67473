"""Results of layers, as tables for people and as JSON for programs."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence

import rich.markup
import rich.table

from blueprint import stack as stacks
from blueprint.private_links import PrivateLink, summary
from cli import console, engine, given
from policies import lines
from policies.report import fold

SHOWN = 3
"""Of things that are refused with the same words, how many are named beside the first."""
KINDS = ("create", "update", "replace", "delete", "same")


def results(done: Sequence[engine.LayerResult], format: str) -> None:
    """One line per layer, then what was refused or went wrong, whole."""
    if format == "json":
        print(json.dumps([dataclasses.asdict(result) for result in done], indent=2, sort_keys=True))
        return
    console.out().print(_table(done))
    asked = refusals([violation for result in done for violation in result.violations])
    for result in done:
        if result.error:
            console.fail(result.error)
    if asked:
        name = stacks.parse(done[0].stack)
        where = given.deployment(name.platform, name.target, name.environment)
        console.out().print(
            f"{asked} of these ask for evidence: `rempart evidence needed {where}` says what each must show",
            soft_wrap=True,
        )
    warnings = sorted({warning for result in done for warning in result.warnings})
    if warnings:
        console.out().print(f"[yellow]{len(warnings)} warnings[/]; the first: {rich.markup.escape(warnings[0])}")


def beyond(links: Sequence[PrivateLink]) -> None:
    """Which flows nothing here carries; on standard error, since standard output may be a program's."""
    if links:
        console.err().print(
            f"[yellow]no way yet[/]: {rich.markup.escape(summary(links))} have filter rules and no route. Only a "
            "private link reaches them: it is ordered and made outside, and whoever makes it brings its routes "
            "(`rempart plan` names the zones that need them)",
            soft_wrap=True,
        )


def refusals(violations: Sequence[str]) -> int:
    """Prints breaches, then what a record would settle, each wording once. Returns how many of the latter."""
    folded: dict[object, list[lines.Line]] = {}
    for text in dict.fromkeys(violations):
        line = lines.read(text)
        if line is None:
            console.out().print(f"[bold red]refused[/] {rich.markup.escape(text)}", soft_wrap=True)
        else:
            folded.setdefault((line.rule.split()[0], line.said), []).append(line)
    for alike in sorted(folded.values(), key=lambda alike: alike[0].asks):
        first = alike[0]
        said = first.wanting if first.asks else first.said
        told = f"{first.rule} · {first.place} — {first.subject}: {said}"
        console.out().print(f"[bold red]refused[/] {rich.markup.escape(told)}", soft_wrap=True)
        if more := [f"{one.subject} ({one.place})" for one in alike[1:]]:
            console.out().print(rich.markup.escape(f"        so is {fold.some(more, SHOWN)}"), soft_wrap=True)
    return sum(alike[0].asks for alike in folded.values())


def _table(done: Sequence[engine.LayerResult]) -> rich.table.Table:
    table = rich.table.Table("stack", "operation", "resources", "seconds", "result")
    for column in table.columns:
        column.no_wrap = True
    for result in done:
        verdict = "[red]refused[/]" if result.violations else "[red]failed[/]" if result.code else "[green]ok[/]"
        if not result.code and not result.changed:
            verdict = "[green]ok, nothing to change[/]"
        counts = ", ".join(f"{result.changes[kind]} {kind}" for kind in KINDS if result.changes.get(kind))
        table.add_row(result.stack, result.operation, counts, f"{result.seconds:.1f}", verdict)
    return table
