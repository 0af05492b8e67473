"""The gate: an ASGI application in front of versitygw that answers as one provider's object storage does.

A request goes through, in this order: which call it is, its body, the sign-in, a fault in wait, the bucket's policy,
what that storage lacks; then the gate answers from its own documents, or versitygw carries it out. Every answer says
that it is simulated.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import logging
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.outscale import calllog, connections
from sandbox.outscale.credentials import Credentials
from sandbox.outscale.errors import ApiError
from sandbox.outscale.faults import AFTER, BEFORE, Fault, Faults
from sandbox.outscale.settings import Settings
from sandbox.outscale.traffic import LockOut
from sandbox.s3 import bodies, control_api, documents, forwarding, locks, policy, signatures, table
from sandbox.s3.bodies import Body
from sandbox.s3.errors import S3Error
from sandbox.s3.store import GateStore
from sandbox.s3.table import Call
from sandbox.s3.versitygw import Upstream
from sandbox.s3.xml import parse

SIMULATED = "X-Rempart-Simulated"
LOG = logging.getLogger("sandbox.s3")
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]
UNKNOWN = "Unknown"
FAULTS = {
    "throttle": ("SlowDown", "please reduce your request rate"),
    "forbidden": ("AccessDenied", "injected fault: forbidden"),
    "error": ("InternalError", "injected fault: error"),
}
# The account's own keys always reach these over TLS, so that no policy locks its bucket for ever.
ALWAYS_OWNERS = frozenset({"GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"})
ENCRYPTED = frozenset({"PutObject", "CopyObject", "CreateMultipartUpload"})
NEW_VERSIONS = frozenset({"PutObject", "CopyObject", "CompleteMultipartUpload"})
SSE = "x-amz-server-side-encryption"


@dataclass(frozen=True)
class Gate:
    """All that serves one account of one region."""

    credentials: Credentials
    region: str
    store: GateStore
    upstream: Upstream
    settings: Settings
    faults: Faults
    lockout: LockOut
    flavor: table.Flavor

    def ask(self, method: str, target: str, body: bytes = b"") -> tuple[int, bytes]:
        """A small request of the gate's own to versitygw: status and body."""
        path, _, query = target.partition("?")
        headers = {"host": "gate"}
        if body:
            digest = hashlib.md5(body, usedforsecurity=False).digest()
            headers |= {"content-length": str(len(body)), "content-md5": base64.b64encode(digest).decode()}
        request = signatures.Request(method, path, parse_qsl(query, keep_blank_values=True), headers)
        signed = self.sign(request, hashlib.sha256(body).hexdigest())
        return self.upstream.request(method, target, signed, body)

    def sign(self, request: signatures.Request, payload: str) -> dict[str, str]:
        """The headers of a request that the gate itself answers for."""
        return signatures.sign(
            request,
            access_key=self.credentials.access_key,
            secret_key=self.credentials.secret_key,
            region=self.region,
            now=datetime.now(UTC),
            payload=payload,
        )


@dataclass(frozen=True)
class Incoming:
    """One HTTP request as received."""

    http: Request
    call: Call | None
    body: Body
    request_id: str
    started: float

    @property
    def name(self) -> str:
        return self.call.name if self.call else UNKNOWN

    @property
    def path(self) -> str:
        return bytes(self.http.scope["raw_path"]).decode("latin-1")

    @property
    def target(self) -> str:
        query = self.http.scope["query_string"].decode("latin-1")
        return f"{self.path}?{query}" if query else self.path

    @property
    def bucket(self) -> str:
        return table.split(self.path)[0]

    @property
    def signed(self) -> signatures.Request:
        query = self.http.query_params.multi_items()
        return signatures.Request(self.http.method, self.path, query, dict(self.http.headers.items()))


