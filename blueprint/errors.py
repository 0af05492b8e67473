"""What is wrong with an input, and what to do about it: never a traceback."""

from __future__ import annotations

import dataclasses
import difflib
import pathlib
from collections.abc import Iterable

from blueprint import workspace


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file. Lines and columns count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    `path` is the dotted path in the file ("" for the file itself), `message` says what was expected and, where it may
    be shown, what was found; `remedy` says what to do. A value that could be a secret is never echoed.
    """

    location: Location
    path: str
    message: str
    remedy: str

    def __str__(self) -> str:
        where = f"{self.location}: {self.path}: " if self.path else f"{self.location}: "
        return f"{where}{self.message}\n    -> {self.remedy}"


class RempartError(Exception):
    """Anything that a user can mend: the message says what is wrong and what to do."""


class MissingTool(RempartError):
    """Something that this machine lacks, and which package brings it."""


class BlueprintErrors(RempartError):
    """An input that cannot be read, with every problem found in it, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(problems, key=lambda p: (p.location, p.path, p.message)))
        super().__init__("\n".join(str(p) for p in self.problems))


class UnknownName(RempartError):
    """A platform, target, layer or stack name that does not exist; the message lists those that do."""


def suggest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return close[0] if close else None


def unknown(kind: str, word: str, known: Iterable[str]) -> str:
    """One sentence for a word that is not one of `known`, with the nearest and the whole list."""
    names = sorted(known)
    close = suggest(word, names)
    hint = f" Did you mean {close!r}?" if close else ""
    listing = ", ".join(names) if names else "none"
    return f"unknown {kind} {word!r}.{hint} Known: {listing}."


def display(path: pathlib.Path) -> str:
    """How a path is shown: from the project's folder where it lies inside it, so that output is the same everywhere."""
    try:
        return path.resolve().relative_to(workspace.root()).as_posix()
    except (ValueError, OSError, RuntimeError):  # elsewhere, or a link that leads nowhere
        return str(path)
