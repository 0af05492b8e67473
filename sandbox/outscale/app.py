"""The ASGI application: `POST /api/v1/<Operation>`, as Outscale answers, and the control API under `/_sandbox`.

Calls are served one at a time, each inside one transaction, in this order: sign-in, rate, the operation's name, a
fault in wait, the body against the OpenAPI document, then the operation itself. Every answer says that it is
simulated.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import sqlite3
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.outscale import calllog, checks, connections, control_api, signatures, states
from sandbox.outscale.credentials import Credentials
from sandbox.outscale.document import Document
from sandbox.outscale.errors import ApiError, envelope
from sandbox.outscale.faults import AFTER, BEFORE, Fault, Faults
from sandbox.outscale.operations import Call, Slow, handlers
from sandbox.outscale.settings import Settings
from sandbox.outscale.store import Store
from sandbox.outscale.traffic import LockOut, RateLimit

SIMULATED = "X-Rempart-Simulated"
NOT_SIMULATED = "X-Rempart-Not-Simulated"
LOG = logging.getLogger("sandbox.outscale")
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_FAULT_ERRORS = {
    "throttle": "request-limit-exceeded",
    "forbidden": "access-denied",
    "error": "internal-error",
    "capacity": "insufficient-capacity",
}


@dataclass(frozen=True)
class Endpoint:
    """All that serves one account of one Region."""

    document: Document
    credentials: Credentials
    region: str
    store: Store
    settings: Settings
    faults: Faults
    lockout: LockOut
    rate: RateLimit


@dataclass(frozen=True)
class Incoming:
    """One HTTP call as received."""

    operation: str
    request: Request
    body: bytes
    request_id: str
    started: float

    @property
    def headers(self) -> Mapping[str, str]:
        return dict(self.request.headers.items())


def build(document: Document, credentials: Credentials, region: str, store: Store) -> Starlette:
    """The application over an open store."""
    settings = Settings(store)
    endpoint = Endpoint(
        document, credentials, region, store, settings, Faults(store), LockOut(store, settings), RateLimit(settings)
    )

    async def api(request: Request) -> Response:
        incoming = Incoming(
            request.path_params["operation"], request, await request.body(), str(uuid.uuid4()), time.monotonic()
        )
        return await _serve(endpoint, incoming)

    return Starlette(routes=[Route("/api/v1/{operation:path}", api, methods=METHODS), *control_api.routes(endpoint)])


async def _serve(endpoint: Endpoint, incoming: Incoming) -> Response:
    fault: Fault | None = None
    access_key = ""
    try:
        access_key = _sign_in(endpoint, incoming)
        digest = hashlib.sha256(incoming.body).hexdigest()
        endpoint.rate.check(access_key, incoming.operation, digest, time.monotonic())
        _check_name(endpoint, incoming)
        fault = endpoint.faults.strike(incoming.operation)
        if fault and fault.kind in BEFORE:
            return await _strike(endpoint, incoming, access_key, fault)
        answer = _carry_out(endpoint, incoming, access_key, fault)
    except ApiError as error:
        refusal = error
        if fault and fault.kind in AFTER:
            with contextlib.suppress(sqlite3.OperationalError):  # a full disk: the refusal matters more
                endpoint.faults.give_back(fault)
            fault = None
    except sqlite3.OperationalError as failure:
        LOG.error("the state cannot be written: %s", failure)
        full = ApiError("internal-error", f"the sandbox cannot write its state ({failure}): is the disk full?")
        return _json(envelope(full, incoming.request_id), full.kind.status)
    except Exception:
        LOG.exception("%s %s failed inside the sandbox", incoming.operation, incoming.request_id)
        refusal = ApiError("internal-error", "a defect of the sandbox")
    else:
        return await _strike_after(incoming, fault, answer) if fault and fault.kind in AFTER else _json(answer, 200)
    return _refuse(endpoint, incoming, access_key, refusal, fault)


def _sign_in(endpoint: Endpoint, incoming: Incoming) -> str:
    """The access key of a well-signed call."""
    now = datetime.now(UTC)
    access_key = ""
    try:
        claim = signatures.parse(incoming.request.headers.get("authorization"))
        access_key = claim.access_key
        endpoint.lockout.check(access_key, now.timestamp())
        if access_key != endpoint.credentials.access_key:
            raise signatures.SignatureRefused("unknown access key")
        signed = signatures.SignedRequest(
            incoming.request.method,
            incoming.request.url.path,
            incoming.request.query_params.multi_items(),
            incoming.headers,
            incoming.body,
        )
        signatures.verify(claim, signed, secret_key=endpoint.credentials.secret_key, region=endpoint.region, now=now)
    except signatures.SignatureRefused as refused:
        if access_key:
            endpoint.lockout.failed(access_key, now.timestamp())
        raise ApiError("authentication-failed", str(refused)) from None
    endpoint.lockout.succeeded(access_key)
    return access_key


def _check_name(endpoint: Endpoint, incoming: Incoming) -> None:
    if incoming.operation not in endpoint.document.operations:
        raise ApiError("unknown-operation", f"there is no operation {incoming.operation}")
    if incoming.request.method != "POST":
        raise ApiError("wrong-method", f"{incoming.operation} is called with POST")


def _carry_out(endpoint: Endpoint, incoming: Incoming, access_key: str, fault: Fault | None) -> dict[str, Any]:
    """Check the body, do the work and log it in one transaction."""
    request = checks.parse_body(incoming.body, incoming.request.headers.get("content-type", ""))
    checks.validate(endpoint.document, incoming.operation, request)
    handler = handlers().get(incoming.operation)
    if handler is None:
        raise ApiError("not-simulated", f"{incoming.operation} is not simulated by this sandbox")
    call = Call(
        incoming.operation,
        request,
        endpoint.store,
        endpoint.settings,
        endpoint.region,
        endpoint.credentials.account_id,
        datetime.now(UTC),
        _slow(fault),
    )
    with endpoint.store.transaction():
        states.tick(call)
        answer = {**handler(call), "ResponseContext": {"RequestId": incoming.request_id}}
        status = 500 if fault and fault.kind == "error_after" else 200
        calllog.write(endpoint.store, _line(incoming, access_key, status, answer, None, fault))
    return answer


def _slow(fault: Fault | None) -> Slow | None:
    if fault is None:
        return None
    if fault.kind == "slow_state":
        return Slow(polls=fault.polls, ms=fault.ms)
    return Slow(hidden_polls=fault.polls) if fault.kind == "hidden" else None


async def _strike(endpoint: Endpoint, incoming: Incoming, access_key: str, fault: Fault) -> Response:
    """A fault that comes before any work."""
    if fault.kind in _FAULT_ERRORS:
        error = ApiError(_FAULT_ERRORS[fault.kind], f"injected fault: {fault.kind}")
        return _refuse(endpoint, incoming, access_key, error, fault)
    with endpoint.store.transaction():
        calllog.write(endpoint.store, _line(incoming, access_key, 0, None, fault.kind, fault))
    await asyncio.sleep(fault.ms / 1000 if fault.kind == "hang_before" else 0)
    return connections.abort(incoming.request, reset=fault.kind == "reset_before")


async def _strike_after(incoming: Incoming, fault: Fault, answer: dict[str, Any]) -> Response:
    """A fault that comes once the work is committed."""
    if fault.kind == "error_after":
        error = ApiError("internal-error", "injected fault: error_after")
        return _json(envelope(error, incoming.request_id), error.kind.status)
    if fault.kind == "reset_after":
        return connections.abort(incoming.request, reset=True)
    await asyncio.sleep(fault.ms / 1000)
    return _json(answer, 200) if fault.kind == "delay" else connections.abort(incoming.request, reset=False)


def _refuse(endpoint: Endpoint, incoming: Incoming, access_key: str, error: ApiError, fault: Fault | None) -> Response:
    body = envelope(error, incoming.request_id)
    line = _line(incoming, access_key, error.kind.status, body, error.kind.name, fault)
    try:
        with endpoint.store.transaction():
            calllog.write(endpoint.store, line)
    except sqlite3.OperationalError as failure:  # the refusal matters more than its record
        LOG.error("%s was refused and could not be logged: %s", incoming.operation, failure)
    headers = {}
    if error.kind.name == "not-simulated":
        LOG.warning("NOT SIMULATED: %s: %s", incoming.operation, error.details)
        headers[NOT_SIMULATED] = error.details
    if "retry_after" in error.notes:
        headers["Retry-After"] = error.notes["retry_after"]
    return _json(body, error.kind.status, headers)


def _line(
    incoming: Incoming, access_key: str, status: int, answer: object, error: str | None, fault: Fault | None
) -> calllog.Line:
    headers = "\\n".join(
        f"{name.title()}: {calllog.MASK if name == 'authorization' else value}"
        for name, value in incoming.headers.items()
    )
    client = incoming.request.client
    return calllog.Line(
        operation=incoming.operation,
        at=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        status=status,
        request_id=incoming.request_id,
        access_key=access_key,
        ip=client.host if client else "",
        user_agent=incoming.headers.get("user-agent", ""),
        header_raw=headers,
        payload_raw=calllog.redact(incoming.body),
        header_size=len(headers),
        payload_size=len(incoming.body),
        response_size=len(json.dumps(answer)) if answer is not None else 0,
        duration=int((time.monotonic() - incoming.started) * 1000),
        error=error,
        fault=fault.kind if fault else None,
    )


def _json(body: object, status: int, headers: Mapping[str, str] | None = None) -> Response:
    return Response(
        json.dumps(body), status, {SIMULATED: "true", **(headers or {})}, media_type="application/json; charset=utf-8"
    )
