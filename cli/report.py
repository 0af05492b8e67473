"""`rempart report`: the layers' findings, merged. The pack wrote them; nothing is judged here."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator, Sequence

import rich.console
import rich.markup
import rich.table
import rich.text

from blueprint import workspace
from blueprint.errors import RempartError
from cli import console
from policies.catalogue import loader as catalogues
from policies.report import fold, formats, model
from policies.report.rates import share
from policies.report.requirements import WORST_FIRST
from policies.verdicts import WITHOUT_FUNCTION, Effect, State

FORMATS = ("table", "states", *formats.MODULES)
SHOWN = 8
MOST = 3
"""How many subjects of one fold the terminal names."""


class BadOption(RempartError):
    """An option has a value that it cannot have."""


def report(
    stack_prefix: str,
    format: str = "table",
    output: str | None = None,
    lang: str = "en",
    baseline: str | None = None,
) -> int:
    """Writes the report of every stack whose name begins with `stack_prefix`; returns the exit code of its findings.

    `states` is the table by rule and state alone; `table` adds what asks for attention, by requirement and rule.
    """
    check_options(format, lang)
    return publish(model.merge(folders(stack_prefix)), format, output, lang, baseline)


def check_options(format: str, lang: str) -> None:
    """Before anything long begins."""
    for value, known, option in ((format, FORMATS, "--format"), (lang, formats.LANGUAGES, "--lang")):
        if value not in known:
            raise BadOption(f"{option} {value!r} is unknown: use {', '.join(known)}")


def publish(merged: model.Report, format: str, output: str | None, lang: str, baseline: str | None = None) -> int:
    """One report in one format, to a file or to the terminal; returns the exit code of its findings."""
    if baseline is not None:
        from cli import baseline as frozen

        merged = frozen.apply(merged, baseline)
    catalogue = catalogues.load()
    if format in formats.MODULES:
        write(formats.render(format, merged, catalogue, lang), output)
    else:
        with console.sheet(output) as out:
            _print(merged, lang, out, only_states=format == "states")
    return merged.exit_code(catalogue)


def write(text: str, output: str | None) -> None:
    """To standard output, or to a file whose folder is made."""
    if output is None:
        console.out().file.write(text)
        return
    path = pathlib.Path(output)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")


def folders(stack_prefix: str) -> list[pathlib.Path]:
    """Folders of findings of the stacks of one platform on one target and environment."""
    root = workspace.findings_dir(stack_prefix).parent
    return sorted(path for path in root.glob(f"{stack_prefix}.*") if path.is_dir()) if root.is_dir() else []


def findings_by_state(stack_prefix: str) -> list[tuple[str, dict[str, int]]]:
    """The findings table as data: (rule, state -> number of findings), in the pack's order."""
    merged = model.merge(folders(stack_prefix))
    return [(row.rule, {str(state): count for state, count in sorted(row.states.items())}) for row in merged.rows]


def _print(merged: model.Report, lang: str, out: rich.console.Console, *, only_states: bool) -> None:
    out.print(states_table(merged, lang))
    for problem in merged.problems:
        out.print(f"[red]incomplete[/] {rich.markup.escape(problem)}")
    if only_states:
        return
    for found in attention(merged, lang):
        out.print(found, soft_wrap=True)
    for line in rates_lines(merged):
        out.print(line, soft_wrap=True)


def attention(merged: model.Report, lang: str) -> Iterator[rich.text.Text]:
    """What blocks or warns: requirement, then rule, each wording once."""
    catalogue = catalogues.load()
    found, without = fold.apart(fold.loud(merged.findings))
    if without:
        yield rich.text.Text(f"{WITHOUT_FUNCTION}: {fold.some(without, SHOWN)}", "yellow")
    for group in fold.group(found):
        text = catalogue.requirements.get(group.requirement)
        yield rich.text.Text(f"{group.requirement} {text.title.in_(lang) if text else ''}".rstrip(), "bold")
        for one in group.folds:
            state = catalogue.states[one.first.state].title.in_(lang)
            until = f" {one.first.until}" if one.first.until else ""
            yield rich.text.Text.assemble(
                f"  {one.first.rule} ",
                (f"{state}{until}", "red" if one.first.effect is Effect.BLOCK else "yellow"),
                f" × {len(one.findings)}" if len(one.findings) > 1 else "",
                f" · {one.first.location} · {fold.some(one.subjects, MOST)}: {one.first.message}",
            )


def rates_lines(merged: model.Report) -> Iterator[str]:
    """One line per horizon."""
    yield "[bold]Rates, disclosed subset[/] (conform / applicable requirements; + accepted workarounds)"
    for one in merged.horizons:
        when = "today" if one.months == 0 else f"+{one.months} months"
        declared = f", declared by the provider {share(one.declared.all)}" if one.declared else ""
        yield f"  {when:<9} {one.date}  {merged.basis} {share(one.judged.all)}{declared}"


def states_table(merged: model.Report, lang: str = "en") -> rich.table.Table:
    """Rules down, states across."""
    catalogue = catalogues.load()
    states: Sequence[State] = [state for state in WORST_FIRST if state in merged.states]
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
    _, without = fold.apart(merged.findings)
    for row in merged.rows:
        if row.rule in without:
            continue
        cells = [str(row.states.get(state, "")) for state in states]
        text = catalogue.rules.get(row.rule)
        table.add_row(row.rule, *cells, text.title.in_(lang) if text else "")
    if without:
        rest = [sum(row.states.get(state, 0) for row in merged.rows if row.rule in without) for state in states]
        table.add_row(f"+{len(without)}", *[str(count or "") for count in rest], "rules without a function: evidence")
    table.add_section()
    table.add_row("all", *[str(merged.states[state]) for state in states], "")
    return table
