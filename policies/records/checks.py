"""What every record is held to: days that bind, and two persons."""

from __future__ import annotations

import datetime as dt

from blueprint import validation
from blueprint.source_map import SourceMap


def span(first: dt.date, last: dt.date, most: int, source_map: SourceMap) -> None:
    """Raises `BlueprintErrors` where `last` lies before `first`, or more than `most` days after it."""
    if not 0 <= (last - first).days <= most:
        raise validation.failure(
            source_map,
            ("valid_until",),
            f"at most {most} days are allowed, the first day first",
            "bring the end nearer",
        )


def same_person(one: str, other: str) -> bool:
    """Whether two names are written for one person: case and outer spaces make no other one."""
    return one.strip().casefold() == other.strip().casefold()
