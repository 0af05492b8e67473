"""Diff and the merging of what was read: pure functions over declarations, old state and new inputs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from plugins.runtime.declare import Field, Found, ListOf, Old, Record, Type, Values
from plugins.runtime.values import UNKNOWN, contains_unknown

ChangeKind = Literal["add", "update", "delete"]


@dataclass(frozen=True)
class Change:
    field: Field
    kind: ChangeKind


def same(field: Field, one: Any, other: Any) -> bool:
    """Equal for this field: order counts only where the declaration says so, absent equals empty."""
    if contains_unknown(one) or contains_unknown(other):
        return False
    return bool(_settled(field, one) == _settled(field, other))


def _settled(field: Field, value: Any) -> Any:
    if value is None:
        value = field.default
    if value in ({}, [], ""):
        return None
    if field.json and isinstance(value, str):
        return _parsed(value)
    if field.unordered and isinstance(value, list):
        return sorted(value, key=lambda item: json.dumps(item, sort_keys=True))
    return _compact(field.type, value)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _compact(type_: Type, value: Any) -> Any:
    """Inside records: an absent member equals its default."""
    if isinstance(type_, Record) and isinstance(value, dict):
        settled = {field.name: _settled(field, value.get(field.name)) for field in type_.fields}
        return {name: item for name, item in settled.items() if item is not None}
    if isinstance(type_, ListOf) and isinstance(value, list):
        return [_compact(type_.item, item) for item in value]
    return value


def changes(fields: tuple[Field, ...], old: Old, new: Values, ignore: Iterable[str] = ()) -> list[Change]:
    """What an update would have to change."""
    ignored = frozenset(ignore)
    found = []
    for field in fields:
        if field.name in ignored or _unsaid(field, old, new):
            continue
        before = _before(field, old)
        after = new.get(field.name)
        if not same(field, before, after):
            found.append(Change(field, _kind_of_change(before, after)))
    return found


def _unsaid(field: Field, old: Old, new: Values) -> bool:
    """Nobody can say that it changed: chosen by the API, or never seen since an import."""
    if field.name not in new and field.server_chosen:
        return True
    never_seen = field.name not in old.inputs and field.name not in old.outputs
    return never_seen and (field.local or field.write_only)


def _before(field: Field, old: Old) -> Any:
    # Local fields are compared with what the state's outputs say: an import learns them only at the next update.
    source = old.outputs if field.local else old.inputs
    return source.get(field.name)


def _kind_of_change(before: Any, after: Any) -> ChangeKind:
    if before is None:
        return "add"
    return "delete" if after is None else "update"


def planned_outputs(fields: tuple[Field, ...], outputs: tuple[Field, ...], inputs: Values) -> dict[str, Any]:
    """The outputs of a creation at preview: what was given, and unknown for what the API will choose."""
    chosen = {field.name: UNKNOWN for field in fields if field.server_chosen and field.name not in inputs}
    return {**{field.name: UNKNOWN for field in outputs}, **chosen, **local_outputs(fields, inputs), **inputs}


def local_outputs(fields: tuple[Field, ...], inputs: Values) -> dict[str, Any]:
    """Local fields are always written, empty when not given: their absence marks an imported resource."""
    return {field.name: inputs.get(field.name, _empty(field)) for field in fields if field.local}


def _empty(field: Field) -> Any:
    if field.default is not None:
        return field.default
    empties: dict[Any, Callable[[], Any]] = {"string": str, "boolean": bool, "integer": int, "number": float}
    if isinstance(field.type, str):
        return empties.get(field.type, str)()
    return [] if isinstance(field.type, ListOf) else {}


def inputs_after_read(fields: tuple[Field, ...], found: Found, old_inputs: Values | None) -> dict[str, Any]:
    """The inputs that a refresh (old inputs given) or an import (None) puts in the state.

    Fields that the API does not tell keep their old value. A field that the program never set appears only when the
    API has something that neither the declaration's default nor the API's own choice explains: that is drift.
    """
    merged: dict[str, Any] = {}
    for field in fields:
        told = found.inputs.get(field.name)
        if field.local or field.write_only:
            told = old_inputs.get(field.name) if old_inputs is not None else None
        elif old_inputs is not None:
            before = old_inputs.get(field.name)
            if same(field, before, told) or (before is None and field.server_chosen):
                told = before
        elif same(field, None, told):
            told = None  # an import does not list what is empty or the default
        if told is not None:
            merged[field.name] = told
    return merged
