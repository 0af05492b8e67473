"""Findings that say the same, said once: ten lines to read, not a thousand.

Two findings are alike where rule, state, effect, end and wording agree; numbers, quoted names and paths in the wording
make no difference.
"""

from __future__ import annotations

import collections
import dataclasses
import functools
import re
from collections.abc import Iterable, Sequence

from policies.report.requirements import WORST_FIRST
from policies.verdicts import UNJUDGED, Effect, Finding, State

NO_REQUIREMENT = "Rempart"
_OWN = re.compile(r"`[^`]*`|'[^']*'|\"[^\"]*\"|\S*[/\d]\S*")


@dataclasses.dataclass(frozen=True, slots=True)
class Fold:
    """Findings of one rule that are alike; `findings` is never empty, and the first stands for all."""

    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        return self.findings[0]

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.subject for one in self.findings))


@dataclasses.dataclass(frozen=True, slots=True)
class Group:
    """What asks for attention under one requirement: the one that each of its rules names first."""

    requirement: str
    folds: tuple[Fold, ...]

    @property
    def effect(self) -> Effect:
        return Effect.BLOCK if any(one.first.effect is Effect.BLOCK for one in self.folds) else Effect.WARN


def loud(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """What blocks or warns."""
    return tuple(one for one in findings if one.effect is not Effect.PASS)


def apart(findings: Iterable[Finding]) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """(what functions found, rules that have no function and for which the catalogue answers, by name)."""
    found = tuple(findings)
    rules = dict.fromkeys(one.rule for one in found if one.stage == UNJUDGED)
    return tuple(one for one in found if one.stage != UNJUDGED), tuple(rules)


def fold(findings: Iterable[Finding]) -> tuple[Fold, ...]:
    """Worst first, then by rule."""
    alike: dict[tuple[object, ...], list[Finding]] = collections.defaultdict(list)
    for one in findings:
        alike[one.rule, one.state, one.effect, one.until, one.record, _wording(one.message)].append(one)
    return tuple(sorted((Fold(tuple(found)) for found in alike.values()), key=_order))


@functools.lru_cache(maxsize=1 << 14)
def _wording(message: str) -> str:
    """What findings that say the same have in common; a page folds each finding under its requirements and its rule."""
    return _OWN.sub("…", message)


def group(findings: Iterable[Finding]) -> tuple[Group, ...]:
    """By requirement, then by rule; requirements with something that blocks come first."""
    by_requirement: dict[str, list[Fold]] = collections.defaultdict(list)
    for one in fold(findings):
        by_requirement[next(iter(one.first.requirements), NO_REQUIREMENT)].append(one)
    groups = [Group(requirement, tuple(folds)) for requirement, folds in by_requirement.items()]
    return tuple(sorted(groups, key=lambda one: (one.effect is not Effect.BLOCK, one.requirement)))


def some(names: Sequence[str], most: int) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _order(one: Fold) -> tuple[bool, str, int, str]:
    return (one.first.effect is not Effect.BLOCK, one.first.rule, WORST_FIRST.index(one.first.state), one.first.subject)


def counts(states: Iterable[State]) -> dict[State, int]:
    """State -> how many, worst first."""
    counted = collections.Counter(states)
    return {state: counted[state] for state in WORST_FIRST if counted[state]}
