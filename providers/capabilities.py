"""What a provider's offer has, brick by brick, with dates and sources: `providers/<provider>/capabilities.yaml`, read.

A qualification is per service and per region, never per vendor, and it has days on which it begins and ends. Nothing
here knows what day it is: every question takes `as_of`.
"""

from __future__ import annotations

import datetime as dt
import enum
import functools
import pathlib
from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from blueprint import validation, yaml_reader
from blueprint.model import Model

WARN_DAYS = 90
"""From so many days before the end of a qualification, everything warns."""
FRESH_DAYS = 31
"""A source read longer ago than this no longer proves anything by itself."""


class Standing(enum.StrEnum):
    """How a qualification stands on a day."""

    QUALIFIED = "qualified"
    EVIDENCE_REQUIRED = "evidence_required"
    LAPSED = "lapsed"
    NOT_YET = "not_yet"
    UNQUALIFIED = "unqualified"


class Judgement(Model):
    """`standing` on a day; `until` is the last valid day; `warning` is set inside the last 90 days."""

    standing: Standing
    message: str
    until: dt.date | None = None
    warning: bool = False


class Qualification(Model):
    scheme: str
    version: str
    decision: str
    valid_from: dt.date
    valid_until: dt.date
    """The last valid day."""
    source: str
    read_on: dt.date
    second_hand: bool
    """True where an excerpt or a transcription was read, not the issuer's own page."""

    def judge(self, as_of: dt.date) -> Judgement:
        """The state on `as_of`: the dates first, then how far the source is proof."""
        name = f"{self.scheme} {self.version} decision {self.decision}"
        if as_of < self.valid_from:
            return Judgement(standing=Standing.NOT_YET, message=f"{name} begins on {self.valid_from}")
        if as_of > self.valid_until:
            return Judgement(
                standing=Standing.LAPSED, message=f"{name} ended on {self.valid_until}", until=self.valid_until
            )
        left = (self.valid_until - as_of).days
        warning = left < WARN_DAYS
        ends = f"{name} ends on {self.valid_until}" + (f", {_days(left)}" if warning else "")
        if self.second_hand or (as_of - self.read_on).days > FRESH_DAYS:
            why = "second-hand" if self.second_hand else f"older than {FRESH_DAYS} days"
            return Judgement(
                standing=Standing.EVIDENCE_REQUIRED,
                message=f"{ends}; the source was read on {self.read_on} and is {why}",
                until=self.valid_until,
                warning=warning,
            )
        return Judgement(standing=Standing.QUALIFIED, message=ends, until=self.valid_until, warning=warning)


class Roadmap(Model):
    date: dt.date
    becomes: Literal["native", "workaround", "external", "absent"]
    qualified_from: dt.date | None = None
    source: str
    confidence: Literal["low", "medium", "high"]
    assessor: str


class Impact(Model):
    security: str
    functional: str


class Workaround(Model):
    requirement: str
    name: str
    impact: Impact
    complexity: Literal["low", "complex", "very_complex"]


class Brick(Model):
    """One of the report's bricks in one offer."""

    state: Literal["native", "workaround", "external", "absent"]
    declared: Literal["conform", "partial", "non_conform", "not_applicable"]
    """What the provider says of itself."""
    qualified: bool
    """Whether this very service is inside the decision."""
    source: str
    read_on: dt.date
    note: str = ""
    constraints: dict[str, int | str | bool] = Field(default_factory=dict)
    roadmap: tuple[Roadmap, ...] = ()
    workaround: Workaround | None = None
    native_with: str | None = None
    """The feature that makes this one native as soon as the offer has it."""


class Host(Model):
    """A host name that the provider publishes for this offer: what answers there may be called verified."""

    host: str
    source: str
    read_on: dt.date
    below: bool = False
    """Whether each customer has a name of its own below it."""

    def is_of(self, host: str) -> bool:
        return host == self.host or (self.below and host.endswith(f".{self.host}"))