def build(
    credentials: Credentials, region: str, store: GateStore, upstream: Upstream, flavor: str = table.OOS
) -> Starlette:
    """The application over an open store and a running versitygw."""
    table.calls(flavor), table.header_rules()  # a damaged table shows now
    settings = Settings(store)
    lockout = LockOut(store, settings)
    gate = Gate(credentials, region, store, upstream, settings, Faults(store), lockout, table.flavor(flavor))

    async def serve(request: Request) -> Response:
        query, headers = request.query_params.keys(), request.headers.keys()
        path = bytes(request.scope["raw_path"]).decode("latin-1")
        call = table.find(request.method, path, query, headers, gate.flavor.key)
        body = await bodies.receive(request)
        return await _serve(gate, Incoming(request, call, body, uuid.uuid4().hex[:16].upper(), time.monotonic()))

    return Starlette(routes=[*control_api.routes(gate), Route("/{path:path}", serve, methods=METHODS)])


async def _serve(gate: Gate, incoming: Incoming) -> Response:
    fault: Fault | None = None
    access_key = ""
    try:
        access_key = _sign_in(gate, incoming)
        fault = gate.faults.strike(incoming.name)
        if fault is not None and fault.kind in BEFORE:
            return await _strike_before(gate, incoming, access_key, fault)
        answer = await _answer(gate, incoming, access_key)
    except S3Error as error:
        return _refuse(gate, incoming, access_key, error, fault)
    except Exception:
        LOG.exception("%s %s failed inside the sandbox", incoming.name, incoming.request_id)
        return _refuse(gate, incoming, access_key, S3Error("InternalError", "a defect of the sandbox"), fault)
    answer.headers[SIMULATED] = "true"
    _log(gate, incoming, access_key, answer.status_code, fault=fault)
    if fault is not None and fault.kind in AFTER:
        return await _strike_after(incoming, fault, answer)
    return answer


def _sign_in(gate: Gate, incoming: Incoming) -> str:
    """The access key of a well-signed request; "" for an anonymous one."""
    now = datetime.now(UTC)
    claim = signatures.parse(incoming.signed)
    if claim is None:
        return ""
    try:
        gate.lockout.check(claim.access_key, now.timestamp())
    except ApiError as locked:
        raise S3Error("AccessDenied", locked.details) from None
    try:
        if claim.access_key != gate.credentials.access_key:
            root = "; OOS takes keys of the root account only" if gate.flavor.key == table.OOS else ""
            raise S3Error("InvalidAccessKeyId", f"the access key does not exist{root}")
        secret = gate.credentials.secret_key
        signatures.verify(claim, incoming.signed, secret_key=secret, region=gate.region, now=now)
    except S3Error as error:
        if error.code in ("InvalidAccessKeyId", "SignatureDoesNotMatch"):
            gate.lockout.failed(claim.access_key, now.timestamp())
        raise
    if len(claim.payload) == 64 and claim.payload != incoming.body.digest:
        raise S3Error("XAmzContentSHA256Mismatch", "x-amz-content-sha256 is not the digest of the body")
    gate.lockout.succeeded(claim.access_key)
    return claim.access_key


async def _answer(gate: Gate, incoming: Incoming, access_key: str) -> Response:
    """Judge, then answer or forward."""
    call = incoming.call
    if call is None:
        raise S3Error("NotImplemented", f"a call that is not in the list of {gate.flavor.short} calls")
    verdict = _judge(gate, incoming, call, owner=bool(access_key))
    if call.state == "refused":
        raise S3Error("NotImplemented", f"{call.name}: {_why(gate, call)}")
    for rule in table.header_rules():
        if rule.hits(incoming.http.headers):
            raise S3Error("NotImplemented", f"the header {rule.header} asks for what is not implemented: {rule.why}")
    if call.state == "kept":
        if not access_key and verdict != "allow":
            raise S3Error("AccessDenied", "access denied")
        return await _kept(gate, incoming, call)
    return await _pass(gate, incoming, call, access_key, allowed=verdict == "allow")


