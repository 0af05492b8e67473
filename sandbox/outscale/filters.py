"""Filters of the Read operations: every filter given must match; within one, any of its values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.outscale.errors import ApiError

TAG_FILTERS = frozenset({"Tags", "TagKeys", "TagValues"})


def check(filters: Mapping[str, Any], paths: Mapping[str, str], *, tags: bool) -> None:
    """Refuse, rather than ignore, a filter that the sandbox does not carry out."""
    known = set(paths) | (TAG_FILTERS if tags else set())
    for name in filters:
        if name not in known:
            raise ApiError("not-simulated", f"the filter {name} is not simulated")


def matches(view: Mapping[str, Any], filters: Mapping[str, Any], paths: Mapping[str, str]) -> bool:
    """Whether `view`, as Read would answer it, passes every filter."""
    return all(_passes(view, name, wanted, paths) for name, wanted in filters.items())


def _passes(view: Mapping[str, Any], name: str, wanted: Any, paths: Mapping[str, str]) -> bool:
    found = _tags(view, name) if name in TAG_FILTERS else list(_walk(view, paths[name]))
    if isinstance(wanted, list):
        return any(value in found for value in wanted)
    return wanted in found


def _tags(view: Mapping[str, Any], name: str) -> list[str]:
    tags = view.get("Tags", [])
    if name == "TagKeys":
        return [tag["Key"] for tag in tags]
    if name == "TagValues":
        return [tag["Value"] for tag in tags]
    return [f"{tag['Key']}={tag['Value']}" for tag in tags]


def _walk(node: Any, path: str) -> Iterator[Any]:
    if isinstance(node, list):
        for item in node:
            yield from _walk(item, path)
    elif not path:
        yield node
    elif isinstance(node, Mapping):
        head, _, tail = path.partition(".")
        if head in node:
            yield from _walk(node[head], tail)
