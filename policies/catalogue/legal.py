"""Dates of law and of decisions (`legal.yaml`): what is in force on a day, and what ends or begins before another."""

from __future__ import annotations

import datetime as dt
import functools
import pathlib
from typing import Literal

from pydantic import Field

from blueprint import validation, yaml_reader
from blueprint.model import Model
from policies.catalogue.texts import Bilingual


class LegalText(Model):
    kind: Literal["authorisation", "law", "referential", "standard"]
    title: Bilingual
    effective: dt.date
    repealed: dt.date | None = None
    """The first day without force."""
    expiry: dt.date | None = None
    """The last valid day."""
    replaced_by: str | None = None
    cited_as: str | None = None
    """How a blueprint names it as its authorisation."""
    source: str
    read_on: dt.date
    second_hand: bool
    confidence: Literal["stated", "verified", "inferred"]
    note: Bilingual | None = None

    @property
    def ends(self) -> dt.date | None:
        """The first day without force, whichever way it ends."""
        ends = [day for day in (self.repealed, self.expiry and self.expiry + dt.timedelta(1)) if day is not None]
        return min(ends, default=None)

    def in_force(self, on: dt.date) -> bool:
        return self.effective <= on and (self.ends is None or on < self.ends)


class Paper(Model):
    """A document that only a person can show."""

    reference: str
    title: Bilingual


class Change(Model):
    """A text that begins or ends on a day."""

    day: dt.date
    text: str
    begins: bool


class Legal(Model):
    texts: dict[str, LegalText] = Field(default_factory=dict)
    papers: dict[str, Paper] = Field(default_factory=dict)

    def cited(self, authorisation: str) -> tuple[str, LegalText] | None:
        """The text that an authorisation of a blueprint names: its exact name, alone or before a comma."""
        name = authorisation.split(",")[0].strip().casefold()
        return next(((key, text) for key, text in self.texts.items() if (text.cited_as or "").casefold() == name), None)

    def changes(self, after: dt.date, until: dt.date) -> tuple[Change, ...]:
        """What begins or ends after a day, up to and including another, in order: the horizons of reports."""
        found = [
            Change(day=day, text=key, begins=begins)
            for key, text in self.texts.items()
            for day, begins in ((text.effective, True), (text.ends, False))
            if day is not None and after < day <= until
        ]
        return tuple(sorted(found, key=lambda change: (change.day, change.text)))


@functools.lru_cache(maxsize=1)
def load() -> Legal:
    """The dates of this checkout."""
    return read(pathlib.Path(__file__).parent / "legal.yaml")


def read(path: pathlib.Path) -> Legal:
    """The dates of a file. Raises `BlueprintErrors`, with file and line, for what is wrong in it."""
    data, source_map, _ = yaml_reader.read(path)
    legal = validation.validate(Legal, data, source_map)
    for key, text in legal.texts.items():
        at = ("texts", key)
        if text.replaced_by is not None and text.replaced_by not in legal.texts:
            raise validation.failure(source_map, (*at, "replaced_by"), "this text is not described", "describe it here")
        if text.ends is not None and text.ends <= text.effective:
            raise validation.failure(source_map, at, "it ends before it begins", "correct one of its dates")
        if (text.kind == "authorisation") != (text.cited_as is not None):
            raise validation.failure(source_map, at, "an authorisation, and it alone, has `cited_as`", "correct it")
    return legal
