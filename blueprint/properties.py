"""Reading a resource's properties without ever trusting their type.

`providers/<p>/facts.py` reads through here. Equivalent spellings become one (`"22"` is 22, `"TRUE"` is true), a value
unknown to the engine stays `UNKNOWN`, one that cannot be read stays `NOT_OBSERVABLE`, anything else of the wrong type
is `Malformed`. No function raises on any input.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import json
from collections.abc import Mapping
from typing import Any, TypeVar

from blueprint.values import Malformed, Missing, Value

T = TypeVar("T")

ALL_PORTS = (0, 65535)
_PROTOCOLS = {
    "-1": "any",
    "all": "any",
    "any": "any",
    "1": "icmp",
    "6": "tcp",
    "17": "udp",
    "58": "icmp",
    "icmpv6": "icmp",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Properties:
    """Plain properties (dict, list, str, int, float, bool, None, a `Missing`) with typed reading."""

    values: Mapping[str, Any]

    def raw(self, key: str) -> Any:
        """The value as it is, None where there is none."""
        return self.values.get(key)

    def has(self, key: str) -> bool:
        return self.values.get(key) is not None

    def given(self, key: str) -> Value[bool]:
        """Whether there is a value, where what it is does not matter."""
        value = self.raw(key)
        return value if isinstance(value, Missing | Malformed) else value not in (None, "")

    def text(self, key: str, absent: Value[T]) -> Value[str | T]:
        value = self.raw(key)
        if value is None:
            return absent
        if isinstance(value, Missing | Malformed):
            return value
        return value if isinstance(value, str) else Malformed("a string")

    def integer(self, key: str, absent: Value[T]) -> Value[int | T]:
        value = self.raw(key)
        return absent if value is None else as_integer(value)

    def flag(self, key: str, absent: Value[T]) -> Value[bool | T]:
        value = self.raw(key)
        return absent if value is None else as_flag(value)

    def texts(self, key: str) -> Value[tuple[str, ...]]:
        """A list of strings; absent is an empty one."""
        return as_texts(self.raw(key))

    def section(self, key: str) -> Value[Mapping[str, Any] | None]:
        value = self.raw(key)
        if value is None or isinstance(value, Missing | Malformed):
            return value
        return value if isinstance(value, Mapping) else Malformed("a mapping")

    def texts_by_name(self, key: str) -> Value[Mapping[str, str]]:
        """A mapping of strings to strings, such as tags; absent is an empty one."""
        section = self.section(key)
        if section is None:
            return {}
        if isinstance(section, Missing | Malformed):
            return section
        pairs = dict(section)
        missing = next((value for value in pairs.values() if isinstance(value, Missing)), None)
        if missing is not None:
            return missing
        if all(isinstance(name, str) and isinstance(value, str) for name, value in pairs.items()):
            return pairs
        return Malformed("a mapping of strings")


def as_integer(value: Any) -> Value[int]:
    if isinstance(value, Missing | Malformed):
        return value
    if isinstance(value, bool):
        return Malformed("a whole number")
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else Malformed("a whole number")
    if isinstance(value, str) and value.strip().lstrip("-").isdecimal():
        try:
            return int(value.strip())
        except ValueError:
            return Malformed("a whole number")
    return Malformed("a whole number")


def as_flag(value: Any) -> Value[bool]:
    if isinstance(value, bool | Missing | Malformed):
        return value
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    return Malformed("true or false")


def as_texts(value: Any) -> Value[tuple[str, ...]]:
    if value is None:
        return ()
    if isinstance(value, Missing | Malformed):
        return value
    if not isinstance(value, list | tuple):
        return Malformed("a list of strings")
    missing = next((item for item in value if isinstance(item, Missing)), None)
    if missing is not None:
        return missing
    return tuple(value) if all(isinstance(item, str) for item in value) else Malformed("a list of strings")


def as_range(value: Any) -> Value[str]:
    """An address range in its one canonical spelling; a bare address is a range of one."""
    if isinstance(value, Missing | Malformed):
        return value
    if not isinstance(value, str):
        return Malformed("an address range")
    try:
        found = ipaddress.ip_network(value.strip(), strict=False)
    except ValueError:
        return Malformed("an address range")
    mapped = found.network_address.ipv4_mapped if isinstance(found, ipaddress.IPv6Network) else None
    if mapped is not None and found.prefixlen >= 96:  # IPv4 in IPv6's clothes
        return str(ipaddress.ip_network((mapped, found.prefixlen - 96)))
    return str(found)


def as_protocol(value: Any) -> Value[str]:
    """`tcp`, `udp`, `icmp` or `any`, from a name, a number, or a number written as a string."""
    if isinstance(value, Missing | Malformed):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return Malformed("a protocol")
    spelled = (
        str(int(value)) if isinstance(value, int) or (isinstance(value, float) and value.is_integer()) else str(value)
    )
    spelled = spelled.strip().lower()
    return _PROTOCOLS.get(spelled, spelled)


def as_ports(protocol: Value[str], first: Any, last: Any) -> tuple[Value[int], Value[int]]:
    """Both ends of a port range; `any` protocol and -1 are all ports."""
    low, high = as_integer(first), as_integer(last)
    if protocol == "any" or low == -1 or high == -1:
        return ALL_PORTS
    return _port(low), _port(high)


def _port(value: Value[int]) -> Value[int]:
    if isinstance(value, int) and not 0 <= value <= 65535:
        return Malformed("a port between 0 and 65535")
    return value


def as_document(value: Any) -> Value[Mapping[str, Any] | None]:
    """A JSON document, given as a mapping or as a string."""
    if value is None or isinstance(value, Missing | Malformed):
        return value
    if isinstance(value, str):
        if not value.strip():
            return None
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return Malformed("a JSON document")
    return value if isinstance(value, Mapping) else Malformed("a JSON document")
