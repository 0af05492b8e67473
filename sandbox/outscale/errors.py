"""Errors as Outscale answers them: `{"Errors": [{"Code", "Type", "Details"}], "ResponseContext": {...}}`.

Handlers raise `ApiError("no-such-vpc", "why")`; the code, the type and the HTTP status come from `data/errors.yaml`,
where each line says where it was read and how sure we are of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

TABLE = Path(__file__).parent / "data" / "errors.yaml"


@dataclass(frozen=True)
class ErrorKind:
    """One line of the table. `status` is the HTTP status."""

    name: str
    code: str
    type: str
    status: int
    source: str
    confidence: str


@cache
def table() -> dict[str, ErrorKind]:
    """Every error the sandbox may answer, by name."""
    tree = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    kinds = {}
    for name, line in tree["errors"].items():
        kinds[name] = ErrorKind(
            name=name,
            code=str(line["code"]),
            type=line["type"],
            status=int(line.get("status", tree["status_by_type"].get(line["type"], 400))),
            source=line.get("source", "sdk"),
            confidence=line.get("confidence", "named"),
        )
    return kinds


class ApiError(Exception):
    """A refusal. Nothing that the call had begun to write is kept.

    `notes` travels to the response headers and to the log; it never holds a secret.
    """

    def __init__(self, name: str, details: str = "", **notes: str) -> None:
        super().__init__(f"{name}: {details}")
        self.kind = table()[name]
        self.details = details
        self.notes = notes


def envelope(error: ApiError, request_id: str) -> dict[str, Any]:
    """The body of an error answer."""
    kind = error.kind
    return {
        "Errors": [{"Code": kind.code, "Type": kind.type, "Details": error.details}],
        "ResponseContext": {"RequestId": request_id},
    }
