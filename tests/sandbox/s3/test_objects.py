"""Objects and their versions, in a real versitygw behind the gate: data that must not be lost."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from tests.sandbox.s3.asking import encryption, policy, refused
from tests.sandbox.s3.server import Server

pytestmark = pytest.mark.contract
DAY = datetime.timedelta(days=1)


@pytest.mark.parametrize("mode", ["GOVERNANCE", "COMPLIANCE"])
def test_a_locked_version_cannot_be_deleted(s3: Any, mode: str) -> None:
    s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    until = datetime.datetime.now(datetime.UTC) + DAY
    made = s3.put_object(Bucket="locked", Key="k", Body=b"x", ObjectLockMode=mode, ObjectLockRetainUntilDate=until)
    assert refused(s3.delete_object, Bucket="locked", Key="k", VersionId=made["VersionId"]) == "AccessDenied"
    assert s3.get_object(Bucket="locked", Key="k")["Body"].read() == b"x"


def test_the_default_retention_locks_new_objects(s3: Any) -> None:
    s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    _retain(s3, "locked", "COMPLIANCE", 3)
    made = s3.put_object(Bucket="locked", Key="k", Body=b"x")
    end = s3.head_object(Bucket="locked", Key="k")["ObjectLockRetainUntilDate"]
    assert abs(end - datetime.datetime.now(datetime.UTC) - 3 * DAY) < datetime.timedelta(minutes=5)
    errors = s3.delete_objects(Bucket="locked", Delete={"Objects": [{"Key": "k", "VersionId": made["VersionId"]}]})[
        "Errors"
    ]
    assert [error["Code"] for error in errors] == ["AccessDenied"]


def test_the_default_retention_is_each_versions_own_and_never_an_earlier_ones(s3: Any) -> None:
    s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    before = s3.put_object(Bucket="locked", Key="before", Body=b"x")["VersionId"]
    _retain(s3, "locked", "GOVERNANCE", 5)
    s3.put_object(Bucket="locked", Key="k", Body=b"x")
    _retain(s3, "locked", "GOVERNANCE", 1)
    end = s3.get_object_retention(Bucket="locked", Key="k")["Retention"]["RetainUntilDate"]
    assert end - datetime.datetime.now(datetime.UTC) > 4 * DAY
    s3.delete_object(Bucket="locked", Key="before", VersionId=before)


def test_a_retention_that_comes_with_the_object_wins(s3: Any) -> None:
    s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    _retain(s3, "locked", "GOVERNANCE", 1)
    until = datetime.datetime.now(datetime.UTC) + 9 * DAY
    s3.put_object(Bucket="locked", Key="k", Body=b"x", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until)
    retention = s3.get_object_retention(Bucket="locked", Key="k")["Retention"]
    assert retention["Mode"] == "COMPLIANCE"


def test_object_lock_cannot_be_enabled_later(s3: Any) -> None:
    s3.create_bucket(Bucket="late")
    assert refused(s3.get_object_lock_configuration, Bucket="late") == "ObjectLockConfigurationNotFoundError"
    configuration = {"ObjectLockEnabled": "Enabled"}
    code = refused(s3.put_object_lock_configuration, Bucket="late", ObjectLockConfiguration=configuration)
    assert code == "InvalidBucketState"


def test_a_bucket_with_objects_is_not_deleted(s3: Any) -> None:
    s3.create_bucket(Bucket="full")
    s3.put_object(Bucket="full", Key="k", Body=b"x")
    assert refused(s3.delete_bucket, Bucket="full") == "BucketNotEmpty"


def test_objects_and_documents_survive_a_restart(gate: Server, s3: Any) -> None:
    s3.create_bucket(Bucket="kept")
    s3.put_object(Bucket="kept", Key="a/b c+d", Body=b"x" * 3_000_000)
    s3.put_bucket_encryption(Bucket="kept", ServerSideEncryptionConfiguration=encryption("AES256"))
    gate.stop()
    gate.start()
    s3 = gate.client()
    assert s3.get_object(Bucket="kept", Key="a/b c+d")["Body"].read() == b"x" * 3_000_000
    assert s3.get_bucket_encryption(Bucket="kept")["ServerSideEncryptionConfiguration"] == encryption("AES256")


def test_a_new_bucket_has_nothing_of_a_former_one_of_its_name(s3: Any) -> None:
    s3.create_bucket(Bucket="again")
    s3.put_bucket_policy(Bucket="again", Policy=policy("again", "Allow", "s3:GetObject"))
    s3.delete_bucket(Bucket="again")
    s3.create_bucket(Bucket="again")
    assert refused(s3.get_bucket_policy, Bucket="again") == "NoSuchBucketPolicy"


def test_versions_are_kept(s3: Any) -> None:
    s3.create_bucket(Bucket="versions")
    s3.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket="versions", Key="k", Body=b"1")["VersionId"]
    s3.put_object(Bucket="versions", Key="k", Body=b"2")
    s3.delete_object(Bucket="versions", Key="k")
    assert s3.get_object(Bucket="versions", Key="k", VersionId=first)["Body"].read() == b"1"


def test_multipart_uploads_and_copies_work(s3: Any) -> None:
    s3.create_bucket(Bucket="big")
    upload = s3.create_multipart_upload(Bucket="big", Key="k")["UploadId"]
    part = s3.upload_part(Bucket="big", Key="k", UploadId=upload, PartNumber=1, Body=b"x" * 5_300_000)
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(Bucket="big", Key="k", UploadId=upload, MultipartUpload=parts)
    s3.copy_object(Bucket="big", Key="copy", CopySource={"Bucket": "big", "Key": "k"})
    assert s3.head_object(Bucket="big", Key="copy")["ContentLength"] == 5_300_000


def _retain(s3: Any, bucket: str, mode: str, days: int) -> None:
    rule = {"DefaultRetention": {"Mode": mode, "Days": days}}
    configuration = {"ObjectLockEnabled": "Enabled", "Rule": rule}
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=configuration)
    assert s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"] == configuration
