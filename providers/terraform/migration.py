"""What the types of the platform that is left become on each qualified offer: `azurerm.yaml`, read."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import pathlib
from collections import Counter
from collections.abc import Iterable
from typing import Literal

from blueprint import validation, yaml_reader
from blueprint.model import Model
from providers.terraform.blocks import Block

SOURCES = ("azurerm",)
How = Literal["native", "workaround", "external", "absent"]


class Name(Model):
    fr: str
    en: str


class Becomes(Model):
    how: How
    becomes: str
    """In both languages where they differ; empty where nothing takes its place."""


class TypeText(Model):
    what: Name
    outscale: Becomes
    ovh: Becomes
    cloudtemple: Becomes


class Table(Model):
    source: str
    read_on: dt.date
    offers: dict[Literal["outscale", "ovh", "cloudtemple"], str]
    types: dict[str, TypeText]


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One type; `text` is None where the table does not know it. `count` is 0 in the whole table."""

    type: str
    count: int
    text: TypeText | None


@functools.lru_cache(maxsize=2)
def load(source: str) -> Table:
    data, source_map, _ = yaml_reader.read(pathlib.Path(__file__).parent / f"{source}.yaml")
    return validation.validate(Table, data, source_map)


def rows(source: str, blocks: Iterable[Block] | None) -> tuple[Row, ...]:
    """The types of `source` in `blocks`, those without an entry too; the whole table for None."""
    table = load(source)
    if blocks is None:
        return tuple(Row(name, 0, text) for name, text in table.types.items())
    counted = Counter(one.type for one in blocks if one.type.startswith(f"{source}_"))
    return tuple(Row(name, count, table.types.get(name)) for name, count in sorted(counted.items()))
