"""Request signatures: OSC4-HMAC-SHA256 and AWS4-HMAC-SHA256, checked in full.

Both are AWS Signature Version 4 with other words (`OSC4` for `AWS4`, `osc4_request`, `X-Osc-Date`). See "About API
Request Signatures" in Outscale's user guide. What is checked: the access key, the scope (date, region, service), that
the date, the host and the content type are signed, a clock within 15 minutes, the payload (through its hash) and the
signature.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

MAX_SKEW = timedelta(minutes=15)
SERVICES = frozenset({"api", "oapi"})  # the SDK of Python signs "api", those of Go sign "oapi"
_HEADER = re.compile(
    r"(?P<algorithm>(?:OSC4|AWS4)-HMAC-SHA256) +Credential=(?P<credential>[^ ,]+), *"
    r"SignedHeaders=(?P<signed>[^ ,]+), *Signature=(?P<signature>[0-9a-f]{64})"
)
_DATE = "%Y%m%dT%H%M%SZ"


class SignatureRefused(Exception):
    """Why a signature was refused. The text never holds a key, a signature or anything computed from the secret."""


@dataclass(frozen=True)
class Claim:
    """What the Authorization header says, before it is checked."""

    vendor: str  # "OSC4" or "AWS4"
    access_key: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str

    @property
    def scope(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/{self.vendor.lower()}_request"

    @property
    def date_header(self) -> str:
        return "x-osc-date" if self.vendor == "OSC4" else "x-amz-date"


@dataclass(frozen=True)
class SignedRequest:
    """The parts of an HTTP request that a signature covers. Header names are in lower case."""

    method: str
    path: str
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes


def parse(authorization: str | None) -> Claim:
    """Read the Authorization header."""
    if not authorization:
        raise SignatureRefused("there is no Authorization header")
    found = _HEADER.fullmatch(authorization.strip())
    if found is None:
        raise SignatureRefused("the Authorization header is not an OSC4-HMAC-SHA256 or AWS4-HMAC-SHA256 signature")
    vendor = found["algorithm"][:4]
    parts = found["credential"].split("/")
    if len(parts) != 5 or parts[4] != f"{vendor.lower()}_request":
        raise SignatureRefused("the credential scope must be KEY/DATE/REGION/SERVICE/" + vendor.lower() + "_request")
    access_key, date, region, service = parts[:4]
    signed = tuple(found["signed"].split(";"))
    return Claim(vendor, access_key, date, region, service, signed, found["signature"])


def verify(claim: Claim, request: SignedRequest, *, secret_key: str, region: str, now: datetime) -> None:
    """Raise SignatureRefused unless `claim` is a true signature of `request` for `region` at `now`."""
    if claim.region != region:
        raise SignatureRefused(f"signed for the Region {claim.region}, this endpoint is {region}")
    if claim.service not in SERVICES:
        raise SignatureRefused(f"signed for the service {claim.service}, expected one of {', '.join(sorted(SERVICES))}")
    _check_headers(claim, request)
    stamp = _check_date(claim, request, now)
    for headers in _candidates(request.headers):
        expected = _signature(claim, request, headers, stamp, secret_key)
        if hmac.compare_digest(expected, claim.signature):
            return
    raise SignatureRefused("the signature does not match the request")


def sign(
    *,
    vendor: str,
    access_key: str,
    secret_key: str,
    region: str,
    request: SignedRequest,
    signed_headers: Iterable[str],
    at: datetime,
    service: str = "api",
) -> dict[str, str]:
    """The headers that sign `request`: for tests and for the control client."""
    stamp = at.astimezone(UTC).strftime(_DATE)
    claim = Claim(vendor, access_key, stamp[:8], region, service, tuple(sorted(signed_headers)), "")
    headers = {**request.headers, claim.date_header: stamp}
    value = _signature(claim, request, headers, stamp, secret_key)
    return {
        claim.date_header: stamp,
        "authorization": f"{vendor}-HMAC-SHA256 Credential={access_key}/{claim.scope}, "
        f"SignedHeaders={';'.join(claim.signed_headers)}, Signature={value}",
    }


def _check_headers(claim: Claim, request: SignedRequest) -> None:
    signed = claim.signed_headers
    if list(signed) != sorted(set(signed)):
        raise SignatureRefused("SignedHeaders must be sorted, each once")
    required = {"host", claim.date_header}
    if "content-type" in request.headers:
        required.add("content-type")
    for name in sorted(required - set(signed)):
        raise SignatureRefused(f"the header {name} must be signed")
    for name in signed:
        if name not in request.headers:
            raise SignatureRefused(f"the signed header {name} is not in the request")
    declared = request.headers.get("x-amz-content-sha256")
    if declared is not None and declared != hashlib.sha256(request.body).hexdigest():
        raise SignatureRefused("x-amz-content-sha256 is not the digest of the payload")


def _check_date(claim: Claim, request: SignedRequest, now: datetime) -> str:
    stamp = request.headers[claim.date_header]
    try:
        at = datetime.strptime(stamp, _DATE).replace(tzinfo=UTC)
    except ValueError as error:
        raise SignatureRefused(f"{claim.date_header} must look like 20261123T101500Z") from error
    if stamp[:8] != claim.date:
        raise SignatureRefused(f"the scope's date is not that of {claim.date_header}")
    if abs(now - at) > MAX_SKEW:
        raise SignatureRefused(f"the request is dated {stamp}, more than 15 minutes from the server's clock")
    return stamp


def _candidates(headers: Mapping[str, str]) -> Iterable[Mapping[str, str]]:
    """The headers as sent, then with the host without its port: osc-sdk-python signs the host name alone."""
    yield headers
    host, colon, _port = headers.get("host", "").rpartition(":")
    if colon:
        yield {**headers, "host": host}


def _signature(claim: Claim, request: SignedRequest, headers: Mapping[str, str], stamp: str, secret_key: str) -> str:
    canonical = "\n".join(
        [
            request.method,
            quote(request.path, safe="/-_.~"),
            "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in sorted(request.query)),
            *(f"{name}:{' '.join(headers[name].split())}" for name in claim.signed_headers),
            "",
            ";".join(claim.signed_headers),
            hashlib.sha256(request.body).hexdigest(),
        ]
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"{claim.vendor}-HMAC-SHA256\n{stamp}\n{claim.scope}\n{digest}"
    key = (claim.vendor + secret_key).encode()
    for part in claim.scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
