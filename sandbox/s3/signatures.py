"""AWS Signature Version 4 as S3 uses it: in the Authorization header or in a presigned URL.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html. What is checked: the access key,
the scope, that the host and every x-amz- header are signed, a clock within 15 minutes (or the life of a presigned URL),
and the signature. The digest of the body is checked by the caller, who has the body.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote

from sandbox.s3.errors import S3Error

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
MAX_SKEW = timedelta(minutes=15)
MAX_LIFE = timedelta(days=7)
_DATE = "%Y%m%dT%H%M%SZ"
_HEADER = re.compile(
    rf"{ALGORITHM} +Credential=(?P<credential>[^ ,]+), *SignedHeaders=(?P<signed>[^ ,]+), *"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True)
class Request:
    """What a signature covers. `path` is as sent; `query` is decoded pairs; header names are in lower case."""

    method: str
    path: str
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Claim:
    """What a request says of who sent it, before it is checked. `life` is set for presigned URLs only."""

    access_key: str
    date: str
    region: str
    signed_headers: tuple[str, ...]
    signature: str
    stamp: str
    payload: str
    life: timedelta | None = None

    @property
    def scope(self) -> str:
        return f"{self.date}/{self.region}/s3/aws4_request"


def parse(request: Request) -> Claim | None:
    """The claim of a request; None for an anonymous one."""
    query = dict(request.query)
    if "X-Amz-Algorithm" in query or "X-Amz-Signature" in query:
        return _presigned(request, query)
    header = request.headers.get("authorization")
    if header is None:
        if {"Signature", "AWSAccessKeyId"} & set(query):
            raise S3Error("InvalidRequest", f"this endpoint takes {ALGORITHM} only")
        return None
    found = _HEADER.fullmatch(header.strip())
    if found is None:
        raise S3Error("InvalidRequest", f"the authorization mechanism is not supported: use {ALGORITHM}")
    access_key, date, region = _credential(found["credential"])
    return Claim(
        access_key,
        date,
        region,
        tuple(found["signed"].split(";")),
        found["signature"],
        request.headers.get("x-amz-date", ""),
        request.headers.get("x-amz-content-sha256", ""),
    )


def _presigned(request: Request, query: Mapping[str, str]) -> Claim:
    names = ("X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature")
    missing = [name for name in names if not query.get(name)]
    if missing or query.get("X-Amz-Algorithm") != ALGORITHM or not query["X-Amz-Expires"].isdigit():
        raise S3Error("InvalidArgument", f"a presigned URL needs {ALGORITHM}, {', '.join(names)}")
    access_key, date, region = _credential(query["X-Amz-Credential"])
    life = timedelta(seconds=int(query["X-Amz-Expires"]))
    if life > MAX_LIFE:
        raise S3Error("InvalidArgument", "a presigned URL lives 7 days at most")
    payload = request.headers.get("x-amz-content-sha256", UNSIGNED)
    signed = tuple(query["X-Amz-SignedHeaders"].split(";"))
    return Claim(access_key, date, region, signed, query["X-Amz-Signature"], query["X-Amz-Date"], payload, life)


def _credential(text: str) -> tuple[str, str, str]:
    parts = text.split("/")
    if len(parts) != 5 or parts[3:] != ["s3", "aws4_request"]:
        raise S3Error("AuthorizationHeaderMalformed", "the credential must be KEY/DATE/REGION/s3/aws4_request")
    return parts[0], parts[1], parts[2]


def verify(claim: Claim, request: Request, *, secret_key: str, region: str, now: datetime) -> None:
    """Raise S3Error unless `claim` is a true signature of `request`."""
    if claim.region != region:
        raise S3Error("AuthorizationHeaderMalformed", f"the region '{claim.region}' is wrong; expecting '{region}'")
    _check_headers(claim, request)
    _check_date(claim, now)
    if not claim.payload:
        raise S3Error("InvalidRequest", "the header x-amz-content-sha256 is missing")
    if not hmac.compare_digest(_signature(claim, request, secret_key), claim.signature):
        raise S3Error("SignatureDoesNotMatch", "the signature does not match the request and the secret key")


def _check_headers(claim: Claim, request: Request) -> None:
    signed = set(claim.signed_headers)
    required = {"host", *(name for name in request.headers if name.startswith("x-amz-"))}
    if claim.life is not None:
        required.discard("x-amz-content-sha256")
    if left_out := sorted(required - signed):
        raise S3Error("AccessDenied", f"there were headers present in the request which were not signed: {left_out}")
    if absent := sorted(signed - set(request.headers)):
        raise S3Error("SignatureDoesNotMatch", f"signed headers are not in the request: {', '.join(absent)}")


def _check_date(claim: Claim, now: datetime) -> None:
    try:
        at = datetime.strptime(claim.stamp, _DATE).replace(tzinfo=UTC)
    except ValueError:
        raise S3Error("AccessDenied", "x-amz-date must look like 20261123T101500Z") from None
    if claim.stamp[:8] != claim.date:
        raise S3Error("AuthorizationHeaderMalformed", "the scope's date is not that of x-amz-date")
    if claim.life is not None:
        if now > at + claim.life:
            raise S3Error("AccessDenied", "the presigned URL has expired")
        if now < at - MAX_SKEW:
            raise S3Error("AccessDenied", "the presigned URL is not valid yet")
    elif abs(now - at) > MAX_SKEW:
        raise S3Error("RequestTimeTooSkewed", "the request's time differs from the server's by more than 15 minutes")


def sign(
    request: Request, *, access_key: str, secret_key: str, region: str, now: datetime, payload: str
) -> dict[str, str]:
    """The headers of `request`, with those that sign it in the place of any former signature."""
    stamp = now.strftime(_DATE)
    kept = {name: value for name, value in request.headers.items() if name != "authorization"}
    headers = {**kept, "x-amz-date": stamp, "x-amz-content-sha256": payload}
    signed = tuple(sorted(name for name in headers if name == "host" or name.startswith("x-amz-")))
    claim = Claim(access_key, stamp[:8], region, signed, "", stamp, payload)
    value = _signature(claim, replace(request, headers=headers), secret_key)
    credential = f"{access_key}/{claim.scope}"
    authorization = f"{ALGORITHM} Credential={credential}, SignedHeaders={';'.join(signed)}, Signature={value}"
    return {**headers, "authorization": authorization}


def _signature(claim: Claim, request: Request, secret_key: str) -> str:
    pairs = [(name, value) for name, value in request.query if name != "X-Amz-Signature"]
    canonical = "\n".join(
        [
            request.method,
            quote(unquote(request.path), safe="/-_.~"),
            "&".join(sorted(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in pairs)),
            *(f"{name}:{' '.join(request.headers[name].split())}" for name in claim.signed_headers),
            "",
            ";".join(claim.signed_headers),
            claim.payload,
        ]
    )
    to_sign = "\n".join([ALGORITHM, claim.stamp, claim.scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{secret_key}".encode()
    for part in claim.scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
