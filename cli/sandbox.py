"""`rempart sandbox up|down|status|reset`: endpoints that stand where the clouds stand, all of them *simulated*."""

from __future__ import annotations

import dataclasses
import datetime
import json
import sys
from collections.abc import Iterable

import rich.markup
import rich.table

from cli import console, exit_codes
from sandbox import endpoints, errors, processes, services

QUIET = "quiet"
FAILURES = (errors.SandboxError, endpoints.Unreadable)
_COLOURS = {"running": "green", "stopped": "dim", "silent": "yellow", "foreign": "red"}


def up(
    names: Iterable[str] | None = None, format: str = "text", routers: bool = False, parts: Iterable[str] = ()
) -> int:
    """Start endpoints and wait until they answer. `routers` and `parts` are for the endpoint ovh."""
    if not _known(format):
        return exit_codes.BAD_INPUT
    try:
        found = processes.up(names, tell=_tell if format == "text" else _say_nothing, routers=routers, parts=parts)
    except FAILURES as error:
        return _fail(error)
    return _show(found, format) if format == "json" else exit_codes.OK


def down(names: Iterable[str] | None = None, format: str = "text") -> int:
    """Stop endpoints; their data stays."""
    if not _known(format):
        return exit_codes.BAD_INPUT
    try:
        found = processes.down(names)
    except FAILURES as error:
        return _fail(error)
    if format == "text":
        for one in found:
            _tell(f"{one.name}: stopped; its data stays, `rempart sandbox up {one.name}` brings it back")
    return _show(found, format) if format == "json" else exit_codes.OK


def status(format: str = "text") -> int:
    """Say what runs, where, since when."""
    if not _known(format):
        return exit_codes.BAD_INPUT
    try:
        return _show(processes.status(), format)
    except FAILURES as error:
        return _fail(error)


def reset(names: Iterable[str] | None = None, yes: bool = False, format: str = "text") -> int:
    """Stop endpoints and forget their data, once confirmed."""
    if not _known(format):
        return exit_codes.BAD_INPUT
    wanted = list(names or services.SERVICES)
    if not yes and not _confirmed(wanted):
        console.fail("nothing was reset; `--yes` confirms without a question")
        return exit_codes.INTERRUPTED
    try:
        found = processes.reset(wanted)
    except FAILURES as error:
        return _fail(error)
    if format == "text":
        _tell(f"{', '.join(wanted)}: forgotten. Stacks that lived there still list what is gone: `pulumi refresh` each")
    return _show(found, format) if format == "json" else exit_codes.OK


def _confirmed(wanted: list[str]) -> bool:
    if not sys.stdin.isatty():
        return False
    question = f"Everything that {', '.join(wanted)} hold will be lost, locked objects too. Go on?"
    return console.err().input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}


def _known(format: str) -> bool:
    if format in {"text", "json", QUIET}:
        return True
    console.fail(f"unknown format {format!r}; there are text and json")
    return False


def _show(found: list[processes.Status], format: str) -> int:
    if format == "json":
        sys.stdout.write(json.dumps({one.name: dataclasses.asdict(one) for one in found}, indent=2) + "\n")
    elif format == "text":
        console.out().print(_table(found))
    return exit_codes.OK


def _table(found: list[processes.Status]) -> rich.table.Table:
    table = rich.table.Table(title="Sandbox: every endpoint is [bold]simulated[/], on this machine only", box=None)
    for column in ("endpoint", "stands for", "state", "url", "pid", "since"):
        table.add_column(column, overflow="fold")
    for one in found:
        since = datetime.datetime.fromtimestamp(one.since).isoformat(sep=" ", timespec="seconds") if one.since else ""
        state = f"[{_COLOURS[one.state]}]{one.state}[/]"
        detail = f"\n{rich.markup.escape(one.detail)}" if one.detail else ""
        what = services.SERVICES[one.name].what
        table.add_row(one.name, what, state + detail, one.url, str(one.pid or ""), since)
    return table


def _tell(text: str) -> None:
    console.err().print(text, soft_wrap=True, markup=False)


def _say_nothing(_text: str) -> None:
    return None


def _fail(error: Exception) -> int:
    console.fail(str(error))
    return exit_codes.BAD_INPUT if isinstance(error, errors.UnknownEndpoint) else exit_codes.ENVIRONMENT
