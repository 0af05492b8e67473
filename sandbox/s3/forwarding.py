"""Sending a request on to versitygw, and its answer back, without changing what a signature covers."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from sandbox.s3 import versitygw
from sandbox.s3.bodies import Body
from sandbox.s3.errors import S3Error
from sandbox.s3.versitygw import Upstream

CHUNK_BYTES = 256 * 1024
_GROUPS = {b"<ID>all-users</ID>": b"AllUsers"}
# Of one connection only (RFC 9110, section 7.6.1), or settled by the gate itself.
_OURS = frozenset({"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "expect", "content-length"})


async def forward(upstream: Upstream, method: str, target: str, headers: Mapping[str, str], body: Body) -> Response:
    """The answer of versitygw, streamed."""
    try:
        connection, answer = await run_in_threadpool(_exchange, upstream, method, target, headers, body)
    except (OSError, http.client.HTTPException) as error:
        raise S3Error("ServiceUnavailable", f"versitygw does not answer ({type(error).__name__})") from error
    told = {name.lower(): value for name, value in answer.getheaders() if name.lower() not in _OURS}
    length = answer.getheader("content-length")
    if length is not None:
        told["content-length"] = length
    return StreamingResponse(_chunks(connection, answer), answer.status, told)


async def told_as_s3(answer: Response) -> Response:
    """An access control list with the groups named as S3 names them: versitygw has a word of its own."""
    assert isinstance(answer, StreamingResponse)
    body = b"".join(
        [chunk.encode() if isinstance(chunk, str) else bytes(chunk) async for chunk in answer.body_iterator]
    )
    for theirs, group in _GROUPS.items():
        body = body.replace(theirs, b"<URI>http://acs.amazonaws.com/groups/global/%s</URI>" % group)
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    return Response(body, answer.status_code, headers)


def _exchange(
    upstream: Upstream, method: str, target: str, headers: Mapping[str, str], body: Body
) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    connection = upstream.connect()
    try:
        kept = {name: value for name, value in headers.items() if name not in _OURS}
        if body.size or "content-length" in headers or method in ("PUT", "POST"):
            kept["content-length"] = str(body.size)
        versitygw.send(connection, method, target, kept)
        connection.endheaders(body.file if body.size else None)
        return connection, connection.getresponse()
    except BaseException:
        connection.close()
        raise
    finally:
        body.file.close()


def _chunks(connection: http.client.HTTPConnection, answer: http.client.HTTPResponse) -> Iterator[bytes]:
    try:
        while chunk := answer.read(CHUNK_BYTES):
            yield chunk
    finally:
        connection.close()
