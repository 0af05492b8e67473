"""What can be turned on a running sandbox: rate, lock-out, delays of states, quotas (`data/settings.yaml`).

Overrides are kept in the store: they survive a restart and go with a reset.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from sandbox.outscale.store import Store

DEFAULTS = Path(__file__).parent / "data" / "settings.yaml"


class UnknownSetting(ValueError):
    """A setting that does not exist, or whose value is not a number."""


@cache
def _defaults() -> Mapping[str, float]:
    tree = yaml.safe_load(DEFAULTS.read_text(encoding="utf-8"))
    return {f"{group}.{name}": line["value"] for group, lines in tree.items() for name, line in lines.items()}


class Settings:
    """Numbers by dotted name, e.g. `rate.requests`, `lockout.seconds`, `quota.net`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._values: dict[str, float] = {}
        self.reload()

    def __getitem__(self, name: str) -> float:
        return self._values[name]

    def get(self, name: str, default: float) -> float:
        return self._values.get(name, default)

    def reload(self) -> None:
        """Defaults, then what was changed on this sandbox."""
        rows = self._store.execute("SELECT name, value FROM settings")
        self._values = {**_defaults(), **{name: json.loads(value) for name, value in rows}}

    def change(self, changes: Mapping[str, Any]) -> None:
        for name, value in changes.items():
            if name not in _defaults():
                raise UnknownSetting(f"there is no setting {name}; there are {', '.join(sorted(_defaults()))}")
            if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
                raise UnknownSetting(f"{name} takes a number of 0 or more")
        with self._store.transaction():
            for name, value in changes.items():
                self._store.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, json.dumps(value)))
        self.reload()

    def as_dict(self) -> dict[str, float]:
        return dict(self._values)
