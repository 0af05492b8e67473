"""The signature of an Outscale request: OSC4-HMAC-SHA256, as AWS Signature Version 4 with other names.

Same steps as `osc_sdk_python.authentication` (which the tests compare with), without its start-up cost.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import urlsplit

ALGORITHM = "OSC4-HMAC-SHA256"
CONTENT_TYPE = "application/json; charset=utf-8"
SIGNED = "content-type;host;x-osc-date"


def signed_headers(
    url: str, body: bytes, access_key: str, secret_key: str, region: str, at: datetime | None = None
) -> dict[str, str]:
    """Headers that sign a POST of `body` to `url`."""
    moment = (at or datetime.now(UTC)).astimezone(UTC)
    stamp, day = moment.strftime("%Y%m%dT%H%M%SZ"), moment.strftime("%Y%m%d")
    where = urlsplit(url)
    canonical = "\n".join(
        (
            "POST",
            where.path or "/",
            where.query,
            f"content-type:{CONTENT_TYPE}\nhost:{where.netloc}\nx-osc-date:{stamp}\n",
            SIGNED,
            hashlib.sha256(body).hexdigest(),
        )
    )
    scope = f"{day}/{region}/api/osc4_request"
    to_sign = "\n".join((ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = f"OSC4{secret_key}".encode()
    for part in (day, region, "api", "osc4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    return {
        "Content-Type": CONTENT_TYPE,
        "Host": where.netloc,
        "X-Osc-Date": stamp,
        "Authorization": f"{ALGORITHM} Credential={access_key}/{scope}, SignedHeaders={SIGNED}, Signature={signature}",
    }
