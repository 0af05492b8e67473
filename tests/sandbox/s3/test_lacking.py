"""What OOS lacks is refused as OOS would, although versitygw could do it."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.sandbox.s3.asking import refused
from tests.sandbox.s3.server import Server

pytestmark = pytest.mark.contract


LACKING: list[tuple[str, dict[str, Any]]] = [
    ("get_bucket_logging", {}),
    ("put_bucket_logging", {"BucketLoggingStatus": {}}),
    ("get_public_access_block", {}),
    ("put_public_access_block", {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}}),
    ("delete_public_access_block", {}),
    ("get_bucket_replication", {}),
    ("put_bucket_replication", {"ReplicationConfiguration": {"Role": "r", "Rules": []}}),
    ("get_bucket_notification_configuration", {}),
    ("put_bucket_notification_configuration", {"NotificationConfiguration": {}}),
    ("get_bucket_policy_status", {}),
    ("get_bucket_ownership_controls", {}),
    ("get_bucket_accelerate_configuration", {}),
    ("get_bucket_request_payment", {}),
    ("list_bucket_inventory_configurations", {}),
    ("get_object_legal_hold", {"Key": "k"}),
    ("put_object_legal_hold", {"Key": "k", "LegalHold": {"Status": "ON"}}),
    ("get_object_attributes", {"Key": "k", "ObjectAttributes": ["ETag"]}),
    ("get_object_torrent", {"Key": "k"}),
]


@pytest.mark.parametrize(("name", "parameters"), LACKING, ids=[name for name, _ in LACKING])
def test_a_call_that_oos_lacks_is_not_implemented(s3: Any, name: str, parameters: dict[str, Any]) -> None:
    s3.create_bucket(Bucket="lacking")
    s3.put_object(Bucket="lacking", Key="k", Body=b"x")
    assert refused(getattr(s3, name), Bucket="lacking", **parameters) == "NotImplemented"


HEADERS: list[dict[str, Any]] = [
    {"ObjectLockLegalHoldStatus": "ON"},
    {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32},
    {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "mine"},
    {"ACL": "authenticated-read"},
]


@pytest.mark.parametrize("parameters", HEADERS, ids=lambda parameters: next(iter(parameters)))
def test_a_header_that_asks_for_what_oos_lacks_is_not_implemented(s3: Any, parameters: dict[str, Any]) -> None:
    s3.create_bucket(Bucket="lacking")
    assert refused(s3.put_object, Bucket="lacking", Key="k", Body=b"x", **parameters) == "NotImplemented"
    assert s3.list_objects_v2(Bucket="lacking")["KeyCount"] == 0


def test_checksum_trailers_are_refused(gate: Server, s3: Any) -> None:
    s3.create_bucket(Bucket="trailers")
    modern = gate.client(request_checksum_calculation="when_supported")
    assert refused(modern.put_object, Bucket="trailers", Key="k", Body=b"x") == "NotImplemented"


def test_a_mark_that_the_table_does_not_know_is_refused(gate: Server, s3: Any) -> None:
    s3.create_bucket(Bucket="unknown")
    url = s3.generate_presigned_url("create_bucket", Params={"Bucket": "unknown"}, HttpMethod="PUT")
    request = urllib.request.Request(url.replace("?", "?metadataTable=&"), method="PUT")
    context = ssl.create_default_context(cafile=gate.ca)
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request, context=context)
    assert error.value.code == 403  # the signature does not cover the mark
    assert refused(s3.put_bucket_metrics_configuration, **_metrics("unknown")) == "NotImplemented"


def _metrics(bucket: str) -> dict[str, Any]:
    return {"Bucket": bucket, "Id": "m", "MetricsConfiguration": {"Id": "m"}}
