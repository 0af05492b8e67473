"""Faults on demand.

A fault waits for calls of its operation ("*" for any, "writes" for any but the Reads), skips `after` of them, then
strikes `count` times. One that strikes once the write is done passes over a call that is refused: nothing was done.

| kind | what the client sees | the write |
|---|---|---|
| throttle | 503 RequestLimitExceeded | not done |
| forbidden | 403 AccessDenied | not done |
| error | 500 InternalError | not done |
| capacity | 400 InsufficientCapacity | not done |
| reset_before | connection reset | not done |
| hang_before | nothing for `ms`, then the connection closes | not done |
| error_after | 500 InternalError | done |
| reset_after | connection reset | done |
| hang_after | nothing for `ms`, then the connection closes | done |
| delay | the true answer, `ms` late | done |
| slow_state | what the call starts needs `polls` more reads or `ms` | done |
| hidden | what the call creates is absent from the next `polls` reads | done |
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from sandbox.outscale.store import Store

ANY, WRITES = "*", "writes"
BEFORE = frozenset({"throttle", "forbidden", "error", "capacity", "reset_before", "hang_before"})
AFTER = frozenset({"error_after", "reset_after", "hang_after", "delay"})
DURING = frozenset({"slow_state", "hidden"})
KINDS = BEFORE | AFTER | DURING


class BadFault(ValueError):
    """A fault that was asked for wrongly."""


@dataclass(frozen=True)
class Fault:
    """`count` strikes left, `after` calls still let through, `fired` strikes given."""

    kind: str
    operation: str = ANY
    count: int = 1
    after: int = 0
    ms: int = 0
    polls: int = 0
    fired: int = 0

    def concerns(self, operation: str) -> bool:
        if self.operation == WRITES:
            return not operation.startswith("Read")
        return self.operation in (ANY, operation)


def parse(wanted: Mapping[str, Any], operations: Mapping[str, object]) -> Fault:
    """Read a fault from a request to the control API."""
    known = {f.name for f in fields(Fault)} - {"fired"}
    if unknown := set(wanted) - known:
        raise BadFault(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}")
    if wanted.get("kind") not in KINDS:
        raise BadFault(f"kind must be one of {', '.join(sorted(KINDS))}")
    if wanted.get("operation", "*") not in {ANY, WRITES, *operations}:
        raise BadFault(f"there is no operation {wanted['operation']}")
    for name in ("count", "after", "ms", "polls"):
        value = wanted.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise BadFault(f"{name} must be a whole number of 0 or more")
    return Fault(**wanted)


class Faults:
    """The faults in wait, on disk so that a sandbox killed between two calls keeps them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, fault: Fault) -> int:
        with self._store.transaction():
            cursor = self._store.execute("INSERT INTO faults (fault) VALUES (?)", (json.dumps(asdict(fault)),))
        return int(cursor.lastrowid or 0)

    def clear(self) -> None:
        with self._store.transaction():
            self._store.execute("DELETE FROM faults")

    def all(self) -> dict[int, Fault]:
        rows = self._store.execute("SELECT seq, fault FROM faults ORDER BY seq")
        return {seq: Fault(**json.loads(text)) for seq, text in rows}

    def strike(self, operation: str) -> Fault | None:
        """The fault that hits this call, if any. Every waiting fault sees the call; the oldest ready one hits."""
        hit: Fault | None = None
        for seq, fault in self.all().items():
            if fault.count == 0 or not fault.concerns(operation):
                continue
            if fault.after:
                self._save(seq, fault, after=fault.after - 1)
            elif hit is None:
                hit = fault
                self._save(seq, fault, count=fault.count - 1, fired=fault.fired + 1)
        return hit

    def give_back(self, hit: Fault) -> None:
        """The call that `hit` waited for was refused: no write was done whose answer could be lost. It waits on."""
        struck = replace(hit, count=hit.count - 1, fired=hit.fired + 1)
        seq = next((seq for seq, fault in self.all().items() if fault == struck), None)
        if seq is not None:
            self._save(seq, struck, count=hit.count, fired=hit.fired)

    def _save(self, seq: int, fault: Fault, **changes: int) -> None:
        with self._store.transaction():
            text = json.dumps({**asdict(fault), **changes})
            self._store.execute("UPDATE faults SET fault = ? WHERE seq = ?", (text, seq))
