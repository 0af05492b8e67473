"""Between the wire and plain Python: secrets are unwrapped and remembered, unknowns are `UNKNOWN`.

The SDK's own `PropertyValue` is not used: it marshals no unknown, and reads one back as an ordinary string.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from google.protobuf import struct_pb2

# An unknown is a magic string, one per type (sdk/go/common/resource/plugin/rpc.go); the first is the one we send.
_UNKNOWNS = (
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9",  # string
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # boolean
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
    "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
    "e48ece36-62e2-4504-bad9-02848725956a",  # archive
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
)
# What tells a wrapped value from a map (sdk/go/common/resource/sig/sig.go); the SDK, which has them, is slow to import.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"


class _Unknown:
    """A value that a preview does not know yet."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()


@dataclass(frozen=True)
class Properties:
    """Plain values, and the names of the top-level properties that hold a secret."""

    values: dict[str, Any] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()


def from_wire(struct: struct_pb2.Struct | None) -> Properties:
    """Read a property map; nulls are left out, whole numbers become int."""
    if struct is None:
        return Properties()
    secrets: set[str] = set()
    values = {}
    for name, value in struct.fields.items():
        plain, secret = _plain(value)
        if secret:
            secrets.add(name)
        if plain is not None:
            values[name] = plain
    return Properties(values, frozenset(secrets))


def to_wire(values: Mapping[str, Any], secrets: Iterable[str] = ()) -> struct_pb2.Struct:
    """Write a property map; the properties named in `secrets` are wrapped."""
    hidden = frozenset(secrets)
    struct = struct_pb2.Struct()
    for name, value in values.items():
        if value is not None:
            wired = _wire(value)
            struct.fields[name].CopyFrom(_wrapped(wired) if name in hidden else wired)
    return struct


def contains_unknown(value: Any) -> bool:
    if value is UNKNOWN:
        return True
    if isinstance(value, Mapping):
        return any(contains_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(contains_unknown(item) for item in value)
    return False


def _plain(value: struct_pb2.Value) -> tuple[Any, bool]:
    """(the plain value, whether it is or holds a secret)."""
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _plain_struct(value.struct_value.fields)
    if kind == "list_value":
        items = [_plain(item) for item in value.list_value.values]
        return [plain for plain, _ in items], any(secret for _, secret in items)
    if kind == "string_value":
        return (UNKNOWN if value.string_value in _UNKNOWNS else value.string_value), False
    if kind == "number_value":
        number = value.number_value
        return (int(number) if number.is_integer() else number), False
    return (value.bool_value if kind == "bool_value" else None), False


def _plain_struct(fields: Mapping[str, struct_pb2.Value]) -> tuple[Any, bool]:
    signature = fields[_SIGNATURE].string_value if _SIGNATURE in fields else ""
    if signature == _SECRET:
        return _plain(fields["value"])[0], True
    if signature == _OUTPUT:
        secret = "secret" in fields and fields["secret"].bool_value
        return (_plain(fields["value"])[0] if "value" in fields else UNKNOWN), secret
    if signature == _RESOURCE:
        return (_plain(fields["id"])[0] if "id" in fields else UNKNOWN), False
    members = {name: _plain(item) for name, item in fields.items()}
    plain = {name: value for name, (value, _) in members.items() if value is not None}
    return plain, any(secret for _, secret in members.values())


def _wire(value: Any) -> struct_pb2.Value:
    if value is UNKNOWN:
        return struct_pb2.Value(string_value=_UNKNOWNS[0])
    if isinstance(value, bool):
        return struct_pb2.Value(bool_value=value)
    if isinstance(value, int | float):
        return struct_pb2.Value(number_value=float(value))
    if isinstance(value, str):
        return struct_pb2.Value(string_value=value)
    if isinstance(value, Mapping):
        return struct_pb2.Value(struct_value=to_wire(value))
    return struct_pb2.Value(list_value=struct_pb2.ListValue(values=[_wire(item) for item in value]))


def _wrapped(value: struct_pb2.Value) -> struct_pb2.Value:
    signature = struct_pb2.Value(string_value=_SECRET)
    return struct_pb2.Value(struct_value=struct_pb2.Struct(fields={_SIGNATURE: signature, "value": value}))
