"""RFC 3161 time stamps: an authority says that a signature existed at a time."""

from __future__ import annotations

import datetime as dt
import pathlib

import requests
import rfc3161_client as tsp
from cryptography import x509

from blueprint.errors import RempartError, display

TYPE = "application/timestamp-query"
SECONDS = 30.0
MAX_BYTES = 1 << 20


class NoStamp(RempartError):
    """The authority gave no time stamp, or the one that is there does not hold."""


def ask(url: str, content: bytes) -> bytes:
    """The authority's answer over `content`, as it came. Raises `NoStamp`."""
    request = tsp.TimestampRequestBuilder().data(content).hash_algorithm(tsp.base.HashAlgorithm.SHA256).build()
    try:
        answer = requests.post(
            url, data=request.as_bytes(), headers={"Content-Type": TYPE}, timeout=SECONDS, allow_redirects=False
        )
    except requests.RequestException as error:
        raise NoStamp(f"the time stamp authority does not answer ({type(error).__name__}): check --tsa") from None
    if answer.status_code != 200 or len(answer.content) > MAX_BYTES:
        raise NoStamp(f"the time stamp authority answers {answer.status_code}: check --tsa")
    response = _decoded(answer.content)
    imprint = tsp.decode_timestamp_response(answer.content).tst_info.message_imprint.message
    if response.tst_info.nonce != request.nonce or imprint != request.message_imprint.message:
        raise NoStamp("the time stamp authority answered another question: ask again, or choose another authority")
    return answer.content


def verify(stamp: bytes, content: bytes, roots: pathlib.Path) -> dt.datetime:
    """When `content` existed, as an authority under one of `roots` (PEM) says. Raises `NoStamp`."""
    response = _decoded(stamp)
    builder = tsp.VerifierBuilder()
    for certificate in _certificates(roots):
        builder = builder.add_root_certificate(certificate)
    try:
        builder.build().verify_message(response, content)
    except (tsp.VerificationError, ValueError) as error:
        raise NoStamp(f"the time stamp does not hold ({error})") from None
    return response.tst_info.gen_time


def _decoded(stamp: bytes) -> tsp.TimeStampResponse:
    try:
        response = tsp.decode_timestamp_response(stamp)
        if tsp.tsp.PKIStatus(response.status) is not tsp.PKIStatus.GRANTED:
            raise NoStamp("the time stamp authority refused: its policy does not grant such a request")
    except ValueError:
        raise NoStamp("this is not a time stamp") from None
    return response


def _certificates(path: pathlib.Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError):
        raise NoStamp(f"{display(path)} holds no certificate: give the authority's root as PEM") from None
