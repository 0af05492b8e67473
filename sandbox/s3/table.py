"""Which S3 call a request is, and what an object storage does with it (features.yaml): OOS, or another flavor."""

from __future__ import annotations

import fnmatch
import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

import yaml

TABLE = Path(__file__).parent / "features.yaml"
OOS = "oos"
_HARMLESS = frozenset({"x-id"})  # SDKs repeat the call's name there
State = Literal["passed", "kept", "refused"]


@dataclass(frozen=True)
class Call:
    """One line of the table. `action` is the name in bucket policies, `document` the one that the gate keeps."""

    name: str
    method: str
    scope: str
    query: frozenset[str]
    headers: frozenset[str]
    state: State
    action: str
    source: str
    read_on: str
    document: str = ""
    why: str = ""


@dataclass(frozen=True)
class Flavor:
    """One object storage. `always_encrypted`: every object, whatever its bucket says."""

    key: str
    name: str
    short: str
    provider: str
    always_encrypted: bool


@dataclass(frozen=True)
class HeaderRule:
    """A header that asks for what is lacking."""

    header: str
    values: tuple[str, ...]
    why: str
    source: str
    read_on: str

    def hits(self, headers: Mapping[str, str]) -> bool:
        value = headers.get(self.header)
        return value is not None and any(fnmatch.fnmatchcase(value, pattern) for pattern in self.values or ("*",))


def flavors() -> tuple[str, ...]:
    return tuple(_tree()["flavors"])


@functools.cache
def flavor(key: str = OOS) -> Flavor:
    line = _tree()["flavors"][key]
    return Flavor(key, line["name"], line["short"], line["provider"], line.get("always_encrypted", False))


@functools.cache
def calls(key: str = OOS) -> Mapping[str, Call]:
    """Every known call by name, with what this flavor does with it."""
    tree = _tree()
    own = tree["flavors"][key]
    changed = own.get("calls", {})
    return {name: _call(name, {**line, **changed.get(name, {})}, own) for name, line in tree["calls"].items()}


@functools.cache
def header_rules() -> tuple[HeaderRule, ...]:
    return tuple(
        HeaderRule(name, tuple(line.get("values", ())), line["why"], line["source"], str(line["read_on"]))
        for name, line in _tree()["headers"].items()
    )


def find(method: str, path: str, query: Iterable[str], headers: Iterable[str], key: str = OOS) -> Call | None:
    """The call that a request is; None when the table does not name it. `query` and `headers` are names."""
    scope = scope_of(path)
    marks, seen = frozenset(query), frozenset(headers)
    fits = [
        call
        for call in calls(key).values()
        if call.method == method and call.scope == scope and call.query <= marks and call.headers <= seen
    ]
    best = max(fits, key=lambda call: (len(call.query), len(call.headers)), default=None)
    if best is None or (marks & _subresources()) - best.query:
        return None
    # A write with a mark that no line has is a call that this table has never heard of, not the plain one.
    strange = {mark for mark in marks - best.query if mark not in _HARMLESS and not mark.lower().startswith("x-amz-")}
    return None if strange and scope == "bucket" and method not in ("GET", "HEAD") else best


def scope_of(path: str) -> str:
    bucket, key = split(path)
    return "object" if key else ("bucket" if bucket else "service")


def split(path: str) -> tuple[str, str]:
    """Bucket and key of a path as sent; both decoded."""
    bucket, _, key = path.lstrip("/").partition("/")
    return unquote(bucket), unquote(key)


@functools.cache
def _subresources() -> frozenset[str]:
    """Query names that choose a call: one that the chosen line does not have means that the call is unknown."""
    return frozenset().union(*(call.query for call in calls().values()))


@functools.cache
def _tree() -> dict[str, Any]:
    tree: dict[str, Any] = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    return tree


def _call(name: str, line: Mapping[str, str], tree: Mapping[str, Any]) -> Call:
    method, scope = line["via"].split()
    return Call(
        name,
        method,
        scope,
        frozenset(line.get("query", "").split()),
        frozenset(line.get("header", "").split()),
        _state(line["state"]),
        f"s3:{line.get('action', name)}",
        str(line.get("source", tree["source"])),
        str(line.get("read_on", tree["read_on"])),
        line.get("document", ""),
        line.get("why", ""),
    )


def _state(word: str) -> State:
    if word == "passed":
        return "passed"
    if word == "kept":
        return "kept"
    if word == "refused":
        return "refused"
    raise ValueError(f"features.yaml: unknown state {word}")
