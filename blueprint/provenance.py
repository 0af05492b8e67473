"""Where every value of a blueprint comes from; the assumptions among them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from blueprint.consistency import PROVENANCE_FIELDS
from blueprint.model import Blueprint, Origin, Provenance
from blueprint.plan import Assumption
from blueprint.source_map import Path, SourceMap
from blueprint.validation import SECRET_FIELDS

NO_SOURCE = "no source given"

BOOKKEEPING_FIELDS = frozenset({"slot", "slots"})
"""Written by `rempart check --fix`, not claims about the platform."""


def attributed(blueprint: Blueprint) -> Iterator[tuple[Path, Any, Provenance]]:
    """Every value written in the file: path, value, and the nearest statement about where it comes from."""
    root = Provenance(origin=blueprint.origin, source=blueprint.source)
    yield from _below(blueprint, (), root)


def assumptions(blueprint: Blueprint, source_map: SourceMap) -> tuple[Assumption, ...]:
    """The values that neither the report nor a regulation gives, in the order of the file's subjects."""
    found = []
    for path, value, provenance in attributed(blueprint):
        if provenance.origin is Origin.ASSUMPTION:
            location = source_map.at(path)
            subject = "/".join(str(part) for part in path[:-1]) or blueprint.platform
            shown = "(not shown)" if path[-1] in SECRET_FIELDS else _show(value)
            where = f"{location.file}:{location.line}"
            found.append(Assumption(subject, str(path[-1]), shown, provenance.source, where))
    return tuple(sorted(found, key=lambda a: (a.subject, a.field)))


def _below(model: BaseModel, path: Path, inherited: Provenance) -> Iterator[tuple[Path, Any, Provenance]]:
    overrides: dict[str, Provenance] = getattr(model, "origins", {})
    for name, field in type(model).model_fields.items():
        written = field.alias or name
        if name not in model.model_fields_set or written in PROVENANCE_FIELDS or written in BOOKKEEPING_FIELDS:
            continue
        here = overrides.get(written, inherited)
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _below(value, (*path, written), _own(value, here))
        elif isinstance(value, dict):
            for key, child in value.items():
                yield from _below(child, (*path, written, key), _own(child, here))
        else:
            yield (*path, written), value, here


def _own(block: BaseModel, inherited: Provenance) -> Provenance:
    """A block's own statement; what it leaves out it inherits, but a new origin never borrows another's source."""
    origin: Origin | None = getattr(block, "origin", None)
    source: str | None = getattr(block, "source", None)
    if origin is None:
        return inherited if source is None else Provenance(origin=inherited.origin, source=source)
    if source is None:
        source = inherited.source if origin is inherited.origin else NO_SOURCE
    return Provenance(origin=origin, source=source)


def _show(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(_show(item) for item in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, dt.date) else str(value)
