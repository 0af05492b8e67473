"""Pages of results: `ResultsPerPage` (1 to 1000) and an opaque `NextPageToken`.

A token remembers the last item shown (by its growing sequence number) and the question it belongs to, so that items
created meanwhile neither repeat nor hide others, and a token cannot be used for another question.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sandbox.outscale.errors import ApiError

MAX_RESULTS = 1000
T = TypeVar("T")


def page(
    items: Sequence[tuple[int, T]], operation: str, request: Mapping[str, Any], *, default: int = MAX_RESULTS
) -> tuple[list[T], str | None]:
    """The items of the page that `request` asks for, and the token of the next one.

    `items` are (sequence number, item) in growing order.
    """
    size = request.get("ResultsPerPage", default)
    if not 1 <= size <= MAX_RESULTS:
        raise ApiError("invalid-parameter-value", f"ResultsPerPage must be between 1 and {MAX_RESULTS}")
    question = _question(operation, request)
    after = _read(request["NextPageToken"], question) if "NextPageToken" in request else 0
    rest = [(seq, item) for seq, item in items if seq > after]
    shown = rest[:size]
    token = _write(shown[-1][0], question) if len(rest) > size else None
    return [item for _seq, item in shown], token


def _question(operation: str, request: Mapping[str, Any]) -> str:
    text = json.dumps([operation, request.get("Filters")], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _write(seq: int, question: str) -> str:
    return base64.b64encode(json.dumps([seq, question]).encode()).decode()


def _read(token: str, question: str) -> int:
    refused = ApiError("invalid-parameter-value", "NextPageToken does not belong to this question")
    try:
        seq, asked = json.loads(base64.b64decode(token, validate=True))
    except (binascii.Error, ValueError, TypeError) as error:
        raise refused from error
    if asked != question or not isinstance(seq, int):
        raise refused
    return seq
