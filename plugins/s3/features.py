"""Which object storage has what (features.yaml): asked before any call is made."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plugins.runtime.errors import Problem

TABLE = Path(__file__).parent / "features.yaml"
DEFAULT = "s3"


@dataclass(frozen=True)
class Feature:
    """One line of the table. `what` names the feature in words, `why` and `instead` may be empty."""

    what: str
    present: bool
    source: str
    read_on: str
    why: str = ""
    instead: str = ""


@dataclass(frozen=True)
class Flavor:
    """One object storage."""

    key: str
    name: str
    features: Mapping[str, Feature]

    def has(self, feature: str) -> bool:
        return self.features[feature].present

    def refusal(self, feature: str) -> str | None:
        """Why `feature` cannot be asked for; None when it can."""
        line = self.features[feature]
        if line.present:
            return None
        why = f": {line.why}" if line.why else ""
        instead = f". Instead, {line.instead}" if line.instead else ""
        return f"{self.name} has no {line.what}{why} ({line.source}, read on {line.read_on}){instead}"


def flavor(key: str) -> Flavor:
    """The flavor of that name."""
    known = _flavors()
    if key not in known:
        raise Problem(f"There is no flavor '{key}' of object storage", f"Known: {', '.join(sorted(known))}")
    return known[key]


@functools.cache
def _flavors() -> Mapping[str, Flavor]:
    import yaml  # not needed to start the plugin

    tree = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    return {key: _flavor(key, entry, tree["features"]) for key, entry in tree["flavors"].items()}


def _flavor(key: str, entry: Mapping[str, Any], words: Mapping[str, str]) -> Flavor:
    if strangers := set(entry["features"]) - set(words):
        raise ValueError(f"features.yaml: {key} names unknown features: {', '.join(sorted(strangers))}")
    return Flavor(key, entry["name"], {name: _feature(entry, name, what) for name, what in words.items()})


def _feature(entry: Mapping[str, Any], name: str, what: str) -> Feature:
    line = entry["features"].get(name, {"state": "absent", "why": "no source shows it"})
    if line["state"] not in ("present", "absent"):
        raise ValueError(f"features.yaml: {name}: state is present or absent")
    return Feature(
        what,
        line["state"] == "present",
        line.get("source", entry["source"]),
        str(line.get("read_on", entry["read_on"])),
        line.get("why", ""),
        line.get("instead", ""),
    )
