"""From what the policy SDK hands over to plain Python, once, at the border.

Properties arrive as proxies that are neither dict nor list, that raise when a value unknown at preview is touched, and
that the SDK then turns into a mere advice. Here they become dict, list, str, int, float, bool, None and `UNKNOWN`;
secrets are opened (rules must judge them) and nothing here or later prints a value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_policy import proxy

from blueprint.facts import UNKNOWN, Malformed

_UNKNOWN = frozenset(
    {
        proxy.UNKNOWN_ARCHIVE_VALUE,
        proxy.UNKNOWN_ARRAY_VALUE,
        proxy.UNKNOWN_ASSET_VALUE,
        proxy.UNKNOWN_BOOLEAN_VALUE,
        proxy.UNKNOWN_NUMBER_VALUE,
        proxy.UNKNOWN_OBJECT_VALUE,
        proxy.UNKNOWN_STRING_VALUE,
    }
)
_TARGET = "__target"  # the SDK's own way past its proxies


def plain(value: Any) -> Any:
    """`value` without proxies. Assets and anything foreign become `Malformed`."""
    if isinstance(value, str):
        return UNKNOWN if value in _UNKNOWN else value
    if value is None or value is UNKNOWN or isinstance(value, bool | int | float | Malformed):
        return value
    if isinstance(value, Mapping):
        inner = value if isinstance(value, dict) else value[_TARGET]
        return {str(key): plain(item) for key, item in inner.items()}
    if isinstance(value, Sequence):
        inner = value if isinstance(value, list | tuple) else value[_TARGET]  # type: ignore[call-overload]
        return [plain(item) for item in inner]
    return Malformed("plain data")


def mapping(value: Any) -> dict[str, Any]:
    """`plain`, for properties as a whole."""
    made = plain(value)
    return made if isinstance(made, dict) else {}
