"""A stack's state, read piece by piece: what `pulumi stack export` prints, or a checkpoint of the file backend.

As in the pack, inputs are judged one by one, and what the provider gave back is judged as a whole. A secret in clear is
opened in memory, for the rules; a sealed one cannot be read and says so. Nothing here or later prints a value, and no
parser's message is passed on: it may quote one.
"""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Iterator, Mapping
from typing import IO, Any

import ijson

from blueprint import stack as stacks
from blueprint.errors import RempartError
from blueprint.options import Options
from blueprint.values import NOT_OBSERVABLE, UNKNOWN, Malformed

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The engine's key in an object that is not plain data; its value says what it is instead."""
SECRET = "1b47061264138c4ac30d75fd1eb44270"
UNKNOWN_VALUE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_SNIFF = 1 << 16
_PLACES = {b'"checkpoint"': "checkpoint.latest.resources.item", b'"deployment"': "deployment.resources.item"}


class BadState(RempartError):
    """A file that is no state, or a broken one."""


@dataclasses.dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a state, with plain inputs, what the provider gave back, and its own provider's inputs."""

    urn: str
    type: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    provider: Mapping[str, Any] | None
    dependencies: Mapping[str, tuple[str, ...]]
    """Input property -> URNs that the engine saw it come from."""
    options: Options

    @property
    def name(self) -> str:
        return self.urn.rpartition("::")[2]

    @property
    def stack(self) -> str:
        return stacks.of_urn(self.urn)


SUBJECT, REFERENCES = "subject", "references"


def declared(one: Resource, subjects: dict[str, str]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """(inputs, what the provider gave back), both with what an imported resource lacks: its subject and its references.

    No provider ever learned them. The subject is then its tag's, else its name, which is a subject here; what an id
    points at is what the engine saw it come from. `subjects` maps the URNs before this one to theirs, and learns this
    one's.
    """
    if one.type == stacks.REFERENCE:
        return one.inputs, one.inputs
    tags = one.inputs.get("tags")
    tagged = tags.get("rempart:subject") if isinstance(tags, Mapping) else None
    subject = one.inputs.get(SUBJECT) or tagged or one.name
    subjects[one.urn] = str(subject)
    given = one.outputs or one.inputs
    if SUBJECT in one.inputs or SUBJECT not in one.dependencies:
        own = {key: one.inputs[key] for key in (SUBJECT, REFERENCES) if key in one.inputs}
        return one.inputs, {**given, **own}
    references: dict[str, str] = {}
    for key, urns in one.dependencies.items():
        value = one.inputs.get(key)
        for number, urn in enumerate(urns):
            item = value[number] if isinstance(value, list) and number < len(value) else None
            inner = next((k for k in item if k.endswith("Id")), "") if isinstance(item, Mapping) else ""
            place = f"{key}[{number}]" if isinstance(value, list) else key
            references[f"{place}.{inner}" if inner else place] = subjects.get(urn, "")
    own = {SUBJECT: subject, REFERENCES: references}
    return {**one.inputs, **own}, {**given, **own}


@dataclasses.dataclass
class Counts:
    """What a reader noticed on its way."""

    resources: int = 0
    sealed: int = 0
    """Secrets that cannot be read without the passphrase."""


def resources(file: IO[bytes], name: str, counts: Counts) -> Iterator[Resource]:
    """Every resource that stands, in the state's order (a provider comes before what it serves).

    Memory does not grow with the file. Raises `BadState`, which names the file and the place.
    """
    reader = io.BufferedReader(file, _SNIFF) if isinstance(file, io.RawIOBase) else file
    head = reader.peek(_SNIFF) if isinstance(reader, io.BufferedReader) else b""
    place = next((its for mark, its in _PLACES.items() if mark in head[:_SNIFF]), None)
    if place is None:
        raise BadState(f"{name} is no state of a stack: give what `pulumi stack export` prints")
    providers: dict[str, Mapping[str, Any]] = {}
    try:
        for raw in ijson.items(reader, place, use_float=True):
            made = _resource(raw, providers, counts)
            if made is not None:
                counts.resources += 1
                yield made
    except ijson.JSONError:
        after = f" after {counts.resources} resources" if counts.resources else ""
        raise BadState(f"{name} is cut short or is not JSON{after}: export the state again") from None
    except (KeyError, TypeError, AttributeError):
        raise BadState(
            f"{name}: resource {counts.resources + 1} is not as the engine writes it: export the state again"
        ) from None
    if not counts.resources:
        raise BadState(f"{name} holds no resource: there is nothing to judge")


def _resource(raw: Mapping[str, Any], providers: dict[str, Mapping[str, Any]], counts: Counts) -> Resource | None:
    """None for what is about to be deleted, and for what the stack only reads, but for another stack."""
    urn, kind = str(raw["urn"]), str(raw["type"])
    if raw.get("delete") or (raw.get("external") and kind != stacks.REFERENCE):
        return None
    inputs = {str(key): _plain(value, counts) for key, value in (raw.get("inputs") or {}).items()}
    outputs = {str(key): _plain(value, Counts()) for key, value in (raw.get("outputs") or {}).items()}
    if kind.startswith("pulumi:providers:"):
        providers[urn] = inputs
    provider = providers.get(str(raw.get("provider") or "").rpartition("::")[0])
    dependencies = {key: tuple(urns or ()) for key, urns in (raw.get("propertyDependencies") or {}).items()}
    return Resource(urn, kind, inputs, outputs, provider, dependencies, _options(raw))


def _options(raw: Mapping[str, Any]) -> Options:
    """The engine leaves out what is false or empty. Raises `TypeError` for what it never writes."""
    flags = {name: raw.get(name, False) for name in ("protect", "retainOnDelete")}
    ignored, aliases = raw.get("ignoreChanges") or [], raw.get("aliases") or []
    listed = isinstance(ignored, list) and isinstance(aliases, list)
    if any(type(one) is not bool for one in flags.values()) or not listed:
        raise TypeError("options of another type")
    return Options(
        flags["protect"],
        tuple(map(str, ignored)),
        retained=flags["retainOnDelete"],
        taken_over=tuple(map(str, aliases)),
    )


def _plain(value: Any, counts: Counts) -> Any:
    if isinstance(value, str):
        return UNKNOWN if value == UNKNOWN_VALUE else value
    if isinstance(value, list):
        return [_plain(item, counts) for item in value]
    if not isinstance(value, dict):
        return value
    kind = value.get(SIGNATURE)
    if kind is None:
        return {str(key): _plain(item, counts) for key, item in value.items() if not str(key).startswith("__")}
    if kind != SECRET:
        return Malformed("plain data")
    try:
        return _plain(json.loads(value["plaintext"]), counts)
    except (KeyError, TypeError, ValueError):
        counts.sealed += 1
        return NOT_OBSERVABLE
