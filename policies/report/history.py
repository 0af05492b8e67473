"""What a stack's runs said, run after run: one line per run that was judged to its end, kept beside its findings."""

from __future__ import annotations

import collections
import dataclasses
import json
import pathlib
from collections.abc import Iterable, Mapping
from typing import Any

from policies.catalogue.loader import Catalogue
from policies.report import requirements
from policies.verdicts import State

FILE = "history.jsonl"
MOST = 8
"""How many changes of one requirement are shown."""


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """From `time` on, a requirement stood in `state`, after `where` (a stack and an operation)."""

    time: str
    state: State
    where: str


def append(folder: pathlib.Path, header: Mapping[str, Any], states: Iterable[tuple[str, State]]) -> None:
    """One run, from the (rule, state) of each of its findings: the worst state of each rule is kept."""
    found: dict[str, set[State]] = collections.defaultdict(set)
    for rule, state in states:
        found[rule].add(state)
    line = {
        "time": header.get("time", ""),
        "stack": header.get("stack", ""),
        "operation": header.get("operation", ""),
        "rules": {rule: str(requirements.worst(its)) for rule, its in sorted(found.items())},
    }
    with (folder / FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def read(folders: Iterable[pathlib.Path], catalogue: Catalogue) -> dict[str, tuple[Event, ...]]:
    """Requirement -> when its state changed, first to last; a line that a kill cut short is left out."""
    made: dict[str, list[Event]] = collections.defaultdict(list)
    standing: dict[str, dict[str, State]] = collections.defaultdict(dict)
    rules = {
        identifier: [rule for rule, text in catalogue.rules.items() if identifier in text.requirements]
        for identifier, text in catalogue.requirements.items()
        if text.applicable
    }
    for line in sorted((one for folder in folders for one in _lines(folder / FILE)), key=lambda one: one["time"]):
        standing[line["stack"]] = {rule: State(state) for rule, state in line["rules"].items()}
        for identifier, its in rules.items():
            states = {found[rule] for found in standing.values() for rule in its if rule in found}
            state = requirements.follow(identifier, states, catalogue)
            if not made[identifier] or made[identifier][-1].state is not state:
                made[identifier].append(Event(line["time"], state, f"{line['stack']} {line['operation']}"))
    return {identifier: tuple(events[-MOST:]) for identifier, events in made.items()}


def _lines(path: pathlib.Path) -> list[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        return []
    made = []
    for line in text.splitlines():
        try:
            made.append(json.loads(line))
        except ValueError:
            continue
    return made
