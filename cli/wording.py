"""What a provider's API says, put into words for a person: by data, providers/<provider>/wording.yaml."""

from __future__ import annotations

import dataclasses
import functools
import re
from typing import Any

import yaml

from blueprint import workspace
from cli import exit_codes


@dataclasses.dataclass(frozen=True)
class Told:
    """A message for a person, and the exit code that goes with it."""

    text: str
    code: int


@dataclasses.dataclass(frozen=True)
class Phrase:
    """One line of a table."""

    when: re.Pattern[str]
    says: str
    around: bool


def told(message: str, subject: str = "") -> Told | None:
    """The message in words; None where no provider has words for it. `subject` is what it is about, if known."""
    for phrase in phrases():
        if found := phrase.when.search(message):
            named = {name: value or "?" for name, value in found.groupdict().items()}
            text = phrase.says.format_map(named)
            code = exit_codes.ENVIRONMENT if phrase.around else exit_codes.BAD_INPUT
            return Told(f"{subject}: {text}" if subject else text, code)
    return None


@functools.cache
def phrases() -> tuple[Phrase, ...]:
    """All providers' lines: what one says, another does not."""
    lines: list[dict[str, Any]] = []
    for table in sorted((workspace.root() / "providers").glob("*/wording.yaml")):
        lines += yaml.safe_load(table.read_text(encoding="utf-8"))
    return tuple(Phrase(re.compile(line["when"]), line["says"], line.get("around", False)) for line in lines)
