"""Changes in place: which calls an update needs, and the stop and start that some of them ask for."""

from __future__ import annotations

from typing import Any

from plugins.outscale.births import id_parts
from plugins.outscale.session import Session
from plugins.outscale.shapes import Shape, Update
from plugins.outscale.sources import path
from plugins.runtime.call import Call
from plugins.runtime.declare import Values
from plugins.runtime.diffing import same
from plugins.runtime.errors import Problem


def apply_updates(
    call: Call[Session], shape: Shape, id: str, have: Values, inputs: Values, applied: dict[str, Any]
) -> bool:
    """Send what differs between `have` and `inputs`; `applied` grows with what was accepted. True if anything was."""
    sent = False
    for update in shape.updates:
        changed = [name for name in update.fields if _differs(shape, name, have, inputs)]
        if not changed:
            continue
        for names in [(name,) for name in changed] if update.one_by_one else [tuple(changed)]:
            _send(call, shape, update, id, names, {**have, **inputs, **id_parts(shape, id)})
            applied |= {name: inputs.get(name) for name in names if name in inputs}
            sent = True
    return sent


def _differs(shape: Shape, name: str, have: Values, inputs: Values) -> bool:
    attribute = shape.attribute(name)
    if name not in inputs and attribute.server_chosen:
        return False
    return not same(attribute, have.get(name), inputs.get(name))


def _send(call: Call[Session], shape: Shape, update: Update, id: str, names: tuple[str, ...], values: Values) -> None:
    body = {}
    for name in (*names, *update.always):
        attribute = shape.attribute(name)
        if values.get(name) is not None:
            body[attribute.request_key()] = attribute.request(values[name])
    if update.stopped:
        with_machine_stopped(call, shape, id, update.call, body)
    else:
        call.session.client.write(call, update.call, body, repeatable=True)


def with_machine_stopped(call: Call[Session], shape: Shape, id: str, name: str, body: dict[str, Any]) -> None:
    """Stop the machine, change it, and start it again if it ran before."""
    client = call.session.client
    before = path(call.session.reader.one(call, shape.source, id), "State")
    running = before in ("running", "pending")
    if before != "stopped":
        client.write(call, "StopVms", {"VmIds": [id]}, repeatable=True)
        _await_state(call, shape, id, "stopped")
    try:
        client.write(call, name, body, repeatable=True)
    finally:
        if running:  # also when the change was refused: what ran runs again
            client.write(call, "StartVms", {"VmIds": [id]}, repeatable=True)


def _await_state(call: Call[Session], shape: Shape, id: str, wanted: str) -> None:
    pause = 1.0
    while True:
        state = path(call.session.reader.one(call, shape.source, id), "State")
        if state == wanted:
            return
        if state in (None, "terminated"):
            raise Problem(f"{shape.name} {id} is gone while it was being stopped", "Run with --refresh")
        call.session.reader.wait(call, pause, f"waiting for {shape.name} {id} to be {wanted} ({state})")
        pause = min(pause * 1.5, 10.0)
