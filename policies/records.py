"""Records that people write: evidence for what cannot be observed, and continuity after a qualification has lapsed.

`policies/evidence/*.yaml` and `policies/continuity/*.yaml`. A record never makes anything conform: it says who answers
for it, why, and until when. A record marked `simulated: true` is valid on simulated targets only.
"""

from __future__ import annotations

import datetime as dt
import pathlib

from blueprint import validation, yaml_reader
from blueprint.model import Model
from blueprint.source_map import SourceMap

EVIDENCE_DAYS = 366
CONTINUITY_DAYS = 90
"""The longest time for which an offer without a qualification may be kept in operation by decision."""


class Evidence(Model):
    """What a person attests, for one rule and one exact scope, between two days (both included)."""

    id: str
    rule: str
    scope: str
    """A subject (`bubbles/warehouse/...`), or what the rule calls its scope (`offers/<offer>`). No wildcard."""
    statement: str
    document: str
    """Where the proof itself can be read."""
    owner: str
    approver: str
    valid_from: dt.date
    valid_until: dt.date
    simulated: bool

    def holds(self, rule: str, scopes: set[str], as_of: dt.date, simulated: bool) -> bool:
        return (
            self.rule == rule
            and self.scope in scopes
            and self.valid_from <= as_of <= self.valid_until
            and self.simulated <= simulated
        )


class Continuity(Model):
    """A decision of two persons to keep operating on an offer whose qualification has lapsed."""

    id: str
    offer: str
    reason: str
    exit_plan: str
    decided_by: tuple[str, str]
    decided_on: dt.date
    valid_until: dt.date
    simulated: bool

    def holds(self, offer: str, as_of: dt.date, simulated: bool) -> bool:
        return self.offer == offer and self.decided_on <= as_of <= self.valid_until and self.simulated <= simulated


class Records(Model):
    evidence: tuple[Evidence, ...] = ()
    continuity: tuple[Continuity, ...] = ()

    def evidence_for(self, rule: str, scopes: set[str], as_of: dt.date, simulated: bool) -> Evidence | None:
        """The record that holds longest."""
        found = [record for record in self.evidence if record.holds(rule, scopes, as_of, simulated)]
        return max(found, key=lambda record: (record.valid_until, record.id), default=None)

    def continuity_for(self, offer: str, as_of: dt.date, simulated: bool) -> Continuity | None:
        found = [record for record in self.continuity if record.holds(offer, as_of, simulated)]
        return max(found, key=lambda record: (record.valid_until, record.id), default=None)


def load(folder: pathlib.Path | None = None) -> Records:
    """Every record of a folder. Raises `BlueprintErrors`, with file and line, for one that is wrong."""
    place = folder or pathlib.Path(__file__).parent
    return Records(
        evidence=tuple(_evidence(path) for path in sorted((place / "evidence").glob("*.yaml"))),
        continuity=tuple(_continuity(path) for path in sorted((place / "continuity").glob("*.yaml"))),
    )


def _evidence(path: pathlib.Path) -> Evidence:
    data, source_map, _ = yaml_reader.read(path)
    record = validation.validate(Evidence, data, source_map)
    if record.owner == record.approver:
        raise validation.failure(source_map, ("approver",), "the owner approves alone", "name another person")
    if "*" in record.scope:
        raise validation.failure(source_map, ("scope",), "a scope has no wildcard", "write one record per subject")
    _span(record.valid_from, record.valid_until, EVIDENCE_DAYS, source_map)
    return record


def _continuity(path: pathlib.Path) -> Continuity:
    data, source_map, _ = yaml_reader.read(path)
    record = validation.validate(Continuity, data, source_map)
    if len({name.strip().casefold() for name in record.decided_by}) != 2:
        raise validation.failure(source_map, ("decided_by",), "two different persons decide", "name both")
    _span(record.decided_on, record.valid_until, CONTINUITY_DAYS, source_map)
    return record


def _span(first: dt.date, last: dt.date, most: int, source_map: SourceMap) -> None:
    if not 0 <= (last - first).days <= most:
        raise validation.failure(
            source_map,
            ("valid_until",),
            f"at most {most} days are allowed, the first day first",
            "bring the end nearer",
        )
