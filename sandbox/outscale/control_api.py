"""The control API, for tests and `rempart sandbox`: loopback only, and only with the control token.

GET  /_sandbox/health       open: {"simulated": true, ...}
GET  /_sandbox/inventory    live resources by kind; ?ids=1 lists their ids
GET  /_sandbox/calls?since= calls after a sequence number, with counts by operation
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
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.outscale import calllog, faults
from sandbox.outscale.kinds import table
from sandbox.outscale.operations import handlers
from sandbox.outscale.settings import UnknownSetting

if TYPE_CHECKING:
    from sandbox.outscale.app import Endpoint

PREFIX = "/_sandbox"
TOKEN_HEADER = "X-Rempart-Control"
_HEADERS = {"X-Rempart-Simulated": "true"}
Act = Callable[[Request], Awaitable[Any]]


def routes(endpoint: Endpoint) -> list[Route]:
    """The routes of the control API of an endpoint."""

    async def health(_request: Request) -> Response:
        body = {
            "simulated": True,
            "provider": "outscale",
            "region": endpoint.region,
            "api_version": endpoint.document.version,
            "simulated_operations": len(handlers()),
            "operations": len(endpoint.document.operations),
        }
        return JSONResponse(body, headers=_HEADERS)

    async def inventory(request: Request) -> Any:
        answer: dict[str, Any] = {"counts": endpoint.store.counts()}
        if request.query_params.get("ids"):
            answer["ids"] = {
                kind.title: [r.id for r in endpoint.store.all(kind.name) if "of_account" not in r.meta]
                for kind in table().values()
            }
        return answer

    async def calls(request: Request) -> Any:
        since = request.query_params.get("since", "0")
        if not since.isdigit():
            raise ValueError("since must be a whole number")
        lines = calllog.read(endpoint.store, since=int(since))
        shown = [{"seq": seq, **asdict(line)} for seq, line in lines]
        return {"calls": shown, "counts": calllog.counts(lines), "next": lines[-1][0] if lines else int(since)}

    async def fault_list(_request: Request) -> Any:
        return {"faults": [{"id": seq, **asdict(fault)} for seq, fault in endpoint.faults.all().items()]}

    async def fault_add(request: Request) -> Any:
        fault = faults.parse(await _object(request), endpoint.document.operations)
        return {"id": endpoint.faults.add(fault)}

    async def fault_clear(_request: Request) -> Any:
        endpoint.faults.clear()
        return {}

    async def settings_list(_request: Request) -> Any:
        return endpoint.settings.as_dict()

    async def settings_change(request: Request) -> Any:
        endpoint.settings.change(await _object(request))
        return endpoint.settings.as_dict()

    async def reset(_request: Request) -> Any:
        endpoint.store.clear()
        endpoint.settings.reload()
        endpoint.rate.clear()
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
        *(Route(PREFIX + path, _guard(endpoint, act), methods=[method]) for path, method, act in guarded),
    ]


def _guard(endpoint: Endpoint, act: Act) -> Callable[[Request], Awaitable[Response]]:
    async def guarded(request: Request) -> Response:
        token = request.headers.get(TOKEN_HEADER, "")
        local = request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
        if not local or not hmac.compare_digest(token.encode(), endpoint.credentials.control_token.encode()):
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
