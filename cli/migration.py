"""`rempart review --from azurerm`: what each part of the platform that is left becomes, and what has no equivalent."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import rich.table

from cli import console, exit_codes, report, review
from cli.report import BadOption
from providers.terraform import migration

FORMATS = ("table", "json", "md")
COLOURS = {"native": "green", "workaround": "yellow", "external": "yellow", "absent": "red"}


def show(source: str, path: str | None, format: str, output: str | None, lang: str) -> int:
    """The migration table of what `path` holds, or all of it."""
    if source not in migration.SOURCES:
        raise BadOption(f"--from {source!r} is unknown: use {', '.join(migration.SOURCES)}")
    if format not in FORMATS:
        raise BadOption(f"--format {format!r} is not for a migration table: use {', '.join(FORMATS)}")
    reading = review.read(pathlib.Path(path)) if path else None
    rows = migration.rows(source, reading.blocks if reading else None)
    if reading is not None and not rows:
        raise review.NothingToReview(f"{path} holds no resource of {source}")
    for problem in reading.problems if reading else ():
        console.err().print(problem, markup=False, soft_wrap=True)
    if format == "json":
        report.write(json.dumps(as_json(source, rows), indent=2, ensure_ascii=False) + "\n", output)
    elif format == "md":
        report.write(_markdown(source, rows, lang), output)
    else:
        with console.sheet(output) as out:
            out.print(_table(source, rows, lang))
    return exit_codes.OK


def as_json(source: str, rows: tuple[migration.Row, ...]) -> dict[str, Any]:
    """`equivalent` is false where nothing takes the type's place on an offer, null where the table does not know."""
    table = migration.load(source)
    return {
        "from": source,
        "source": table.source,
        "read_on": table.read_on.isoformat(),
        "types": [
            {
                "type": row.type,
                "count": row.count,
                "known": row.text is not None,
                **({"what": row.text.what.model_dump(), **_offers(row.text)} if row.text else {}),
            }
            for row in rows
        ],
    }


def _offers(text: migration.TypeText) -> dict[str, Any]:
    return {
        name: {**getattr(text, name).model_dump(), "equivalent": getattr(text, name).how != "absent"}
        for name in ("outscale", "ovh", "cloudtemple")
    }


def _cells(row: migration.Row, offers: dict[Any, str]) -> list[tuple[str, str]]:
    """(how, becomes) for each offer; a type that the table does not know is said to be so."""
    if row.text is None:
        return [("unknown", "not in the table: to be studied")] * len(offers)
    return [(getattr(row.text, name).how, getattr(row.text, name).becomes) for name in offers]


def _what(row: migration.Row, lang: str) -> str:
    return "" if row.text is None else (row.text.what.fr if lang == "fr" else row.text.what.en)


def _table(source: str, rows: tuple[migration.Row, ...], lang: str) -> rich.table.Table:
    offers = migration.load(source).offers
    table = rich.table.Table(title=f"From {source}: what each type becomes", title_justify="left")
    table.add_column("Type", overflow="fold")
    table.add_column("n", justify="right")
    table.add_column("")
    for name in offers.values():
        table.add_column(name)
    for row in rows:
        cells = [f"[{COLOURS.get(how, 'red')}]{how}[/] {becomes}".rstrip() for how, becomes in _cells(row, {**offers})]
        table.add_row(row.type, str(row.count or ""), _what(row, lang), *cells)
    return table


def _markdown(source: str, rows: tuple[migration.Row, ...], lang: str) -> str:
    from policies.report import markdown

    offers = migration.load(source).offers
    body = [
        [
            f"`{row.type}`",
            str(row.count or ""),
            _what(row, lang),
            *(f"{how}: {markdown.escape(becomes)}".removesuffix(": ") for how, becomes in _cells(row, {**offers})),
        ]
        for row in rows
    ]
    return "\n".join(markdown.table(["Type", "n", "", *offers.values()], body))
