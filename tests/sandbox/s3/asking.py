"""What tests ask the gate, and the documents that they give it."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from typing import Any

import botocore.exceptions
import pytest

from tests.sandbox.s3.server import Server


def refused(call: Any, **parameters: Any) -> str:
    """The code of a call that must be refused."""
    with pytest.raises(botocore.exceptions.ClientError) as error:
        call(**parameters)
    return str(error.value.response["Error"]["Code"])


def plain_get(server: Server, path: str) -> tuple[int, bytes]:
    """Without any signature."""
    context = ssl.create_default_context(cafile=server.ca)
    try:
        with urllib.request.urlopen(f"{server.url}{path}", context=context) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def encryption(algorithm: str) -> dict[str, Any]:
    """An encryption document."""
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}]}


def policy(bucket: str, effect: str, action: str, *tails: str, secure: str = "") -> str:
    """A bucket policy for everybody on the resources `<bucket><tail>`; `secure` is the value of aws:SecureTransport."""
    statement: dict[str, Any] = {
        "Effect": effect,
        "Principal": "*",
        "Action": action,
        "Resource": [f"arn:aws:s3:::{bucket}{tail}" for tail in tails or ("/*",)],
    }
    if secure:
        statement["Condition"] = {"Bool": {"aws:SecureTransport": secure}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
