"""From findings to the state of a requirement: the worst of its findings, and evidence for what no rule looks at."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from policies.catalogue.loader import Catalogue
from policies.verdicts import UNJUDGED, Finding, State

WORST_FIRST = (
    State.NON_CONFORM,
    State.EVIDENCE_REQUIRED,
    State.NOT_OBSERVABLE,
    State.WAIVED_UNTIL,
    State.EVIDENCE_ACCEPTED_UNTIL,
    State.WORKAROUND_ACCEPTED,
    State.CONFORM,
    State.NOT_APPLICABLE,
)


@dataclasses.dataclass(frozen=True, slots=True)
class RequirementRow:
    """One disclosed requirement: its rules, how many findings are in each state, and the state that follows.

    `state` is the worst of its findings. A requirement that rules judge in part, or not at all, needs evidence however
    well its rules do: a green rule never stands for what it does not look at.
    """

    id: str
    applicable: bool
    rules: tuple[str, ...]
    states: Mapping[State, int]
    state: State
    judged: bool
    coverage: str


def by_requirement(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """Requirement -> the findings about it, in their order."""
    about: dict[str, list[Finding]] = collections.defaultdict(list)
    for finding in findings:
        for identifier in dict.fromkeys(finding.requirements):
            about[identifier].append(finding)
    return dict(about)


def row(identifier: str, state: State, about: Sequence[Finding], catalogue: Catalogue) -> RequirementRow:
    """One requirement of the catalogue under the findings about it; `state` is the one that rates count."""
    rules = tuple(rule for rule, text in catalogue.rules.items() if identifier in text.requirements)
    states = collections.Counter(one.state for one in about)
    judged = any(one.state is not State.NOT_APPLICABLE and one.stage != UNJUDGED for one in about)
    text = catalogue.requirements[identifier]
    return RequirementRow(
        identifier,
        text.applicable,
        rules,
        dict(states),
        state,
        judged,
        text.coverage,
    )


def follow(identifier: str, states: Iterable[State], catalogue: Catalogue) -> State:
    """The state of a requirement whose findings are in `states`. One that is set aside applies when its guard falls."""
    found = set(states)
    text = catalogue.requirements[identifier]
    if not text.applicable:
        return State.NON_CONFORM if State.NON_CONFORM in found else State.NOT_APPLICABLE
    if text.coverage == "full" and found - {State.NOT_APPLICABLE}:
        return worst(found)
    return worst({*found, State.EVIDENCE_REQUIRED})


def worst(states: Iterable[State]) -> State:
    found = set(states)
    return next((state for state in WORST_FIRST if state in found), State.NOT_APPLICABLE)
