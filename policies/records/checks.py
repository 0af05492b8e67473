"""What every record is held to: days that bind, and two persons."""

from __future__ import annotations

import datetime as dt
import unicodedata

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
    """Whether two names are written for one person: case, spaces and what nobody sees make no other one."""
    return _read(one) == _read(other)


def _read(name: str) -> str:
    """As a reader takes it: `Ａnn`, with a wide letter, is `ann`, and so is one with a character of no width in it."""
    seen = "".join(sign for sign in unicodedata.normalize("NFKC", name) if unicodedata.category(sign) != "Cf")
    return " ".join(seen.casefold().split())
