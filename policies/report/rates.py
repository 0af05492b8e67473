"""The rates of the report's language: by type and by brick, today and later, declared beside judged.

*Judged* is what rules saw (simulated, or verified); *declared* is what the provider says of its offer
(`providers/<p>/capabilities.yaml`). Only `conform` counts; an accepted workaround is a second rate; what does not apply
is in neither. Expiries move both forward in time. An announcement moves only what is declared: no roadmap makes
anything conform that no rule has judged.
"""

from __future__ import annotations

import calendar
import collections
import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Literal

from policies.catalogue.loader import Catalogue
from policies.report import requirements
from policies.verdicts import Finding, State
from providers.capabilities import Brick, Offer, Standing

MONTHS = (0, 3, 6)
AFTER_ITS_END = {
    State.CONFORM: State.NON_CONFORM,  # a qualification that ends
    State.WORKAROUND_ACCEPTED: State.NON_CONFORM,
    State.WAIVED_UNTIL: State.NON_CONFORM,
    State.EVIDENCE_ACCEPTED_UNTIL: State.EVIDENCE_REQUIRED,
}
_DECLARED = {
    "conform": State.CONFORM,
    "partial": State.NON_CONFORM,
    "non_conform": State.NON_CONFORM,
    "not_applicable": State.NOT_APPLICABLE,
}
Basis = Literal["judged", "declared"]


@dataclasses.dataclass(frozen=True, slots=True)
class Rate:
    """Of `n` applicable requirements, how many are conform, and how many more have an accepted workaround."""

    name: str
    n: int
    conform: int
    workaround: int


@dataclasses.dataclass(frozen=True, slots=True)
class Rates:
    basis: Basis
    all: Rate
    by_type: tuple[Rate, ...]
    by_brick: tuple[Rate, ...]
    states: Mapping[str, State]
    """Requirement -> the state that was counted."""


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """Why a horizon differs from today."""

    kind: Literal["qualification", "record", "roadmap", "term"]
    date: str
    what: str
    name: str
    """Brick, rule or decision that it concerns."""


@dataclasses.dataclass(frozen=True, slots=True)
class Horizon:
    """The rates on one day. `declared` is None where the offer has no capability file."""

    months: int
    date: str
    judged: Rates
    declared: Rates | None
    changes: tuple[Change, ...]


def horizons(
    findings: Sequence[Finding], offer: Offer | None, as_of: dt.date, catalogue: Catalogue
) -> tuple[Horizon, ...]:
    """Today, in three months and in six."""
    return tuple(_horizon(findings, offer, as_of, months, catalogue) for months in MONTHS)


def later(day: dt.date, months: int) -> dt.date:
    """The same day of the month, or its last one."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _horizon(
    findings: Sequence[Finding], offer: Offer | None, as_of: dt.date, months: int, catalogue: Catalogue
) -> Horizon:
    day = later(as_of, months)
    return Horizon(
        months,
        day.isoformat(),
        _rates("judged", _judged(findings, offer, day, catalogue), catalogue),
        _rates("declared", _declared(offer, day, catalogue), catalogue) if offer else None,
        _changes(findings, offer, as_of, day),
    )


def _judged(findings: Sequence[Finding], offer: Offer | None, day: dt.date, catalogue: Catalogue) -> dict[str, State]:
    about: dict[str, set[State]] = collections.defaultdict(set)
    for finding in findings:
        state = _on(finding, day)
        for requirement in finding.requirements:
            about[requirement].add(state)
    made = {}
    for identifier, text in catalogue.requirements.items():
        found = about[identifier]
        lapsed = text.applicable and _lapsed(offer, text.brick, day)
        made[identifier] = State.NON_CONFORM if lapsed else requirements.follow(identifier, found, catalogue)
    return made


def _on(finding: Finding, day: dt.date) -> State:
    """The finding's state on a day: what was accepted until an earlier one no longer is."""
    if finding.until is None or dt.date.fromisoformat(finding.until) >= day:
        return finding.state
    return AFTER_ITS_END.get(finding.state, finding.state)


