"""Where kinds are read, and how a path leads into an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Item = Mapping[str, Any]
"""An object as the API answers it."""


def path(item: Any, steps: str) -> Any:
    """Follow `A.B`, `A[].B` (a list of B, absent ones left out) or `A[0].B` in an answer."""
    for step in steps.split("."):
        if item is None:
            return None
        name, _, index = step.partition("[")
        if isinstance(item, list):
            item = [member[name] for member in item if member.get(name) is not None]
        elif name:
            item = item.get(name)
        if index == "0]":
            item = item[0] if item else None
    return item


@dataclass(frozen=True)
class Source:
    """A read call: its items, the filter that selects by id, and the path of that id in an item (a list is allowed)."""

    call: str
    items: str
    filter: str
    key: str

    def keys(self, item: Item) -> list[str]:
        """The ids under which an item answers to the filter."""
        found = path(item, self.key)
        return [str(one) for one in found] if isinstance(found, list) else [str(found)]
