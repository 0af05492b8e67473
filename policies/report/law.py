"""Law and decisions in a report: which texts are in force today, in three months and in six, and what changes when.

Nothing is judged here: GOV-07 does, on the day of its run. A reviewer sees the next date before it comes.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Literal

from policies.catalogue.legal import Legal, LegalText
from policies.catalogue.texts import Bilingual

Force = Literal["in_force", "not_yet", "ended"]
FORCES: dict[Force, Bilingual] = {
    "in_force": Bilingual(fr="en vigueur", en="in force"),
    "not_yet": Bilingual(fr="pas encore", en="not yet"),
    "ended": Bilingual(fr="sans effet", en="without force"),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Standing:
    """Whether a text is in force on one of the report's days."""

    date: str
    force: Force


@dataclasses.dataclass(frozen=True, slots=True)
class Text:
    """One text or decision, on each of the report's days."""

    text: str
    """Its key in `policies/catalogue/legal.yaml`."""
    title: Bilingual
    effective: str
    ends: str | None
    """The first day without force."""
    replaced_by: str | None
    note: Bilingual | None
    source: str
    read_on: str
    second_hand: bool
    standings: tuple[Standing, ...]

    @property
    def changes(self) -> bool:
        """Whether it begins or ends between the first of the days and the last."""
        return len({one.force for one in self.standings}) > 1

    @property
    def on(self) -> str | None:
        """The day on which it changes; None where it does not."""
        if not self.changes:
            return None
        return self.effective if self.standings[0].force == "not_yet" else self.ends


def texts(legal: Legal, days: Sequence[dt.date]) -> tuple[Text, ...]:
    """Every text on those days; what changes first, by its day, then the others as the catalogue lists them."""
    found = [_text(key, text, days) for key, text in legal.texts.items()]
    return tuple(sorted(found, key=lambda one: (one.on is None, one.on or "")))


def _text(key: str, text: LegalText, days: Sequence[dt.date]) -> Text:
    return Text(
        text=key,
        title=text.title,
        effective=text.effective.isoformat(),
        ends=text.ends.isoformat() if text.ends else None,
        replaced_by=text.replaced_by,
        note=text.note,
        source=text.source,
        read_on=text.read_on.isoformat(),
        second_hand=text.second_hand,
        standings=tuple(Standing(day.isoformat(), _force(text, day)) for day in days),
    )


def _force(text: LegalText, day: dt.date) -> Force:
    if text.in_force(day):
        return "in_force"
    return "not_yet" if day < text.effective else "ended"
