"""What one configured plugin process holds: the storage, what it has, and the notes about unfinished creations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blueprint import workspace
from plugins.runtime.intents import Journal
from plugins.s3 import features
from plugins.s3.settings import Settings, settings
from plugins.s3.storage import Storage


@dataclass(frozen=True)
class Session:
    storage: Storage
    flavor: features.Flavor
    journal: Journal

    def recorded(self, urn: str, id: str) -> None:
        """The engine's state holds this id."""
        self.journal.recorded(urn, id)


def connect(configuration: Mapping[str, Any]) -> Session:
    return session(settings(configuration))


def session(chosen: Settings, pauses: float = 1.0) -> Session:
    """`pauses` is for tests: by how much every wait is scaled."""
    state = workspace.state_dir()
    storage = Storage(chosen, state / "limits", pauses)
    return Session(storage, features.flavor(chosen.flavor), Journal(state / "intents", f"s3-{chosen.account}"))
