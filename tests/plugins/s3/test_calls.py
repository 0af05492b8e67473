"""The calls for documents that OOS lacks: their parameters are those of the S3 model, which botocore checks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

from plugins.runtime.call import Call
from plugins.s3.documents import DOCUMENTS
from plugins.s3.session import Session, session
from plugins.s3.settings import Settings

BLOCKS = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
ENABLED = {"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": "a/"}}
CASES: list[tuple[str, Any, str, dict[str, Any]]] = [
    ("logging", {"targetBucket": "logs", "targetPrefix": "a/"}, "put_bucket_logging", {"BucketLoggingStatus": ENABLED}),
    ("logging", None, "put_bucket_logging", {"BucketLoggingStatus": {}}),
    ("publicAccessBlock", True, "put_public_access_block", {"PublicAccessBlockConfiguration": BLOCKS}),
    ("publicAccessBlock", False, "delete_public_access_block", {}),
]
READINGS: list[tuple[str, str, dict[str, Any], Any]] = [
    ("logging", "get_bucket_logging", ENABLED, {"targetBucket": "logs", "targetPrefix": "a/"}),
    ("logging", "get_bucket_logging", {}, None),
    ("publicAccessBlock", "get_public_access_block", {"PublicAccessBlockConfiguration": BLOCKS}, True),
]
DOCUMENT = {document.name: document for document in DOCUMENTS}


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call[Session]:
    monkeypatch.setenv("REMPART_STATE_DIR", str(tmp_path))
    return Call(session(Settings("https://127.0.0.1:1", "r", "AK", "SK"), pauses=0))


@pytest.mark.parametrize(("name", "value", "operation", "parameters"), CASES)
def test_a_document_is_written_as_s3_takes_it(
    call: Call[Session], name: str, value: Any, operation: str, parameters: dict[str, Any]
) -> None:
    storage = call.session.storage
    with Stubber(storage._client) as stub:
        stub.add_response(operation, {}, {"Bucket": "kept", **parameters})
        DOCUMENT[name].apply(call, storage, "kept", value)
        stub.assert_no_pending_responses()


@pytest.mark.parametrize(("name", "operation", "answer", "value"), READINGS)
def test_a_document_is_read_as_s3_tells_it(
    call: Call[Session], name: str, operation: str, answer: dict[str, Any], value: Any
) -> None:
    storage = call.session.storage
    with Stubber(storage._client) as stub:
        stub.add_response(operation, answer, {"Bucket": "kept"})
        assert DOCUMENT[name].read(call, storage, "kept") == value


def test_a_missing_block_is_no_block(call: Call[Session]) -> None:
    storage = call.session.storage
    with Stubber(storage._client) as stub:
        stub.add_client_error("get_public_access_block", "NoSuchPublicAccessBlockConfiguration", http_status_code=404)
        assert DOCUMENT["publicAccessBlock"].read(call, storage, "kept") is False