class Offer(Model):
    """What is compared: a named service of a provider in a region, under a decision."""

    name: str
    provider: str
    region: str
    azs: tuple[str, ...]
    country: str
    in_2023_report: str | None = None
    qualification: Qualification | None
    hds: Qualification | None = None
    """The certificate for hosting health data; it is read and it ages as a qualification does."""
    hosts: tuple[Host, ...] = ()
    bricks: dict[str, Brick]
    features: dict[str, Brick] = Field(default_factory=dict)
    """Parts of a brick that an offer may lack while it has the brick: peering, bucket policies, ..."""

    def part(self, name: str) -> Brick | None:
        """A brick or a feature."""
        return self.bricks.get(name) or self.features.get(name)

    def has(self, name: str) -> bool:
        """Whether the offer has a brick or a feature by itself."""
        found = self.part(name)
        if found is None:
            return False
        return found.state == "native" or (found.native_with is not None and self.has(found.native_with))

    def owns(self, host: str) -> bool:
        """Whether `host` is one that the provider publishes for this offer."""
        return any(known.is_of(host) for known in self.hosts)

    def judge(self, brick: str, as_of: dt.date) -> Judgement:
        """Whether `brick`, or that part of one, of this offer may hold sensitive data on `as_of`."""
        found = self.part(brick)
        if found is None or not found.qualified or self.qualification is None:
            note = f": {found.note}" if found is not None and found.note else ""
            return Judgement(
                standing=Standing.UNQUALIFIED,
                message=f"{brick} of {self.name} ({self.region}) is inside no qualification decision{note}",
            )
        return self.qualification.judge(as_of)


class Capabilities(Model):
    """The whole file."""

    provider: str
    offers: dict[str, Offer]

    def offer(self, key: str) -> Offer | None:
        return self.offers.get(key)


class Problem(Model):
    """A brick that the blueprint needs and that the offer does not have."""

    brick: str
    message: str
    workaround: str | None = None

    def __str__(self) -> str:
        more = f" Accepted workaround: {self.workaround}." if self.workaround else " There is no accepted workaround."
        return f"{self.brick}: {self.message}.{more}"


def path(provider: str) -> pathlib.Path:
    return pathlib.Path(__file__).parent / provider / "capabilities.yaml"


@functools.lru_cache(maxsize=8)
def load(provider: str) -> Capabilities:
    """Raises `blueprint.errors.BlueprintErrors`, with file and line, for a file that is wrong or missing."""
    data, source_map, _ = yaml_reader.read(path(provider))
    return validation.validate(Capabilities, data, source_map)


def find(provider: str) -> Capabilities | None:
    """The same; None for a provider that nobody described."""
    return load(provider) if path(provider).exists() else None


def check(
    offer: Offer, needs: Iterable[str], as_of: dt.date, declared_workarounds: Iterable[str] = ()
) -> tuple[Problem, ...]:
    """What `offer` lacks for `needs`, to be refused in one message before anything is registered.

    A brick that the offer has only by a workaround is no problem where the blueprint declares that workaround.
    A lapsed qualification is not judged here: SOV-01 does, because a continuity record may carry it.
    """
    declared = set(declared_workarounds)
    return tuple(problem for need in needs if (problem := _problem(offer, need, as_of, declared)) is not None)


def _problem(offer: Offer, need: str, as_of: dt.date, declared: set[str]) -> Problem | None:
    brick = offer.part(need)
    workaround = brick.workaround.name if brick and brick.workaround else None
    if brick is None:
        return Problem(
            brick=need, message=f"{offer.name} says nothing of it (providers/{offer.provider}/capabilities.yaml)"
        )
    if offer.has(need) or (brick.state in ("workaround", "external") and workaround in declared):
        return None
    if brick.state in ("workaround", "external") and workaround is None:
        return None
    coming = [step for step in brick.roadmap if step.becomes == "native"]
    if any(step.date <= as_of and step.qualified_from is not None and step.qualified_from <= as_of for step in coming):
        return None
    when = f"announced for {coming[0].date} ({coming[0].confidence} confidence)" if coming else "no date is announced"
    return Problem(
        brick=need,
        message=f"{brick.state} in {offer.name} ({offer.region}), as read on {brick.read_on}; {when}",
        workaround=workaround,
    )


def _days(left: int) -> str:
    return "today" if left == 0 else f"in {left} day{'s' if left > 1 else ''}"
