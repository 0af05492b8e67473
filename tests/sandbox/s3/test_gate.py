"""The gate in front of a real versitygw: what OOS has works, what it lacks is refused as OOS would."""

from __future__ import annotations

import datetime
import json
import ssl
import urllib.error
import urllib.request
from typing import Any

import botocore.exceptions
import pytest

from tests.sandbox.s3.server import Server

pytestmark = pytest.mark.contract
DAY = datetime.timedelta(days=1)


def code_of(error: pytest.ExceptionInfo[botocore.exceptions.ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def refused(call: Any, **parameters: Any) -> str:
    with pytest.raises(botocore.exceptions.ClientError) as error:
        call(**parameters)
    return code_of(error)


def plain_get(server: Server, path: str) -> tuple[int, bytes]:
    """Without any signature."""
    context = ssl.create_default_context(cafile=server.ca)
    try:
        with urllib.request.urlopen(f"{server.url}{path}", context=context) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


# -- data that must not be lost --------------------------------------------------------------------------------------


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
    s3.put_bucket_encryption(Bucket="kept", ServerSideEncryptionConfiguration=_encryption("AES256"))
    gate.stop()
    gate.start()
    s3 = gate.client()
    assert s3.get_object(Bucket="kept", Key="a/b c+d")["Body"].read() == b"x" * 3_000_000
    assert s3.get_bucket_encryption(Bucket="kept")["ServerSideEncryptionConfiguration"] == _encryption("AES256")


def test_a_new_bucket_has_nothing_of_a_former_one_of_its_name(s3: Any) -> None:
    s3.create_bucket(Bucket="again")
    s3.put_bucket_policy(Bucket="again", Policy=_policy("again", "Allow", "s3:GetObject"))
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


# -- sign-in ---------------------------------------------------------------------------------------------------------


def test_nobody_reads_a_private_bucket(gate: Server, s3: Any) -> None:
    s3.create_bucket(Bucket="private")
    s3.put_object(Bucket="private", Key="k", Body=b"secret")
    assert plain_get(gate, "/private/k")[0] == 403
    assert plain_get(gate, "/private")[0] == 403
    assert plain_get(gate, "/private?lifecycle")[0] == 403
    assert plain_get(gate, "/")[0] == 403


def test_a_wrong_secret_is_refused_and_the_fourth_time_locks_even_the_right_one(gate: Server, s3: Any) -> None:
    wrong = gate.client(secret_key="wrong" * 8)
    for _ in range(4):
        assert refused(wrong.list_buckets) == "SignatureDoesNotMatch"
    assert refused(s3.list_buckets) == "AccessDenied"


def test_a_good_sign_in_forgives_the_bad_ones_before_it(gate: Server, s3: Any) -> None:
    wrong = gate.client(secret_key="wrong" * 8)
    for _ in range(3):
        refused(wrong.list_buckets)
    s3.list_buckets()
    refused(wrong.list_buckets)
    s3.list_buckets()


def test_an_unknown_access_key_is_refused(gate: Server) -> None:
    assert refused(gate.client(access_key="NOBODY").list_buckets) == "InvalidAccessKeyId"


def test_a_presigned_url_opens_one_object_and_a_changed_one_nothing(gate: Server, s3: Any) -> None:
    s3.create_bucket(Bucket="shared")
    s3.put_object(Bucket="shared", Key="k", Body=b"x")
    s3.put_object(Bucket="shared", Key="other", Body=b"y")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "shared", "Key": "k"}, ExpiresIn=60)
    assert plain_get(gate, url.removeprefix(gate.url)) == (200, b"x")
    assert plain_get(gate, url.removeprefix(gate.url).replace("/k?", "/other?"))[0] == 403


# -- policies and access control lists -------------------------------------------------------------------------------


def test_a_policy_opens_what_it_says_and_no_more(gate: Server, s3: Any) -> None:
    s3.create_bucket(Bucket="open")
    s3.put_object(Bucket="open", Key="public/k", Body=b"x")
    s3.put_object(Bucket="open", Key="private/k", Body=b"y")
    s3.put_bucket_policy(Bucket="open", Policy=_policy("open", "Allow", "s3:GetObject", "/public/*"))
    assert plain_get(gate, "/open/public/k") == (200, b"x")
    assert plain_get(gate, "/open/private/k")[0] == 403
    assert plain_get(gate, "/open")[0] == 403


