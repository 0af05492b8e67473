"""What the control APIs of all endpoints share: loopback only, only with the control token, the same paths and bodies.

GET  /_sandbox/health       open: {"simulated": true, ...}
GET  /_sandbox/inventory    what lives; ?ids=1 lists ids
GET  /_sandbox/calls?since= calls after a sequence number, with counts by call
POST /_sandbox/faults       add a fault (faults.py); GET lists them; DELETE takes them all away
POST /_sandbox/settings     change settings (settings.py); GET lists them
POST /_sandbox/reset        forget everything
"""

from __future__ import annotations

import hmac
import ipaddress
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.outscale import calllog, faults
from sandbox.outscale.credentials import Credentials
from sandbox.outscale.settings import Settings, UnknownSetting
from sandbox.outscale.store import Store

PREFIX = "/_sandbox"
TOKEN_HEADER = "X-Rempart-Control"
HEADERS = {"X-Rempart-Simulated": "true"}
Act = Callable[[Request], Awaitable[Any]]


class Controlled(Protocol):
    """What an endpoint must have to be controlled."""

    @property
    def credentials(self) -> Credentials: ...
    @property
    def store(self) -> Store: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def faults(self) -> faults.Faults: ...


def routes(
    endpoint: Controlled,
    *,
    health: Callable[[Request], Awaitable[Response]],
    inventory: Act,
    reset: Act,
    fault: Callable[[dict[str, Any]], faults.Fault],
) -> list[Route]:
    """The routes of a control API. `fault` reads the fault that a body asks for; the other three are the endpoint's."""

    async def calls(request: Request) -> Any:
        since = request.query_params.get("since", "0")
        if not since.isdigit():
            raise ValueError("since must be a whole number")
        lines = calllog.read(endpoint.store, since=int(since))
        shown = [{"seq": seq, **asdict(line)} for seq, line in lines]
        return {"calls": shown, "counts": calllog.counts(lines), "next": lines[-1][0] if lines else int(since)}

    async def fault_list(_request: Request) -> Any:
        return {"faults": [{"id": seq, **asdict(one)} for seq, one in endpoint.faults.all().items()]}

    async def fault_add(request: Request) -> Any:
        return {"id": endpoint.faults.add(fault(await _object(request)))}

    async def fault_clear(_request: Request) -> Any:
        endpoint.faults.clear()
        return {}

    async def settings_list(_request: Request) -> Any:
        return endpoint.settings.as_dict()

    async def settings_change(request: Request) -> Any:
        endpoint.settings.change(await _object(request))
        return endpoint.settings.as_dict()

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
        *(Route(PREFIX + path, _guard(endpoint, act), methods=[method]) for path, method, act in guarded),
    ]


def _guard(endpoint: Controlled, act: Act) -> Callable[[Request], Awaitable[Response]]:
    async def guarded(request: Request) -> Response:
        token = request.headers.get(TOKEN_HEADER, "")
        local = request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
        if not local or not hmac.compare_digest(token.encode(), endpoint.credentials.control_token.encode()):
            return JSONResponse({"error": f"{TOKEN_HEADER} is missing or wrong"}, 403, HEADERS)
        try:
            return JSONResponse(await act(request), headers=HEADERS)
        except (faults.BadFault, UnknownSetting, ValueError) as error:
            return JSONResponse({"error": str(error)}, 400, HEADERS)

    return guarded


async def _object(request: Request) -> dict[str, Any]:
    tree = json.loads(await request.body() or b"{}")
    if not isinstance(tree, dict):
        raise ValueError("the body must be a JSON object")
    return tree
