"""The control API of the Outscale endpoint, for tests and `rempart sandbox`; its shape is in control_routes.py.

The inventory holds live resources by kind; ?ids=1 lists their ids, without those that every account has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.outscale import control_routes, faults
from sandbox.outscale.kinds import table
from sandbox.outscale.operations import handlers

if TYPE_CHECKING:
    from sandbox.outscale.app import Endpoint


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
        return JSONResponse(body, headers=control_routes.HEADERS)

    async def inventory(request: Request) -> Any:
        answer: dict[str, Any] = {"counts": endpoint.store.counts()}
        if request.query_params.get("ids"):
            answer["ids"] = {
                kind.title: [r.id for r in endpoint.store.all(kind.name) if "of_account" not in r.meta]
                for kind in table().values()
            }
        return answer

    async def reset(_request: Request) -> Any:
        endpoint.store.clear()
        endpoint.settings.reload()
        endpoint.rate.clear()
        return {}

    def fault(body: dict[str, Any]) -> faults.Fault:
        return faults.parse(body, endpoint.document.operations)

    return control_routes.routes(endpoint, health=health, inventory=inventory, reset=reset, fault=fault)
