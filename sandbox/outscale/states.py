"""States that take time: `pending` now, `available` after some reads or some milliseconds.

A record's `meta["pending"]` says {to, polls, due}: the state it goes to, how many more reads still show the old one,
and when it settles anyway. Functions registered with `on_settled` carry out what a state brings (a terminated VM
frees its volumes).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.outscale.operations import Call
from sandbox.outscale.store import Record

Effect = Callable[[Call, Record], Record]
_EFFECTS: dict[tuple[str, str], Effect] = {}


def on_settled(kind: str, state: str) -> Callable[[Effect], Effect]:
    """Register what happens when a resource of `kind` reaches `state`."""

    def register(effect: Effect) -> Effect:
        _EFFECTS[kind, state] = effect
        return effect

    return register


def begin(call: Call, record: Record, to: str) -> Record:
    """Start the way to state `to`; with no delay it is there at once. A slow-state fault of the call adds its own."""
    polls = int(call.settings.get(f"states.{record.kind}.{to}.polls", 0))
    due_in = int(call.settings.get(f"states.{record.kind}.{to}.ms", 0))
    if call.slow and (call.slow.polls or call.slow.ms):
        polls, due_in = call.slow.polls, call.slow.ms
    if polls == 0 and due_in == 0:
        return _settle(call, record, to)
    due = call.now.timestamp() + due_in / 1000 if due_in else None
    return call.store.note(record, pending={"to": to, "polls": polls if polls else None, "due": due})


def born(call: Call, record: Record) -> Record:
    """Apply a late-visibility fault to a record just created."""
    if call.slow and call.slow.hidden_polls:
        return call.store.note(record, hidden=call.slow.hidden_polls)
    return record


def tick(call: Call) -> None:
    """At the start of every call: settle what is due, drop what was shown long enough."""
    now = call.now.timestamp()
    for record in call.store.pending():
        pending: dict[str, Any] | None = record.meta.get("pending")
        if pending and pending["due"] is not None and pending["due"] <= now:
            _settle(call, record, pending["to"])
        elif record.meta.get("purge_at", now + 1) <= now:
            call.store.delete(record)


def observe(call: Call, record: Record) -> Record | None:
    """A read is about to show `record`: count it. None when the record is not visible yet."""
    hidden = record.meta.get("hidden", 0)
    if hidden:
        call.store.note(record, hidden=hidden - 1 or None)
        return None
    pending = record.meta.get("pending")
    if pending is None or pending["polls"] is None:
        return record
    if pending["polls"] == 0:
        return _settle(call, record, pending["to"])
    return call.store.note(record, pending={**pending, "polls": pending["polls"] - 1})


def bury(call: Call, record: Record) -> Record:
    """Gone: in nobody's way, still shown for a while."""
    purge_at = call.now.timestamp() + call.settings["states.tombstone_ms"] / 1000
    return call.store.note(record, gone=True, purge_at=purge_at, pending=None)


def _settle(call: Call, record: Record, to: str) -> Record:
    record = call.store.note(record, pending=None)
    effect = _EFFECTS.get((record.kind, to))
    record = call.store.update(record, State=to) if record.kind != "net-peering" else record
    return effect(call, record) if effect else record
