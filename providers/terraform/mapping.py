"""Terraform's types in the words of this project's facts: `providers/<provider>/terraform.yaml`, read.

Attribute names become camelCase, as both families of names are the provider's own. Only declared arguments are taken:
what a provider works out by itself is no statement of the author's.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import pathlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from pydantic import Field

from blueprint import validation, yaml_reader
from blueprint.model import Model
from blueprint.values import NOT_OBSERVABLE, Missing
from providers.terraform.blocks import Block, camel

TAGS = "tags"
SUBJECT = "rempart:subject"
_SHA1 = re.compile(r"[0-9a-f]{40}")


class TypeText(Model):
    """One Terraform type."""

    kind: str
    """Type of the resource here."""
    arguments: tuple[str, ...]
    """Those that facts are made from."""
    rename: dict[str, str] = Field(default_factory=dict)
    """Argument -> property, where camelCase is not enough."""
    defaults: dict[str, bool | int | str] = Field(default_factory=dict)
    """Property -> value where nothing is written."""
    hidden: tuple[str, ...] = ()
    """Properties that Terraform's type does not have: never observable here."""
    passed_over: tuple[str, ...] = ()
    """Arguments of this type that say nothing that a rule judges."""
    bucket: str | None = None
    """The argument that names a bucket, where the type is one: another provider's resources may say more of it."""
    hashed: tuple[str, ...] = ()
    """Arguments of which a plan and a state keep the SHA-1 only."""
    older: bool = False
    """Whether only versions before the one that was read have it."""
    unjudged: str = ""
    """Why no rule has anything to judge in it. Such a type is known, and a record must answer for it."""


class Types(Model):
    provider: str
    source: str
    registry: tuple[str, ...]
    """What configurations name as the source of that provider, and of no other."""
    read_on: dt.date
    passed_over: dict[str, str] = Field(default_factory=dict)
    """Arguments that say nothing that a rule judges, in whatever type they stand, and why."""
    types: dict[str, TypeText]


@dataclasses.dataclass(frozen=True, slots=True)
class Resource:
    """A block in our words. `ids`: property -> address that it comes from, None where nothing says."""

    address: str
    kind: str
    properties: Mapping[str, Any]
    ids: Mapping[str, str | None]
    location: str
    provider: Mapping[str, Any]
    subject: str | None = None
    unread: tuple[str, ...] = ()
    """Arguments that its author gives and nothing here reads, each with its type before it: `TYPE.ARGUMENT`."""
    digests: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Property -> SHA-1, of what a plan or a state keeps no more of."""


@functools.lru_cache(maxsize=8)
def load(provider: str) -> Types:
    """Raises `blueprint.errors.BlueprintErrors`, with file and line, for a file that is wrong."""
    data, source_map, _ = yaml_reader.read(path(provider))
    return validation.validate(Types, data, source_map)


def path(provider: str) -> pathlib.Path:
    return pathlib.Path(__file__).parent.parent / provider / "terraform.yaml"


def known() -> tuple[str, ...]:
    """Providers whose Terraform can be read."""
    return tuple(sorted(one.parent.name for one in pathlib.Path(__file__).parent.parent.glob("*/terraform.yaml")))


def translate(block: Block, text: TypeText) -> Resource:
    """One block of a known type."""
    properties: dict[str, Any] = {**text.defaults, **dict.fromkeys(text.hidden, NOT_OBSERVABLE)}
    if text.unjudged:
        properties["unjudged"] = text.unjudged
    digests: dict[str, str] = {}
    for argument in text.arguments:
        if argument in block.values:
            name = text.rename.get(argument, camel(argument))
            value = block.values[argument]
            if argument in text.hashed and isinstance(value, str) and _SHA1.fullmatch(value):
                digests[name] = value
                value = block.constants.get(argument, NOT_OBSERVABLE)
            properties[name] = tags(value) if argument == TAGS else _camel(value)
    ids = {
        _property(key, text): address
        for key, address in _ids(block)
        if key.split(".")[0].split("[")[0] in text.arguments
    }
    named = properties.get(TAGS)
    subject = named.get(SUBJECT) if isinstance(named, Mapping) else None
    return Resource(
        block.address,
        text.kind,
        properties,
        ids,
        block.location,
        block.provider,
        subject if isinstance(subject, str) and subject else None,
        digests=digests,
    )


def unread(block: Block, types: Types) -> tuple[str, ...]:
    """The world is closed here too: an argument that nobody thought of may open what no rule looks at."""
    text = types.types[block.type]
    if text.unjudged:
        return ()  # a record answers for all of it
    return beyond(block, {*text.arguments, *text.passed_over, *types.passed_over})


def beyond(block: Block, known: Collection[str]) -> tuple[str, ...]:
    """The arguments of a block that are none of those that are `known`."""
    return tuple(f"{block.type}.{one}" for one in sorted((block.written or frozenset()) - set(known)))


def with_ids(one: Resource, references: Mapping[str, str]) -> dict[str, Any]:
    """The properties as the adapter would write them. An id that only `apply` will tell is there all the same."""
    given = {key: "known after apply" for key in references if "[" not in key and one.properties.get(key) is None}
    return {**one.properties, **given, "references": dict(references), "subject": one.subject}


def place(given: Mapping[str, Any], **address: Any) -> dict[str, Any]:
    """Where a provider's calls go, in its own words: a region that nothing here says may come from anywhere."""
    return {"region": given.get("region", NOT_OBSERVABLE), **{name: said for name, said in address.items() if said}}


def _ids(block: Block) -> Iterator[tuple[str, str | None]]:
    yield from block.references.items()
    for key in sorted(block.unresolved):
        yield key, None


def _property(key: str, text: TypeText) -> str:
    """`nics[0].nic_id` -> `nics[0].nicId`."""
    head, *rest = re.split(r"(?=[.\[])", key, maxsplit=1)
    made = text.rename.get(head, camel(head)) + "".join(rest)
    return ".".join(camel(part) for part in made.split("."))


def tags(value: Any) -> Any:
    """A mapping, or blocks of a key and a value, as a mapping."""
    if isinstance(value, Mapping) and set(value) != {"key", "value"}:
        return dict(value)
    blocks = [value] if isinstance(value, Mapping) else value
    if not isinstance(blocks, list):
        return value
    if any(isinstance(one, str) for one in blocks):
        return value  # a list of words: the provider's own facts read it
    missing = next((one for one in blocks if isinstance(one, Missing)), None)
    if missing is not None:
        return missing
    return {one["key"]: one["value"] for one in blocks if isinstance(one, Mapping) and isinstance(one.get("key"), str)}


def _camel(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {camel(str(key)): _camel(item) for key, item in value.items()}
    return [_camel(item) for item in value] if isinstance(value, list) else value


def types_of(blocks: Iterable[Block]) -> dict[str, str]:
    """Terraform type -> provider that knows it, of the types in `blocks`."""
    table = {kind: provider for provider in known() for kind in load(provider).types}
    return {one.type: table[one.type] for one in blocks if one.type in table}