def _why(gate: Gate, call: Call) -> str:
    """What a refusal says of its reason."""
    reason = call.why or f"not among the calls of {gate.flavor.name}"
    return f"{reason} ({call.source}, read on {call.read_on})"


def _judge(gate: Gate, incoming: Incoming, call: Call, owner: bool) -> policy.Verdict:
    """Raise AccessDenied when the bucket's policy denies the request."""
    content = gate.store.document(incoming.bucket, "policy")
    if content is None:
        return "silent"
    document = json.loads(content)
    secure = incoming.http.url.scheme == "https"
    address = incoming.http.client.host if incoming.http.client else ""
    verdicts = {
        policy.judge(document, policy.Asking(owner, action, resource, secure, address, gate.credentials.account_id))
        for action, resource in _asked(incoming, call)
    }
    if "deny" in verdicts and not (owner and secure and call.name in ALWAYS_OWNERS):
        raise S3Error("AccessDenied", "access denied by the bucket policy")
    return "allow" if verdicts == {"allow"} else "silent"


def _asked(incoming: Incoming, call: Call) -> list[tuple[str, str]]:
    """(action, resource) of everything that the call does."""
    bucket, key = table.split(incoming.path)
    arn = f"arn:aws:s3:::{bucket}"
    if call.name == "DeleteObjects":
        return [("s3:DeleteObject", f"{arn}/{one}") for one in _keys(incoming.body.read())] or [(call.action, arn)]
    action = call.action
    if incoming.http.query_params.get("versionId") and action in ("s3:GetObject", "s3:DeleteObject"):
        action += "Version"
    return [(action, f"{arn}/{key}" if key else arn)]


def _keys(body: bytes) -> list[str]:
    return [found.text or "" for found in parse(body, "Delete").findall("{*}Object/{*}Key")]


async def _kept(gate: Gate, incoming: Incoming, call: Call) -> Response:
    """A call on a document that the gate keeps."""
    if (await run_in_threadpool(gate.ask, "HEAD", f"/{quote(incoming.bucket)}"))[0] == 404:
        raise S3Error("NoSuchBucket", "the specified bucket does not exist")
    locked = 200, b""
    if call.document == "lock":
        # versitygw knows whether the bucket was created with object lock.
        locked = await run_in_threadpool(gate.ask, "GET", f"/{quote(incoming.bucket)}?object-lock=")
    if incoming.http.method == "PUT":
        if locked[0] != 200:
            raise S3Error("InvalidBucketState", "object lock cannot be enabled on an existing bucket")
        content = documents.accept(call.document, incoming.body.read(), incoming.bucket)
        gate.store.keep(incoming.bucket, call.document, content)
        return Response(status_code=204 if call.document == "policy" else 200)
    if incoming.http.method == "DELETE":
        gate.store.drop(incoming.bucket, call.document)
        return Response(status_code=204)
    kept = gate.store.document(incoming.bucket, call.document)
    if kept is None and call.document == "lock":
        return Response(locked[1], locked[0], media_type="application/xml")
    if kept is None:
        raise S3Error(*documents.ABSENT[call.document])
    return Response(kept, media_type=documents.content_type(call.document))


async def _pass(gate: Gate, incoming: Incoming, call: Call, access_key: str, allowed: bool) -> Response:
    headers = dict(incoming.http.headers.items())
    if call.name == "CreateBucket" and access_key:
        # Buckets of OOS have access control lists; those of versitygw only when asked so.
        asked = signatures.Request(
            "PUT", incoming.path, [], {**headers, "x-amz-object-ownership": "BucketOwnerPreferred"}
        )
        headers = gate.sign(asked, incoming.body.digest)
    elif not access_key and allowed:
        headers = gate.sign(incoming.signed, signatures.UNSIGNED)  # the policy opens it: the gate answers for it
    answer = await forwarding.forward(gate.upstream, incoming.http.method, incoming.target, headers, incoming.body)
    if call.name in ("GetBucketAcl", "GetObjectAcl"):
        answer = await forwarding.told_as_s3(answer)
    if answer.status_code < 300:
        _after(gate, incoming, call, answer)
        if call.name in NEW_VERSIONS:
            await _stamp(gate, incoming, answer.headers.get("x-amz-version-id"))
    return answer