def _declared(offer: Offer, day: dt.date, catalogue: Catalogue) -> dict[str, State]:
    made = {}
    for identifier, text in catalogue.requirements.items():
        brick = offer.bricks.get(text.brick)
        state = _says(brick, identifier, day) if brick else State.EVIDENCE_REQUIRED
        if not text.applicable or state is State.NOT_APPLICABLE:
            made[identifier] = State.NOT_APPLICABLE
        else:
            made[identifier] = State.NON_CONFORM if _lapsed(offer, text.brick, day) else state
    return made


def _says(brick: Brick, requirement: str, day: dt.date) -> State:
    """What the provider says of the brick on a day, roadmap included."""
    reached = [step for step in brick.roadmap if step.date <= day]
    state = _DECLARED[brick.declared]
    if reached:
        step = max(reached, key=lambda one: one.date)
        qualified = brick.qualified or (step.qualified_from is not None and step.qualified_from <= day)
        if step.becomes == "native" and qualified:
            return State.CONFORM
        if step.becomes == "absent":
            state = State.NON_CONFORM
    worked_round = brick.workaround is not None and brick.workaround.requirement == requirement
    return State.WORKAROUND_ACCEPTED if worked_round and state is not State.CONFORM else state


def _lapsed(offer: Offer | None, brick: str, day: dt.date) -> bool:
    """After the last day of a decision, the brick is non-conform in every rate."""
    return offer is not None and offer.judge(brick, day).standing in (Standing.LAPSED, Standing.NOT_YET)


def _rates(basis: Basis, states: Mapping[str, State], catalogue: Catalogue) -> Rates:
    counted = {name: state for name, state in states.items() if state is not State.NOT_APPLICABLE}

    def group(key: Mapping[str, str]) -> tuple[Rate, ...]:
        names = sorted({key[name] for name in counted})
        return tuple(rate(one, [state for name, state in counted.items() if key[name] == one]) for one in names)

    texts = catalogue.requirements
    return Rates(
        basis,
        rate("all", list(counted.values())),
        group({name: texts[name].type for name in counted}),
        group({name: texts[name].brick for name in counted}),
        dict(states),
    )


def rate(name: str, states: Sequence[State]) -> Rate:
    return Rate(name, len(states), states.count(State.CONFORM), states.count(State.WORKAROUND_ACCEPTED))


def share(rate: Rate) -> str:
    """`3/10 (+ 1)`: never a percentage without its n."""
    more = f" (+ {rate.workaround})" if rate.workaround else ""
    return f"{rate.conform}/{rate.n}{more}"


def _changes(findings: Sequence[Finding], offer: Offer | None, as_of: dt.date, day: dt.date) -> tuple[Change, ...]:
    """What begins or ends after `as_of` and before or on `day`; a last valid day counts once it is past."""
    found: set[Change] = set()
    decision = offer.qualification if offer else None
    if decision is not None and as_of <= decision.valid_until < day:
        found.add(_ends(decision.valid_until, f"{decision.scheme} {decision.version}", decision.decision))
    for brick, its in offer.bricks.items() if offer else ():
        for step in its.roadmap:
            if as_of < step.date <= day:
                found.add(Change("roadmap", step.date.isoformat(), f"{step.becomes} ({step.confidence})", brick))
    for finding in findings:
        if finding.until and as_of <= dt.date.fromisoformat(finding.until) < day:
            kind: Literal["record", "term"] = "record" if finding.record else "term"
            found.add(Change(kind, finding.until, finding.record or finding.subject, finding.rule))
    return tuple(sorted(found, key=lambda one: (one.date, one.kind, one.name, one.what)))


def _ends(last: dt.date, scheme: str, decision: str) -> Change:
    return Change("qualification", last.isoformat(), scheme, decision)
