"""From what the engine sends to plain Python, once, at the border.

Properties arrive as protobuf values, in which unknowns are magic strings and secrets are wrapped. Here they become
dict, list, str, int, float, bool, None and `UNKNOWN`; secrets are opened (rules must judge them) and nothing here or
later prints a value.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from google.protobuf import struct_pb2

from blueprint.options import Options
from blueprint.values import UNKNOWN, Malformed
from policies.protocol import messages

# Fixed by the engine: sdk/go/common/resource/plugin/rpc.go, one per type ...
UNKNOWNS = frozenset(
    {
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",  # string
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)
# ... and sdk/go/common/resource/sig/sig.go: what tells a wrapped value from a map.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"


@dataclasses.dataclass(frozen=True, slots=True)
class Resource:
    """What the engine says of one resource. `dependencies`: property -> URNs of what it comes from (stack only)."""

    kind: str
    urn: str
    name: str
    properties: Mapping[str, Any]
    provider: Mapping[str, Any] | None
    dependencies: Mapping[str, tuple[str, ...]] | None = None
    options: Options | None = None


def resource(sent: messages.AnalyzeRequest) -> Resource:
    """A resource before it is created: its inputs."""
    return Resource(
        sent.type, sent.urn, sent.name, mapping(sent.properties), _provider(sent), options=_options(sent.options)
    )


def member(sent: messages.AnalyzerResource) -> Resource:
    """A resource of a whole stack: its outputs, and where each property comes from."""
    dependencies = {name: tuple(found.urns) for name, found in sent.propertyDependencies.items()}
    return Resource(
        sent.type, sent.urn, sent.name, mapping(sent.properties), _provider(sent), dependencies, _options(sent.options)
    )


def _options(sent: messages.AnalyzerResourceOptions) -> Options:
    """The protocol has no `retainOnDelete`: only a state shows it. Of aliases it names those that really take over."""
    return Options(protect=sent.protect, ignored=tuple(sent.ignoreChanges), taken_over=tuple(sent.aliases))


def _provider(sent: messages.AnalyzeRequest | messages.AnalyzerResource) -> dict[str, Any] | None:
    return mapping(sent.provider.properties) if sent.HasField("provider") else None


def mapping(sent: struct_pb2.Struct) -> dict[str, Any]:
    """Properties as a whole."""
    return {name: plain(value) for name, value in sent.fields.items()}


def plain(sent: struct_pb2.Value) -> Any:
    """One value. Assets, resources and anything else that is wrapped and no secret become `Malformed`."""
    kind = sent.WhichOneof("kind")
    if kind == "string_value":
        text = sent.string_value
        return UNKNOWN if text in UNKNOWNS else text
    if kind == "number_value":
        number = sent.number_value
        return int(number) if number.is_integer() else number
    if kind == "bool_value":
        return sent.bool_value
    if kind == "list_value":
        return [plain(value) for value in sent.list_value.values]
    if kind == "struct_value":
        return _opened(sent.struct_value)
    return None


def _opened(sent: struct_pb2.Struct) -> Any:
    fields = sent.fields
    if _SIGNATURE not in fields:
        return mapping(sent)
    if fields[_SIGNATURE].string_value == _SECRET and "value" in fields:
        return plain(fields["value"])
    return Malformed("plain data")
