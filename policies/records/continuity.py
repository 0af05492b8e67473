"""Continuity: a decision of two persons to keep operating after a qualification has lapsed."""

from __future__ import annotations

import datetime as dt
import pathlib

from blueprint import validation, yaml_reader
from blueprint.model import Model
from policies.records import checks

DAYS = 90
"""The longest time for which an offer without a qualification may be kept in operation by decision."""


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


def read(path: pathlib.Path) -> Continuity:
    """One record. Raises `BlueprintErrors`, with file and line, for one that does not bind."""
    data, source_map, _ = yaml_reader.read(path)
    record = validation.validate(Continuity, data, source_map)
    if checks.same_person(*record.decided_by):
        raise validation.failure(source_map, ("decided_by",), "two different persons decide", "name both")
    checks.span(record.decided_on, record.valid_until, DAYS, source_map)
    return record