def _after(gate: Gate, incoming: Incoming, call: Call, answer: Response) -> None:
    """What the gate has to do once versitygw did its part."""
    if call.name in ("CreateBucket", "DeleteBucket"):
        gate.store.drop_all(incoming.bucket)
    if call.name in ENCRYPTED:
        default = documents.algorithm(gate.store.document(incoming.bucket, "encryption"))
        if default or gate.flavor.always_encrypted or SSE in incoming.http.headers:
            answer.headers[SSE] = "AES256"  # also for aws:kms


async def _stamp(gate: Gate, incoming: Incoming, version: str | None) -> None:
    """Give a new version the bucket's default retention, unless it came with its own."""
    retention = locks.default(gate.store.document(incoming.bucket, "lock"))
    if retention is None or version is None:
        return
    target = f"{incoming.path}?retention=&versionId={quote(version, safe='')}"
    status, _body = await run_in_threadpool(gate.ask, "GET", target)
    if status == 200:
        return
    status, body = await run_in_threadpool(gate.ask, "PUT", target, retention.stamp(datetime.now(UTC)))
    if status != 200:
        LOG.error("the retention of a new version could not be set: %s %s", status, body[:300])
        raise S3Error("InternalError", "the retention of the new version could not be set")


async def _strike_before(gate: Gate, incoming: Incoming, access_key: str, fault: Fault) -> Response:
    if fault.kind in FAULTS:
        return _refuse(gate, incoming, access_key, S3Error(*FAULTS[fault.kind]), fault)
    _log(gate, incoming, access_key, 0, error=fault.kind, fault=fault)
    await asyncio.sleep(fault.ms / 1000 if fault.kind == "hang_before" else 0)
    return connections.abort(incoming.http, reset=fault.kind == "reset_before")


async def _strike_after(incoming: Incoming, fault: Fault, answer: Response) -> Response:
    if fault.kind == "error_after":
        error = S3Error("InternalError", "injected fault: error_after")
        return _error(error, incoming)
    if fault.kind == "reset_after":
        return connections.abort(incoming.http, reset=True)
    await asyncio.sleep(fault.ms / 1000)
    return answer if fault.kind == "delay" else connections.abort(incoming.http, reset=False)


def _refuse(gate: Gate, incoming: Incoming, access_key: str, error: S3Error, fault: Fault | None) -> Response:
    incoming.body.file.close()
    _log(gate, incoming, access_key, error.status, error=error.code, fault=fault)
    return _error(error, incoming)


def _error(error: S3Error, incoming: Incoming) -> Response:
    headers = {SIMULATED: "true", "x-amz-request-id": incoming.request_id}
    content = b"" if incoming.http.method == "HEAD" else error.body(incoming.path, incoming.request_id)
    return Response(content, error.status, headers, media_type="application/xml")


def _log(
    gate: Gate, incoming: Incoming, access_key: str, status: int, error: str | None = None, fault: Fault | None = None
) -> None:
    """Names and sizes only: neither bodies nor query strings, which may hold signatures."""
    line = calllog.Line(
        operation=incoming.name,
        at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        status=status,
        request_id=incoming.request_id,
        access_key=access_key,
        ip=incoming.http.client.host if incoming.http.client else "",
        user_agent=incoming.http.headers.get("user-agent", ""),
        header_raw="",
        payload_raw=incoming.path,
        header_size=0,
        payload_size=incoming.body.size,
        response_size=0,
        duration=int((time.monotonic() - incoming.started) * 1000),
        error=error,
        fault=fault.kind if fault else None,
    )
    with gate.store.transaction():
        calllog.write(gate.store, line)
