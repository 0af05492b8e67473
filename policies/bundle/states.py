"""The digest of a state, without its secrets: which resources it holds, and whether they are the same as before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The engine's mark on special values; with the one below, on secrets (sdk/go/common/resource/properties.go)."""
SECRET = "1b47061264138c4ac30d75fd1eb44270"
HIDDEN = "[secret]"
KEPT = ("urn", "type", "id", "parent", "inputs", "outputs", "protect")


def summary(exported: Mapping[str, Any]) -> dict[str, Any]:
    """URN, type and digest of each resource of a `pulumi stack export`, sorted. No property is in it."""
    found = [
        {"urn": str(one.get("urn", "")), "type": str(one.get("type", "")), "sha256": _digest(one)}
        for one in (exported.get("deployment") or {}).get("resources") or ()
    ]
    return {"resources": sorted(found, key=lambda one: (one["urn"], one["sha256"]))}


def _digest(resource: Mapping[str, Any]) -> str:
    """Sealed anew at each write, a secret would change the digest by itself: its place counts, its value does not."""
    kept = {name: _plain(resource.get(name)) for name in KEPT}
    return hashlib.sha256(json.dumps(kept, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        if value.get(SIGNATURE) == SECRET:
            return HIDDEN
        return {str(name): _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