def test_a_deny_holds_against_the_owner_too_and_can_be_taken_back(s3: Any) -> None:
    s3.create_bucket(Bucket="shut")
    s3.put_object(Bucket="shut", Key="k", Body=b"x")
    s3.put_bucket_policy(Bucket="shut", Policy=_policy("shut", "Deny", "s3:*", "", "/*"))
    assert refused(s3.get_object, Bucket="shut", Key="k") == "AccessDenied"
    assert refused(s3.put_object, Bucket="shut", Key="k", Body=b"y") == "AccessDenied"
    assert refused(s3.delete_objects, Bucket="shut", Delete={"Objects": [{"Key": "k"}]}) == "AccessDenied"
    s3.delete_bucket_policy(Bucket="shut")
    assert s3.get_object(Bucket="shut", Key="k")["Body"].read() == b"x"


def test_a_deny_of_plain_http_leaves_https_alone(s3: Any) -> None:
    s3.create_bucket(Bucket="tls")
    s3.put_bucket_policy(Bucket="tls", Policy=_policy("tls", "Deny", "s3:*", "", "/*", secure="false"))
    s3.put_object(Bucket="tls", Key="k", Body=b"x")
    assert s3.get_object(Bucket="tls", Key="k")["Body"].read() == b"x"


def test_a_policy_is_told_as_it_was_given(s3: Any) -> None:
    s3.create_bucket(Bucket="told")
    given = _policy("told", "Deny", "s3:*", "/*", secure="false")
    s3.put_bucket_policy(Bucket="told", Policy=given)
    assert json.loads(s3.get_bucket_policy(Bucket="told")["Policy"]) == json.loads(given)


@pytest.mark.parametrize("text", ["{", "[]", '{"Version": "2012-10-17"}', '{"Statement": [{"Effect": "Maybe"}]}'])
def test_a_malformed_policy_is_refused(s3: Any, text: str) -> None:
    s3.create_bucket(Bucket="bad")
    assert refused(s3.put_bucket_policy, Bucket="bad", Policy=text) == "MalformedPolicy"


def test_a_policy_for_another_bucket_is_refused(s3: Any) -> None:
    s3.create_bucket(Bucket="mine")
    policy = _policy("yours", "Allow", "s3:GetObject", "/*")
    assert refused(s3.put_bucket_policy, Bucket="mine", Policy=policy) == "MalformedPolicy"


def test_a_public_acl_opens_and_a_private_one_closes(gate: Server, s3: Any) -> None:
    s3.create_bucket(Bucket="acl")
    s3.put_object(Bucket="acl", Key="k", Body=b"x")
    assert plain_get(gate, "/acl")[0] == 403
    s3.put_bucket_acl(Bucket="acl", ACL="public-read")
    assert plain_get(gate, "/acl")[0] == 200
    s3.put_bucket_acl(Bucket="acl", ACL="private")
    assert plain_get(gate, "/acl")[0] == 403


# -- documents -------------------------------------------------------------------------------------------------------


