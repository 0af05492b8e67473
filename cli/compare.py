"""`rempart compare`: the same platform on every offer, side by side."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Sequence
from typing import Any

import jinja2
import rich.markup
import rich.table

from blueprint import overview
from blueprint.overview import Section
from cli import comparison as comparisons
from cli import console, exit_codes, report
from cli.comparison import Comparison
from cli.report import BadOption
from providers.capabilities import Offer

FORMATS = ("table", "md", "html", "json")


def compare(platform: str, environment: str, format: str = "table", output: str | None = None) -> int:
    """Exit codes: 0, or 2 where the platform or an option is wrong."""
    if format not in FORMATS:
        raise BadOption(f"--format {format!r} is unknown: use {', '.join(FORMATS)}")
    with console.err().status("planning the platform on each offer ..."):
        made = comparisons.compare(platform, environment)
    sections = comparisons.sections(made)
    if format == "table":
        with console.sheet(output) as out:
            _print(made, sections, out)
    else:
        text = {"md": _markdown, "html": _html, "json": _json}[format](made, sections)
        report.write(text, output)
    return exit_codes.OK


def _heading(made: Comparison) -> str:
    return f"{made.title}: offers side by side, as of {made.as_of}" + (" (pinned)" if made.pinned else "")


def _print(made: Comparison, sections: Sequence[Section], out: Any) -> None:
    out.print(f"[bold]{rich.markup.escape(_heading(made))}[/]")
    for section in sections:
        table = rich.table.Table(*section.headers, title=section.title, title_justify="left", caption=section.note)
        for row in section.rows:
            table.add_row(*(rich.markup.escape(cell) for cell in row))
        out.print(table)


def _markdown(made: Comparison, sections: Sequence[Section]) -> str:
    return overview.document(_heading(made), sections)


def _html(made: Comparison, sections: Sequence[Section]) -> str:
    """One file, no network, readable by a screen reader: captions, scopes, one heading per table."""
    loader = jinja2.FileSystemLoader(pathlib.Path(__file__).parent)
    page = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return page.get_template("compare.html.j2").render(heading=_heading(made), sections=sections)


def _dates(offer: Offer) -> dict[str, Any] | None:
    return offer.qualification.model_dump(mode="json") if offer.qualification else None


def _json(made: Comparison, sections: Sequence[Section]) -> str:
    """Numbers as numbers, states by brick and day; the tables' own rows are for people."""
    offers = [
        {
            "key": column.key,
            "provider": column.offer.provider,
            "name": column.offer.name,
            "region": column.offer.region,
            "target": column.target.name if column.target else None,
            "in_2023_report": column.offer.in_2023_report,
            "qualification": _dates(column.offer),
            "bricks": {
                name: {day.isoformat(): comparisons.state(column.offer, name, day) for day in made.days}
                for name in (*column.offer.bricks, *column.offer.features)
            },
            "becomes": dict(column.made),
        }
        for column in made.columns
    ]
    tables = {
        section.title: [dict(zip(section.headers, row, strict=True)) for row in section.rows] for section in sections
    }
    document = {"platform": made.platform, "as_of": made.as_of.isoformat(), "pinned": made.pinned, "offers": offers}
    return json.dumps({**document, "tables": tables}, indent=2, ensure_ascii=False) + "\n"
