"""`rempart report`: the layers' findings, merged. The pack wrote them; nothing is judged here."""

from __future__ import annotations

import dataclasses
import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import rich.table

from blueprint import workspace
from blueprint.errors import RempartError
from cli import console
from policies.catalogue import loader as catalogues
from policies.report import html, model, sarif
from policies.verdicts import Effect, State

FORMATS = ("table", "states", "json", "sarif", "html")
LANGUAGES = ("en", "fr")


class BadOption(RempartError):
    """An option has a value that it cannot have."""


def report(stack_prefix: str, format: str = "table", output: str | None = None, lang: str = "en") -> int:
    """Writes the report of every stack whose name begins with `stack_prefix`; returns the exit code of its findings.

    `states` is the table by rule and state alone; `table` adds what asks for attention, line by line.
    """
    for value, known, option in ((format, FORMATS, "--format"), (lang, LANGUAGES, "--lang")):
        if value not in known:
            raise BadOption(f"{option} {value!r} is unknown: use {', '.join(known)}")
    merged = model.merge(folders(stack_prefix))
    catalogue = catalogues.load()
    if format in ("table", "states"):
        _print(merged, lang, only_states=format == "states")
        return merged.exit_code(catalogue)
    text = {
        "json": lambda: json.dumps(as_json(merged), indent=2, ensure_ascii=False) + "\n",
        "sarif": lambda: json.dumps(sarif.render(merged, catalogue, lang), indent=2, ensure_ascii=False) + "\n",
        "html": lambda: html.render(merged, catalogue, lang),
    }[format]()
    if output is None:
        console.out().file.write(text)
    else:
        path = pathlib.Path(output)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return merged.exit_code(catalogue)


def folders(stack_prefix: str) -> list[pathlib.Path]:
    """Folders of findings of the stacks of one platform on one target and environment."""
    root = workspace.findings_dir(stack_prefix).parent
    return sorted(path for path in root.glob(f"{stack_prefix}.*") if path.is_dir()) if root.is_dir() else []


def findings_by_state(stack_prefix: str) -> list[tuple[str, dict[str, int]]]:
    """The findings table as data: (rule, state -> number of findings), in the pack's order."""
    merged = model.merge(folders(stack_prefix))
    return [(row.rule, {str(state): count for state, count in sorted(row.states.items())}) for row in merged.rows]


def as_json(merged: model.Report) -> dict[str, Any]:
    """The whole report as plain data; every finding is in `findings` once."""
    content = dataclasses.asdict(merged)
    for run, stamped in zip(content["runs"], merged.runs, strict=True):
        run["findings"] = len(stamped.findings)
    return {
        "kind": "disclosed subset",
        "effect": str(merged.effect),
        "states": _names(merged.states),
        **_plain(content),
    }


def _names(states: Mapping[State, int]) -> dict[str, int]:
    return {str(state): count for state, count in sorted(states.items())}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _print(merged: model.Report, lang: str, *, only_states: bool) -> None:
    out = console.out()
    out.print(states_table(merged, lang))
    for problem in merged.problems:
        out.print(f"[red]incomplete[/] {problem}")
    if only_states:
        return
    shown: set[tuple[str, str]] = set()
    for finding in merged.findings:
        if finding.effect is Effect.PASS or (finding.rule, finding.message) in shown:
            continue
        shown.add((finding.rule, finding.message))
        alike = sum(other.rule == finding.rule and other.message == finding.message for other in merged.findings)
        more = f" (and {alike - 1} more)" if alike > 1 else ""
        out.print(
            f"{finding.rule} · {', '.join(finding.requirements)} · {finding.location} · {finding.state}{more}\n"
            f"    {finding.subject}: {finding.message}",
            highlight=False,
            markup=False,
        )


def states_table(merged: model.Report, lang: str = "en") -> rich.table.Table:
    """Rules down, states across."""
    catalogue = catalogues.load()
    states: Sequence[State] = [state for state in model.WORST_FIRST if state in merged.states]
    marks = [
        "simulated" if merged.simulated else "declared",
        f"as of {merged.as_of}" + (" (pinned)" if merged.as_of_pinned else ""),
    ]
    table = rich.table.Table(title=f"Findings by state, {', '.join(marks)}", title_justify="left", expand=True)
    table.add_column("Rule", no_wrap=True, min_width=6)
    for state in states:
        title = catalogue.states[state].title.in_(lang)
        table.add_column(title, justify="right", width=max(len(word) for word in title.split()))
    table.add_column("", overflow="ellipsis", no_wrap=True, ratio=1)
    for row in merged.rows:
        cells = [str(row.states.get(state, "")) for state in states]
        table.add_row(row.rule, *cells, catalogue.rules[row.rule].title.in_(lang))
    table.add_section()
    table.add_row("all", *[str(merged.states[state]) for state in states], "")
    return table
