"""Client tokens: the same token with the same request gives what the first call made; with another request, a refusal.

A token is forgotten once what it made is gone. Outscale does not say how long it keeps them: this is an assumption.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from sandbox.outscale.errors import ApiError
from sandbox.outscale.operations import Call
from sandbox.outscale.store import Record


def once(call: Call, create: Callable[[Call], list[Record]]) -> list[Record]:
    """Run `create` unless this call's ClientToken was already used, in which case find what it made."""
    token = call.request.get("ClientToken")
    if token is None:
        return create(call)
    request = hashlib.sha256(json.dumps(call.request, sort_keys=True).encode()).hexdigest()
    row = call.store.execute(
        "SELECT request, made FROM tokens WHERE operation = ? AND token = ?", (call.operation, token)
    ).fetchone()
    if row is not None:
        made = [call.store.get(resource_id) for resource_id in json.loads(row[1])]
        living = [record for record in made if record is not None and not record.gone]
        if living and row[0] != request:
            raise ApiError("token-mismatch", "this ClientToken was used with other parameters")
        if living:
            return living
    created = create(call)
    ids = json.dumps([record.id for record in created])
    call.store.execute("INSERT OR REPLACE INTO tokens VALUES (?, ?, ?, ?)", (call.operation, token, request, ids))
    return created
