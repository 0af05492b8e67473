"""Signatures: what is signed here is taken by botocore's own rules, and every change shows."""

from __future__ import annotations

import dataclasses
import datetime

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sandbox.s3 import signatures
from sandbox.s3.errors import S3Error

REGION = "cloudgouv-eu-west-1"
SECRET = "s" * 40
QUERY = [("prefix", "é +/"), ("list-type", "2")]


def signed_by_botocore() -> signatures.Request:
    made = AWSRequest("GET", "https://127.0.0.1:1/b/k%20%C3%A9", params=dict(QUERY), headers={"x-amz-meta-a": "1"})
    made.headers["Host"] = "127.0.0.1:1"
    S3SigV4Auth(Credentials("AK", SECRET), "s3", REGION).add_auth(made)
    return signatures.Request("GET", "/b/k%20%C3%A9", QUERY, {k.lower(): v for k, v in made.headers.items()})


def verify(request: signatures.Request, secret: str = SECRET, later: float = 0, region: str = REGION) -> None:
    claim = signatures.parse(request)
    assert claim is not None
    now = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=later)
    signatures.verify(claim, request, secret_key=secret, region=region, now=now)


def test_a_signature_of_botocore_is_true() -> None:
    verify(signed_by_botocore())


def test_a_signature_of_the_gate_is_true() -> None:
    bare = signatures.Request("PUT", "/b/k", [("retention", "")], {"host": "gate", "content-md5": "x"})
    now = datetime.datetime.now(datetime.UTC)
    headers = signatures.sign(bare, access_key="AK", secret_key=SECRET, region=REGION, now=now, payload="0" * 64)
    verify(dataclasses.replace(bare, headers=headers))


def changed(**parts: object) -> signatures.Request:
    return dataclasses.replace(signed_by_botocore(), **parts)


@pytest.mark.parametrize(
    "parts",
    [{"method": "DELETE"}, {"path": "/b/other"}, {"query": [("prefix", "")]}],
    ids=lambda parts: "-".join(parts),
)
def test_any_change_breaks_it(parts: dict[str, object]) -> None:
    with pytest.raises(S3Error, match="SignatureDoesNotMatch"):
        verify(changed(**parts))


@pytest.mark.parametrize("header", [{"x-amz-meta-a": "2"}, {"host": "elsewhere"}], ids=["header", "host"])
def test_any_changed_header_breaks_it(header: dict[str, str]) -> None:
    signed = signed_by_botocore()  # when the test runs: a signature ages
    with pytest.raises(S3Error, match="SignatureDoesNotMatch"):
        verify(dataclasses.replace(signed, headers={**signed.headers, **header}))


def test_a_wrong_secret_breaks_it() -> None:
    with pytest.raises(S3Error, match="SignatureDoesNotMatch"):
        verify(signed_by_botocore(), secret="t" * 40)


def test_an_amz_header_that_was_not_signed_is_refused() -> None:
    with pytest.raises(S3Error, match="not signed"):
        verify(changed(headers={**signed_by_botocore().headers, "x-amz-acl": "public-read"}))


def test_an_old_request_is_refused() -> None:
    with pytest.raises(S3Error, match="RequestTimeTooSkewed"):
        verify(signed_by_botocore(), later=16 * 60)


def test_another_region_is_named() -> None:
    with pytest.raises(S3Error, match="expecting 'eu-west-2'"):
        verify(signed_by_botocore(), region="eu-west-2")


def test_no_signature_is_nobody() -> None:
    assert signatures.parse(signatures.Request("GET", "/", [], {"host": "h"})) is None
