"""The certificate that an endpoint shows, for the record."""

from __future__ import annotations

import hashlib
import socket
import ssl
import urllib.parse
from typing import Any

from providers.observation import Chain, Unreachable

SECONDS = 10.0


def chain(url: str, ca_bundle: str | None = None) -> Chain | None:
    """What the endpoint showed, once its chain and its name hold; None for an endpoint without TLS.

    Raises `Unreachable` where nobody answers, or where no authority vouches for what is shown.
    """
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "https" or parts.hostname is None:
        return None
    context = ssl.create_default_context(cafile=ca_bundle)
    try:
        with (
            socket.create_connection((parts.hostname, parts.port or 443), timeout=SECONDS) as raw,
            context.wrap_socket(raw, server_hostname=parts.hostname) as secured,
        ):
            shown, binary = secured.getpeercert() or {}, secured.getpeercert(binary_form=True) or b""
    except OSError as error:
        raise Unreachable(
            f"{parts.hostname}: no trusted TLS connection ({error}); `rempart doctor` may say why"
        ) from None
    issuer: Any = shown.get("issuer", ())
    return Chain(
        host=parts.hostname,
        authority="own" if ca_bundle else "system",
        issuer=", ".join(f"{name}={value}" for part in issuer for name, value in part),
        sha256=hashlib.sha256(binary).hexdigest(),
        not_after=str(shown.get("notAfter", "")),
    )
