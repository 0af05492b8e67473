"""The kinds of resources: ids, names, and which filter of a Read looks at which field (`data/kinds.yaml`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

TABLE = Path(__file__).parent / "data" / "kinds.yaml"


@dataclass(frozen=True)
class Kind:
    """`read` is the operation that lists it, `list` the field of its answer, `filters` filter name -> field path.

    A path goes through lists by itself: `PrivateIps.PrivateIp` is each private IP's address.
    """

    name: str
    prefix: str
    digits: int
    id: str
    list: str
    read: str
    filter_schema: str
    missing: str
    tag_type: str | None
    filters: Mapping[str, str]

    @property
    def title(self) -> str:
        """The name people and Outscale use: `NetPeering`."""
        return "".join(word.capitalize() for word in self.name.split("-"))

    @property
    def id_filter(self) -> str:
        """The filter that takes ids."""
        return next(name for name, path in self.filters.items() if path == self.id)


@cache
def table() -> dict[str, Kind]:
    """Every kind, by name."""
    tree = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    kinds = {}
    for name, line in tree.items():
        kinds[name] = Kind(
            name=name,
            prefix=line["prefix"],
            digits=line.get("digits", 8),
            id=line["id"],
            list=line["list"],
            read=line.get("read", "Read" + line["list"]),
            filter_schema=line["filter_schema"],
            missing=line["missing"],
            tag_type=line.get("tag_type"),
            filters=line["filters"],
        )
    return kinds


def kind(name: str) -> Kind:
    return table()[name]


def by_prefix(resource_id: str) -> Kind | None:
    """The kind that an id belongs to, by its prefix."""
    head = resource_id.rpartition("-")[0]
    return next((k for k in table().values() if k.prefix == head), None)
