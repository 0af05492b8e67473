"""Breaking a connection on purpose. ASGI has no word for it, so the HTTP protocol remembers each client's transport."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import MutableMapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

_TRANSPORTS: MutableMapping[tuple[str, int], asyncio.Transport] = {}


class BreakableProtocol(H11Protocol):
    """uvicorn's HTTP/1.1, with its transports kept at hand by client address."""

    _peer: tuple[str, int] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        if peer:
            self._peer = (peer[0], peer[1])
            _TRANSPORTS[self._peer] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._peer:
            _TRANSPORTS.pop(self._peer, None)
        super().connection_lost(exc)


class _Aborted(Response):
    """No answer: the connection ends here."""

    def __init__(self, transport: asyncio.Transport, *, reset: bool) -> None:
        super().__init__()
        self._transport = transport
        self._reset = reset

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        if self._reset:
            end: Any = self._transport.get_extra_info("socket")
            # Lingering for 0 s makes the kernel send RST instead of FIN.
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()
        # Wait until uvicorn has noticed, so that it does not report an answer that was never given.
        while (await receive())["type"] != "http.disconnect":
            pass


def abort(request: Request, *, reset: bool) -> Response:
    """A response that breaks the connection: with a reset, or by closing it. A client that has left gets nothing."""
    client = request.client
    transport = _TRANSPORTS.get((client.host, client.port)) if client else None
    if transport is None:
        return Response(status_code=500)
    return _Aborted(transport, reset=reset)
