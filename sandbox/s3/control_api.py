"""The control API of the gate, of the same shape as the Outscale endpoint's (sandbox/outscale/control_api.py).

GET  /_sandbox/health       open: {"simulated": true, ...}
GET  /_sandbox/inventory    buckets, object versions and delete markers; ?ids=1 lists the buckets
GET  /_sandbox/calls?since= calls after a sequence number, with counts by call
POST /_sandbox/faults       add a fault; GET lists them; DELETE takes them all away
POST /_sandbox/settings     change settings (lockout.*); GET lists them
POST /_sandbox/reset        forget everything, locked objects too
"""

from __future__ import annotations

import hmac
import ipaddress
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from xml.etree import ElementTree

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.outscale import calllog, faults
from sandbox.outscale.settings import UnknownSetting
from sandbox.s3 import table

if TYPE_CHECKING:
    from sandbox.s3.app import Gate

PREFIX = "/_sandbox"
TOKEN_HEADER = "X-Rempart-Control"
KINDS = faults.BEFORE - {"capacity"} | faults.AFTER
_HEADERS = {"X-Rempart-Simulated": "true"}
Act = Callable[[Request], Awaitable[Any]]


def routes(gate: Gate) -> list[Route]:
    """The routes of the control API of a gate."""

    async def health(_request: Request) -> Response:
        alive = gate.upstream.process.poll() is None
        body = {"simulated": alive, "provider": "outscale", "service": "oos", "region": gate.region}
        return JSONResponse(body, 200 if alive else 503, headers=_HEADERS)

    async def inventory(request: Request) -> Any:
        return await run_in_threadpool(count, gate, bool(request.query_params.get("ids")))

    async def calls(request: Request) -> Any:
        since = request.query_params.get("since", "0")
        if not since.isdigit():
            raise ValueError("since must be a whole number")
        lines = calllog.read(gate.store, since=int(since))
        shown = [{"seq": seq, **asdict(line)} for seq, line in lines]
        return {"calls": shown, "counts": calllog.counts(lines), "next": lines[-1][0] if lines else int(since)}

    async def fault_list(_request: Request) -> Any:
        return {"faults": [{"id": seq, **asdict(fault)} for seq, fault in gate.faults.all().items()]}

    async def fault_add(request: Request) -> Any:
        fault = faults.parse(await _object(request), table.calls())
        if fault.kind not in KINDS:
            raise faults.BadFault(f"here, kind must be one of {', '.join(sorted(KINDS))}")
        return {"id": gate.faults.add(fault)}

    async def fault_clear(_request: Request) -> Any:
        gate.faults.clear()
        return {}

    async def settings_list(_request: Request) -> Any:
        return gate.settings.as_dict()

    async def settings_change(request: Request) -> Any:
        gate.settings.change(await _object(request))
        return gate.settings.as_dict()

    async def reset(_request: Request) -> Any:
        await run_in_threadpool(gate.upstream.forget)
        gate.store.clear()
        gate.settings.reload()
        return {}

    guarded: list[tuple[str, str, Act]] = [
        ("/inventory", "GET", inventory),
        ("/calls", "GET", calls),
        ("/faults", "GET", fault_list),
        ("/faults", "POST", fault_add),
        ("/faults", "DELETE", fault_clear),
        ("/settings", "GET", settings_list),
        ("/settings", "POST", settings_change),
        ("/reset", "POST", reset),
    ]
    return [
        Route(f"{PREFIX}/health", health, methods=["GET"]),
        *(Route(PREFIX + path, _guard(gate, act), methods=[method]) for path, method, act in guarded),
    ]


def count(gate: Gate, with_ids: bool) -> dict[str, Any]:
    """Asked of versitygw itself, bucket by bucket."""
    buckets = [found.text or "" for found in _xml(gate, "/").findall("{*}Buckets/{*}Bucket/{*}Name")]
    totals = {"Bucket": len(buckets), "ObjectVersion": 0, "DeleteMarker": 0}
    for bucket in buckets:
        for page in _pages(gate, bucket):
            totals["ObjectVersion"] += len(page.findall("{*}Version"))
            totals["DeleteMarker"] += len(page.findall("{*}DeleteMarker"))
    answer: dict[str, Any] = {"counts": {name: number for name, number in totals.items() if number}}
    return {**answer, "ids": {"Bucket": buckets}} if with_ids else answer


def _pages(gate: Gate, bucket: str) -> list[ElementTree.Element]:
    pages, place = [], ""
    while True:
        page = _xml(gate, f"/{bucket}?versions={place}")
        pages.append(page)
        if page.findtext("{*}IsTruncated") != "true":
            return pages
        key, version = page.findtext("{*}NextKeyMarker") or "", page.findtext("{*}NextVersionIdMarker") or ""
        place = f"&key-marker={quote(key, safe='')}&version-id-marker={quote(version, safe='')}"


def _xml(gate: Gate, target: str) -> ElementTree.Element:
    status, body = gate.ask("GET", target)
    if status != 200:
        raise ValueError(f"versitygw answered {status} to {target}")
    return ElementTree.fromstring(body)


def _guard(gate: Gate, act: Act) -> Callable[[Request], Awaitable[Response]]:
    async def guarded(request: Request) -> Response:
        token = request.headers.get(TOKEN_HEADER, "")
        local = request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
        if not local or not hmac.compare_digest(token.encode(), gate.credentials.control_token.encode()):
            return JSONResponse({"error": f"{TOKEN_HEADER} is missing or wrong"}, 403, _HEADERS)
        try:
            return JSONResponse(await act(request), headers=_HEADERS)
        except (faults.BadFault, UnknownSetting, ValueError) as error:
            return JSONResponse({"error": str(error)}, 400, _HEADERS)

    return guarded


async def _object(request: Request) -> dict[str, Any]:
    tree = json.loads(await request.body() or b"{}")
    if not isinstance(tree, dict):
        raise ValueError("the body must be a JSON object")
    return tree
