"""The ways in which one value of a resource or of a plan can be wrong."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

MADE_UP = "made-up"


def wrong(value: Any) -> Iterator[tuple[str, Any]]:
    """(what is done, the wrong value); nothing for a value that says nothing, and never the value itself."""
    yield from ((what, other) for what, other in _wrong(value) if other != value)


def _wrong(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, bool):
        yield "flipped", not value
    elif isinstance(value, int | float):
        yield "none", 0
        yield "one more", value + 1
        yield "far more", value * 1000 + 1000
    elif isinstance(value, dt.date):
        yield "far away", value + dt.timedelta(days=36500)
    elif isinstance(value, str) and value:
        yield from _texts(value)
    elif isinstance(value, list | tuple) and value:
        yield "emptied", type(value)()
        for what, other in wrong(value[0]):
            yield f"first {what}", type(value)([other, *value[1:]])


def idle(value: Any) -> Iterator[tuple[str, Any]]:
    """The same for what people declare: a free text is wrong as a placeholder, a subject as a made-up one."""
    if isinstance(value, str) and value and "/" not in value:
        yield "placeholder", "TBD"
    elif isinstance(value, tuple) and value and "/" not in str(value[0]):
        yield "emptied", ()
    else:
        yield from ((what, other) for what, other in wrong(value) if what != "one more")


def _texts(value: str) -> Iterator[tuple[str, Any]]:
    try:
        ipaddress.ip_network(value)
    except ValueError:
        yield "made up", f"{value}-{MADE_UP}"
    else:
        yield "everywhere", "0.0.0.0/0"
        yield "elsewhere", "8.8.8.0/24"


def broken(properties: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(property, what is done, the properties with that one broken), one level into mappings and lists of mappings."""
    for key, value in properties.items():
        if value is None or value == {} or value == []:
            continue
        yield key, "removed", {name: other for name, other in properties.items() if name != key}
        if isinstance(value, Mapping):
            for path, what, inner in broken(value):
                yield f"{key}.{path}", what, {**properties, key: inner}
        elif isinstance(value, list) and isinstance(value[0], Mapping):
            yield key, "emptied", {**properties, key: []}
            for path, what, inner in broken(value[0]):
                yield f"{key}[0].{path}", what, {**properties, key: [inner, *value[1:]]}
        else:
            for what, other in wrong(value):
                yield key, what, {**properties, key: other}
