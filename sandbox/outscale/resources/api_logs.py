"""ReadApiLogs: the calls as the account's owner reads them, newest first, pulled page by page."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.outscale import calllog, paging
from sandbox.outscale.calllog import Line
from sandbox.outscale.errors import ApiError
from sandbox.outscale.operations import Answer, Call, operation

WINDOW = timedelta(hours=48)  # OpenAPI document, FiltersApiLog
_FILTERS = {
    "QueryAccessKeys": "QueryAccessKey",
    "QueryApiNames": "QueryApiName",
    "QueryCallNames": "QueryCallName",
    "QueryIpAddresses": "QueryIpAddress",
    "QueryUserAgents": "QueryUserAgent",
    "RequestIds": "RequestId",
    "ResponseStatusCodes": "ResponseStatusCode",
}
DEFAULT_PAGE = 100


@operation("ReadApiLogs")
def read_api_logs(call: Call) -> Answer:
    wanted = dict(call.request.get("Filters", {}))
    after, before = _window(call, wanted)
    hidden = {name for name, shown in call.request.get("With", {}).items() if not shown}
    # A log that grows while it is read: the first page's last line bounds the next pages.
    top, offset = _position(call.request.get("NextPageToken"))
    found = []
    for seq, line in reversed(calllog.read(call.store)):
        if top is not None and seq > top:
            continue
        if after <= _instant(line.at) <= before:
            entry = _entry(call, line)
            if all(entry[_FILTERS[name]] in allowed for name, allowed in wanted.items()):
                found.append((seq, {k: v for k, v in entry.items() if k not in hidden}))
    size = call.request.get("ResultsPerPage", DEFAULT_PAGE)
    if not 1 <= size <= paging.MAX_RESULTS:
        raise ApiError("invalid-parameter-value", f"ResultsPerPage must be between 1 and {paging.MAX_RESULTS}")
    answer: Answer = {"Logs": [entry for _seq, entry in found[offset : offset + size]]}
    if len(found) > offset + size:
        answer["NextPageToken"] = base64.b64encode(json.dumps([top or found[0][0], offset + size]).encode()).decode()
    return answer


def _position(token: str | None) -> tuple[int | None, int]:
    if token is None:
        return None, 0
    try:
        top, offset = json.loads(base64.b64decode(token, validate=True))
        return int(top), int(offset)
    except (ValueError, TypeError) as error:
        raise ApiError("invalid-parameter-value", "NextPageToken does not belong to this question") from error


def _window(call: Call, wanted: dict[str, Any]) -> tuple[datetime, datetime]:
    given_after, given_before = wanted.pop("QueryDateAfter", None), wanted.pop("QueryDateBefore", None)
    if given_before is not None:
        before = _instant(given_before)
    else:
        before = _instant(given_after) + WINDOW if given_after is not None else call.now
    after = _instant(given_after) if given_after is not None else before - WINDOW
    return after, before


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise ApiError("invalid-parameter-value", "dates are in ISO 8601") from error
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _entry(call: Call, line: Line) -> Mapping[str, Any]:
    return {
        "AccountId": call.account_id,
        "CallDuration": line.duration,
        "QueryAccessKey": line.access_key,
        "QueryApiName": "oapi",
        "QueryApiVersion": "1",
        "QueryCallName": line.operation,
        "QueryDate": line.at,
        "QueryHeaderRaw": line.header_raw,
        "QueryHeaderSize": line.header_size,
        "QueryIpAddress": line.ip,
        "QueryPayloadRaw": line.payload_raw,
        "QueryPayloadSize": line.payload_size,
        "QueryUserAgent": line.user_agent,
        "RequestId": line.request_id,
        "ResponseSize": line.response_size,
        "ResponseStatusCode": line.status,
    }
