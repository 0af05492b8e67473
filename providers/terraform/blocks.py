"""One resource as Terraform has it, wherever it was read: a plan, a state, or files."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any

from blueprint.errors import RempartError

HOLE = re.compile(r"(?<!\$)\$\{")
"""A template's place that nothing filled; `$${` is plain text."""


class BadTerraform(RempartError):
    """A path that is neither a plan, nor a state, nor a folder of Terraform."""


@dataclasses.dataclass(frozen=True, slots=True)
class Block:
    """`values` are plain: `UNKNOWN` where only `apply` will tell, `NOT_OBSERVABLE` where nothing resolves them."""

    address: str
    type: str
    values: Mapping[str, Any]
    references: Mapping[str, str]
    """Path of an attribute (`nics[0].nic_id`) -> address of the resource that it comes from."""
    unresolved: frozenset[str]
    """Paths of attributes that come from somewhere else, and nothing here says where."""
    location: str
    """`file:line` where it is written, else the document and the address."""
    provider: Mapping[str, Any]
    """What its provider is configured with."""
    sources: tuple[str, ...] = ()
    """Where its provider comes from, as far as what is read says so: one, unless files disagree."""
    written: frozenset[str] | None = None
    """Arguments that its author gives; None where that does not show, as in a state."""

    constants: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """Arguments that a plan's author writes out, as they are written: the provider may keep something else of them."""

    def with_values(self, values: Mapping[str, Any], **changes: Any) -> Block:
        """The same with other values, as if its author had written just those."""
        given = frozenset(key for key, value in values.items() if value not in (None, [], {}))
        written = None if self.written is None else given
        return dataclasses.replace(self, values=values, written=written, **changes)


@dataclasses.dataclass(frozen=True, slots=True)
class Reading:
    """Everything that was read, and what could not be."""

    source: str
    kind: str  # "plan", "state" or "files"
    blocks: tuple[Block, ...]
    problems: tuple[str, ...] = ()
    """One message each; the rest was read all the same."""


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(path, value) of everything in a tree that is no mapping and no list."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}[{index}]")
    else:
        yield path, value


def camel(name: str) -> str:
    """`security_group_ids` -> `securityGroupIds`, dots and indexes kept."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)
