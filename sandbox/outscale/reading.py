"""The body shared by the Read operations: select, count as a poll, filter, page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.outscale import filters, paging, states
from sandbox.outscale.errors import ApiError
from sandbox.outscale.kinds import kind
from sandbox.outscale.operations import Answer, Call
from sandbox.outscale.store import Record

View = Callable[[Call, Record], dict[str, Any]]


def as_stored(_call: Call, record: Record) -> dict[str, Any]:
    """The view of kinds whose body is already what the API answers."""
    return record.body


def read(call: Call, kind_name: str, view: View = as_stored) -> Answer:
    """Answer a Read of `kind_name`, including what is terminated and still shown."""
    spec = kind(kind_name)
    wanted = call.request.get("Filters", {})
    filters.check(wanted, spec.filters, tags=spec.tag_type is not None)
    found = []
    for record in call.store.all(kind_name, gone=True, ids=wanted.get(spec.id_filter)):
        seen = states.observe(call, record)
        if seen is None:
            continue
        shown = view(call, seen)
        if filters.matches(shown, wanted, spec.filters):
            found.append((seen.seq, shown))
    items, token = paging.page(found, call.operation, call.request)
    answer: Answer = {spec.list: items}
    if token:
        answer["NextPageToken"] = token
    return answer


def quota(call: Call, name: str, used: int, error: str, *, wanted: int = 1) -> None:
    """Refuse to go over a quota."""
    limit = int(call.settings[f"quota.{name}"])
    if used + wanted > limit:
        raise ApiError(error, f"the quota {name} is {limit}, {used} used")
