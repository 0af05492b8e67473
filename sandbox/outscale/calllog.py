"""The log of calls, which ReadApiLogs shows and tests count. Nothing secret goes in.

Values of fields that may hold a secret are replaced in the recorded payload, as Outscale does for the Authorization
header.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.outscale.store import Store

MASK = "*****"
SECRET_FIELDS = frozenset({"UserData", "PrivateKey", "Password", "SecretKey", "Login"})
KEPT = 100_000  # the oldest go beyond that


@dataclass(frozen=True)
class Line:
    """One call. Sizes in bytes, duration in milliseconds, `at` in ISO 8601 UTC."""

    operation: str
    at: str
    status: int
    request_id: str
    access_key: str
    ip: str
    user_agent: str
    header_raw: str
    payload_raw: str
    header_size: int
    payload_size: int
    response_size: int
    duration: int
    error: str | None = None
    fault: str | None = None


def redact(payload: bytes) -> str:
    """The payload as it may be kept: secrets masked, anything that is not JSON dropped."""
    if not payload:
        return ""
    try:
        tree = json.loads(payload)
    except ValueError:
        return MASK
    return json.dumps(_mask(tree))


def _mask(node: Any) -> Any:
    if isinstance(node, dict):
        return {k: MASK if k in SECRET_FIELDS else _mask(v) for k, v in node.items()}
    return [_mask(item) for item in node] if isinstance(node, list) else node


def write(store: Store, line: Line) -> None:
    """Add a line, inside the caller's transaction."""
    cursor = store.execute(
        "INSERT INTO calls (operation, at, status, line) VALUES (?, ?, ?, ?)",
        (line.operation, line.at, line.status, json.dumps(asdict(line))),
    )
    store.execute("DELETE FROM calls WHERE seq <= ?", ((cursor.lastrowid or 0) - KEPT,))


def read(store: Store, *, since: int = 0) -> list[tuple[int, Line]]:
    """Lines after sequence number `since`, oldest first."""
    rows = store.execute("SELECT seq, line FROM calls WHERE seq > ? ORDER BY seq", (since,))
    return [(seq, Line(**json.loads(text))) for seq, text in rows]


def counts(lines: list[tuple[int, Line]]) -> dict[str, int]:
    """Calls by operation."""
    return dict(sorted(Counter(line.operation for _seq, line in lines).items()))
