"""The control API of the gate; its shape is in sandbox/outscale/control_routes.py.

The inventory counts buckets, object versions and delete markers; ?ids=1 lists the buckets. The settings are lockout.*.
A reset forgets everything, locked objects too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from xml.etree import ElementTree

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.outscale import control_routes, faults
from sandbox.s3 import table

if TYPE_CHECKING:
    from sandbox.s3.app import Gate

KINDS = faults.BEFORE - {"capacity"} | faults.AFTER


def routes(gate: Gate) -> list[Route]:
    """The routes of the control API of a gate."""

    async def health(_request: Request) -> Response:
        alive = gate.upstream.process.poll() is None
        body = {
            "simulated": alive,
            "provider": gate.flavor.provider,
            "service": gate.flavor.key,
            "region": gate.region,
        }
        return JSONResponse(body, 200 if alive else 503, headers=control_routes.HEADERS)

    async def inventory(request: Request) -> Any:
        return await run_in_threadpool(count, gate, bool(request.query_params.get("ids")))

    async def reset(_request: Request) -> Any:
        await run_in_threadpool(gate.upstream.forget)
        gate.store.clear()
        gate.settings.reload()
        return {}

    return control_routes.routes(gate, health=health, inventory=inventory, reset=reset, fault=_fault)


def _fault(body: dict[str, Any]) -> faults.Fault:
    fault = faults.parse(body, table.calls())
    if fault.kind not in KINDS:
        raise faults.BadFault(f"here, kind must be one of {', '.join(sorted(KINDS))}")
    return fault


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
