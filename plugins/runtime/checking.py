"""Check: are these inputs what the declaration asks for? Pure; fills in defaults, tells every failure at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from plugins.runtime.declare import Field, ListOf, MapOf, Record, Type, Values
from plugins.runtime.values import UNKNOWN


@dataclass(frozen=True)
class Failure:
    property: str
    reason: str


def with_defaults(fields: tuple[Field, ...], inputs: Values) -> dict[str, Any]:
    """The inputs with every absent field that has a default set to it, records included."""
    filled = dict(inputs)
    for field in fields:
        if field.name not in filled and field.default is not None:
            filled[field.name] = field.default
        if field.name in filled:
            filled[field.name] = _filled(field.type, filled[field.name])
    return filled


def _filled(type_: Type, value: Any) -> Any:
    if isinstance(type_, Record) and isinstance(value, Mapping):
        return with_defaults(type_.fields, value)
    if isinstance(type_, ListOf) and isinstance(value, list):
        return [_filled(type_.item, item) for item in value]
    return value


def check(fields: tuple[Field, ...], inputs: Values, path: str = "") -> Iterator[Failure]:
    """Failures of `inputs`: unknown names, missing ones, wrong types. Values are never repeated in a reason."""
    known = {field.name: field for field in fields}
    for name in inputs:
        if name not in known and not name.startswith("__"):
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean '{near[0]}'?" if near else f"; known: {', '.join(sorted(known))}"
            yield Failure(path + name, f"there is no property '{name}'{hint}")
    for field in fields:
        where = path + field.name
        if field.name not in inputs:
            if field.required:
                yield Failure(where, f"'{field.name}' is required")
            continue
        yield from _check_value(field.type, inputs[field.name], where)
        value = inputs[field.name]
        if field.choices and isinstance(value, str) and value not in field.choices:
            yield Failure(where, f"expected one of {', '.join(field.choices)}")


def _check_value(type_: Type, value: Any, where: str) -> Iterator[Failure]:
    if value is UNKNOWN or type_ == "any":
        return
    if isinstance(type_, Record):
        if isinstance(value, Mapping):
            yield from check(type_.fields, value, where + ".")
        else:
            yield Failure(where, f"expected an object, got {_kind_of(value)}")
    elif isinstance(type_, ListOf):
        if not isinstance(value, list):
            yield Failure(where, f"expected a list, got {_kind_of(value)}")
            return
        for index, item in enumerate(value):
            yield from _check_value(type_.item, item, f"{where}[{index}]")
    elif isinstance(type_, MapOf):
        if not isinstance(value, Mapping):
            yield Failure(where, f"expected a map, got {_kind_of(value)}")
            return
        for name, item in value.items():
            yield from _check_value(type_.item, item, f"{where}.{name}")
    elif _kind_of(value) != type_ and not (type_ == "number" and _kind_of(value) == "integer"):
        yield Failure(where, f"expected {_named(type_)}, got {_named(_kind_of(value))}")


def _kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "list" if isinstance(value, list) else "object"


def _named(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aio" else f"a {kind}"
