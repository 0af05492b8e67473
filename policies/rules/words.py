"""Declared words that say nothing: a record is complete only with real ones."""

from __future__ import annotations

import re
from collections.abc import Iterable

_PLACEHOLDER = re.compile(
    r"(?i)^\W*(?:tbd|tbc|todo|fixme|x+|n\W?a|none|unknown|placeholder|a completer|à compléter)?\W*$"
)


def empty(text: str | None) -> bool:
    """True for nothing at all, and for what stands in its place.

    >>> empty("TBD"), empty("CNIL 2023-146")
    (True, False)
    """
    return text is None or _PLACEHOLDER.match(text) is not None


def folded(roles: Iterable[str]) -> frozenset[str]:
    """Roles as one compares them: another spelling of a name is not another role.

    >>> sorted(folded(["role-4", " Role-4"]))
    ['role-4']
    """
    return frozenset(role.strip().casefold() for role in roles)
