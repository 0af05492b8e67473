"""What the providers themselves say of their Terraform types: `schemas/*.yaml`, reduced from what they answer.

    tofu providers schema -json > schema.json
    python -m tests.providers.terraform.schemas schema.json TYPE... > schemas/NAME.yaml

A schema names every argument of a type, what it holds and whether an author has to give it. `told` marks what only the
provider works out. Values of a state or of a plan have exactly these shapes.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import pathlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import yaml

FOLDER = pathlib.Path(__file__).parent / "schemas"
CONFIGURATION = "configuration"
"""The provider's own block, beside its types."""
GIVEN = ("required", "optional", "told")
"""Who gives an attribute: the author must, the author may, or the provider alone."""


@dataclasses.dataclass(frozen=True, slots=True)
class Attribute:
    holds: str
    """`string`, `number`, `bool`, `list(string)`, `set(string)`, `map(string)`, ..."""
    given: str


@dataclasses.dataclass(frozen=True, slots=True)
class Blocks:
    nested: str
    """`list`, `set`, `single` or `map`."""
    given: str
    inside: Type


Type: TypeAlias = "Mapping[str, Attribute | Blocks]"


@dataclasses.dataclass(frozen=True, slots=True)
class Schema:
    provider: str
    version: str
    source: str
    types: Mapping[str, Type]
    others: frozenset[str]
    """Types of the provider that are not looked at here."""


def types_of(provider: str) -> tuple[str, ...]:
    """Every type of a provider of which no more than their names is kept."""
    lines = (FOLDER / f"{provider}.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if not line.startswith("#"))


@functools.lru_cache(maxsize=8)
def load(name: str) -> Schema:
    document = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    types = {kind: _type(written) for kind, written in document["types"].items()}
    return Schema(document["provider"], document["version"], document["source"], types, frozenset(document["others"]))


def _type(written: Mapping[str, Any]) -> Type:
    made: dict[str, Attribute | Blocks] = {}
    for name, what in written.items():
        if isinstance(what, str):
            holds, _, given = what.partition(", ")
            assert given in GIVEN, f"{name}: {what}"
            made[name] = Attribute(holds, given)
        else:
            nested, _, given = what["blocks"].partition(", ")
            assert given in GIVEN, f"{name}: {what}"
            made[name] = Blocks(nested, given, _type(what["inside"]))
    return made


def paths(kind: Type, prefix: str = "") -> Iterator[tuple[str, Attribute | Blocks]]:
    """(`nics.nic_id`, what it is) of a type, blocks included."""
    for name, what in kind.items():
        yield prefix + name, what
        if isinstance(what, Blocks):
            yield from paths(what.inside, f"{prefix}{name}.")


def writable(kind: Type) -> set[str]:
    """Arguments that an author may give."""
    return {name for name, what in kind.items() if what.given != "told"}


# How such a file is made

_META = {"id", "timeouts"}


def reduced(document: Mapping[str, Any], wanted: Sequence[str]) -> dict[str, Any]:
    """What `tofu providers schema -json` prints of one provider, without descriptions."""
    (schema,) = document["provider_schemas"].values()
    everything = schema["resource_schemas"]
    types = {kind: _block(everything[kind]["block"]) for kind in sorted(wanted)}
    return {
        "types": {CONFIGURATION: _block(schema["provider"]["block"]), **types},
        "others": sorted(set(everything) - set(wanted)),
    }


def _block(block: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, one in block.get("attributes", {}).items():
        given = next((word for word in ("required", "optional") if one.get(word)), "told")
        if "nested_type" in one:
            inner = one["nested_type"]
            made[name] = {"blocks": f"{inner['nesting_mode']}, {given}", "inside": _block(inner)}
        else:
            made[name] = f"{_holds(one['type'])}, {given}"
    for name, one in block.get("block_types", {}).items():
        given = "required" if one.get("min_items") else "optional"
        made[name] = {"blocks": f"{one['nesting_mode']}, {given}", "inside": _block(one["block"])}
    return {name: made[name] for name in sorted(made) if name not in _META}


def _holds(written: Any) -> str:
    if isinstance(written, str):
        return written
    word, inner = written
    return word if word == "object" else f"{word}({_holds(inner)})"


if __name__ == "__main__":
    given = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    yaml.safe_dump(reduced(given, sys.argv[2:]), sys.stdout, sort_keys=False, width=120)
