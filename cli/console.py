"""How the command line speaks: one console for people, one for messages, and progress that suits pipes too."""

from __future__ import annotations

import functools
import io
import os
import pathlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import rich.console
import rich.markup

from cli import engine

PIPE_WIDTH = 160  # a pipe has no width of its own, and 80 columns fold every table


class _Console(rich.console.Console):
    def on_broken_pipe(self) -> None:
        """Rich would end the run with 1, which says here that something was refused."""
        raise BrokenPipeError


@functools.cache
def out() -> rich.console.Console:
    """Standard output: tables and results. Colours follow NO_COLOR, FORCE_COLOR and whether it is a terminal."""
    return _Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)


def settle() -> None:
    """Standard output takes every letter, whatever its alphabet, and is there even where the caller has closed it."""
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    elif isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def unread() -> None:
    """Nothing more is written to standard output: what is left in it has no reader."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


@functools.cache
def err() -> rich.console.Console:
    """Standard error: progress and what went wrong."""
    return rich.console.Console(stderr=True, highlight=False)


@contextmanager
def sheet(output: str | None) -> Iterator[rich.console.Console]:
    """Where a command prints its result: standard output, or the file `output`, without colours."""
    if output is None:
        yield out()
        return
    path = pathlib.Path(output)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        yield rich.console.Console(file=file, width=PIPE_WIDTH, highlight=False, no_color=True)


def fail(message: str) -> None:
    """One message that says what is wrong and what to do."""
    err().print(f"[bold red]error[/] {rich.markup.escape(message)}", soft_wrap=True)


@contextmanager
def progress(title: str) -> Iterator[engine.Progress]:
    """A line per layer that moves on a terminal; one line per layer's first event elsewhere."""
    if not sys.stderr.isatty():
        seen: set[str] = set()

        def plain(stack: str, _what: str) -> None:
            if stack not in seen:
                seen.add(stack)
                err().print(f"{title}: {stack} ...", soft_wrap=True)

        yield plain
        return
    import rich.progress

    columns = (
        rich.progress.SpinnerColumn(),
        rich.progress.TextColumn("{task.fields[stack]}"),
        rich.progress.TimeElapsedColumn(),
        rich.progress.TextColumn("[dim]{task.description}[/]"),
    )
    with rich.progress.Progress(*columns, console=err(), transient=True) as bar:
        tasks: dict[str, rich.progress.TaskID] = {}

        def live(stack: str, what: str) -> None:
            if stack not in tasks:
                tasks[stack] = bar.add_task("", total=None, stack=stack)
            bar.update(tasks[stack], description=rich.markup.escape(what[:90]))

        yield live
