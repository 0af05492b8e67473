"""Where a configuration has its providers from. A local name, and a type, say nothing of whose program makes it.

A source is `[host/]namespace/type`, whatever its capitals. What an author writes nowhere is `hashicorp/<name>`, which
fails where there is none: no source is judged then. A mirror of a registry keeps the source, a fork has one of its own.
"""

from __future__ import annotations

import collections
import functools
import re
from collections.abc import Iterable, Mapping
from typing import Any

from providers.terraform import buckets, calls, mapping
from providers.terraform.blocks import Block
from providers.terraform.written import REQUIRED, Written

HOSTS = ("registry.terraform.io", "registry.opentofu.org")
"""Where Terraform and OpenTofu look for a source that names no host."""
_IN_A_STATE = re.compile(r"provider\[\"([^\"]+)\"\]")
Required = Mapping[tuple[str, str], tuple[str, ...]]
"""(folder, local name) -> the sources that files there give to it: one, unless an override file says another."""


def required(said: Iterable[Written]) -> Required:
    """What `required_providers` blocks say, folder by folder: each is a module of its own."""
    found: dict[tuple[str, str], list[str]] = collections.defaultdict(list)
    for one in said:
        source = one.body.get("source")
        if one.type == REQUIRED and isinstance(source, str):
            found[(_folder(one.file), one.name)].append(_plain(source))
    return {place: tuple(each) for place, each in found.items()}


def of(kind: str, named: Any, file: str, required: Required) -> tuple[str, ...]:
    """The sources of the provider of a resource: the one that it names, else the one that its type begins with."""
    return required.get((_folder(file), calls.local(kind, named)[0]), ())


def told(provider: Any) -> tuple[str, ...]:
    """The source that a plan or a state names; an old one has the local name only, which says nothing."""
    text = str(provider or "")
    inside = _IN_A_STATE.search(text)
    source = inside[1] if inside else text
    return (_plain(source),) if "/" in source else ()


def foreign(block: Block) -> str | None:
    """The source of the provider of a resource of a known type, where it is not the one whose types are known here."""
    expected = _expected().get(block.type)
    strange = (one for one in block.sources if expected is not None and one not in expected)
    return next(strange, None)


@functools.cache
def _expected() -> dict[str, frozenset[str]]:
    """Type -> the sources of the providers that have it."""
    found = {
        kind: frozenset(map(_plain, mapping.load(provider).registry))
        for provider in mapping.known()
        for kind in mapping.load(provider).types
    }
    return found | dict.fromkeys(buckets.TYPES, frozenset({_plain(buckets.SOURCE)}))


def _plain(source: str) -> str:
    """`namespace/type`, and a host that is none of `HOSTS` before it."""
    parts = source.strip().lower().split("/")
    if len(parts) == 1:
        return f"hashicorp/{parts[0]}"
    return "/".join(parts[1:] if len(parts) == 3 and parts[0] in HOSTS else parts)


def _folder(file: str) -> str:
    return file.rpartition("/")[0]
