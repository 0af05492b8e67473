"""Batched reads: many questions about one kind become one call.

`one` asks for the present state of one item: questions that come within a few milliseconds share a filtered call.
`cached` serves a refresh: the first question reads the whole kind, page after page, and the others are answered from it
until this process writes something or the listing is too old. What a listing lacks is always confirmed by `one`.
"""

from __future__ import annotations

import math
import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from plugins.outscale.client import Client
from plugins.outscale.sources import Item, Source
from plugins.runtime.call import Call

TICK = 1.0  # seconds between the moments at which waits look again, so that they look together
WINDOW = 0.02  # seconds that the first question waits for others
MOST = 200  # ids in one filter
REFRESH_AGE = 30.0  # seconds for which a refresh is answered from one listing


@dataclass
class _Batch:
    ids: set[str] = field(default_factory=set)
    done: threading.Event = field(default_factory=threading.Event)
    found: dict[str, Item] = field(default_factory=dict)
    failure: Exception | None = None


@dataclass(frozen=True)
class _Listing:
    """`at` is `time.time()` just before the call."""

    at: float
    items: tuple[Item, ...]


class Reader:
    """Reads of one account. Safe for threads."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._mutex = threading.Lock()
        self._batches: dict[Source, _Batch] = {}
        self._listings: dict[str, _Listing] = {}
        self._listing: dict[str, threading.Lock] = {}
        self._wrote_at = 0.0
        self._phase = random.random()  # processes do not look at the same moment as each other

    def wrote(self) -> None:
        """Something was changed: a refresh may not be answered from an older listing."""
        self._wrote_at = time.time()

    def one(self, call: Call[Any], source: Source, id: str) -> Item | None:
        """The item as it is now; None is the API's own word (an empty answer to a filter by id)."""
        with self._mutex:
            batch = self._batches.get(source)
            leader = batch is None or len(batch.ids) >= MOST
            if batch is None or leader:
                batch = self._batches[source] = _Batch()
            batch.ids.add(id)
        if leader:
            self._lead(call, source, batch)
        while not batch.done.wait(0.2):
            call.check(f"waiting for {source.call}")
        if batch.failure is not None:
            raise batch.failure
        return batch.found.get(id)

    def _lead(self, call: Call[Any], source: Source, batch: _Batch) -> None:
        time.sleep(WINDOW)
        with self._mutex:
            if self._batches.get(source) is batch:
                del self._batches[source]
        try:
            items = self._client.pages(call, source.call, source.items, {source.filter: sorted(batch.ids)})
            batch.found = {key: item for item in items for key in source.keys(item)}
        except Exception as failure:
            batch.failure = failure  # told to everyone who waits, this thread included
        finally:
            batch.done.set()

    def wait(self, call: Call[Any], seconds: float, doing: str) -> None:
        """Sleep for about `seconds` (scaled as all waits), until the next moment at which everybody looks again."""
        tick = TICK * self._client.pauses
        now = time.monotonic()
        ticks = math.ceil((now + seconds * self._client.pauses) / tick - self._phase)
        call.sleep((ticks + self._phase) * tick - now, doing)

    def cached(self, call: Call[Any], source: Source, id: str) -> Item | None:
        """The item, from a listing that no write of this process has outdated."""
        for item in self.refreshed(call, source):
            if id in source.keys(item):
                return item
        return self.one(call, source, id)

    def refreshed(self, call: Call[Any], source: Source) -> tuple[Item, ...]:
        """Every item of the kind, as good as a refresh needs it."""
        return self.listing(call, source, max(time.time() - REFRESH_AGE, self._wrote_at))

    def listing(self, call: Call[Any], source: Source, not_before: float) -> tuple[Item, ...]:
        """Every item of the kind, read at `not_before` (`time.time()`) or later."""
        with self._mutex:
            turn = self._listing.setdefault(source.call, threading.Lock())
        with turn:
            held = self._listings.get(source.call)
            if held is None or held.at < not_before:
                at = time.time()
                held = _Listing(at, tuple(self._client.pages(call, source.call, source.items, {})))
                self._listings[source.call] = held
            return held.items