def test_lifecycle_rules_are_kept_told_and_taken_away(s3: Any) -> None:
    s3.create_bucket(Bucket="rules")
    assert refused(s3.get_bucket_lifecycle_configuration, Bucket="rules") == "NoSuchLifecycleConfiguration"
    rules = [{"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "a/"}, "Expiration": {"Days": 3}}]
    s3.put_bucket_lifecycle_configuration(Bucket="rules", LifecycleConfiguration={"Rules": rules})
    assert s3.get_bucket_lifecycle_configuration(Bucket="rules")["Rules"] == rules
    s3.delete_bucket_lifecycle(Bucket="rules")
    assert refused(s3.get_bucket_lifecycle_configuration, Bucket="rules") == "NoSuchLifecycleConfiguration"


def test_a_rule_that_does_nothing_is_refused(s3: Any) -> None:
    s3.create_bucket(Bucket="rules")
    rules = [{"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}}]
    configuration = {"Rules": rules}
    code = refused(s3.put_bucket_lifecycle_configuration, Bucket="rules", LifecycleConfiguration=configuration)
    assert code == "InvalidRequest"


def test_documents_of_no_bucket_are_not_kept(s3: Any) -> None:
    encryption = _encryption("AES256")
    code = refused(s3.put_bucket_encryption, Bucket="nowhere", ServerSideEncryptionConfiguration=encryption)
    assert code == "NoSuchBucket"


def test_aws_kms_is_taken_as_aes256(s3: Any) -> None:
    s3.create_bucket(Bucket="kms")
    s3.put_bucket_encryption(Bucket="kms", ServerSideEncryptionConfiguration=_encryption("aws:kms"))
    assert s3.get_bucket_encryption(Bucket="kms")["ServerSideEncryptionConfiguration"] == _encryption("AES256")
    assert s3.put_object(Bucket="kms", Key="k", Body=b"x")["ServerSideEncryption"] == "AES256"
    told = s3.put_object(Bucket="kms", Key="k", Body=b"x", ServerSideEncryption="aws:kms")["ServerSideEncryption"]
    assert told == "AES256"


def test_cors_website_and_tags_work(s3: Any) -> None:
    s3.create_bucket(Bucket="extras")
    cors = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["https://example.org"]}]}
    s3.put_bucket_cors(Bucket="extras", CORSConfiguration=cors)
    assert s3.get_bucket_cors(Bucket="extras")["CORSRules"][0]["AllowedOrigins"] == ["https://example.org"]
    s3.put_bucket_website(Bucket="extras", WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    assert s3.get_bucket_website(Bucket="extras")["IndexDocument"] == {"Suffix": "index.html"}
    s3.put_bucket_tagging(Bucket="extras", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert s3.get_bucket_tagging(Bucket="extras")["TagSet"] == [{"Key": "a", "Value": "b"}]


def test_multipart_uploads_and_copies_work(s3: Any) -> None:
    s3.create_bucket(Bucket="big")
    upload = s3.create_multipart_upload(Bucket="big", Key="k")["UploadId"]
    part = s3.upload_part(Bucket="big", Key="k", UploadId=upload, PartNumber=1, Body=b"x" * 5_300_000)
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(Bucket="big", Key="k", UploadId=upload, MultipartUpload=parts)
    s3.copy_object(Bucket="big", Key="copy", CopySource={"Bucket": "big", "Key": "k"})
    assert s3.head_object(Bucket="big", Key="copy")["ContentLength"] == 5_300_000


# -- what OOS lacks --------------------------------------------------------------------------------------------------

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


# -- the gate itself -------------------------------------------------------------------------------------------------


def test_every_answer_says_simulated(gate: Server, s3: Any) -> None:
    headers = s3.list_buckets()["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-rempart-simulated"] == "true"
    with pytest.raises(botocore.exceptions.ClientError) as error:
        s3.get_bucket_location(Bucket="nowhere")
    assert error.value.response["ResponseMetadata"]["HTTPHeaders"]["x-rempart-simulated"] == "true"


def test_calls_are_logged_by_name_without_secrets(gate: Server, s3: Any) -> None:
    mark = gate.control.mark()
    s3.create_bucket(Bucket="logged")
    s3.put_object(Bucket="logged", Key="k", Body=b"canary-body")
    s3.put_bucket_policy(Bucket="logged", Policy=_policy("logged", "Allow", "s3:GetObject", "/*"))
    assert gate.control.counts(mark) == {"CreateBucket": 1, "PutBucketPolicy": 1, "PutObject": 1}
    everything = json.dumps(gate.control.calls())
    assert "canary-body" not in everything
    assert gate.keys["secret_key"] not in everything + gate.log


def test_the_inventory_counts_what_versitygw_holds(gate: Server, s3: Any) -> None:
    s3.create_bucket(Bucket="counted")
    s3.put_bucket_versioning(Bucket="counted", VersioningConfiguration={"Status": "Enabled"})
    for _ in range(2):
        s3.put_object(Bucket="counted", Key="k", Body=b"x")
    s3.delete_object(Bucket="counted", Key="k")
    assert gate.control.inventory() == {"Bucket": 1, "ObjectVersion": 2, "DeleteMarker": 1}
    assert gate.control.ids() == {"Bucket": ["counted"]}


def test_the_control_api_wants_its_token(gate: Server) -> None:
    for path in ("/_sandbox/inventory", "/_sandbox/calls", "/_sandbox/faults"):
        assert plain_get(gate, path)[0] == 403


@pytest.mark.parametrize(
    ("kind", "code", "done"),
    [
        ("throttle", "SlowDown", False),
        ("forbidden", "AccessDenied", False),
        ("error", "InternalError", False),
        ("error_after", "InternalError", True),
    ],
)
def test_a_fault_strikes_once(gate: Server, s3: Any, kind: str, code: str, done: bool) -> None:
    gate.control.fault(kind, "CreateBucket")
    assert refused(s3.create_bucket, Bucket="struck") == code
    assert bool(gate.control.inventory()) is done
    assert [fault["fired"] for fault in gate.control.faults()] == [1]


@pytest.mark.parametrize(("kind", "done"), [("reset_before", False), ("reset_after", True)])
def test_a_connection_breaks_before_or_after_the_work(gate: Server, s3: Any, kind: str, done: bool) -> None:
    gate.control.fault(kind, "CreateBucket")
    with pytest.raises(botocore.exceptions.HTTPClientError):
        s3.create_bucket(Bucket="broken")
    assert bool(gate.control.inventory()) is done


def test_a_gate_whose_versitygw_dies_stops_and_says_why(tmp_path: Any) -> None:
    import psutil

    from tests.sandbox.s3.server import free_port, need_versitygw

    need_versitygw()
    server = Server(tmp_path, free_port()).start()
    assert server.process is not None
    (child,) = psutil.Process(server.process.pid).children()
    child.kill()
    server.process.wait(20)
    assert "versitygw ended" in server.log


def test_a_gate_that_is_stopped_leaves_no_socket_and_no_complaint(tmp_path: Any, monkeypatch: Any) -> None:
    from tests.sandbox.s3.server import free_port, need_versitygw

    need_versitygw()
    sockets = tmp_path / "s"
    sockets.mkdir()
    monkeypatch.setenv("TMPDIR", str(sockets))
    server = Server(tmp_path, free_port()).start()
    assert list(sockets.iterdir())
    server.stop()
    assert list(sockets.iterdir()) == []
    assert "versitygw ended" not in server.log


def test_versitygw_does_not_outlive_a_killed_gate(tmp_path: Any) -> None:
    import psutil

    from tests.sandbox.s3.server import free_port, need_versitygw

    need_versitygw()
    server = Server(tmp_path, free_port()).start()
    assert server.process is not None
    (child,) = psutil.Process(server.process.pid).children()
    server.process.kill()
    server.process.wait()
    assert psutil.wait_procs([child], timeout=10)[1] == []


def _retain(s3: Any, bucket: str, mode: str, days: int) -> None:
    rule = {"DefaultRetention": {"Mode": mode, "Days": days}}
    configuration = {"ObjectLockEnabled": "Enabled", "Rule": rule}
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=configuration)
    assert s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"] == configuration


def _encryption(algorithm: str) -> dict[str, Any]:
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}]}


