"""What one configured plugin process holds: the client, the batched reads, the notes, the turnstile."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from blueprint import workspace
from plugins.outscale.client import Client, Transport
from plugins.outscale.reading import Reader
from plugins.outscale.settings import Settings, settings
from plugins.runtime.intents import Journal


@dataclass(frozen=True)
class Session:
    client: Client
    reader: Reader
    journal: Journal
    turnstile: Turnstile

    def recorded(self, urn: str, id: str) -> None:
        """The engine's state holds this id."""
        self.journal.recorded(urn, id)


def connect(configuration: Mapping[str, Any]) -> Session:
    return session(settings(configuration))


def session(chosen: Settings, transport: Transport | None = None, pauses: float = 1.0) -> Session:
    """`transport` and `pauses` are for tests: what sends, and by how much every wait is scaled."""
    state = workspace.state_dir()
    client = Client(chosen, state / "limits", transport, pauses)
    journal = Journal(state / "intents", chosen.account)
    return Session(client, Reader(client), journal, Turnstile(state / "limits", chosen.account))


class Turnstile:
    """One creation at a time among those that nothing would tell apart, over all processes of this machine."""

    def __init__(self, folder: Path, account: str) -> None:
        self._folder = folder
        self._account = account
        self._guard = threading.Lock()
        self._mutexes: dict[str, threading.Lock] = {}

    @contextmanager
    def alone(self, kind: str, traits: Mapping[str, Any]) -> Iterator[float]:
        """Yields when (`time.time()`) another process last created such a thing; 0.0 for never.

        What is known about the present ids must be younger than that.
        """
        text = json.dumps([kind, traits], sort_keys=True)
        # 256 locks in all: two kinds that share one by chance only wait for each other.
        name = f"outscale-{self._account}-{hashlib.sha256(text.encode()).hexdigest()[:2]}"
        with self._guard:
            mutex = self._mutexes.setdefault(name, threading.Lock())
        stamp = self._folder / f"{name}.last"
        with mutex, FileLock(self._folder / f"{name}.lock", thread_local=False):
            try:
                yield _last_by_others(stamp)
            finally:
                stamp.write_text(f"{os.getpid()} {time.time()}", encoding="utf-8")


def _last_by_others(stamp: Path) -> float:
    try:
        pid, at = stamp.read_text(encoding="utf-8").split()
        return 0.0 if int(pid) == os.getpid() else float(at)
    except FileNotFoundError:
        return 0.0
    except ValueError:
        return time.time()  # cut by a kill: something may just have been created
