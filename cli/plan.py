"""`rempart plan`: what a blueprint becomes on a target, before any cloud is asked."""

from __future__ import annotations

import datetime as dt
import io
import pathlib
import sys
from collections.abc import Sequence

import rich.box
import rich.console
import rich.markup
import rich.table

from blueprint import loader, overview, planner, private_links
from blueprint import plan as plans
from blueprint import target as targets
from blueprint.drawing import picture
from blueprint.errors import BlueprintErrors, UnknownName
from cli import console, exit_codes
from providers import capabilities

FORMATS = ("table", "json", "md", "svg")
PIPE_WIDTH = 200
"""Columns when standard output is no terminal: room enough for every table."""


def plan(file: str, *, target: str, environment: str = "dev", format: str = "table", output: str | None = None) -> int:
    """Exit code 0, or 2 where the blueprint, the target or an option is wrong."""
    if format not in FORMATS:
        console.fail(f"unknown format {format!r}: {', '.join(FORMATS)}")
        return exit_codes.BAD_INPUT
    try:
        loaded = loader.load(loader.resolve(file))
        where = targets.load(target)
        planned = planner.plan(loaded, where, environment)
    except (BlueprintErrors, UnknownName) as error:
        console.fail(str(error))
        return exit_codes.BAD_INPUT
    if format == "json":
        return _write(planner.to_json(planned), output)
    if format == "svg":
        return _write(picture.svg(planned), output)
    declared = [workaround.name for workaround in loaded.blueprint.workarounds.values()]
    sections = [*overview.sections(planned), _capabilities(planned, where, declared)]
    if format == "md":
        return _write(overview.markdown(planned, sections), output)
    return _tables(planned, sections, output)


def _capabilities(planned: plans.Plan, where: targets.Target, declared: Sequence[str]) -> overview.Section:
    """What the blueprint needs, beside what the target's offer has on the day that counts."""
    as_of = where.as_of or dt.date.today()
    pinned = " (pinned by the target)" if where.as_of else ""
    headers = ("brick", "the offer has", "standing", "to settle first")
    offer = capabilities.load(where.provider).offer(where.offer)
    if offer is None:
        note = f"providers/{where.provider}/capabilities.yaml knows no offer {where.offer!r}."
        return overview.Section("Capabilities needed", headers, (), note)
    missing = {problem.brick: str(problem) for problem in capabilities.check(offer, planned.needs, as_of, declared)}
    missing.setdefault(private_links.NEED, private_links.to_settle(private_links.of(planned)))
    rows = []
    for brick in planned.needs:
        standing = offer.judge(brick, as_of)
        rows.append((brick, _has(offer, brick), standing.message, missing.get(brick, "")))
    note = f"{offer.name}, {offer.region}, as of {as_of}{pinned}."
    return overview.Section("Capabilities needed", headers, tuple(rows), note)


def _has(offer: capabilities.Offer, need: str) -> str:
    """What the offer has of a brick or of a part of one; where that is a workaround, which."""
    if offer.has(need):
        return "native"
    found = offer.part(need)
    if found is None:
        return "nothing"
    round_it = found.workaround.name if found.state == "workaround" and found.workaround else ""
    return f"{found.state}: {round_it}" if round_it else found.state


def _write(text: str, output: str | None) -> int:
    if output is None:
        sys.stdout.write(text)
        return exit_codes.OK
    path = pathlib.Path(output)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        console.fail(f"{output} cannot be written: {error.strerror}. Choose another place with --output.")
        return exit_codes.ENVIRONMENT if error.errno == 28 else exit_codes.BAD_INPUT
    console.err().print(f"written: {rich.markup.escape(output)}", soft_wrap=True)
    return exit_codes.OK


def _tables(planned: plans.Plan, sections: Sequence[overview.Section], output: str | None) -> int:
    if output is not None:
        sheet = rich.console.Console(width=PIPE_WIDTH, file=io.StringIO(), highlight=False)
        with sheet.capture() as captured:
            _print(sheet, planned, sections)
        return _write(captured.get(), output)
    terminal = console.out().is_terminal
    _print(console.out() if terminal else rich.console.Console(width=PIPE_WIDTH, highlight=False), planned, sections)
    return exit_codes.OK


def _print(sheet: rich.console.Console, planned: plans.Plan, sections: Sequence[overview.Section]) -> None:
    sheet.print(f"[bold]{rich.markup.escape(planned.title)}[/]  {rich.markup.escape(overview.headline(planned))}")
    for section in sections:
        if not section.rows and not section.note:
            continue
        sheet.print(f"\n[bold]{section.title}[/]")
        if section.note:
            sheet.print(rich.markup.escape(section.note))
        if section.rows:
            table = rich.table.Table(*section.headers, box=rich.box.SIMPLE_HEAD, pad_edge=False)
            for row in section.rows:
                table.add_row(*(rich.markup.escape(cell) for cell in row))
            sheet.print(table)