def _policy(bucket: str, effect: str, action: str, *tails: str, secure: str = "") -> str:
    statement: dict[str, Any] = {
        "Effect": effect,
        "Principal": "*",
        "Action": action,
        "Resource": [f"arn:aws:s3:::{bucket}{tail}" for tail in tails or ("/*",)],
    }
    if secure:
        statement["Condition"] = {"Bool": {"aws:SecureTransport": secure}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_deny_of_plain_http_holds_on_plain_http(tmp_path: Any) -> None:
    """The endpoint speaks HTTPS only, so the application itself is asked over HTTP."""
    import asyncio

    import httpx

    from sandbox import services
    from sandbox.outscale.credentials import Credentials
    from sandbox.s3 import app, versitygw
    from sandbox.s3.store import GateStore
    from tests.sandbox.s3.server import need_versitygw

    need_versitygw()
    keys = Credentials("A" * 20, "S" * 40, "token")
    upstream = versitygw.start(tmp_path, keys, services.REGION)
    store = GateStore(tmp_path / "gate.sqlite")
    try:
        store.keep("b", "policy", _policy("b", "Deny", "s3:*", "", "/*", secure="false").encode())
        store.keep("ccc", "policy", _policy("ccc", "Allow", "s3:GetObject", "/*").encode())
        application = app.build(keys, services.REGION, store, upstream)

        def get(url: str) -> httpx.Response:
            async def ask() -> httpx.Response:
                async with httpx.AsyncClient(transport=httpx.ASGITransport(application)) as client:
                    return await client.get(url)

            return asyncio.run(ask())

        assert "denied by the bucket policy" in get("http://127.0.0.1/b/k").text
        assert "denied by the bucket policy" not in get("https://127.0.0.1/b/k").text
        assert get("http://127.0.0.1/ccc/k").status_code == 404  # the policy opens it; there is no such bucket
    finally:
        upstream.stop()
        store.close()
