"""Every document of a bucket is written, read, seen when another hand changes it, and taken away."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.plugins.runtime.wire import Refused
from tests.plugins.s3.conftest import Bench

pytestmark = pytest.mark.contract


def policy(**changes: Any) -> str:
    statement = {
        "Sid": "DenyPlaintext",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::kept", "arn:aws:s3:::kept/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        **changes,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


RULES = [
    {"id": "a", "prefix": "", "noncurrentExpirationDays": 30, "abortMultipartDays": 7},
    {"id": "b", "prefix": "tmp/", "expirationDays": 3},
]
EVERYTHING: dict[str, Any] = {
    "acl": "public-read",
    "versioning": True,
    "objectLock": {"mode": "COMPLIANCE", "days": 5},
    "lifecycleRules": RULES,
    "encryption": {"algorithm": "AES256"},
    "policy": policy(),
    "corsRules": [{"allowedMethods": ["GET", "PUT"], "allowedOrigins": ["https://example.org"], "maxAgeSeconds": 60}],
    "website": {"indexDocument": "index.html", "errorDocument": "error.html"},
    "tags": {"rempart:owner": "team", "Name": "it"},
}
BY_ANOTHER_HAND: dict[str, tuple[str, dict[str, Any]]] = {
    "acl": ("put_bucket_acl", {"ACL": "private"}),
    "versioning": ("put_bucket_versioning", {"VersioningConfiguration": {"Status": "Suspended"}}),
    "lifecycleRules": ("delete_bucket_lifecycle", {}),
    "encryption": ("delete_bucket_encryption", {}),
    "policy": ("put_bucket_policy", {"Policy": policy(Sid="Other")}),
    "corsRules": ("delete_bucket_cors", {}),
    "website": ("put_bucket_website", {"WebsiteConfiguration": {"IndexDocument": {"Suffix": "other.html"}}}),
    "tags": ("put_bucket_tagging", {"Tagging": {"TagSet": [{"Key": "Name", "Value": "stolen"}]}}),
}


def test_everything_is_written_and_read_back_without_a_difference(bench: Bench) -> None:
    state = bench.create(**EVERYTHING)
    assert state[1]["arn"] == "arn:aws:s3:::kept"
    assert state[1]["objectLockEnabled"] is True
    assert bench.drift(state) == []
    assert bench.s3.get_bucket_versioning(Bucket="kept")["Status"] == "Enabled"
    assert json.loads(bench.s3.get_bucket_policy(Bucket="kept")["Policy"]) == json.loads(policy())


@pytest.mark.parametrize("name", BY_ANOTHER_HAND)
def test_what_another_hand_changed_is_seen_and_set_right(bench: Bench, name: str) -> None:
    wanted = {**EVERYTHING}
    if name == "versioning":
        del wanted["objectLock"]  # a bucket with object lock refuses to suspend its versions
    state = bench.create(**wanted)
    call, parameters = BY_ANOTHER_HAND[name]
    getattr(bench.s3, call)(Bucket="kept", **parameters)
    assert bench.drift(state) == [name]
    bench.update(state, **wanted)
    assert bench.drift(state) == []


def test_a_changed_default_retention_is_seen(bench: Bench) -> None:
    state = bench.create(versioning=True, objectLock={"mode": "COMPLIANCE", "days": 5})
    bench.s3.put_object_lock_configuration(
        Bucket="kept",
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Years": 1}},
        },
    )
    assert bench.drift(state) == ["objectLock"]


def test_what_a_rule_cannot_say_shows_as_drift(bench: Bench) -> None:
    state = bench.create(lifecycleRules=RULES[1:])
    rule = {"ID": "b", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 3}, "Status": "Disabled"}
    bench.s3.put_bucket_lifecycle_configuration(Bucket="kept", LifecycleConfiguration={"Rules": [rule]})
    assert bench.drift(state) == ["lifecycleRules"]


def test_a_grant_to_everybody_shows_as_drift(bench: Bench) -> None:
    state = bench.create()
    bench.s3.put_bucket_acl(Bucket="kept", ACL="public-read-write")
    assert bench.drift(state) == ["acl"]


def test_something_added_that_was_never_asked_for_shows_as_drift(bench: Bench) -> None:
    state = bench.create()
    bench.s3.put_bucket_policy(Bucket="kept", Policy=policy(Effect="Allow", Condition={}))
    assert bench.drift(state) == ["policy"]
    bench.update(state)
    assert bench.drift(state) == []


@pytest.mark.parametrize("name", [name for name in EVERYTHING if name not in ("versioning", "objectLock")])
def test_a_document_that_is_no_longer_asked_for_goes_away(bench: Bench, name: str) -> None:
    state = bench.create(**EVERYTHING)
    without = {key: value for key, value in EVERYTHING.items() if key != name}
    state = bench.update(state, **without)
    assert bench.drift(state) == []


def test_versioning_that_is_no_longer_asked_for_is_suspended_and_keeps_what_there_is(bench: Bench) -> None:
    state = bench.create(versioning=True)
    version = bench.s3.put_object(Bucket="kept", Key="k", Body=b"1")["VersionId"]
    bench.update(state, versioning=False)
    assert bench.s3.get_bucket_versioning(Bucket="kept")["Status"] == "Suspended"
    assert bench.s3.get_object(Bucket="kept", Key="k", VersionId=version)["Body"].read() == b"1"


def test_the_retention_may_change_in_place(bench: Bench) -> None:
    state = bench.create(versioning=True, objectLock={"mode": "GOVERNANCE", "days": 1})
    state = bench.update(state, versioning=True, objectLock={"mode": "COMPLIANCE", "days": 9})
    assert bench.drift(state) == []


def test_only_what_differs_is_written(bench: Bench) -> None:
    state = bench.create(**EVERYTHING)
    mark = bench.control.mark()
    bench.update(state, **{**EVERYTHING, "encryption": {"algorithm": "AES256"}, "tags": {"Name": "new"}})
    writes = {name for name in bench.control.counts(mark) if name.startswith(("Put", "Delete", "Create"))}
    assert writes == {"PutBucketTagging"}


def test_the_order_of_keys_in_a_policy_makes_no_difference(bench: Bench) -> None:
    state = bench.create(policy=policy())
    turned = json.dumps(json.loads(policy()), sort_keys=True, indent=2)
    assert turned != policy()
    news = bench.checked(policy=turned)
    assert list(bench.engine.diff(bench.urn, "kept", *state, news).diffs) == []


def test_a_plugin_only_input_changes_without_a_call(bench: Bench) -> None:
    state = bench.create(subject="bubbles/a/buckets/b")
    mark = bench.control.mark()
    news = bench.checked(subject="bubbles/a/buckets/c", forceDestroy=True)
    diff = bench.engine.diff(bench.urn, "kept", *state, news)
    assert sorted(diff.diffs) == ["forceDestroy", "subject"] and not diff.replaces
    assert bench.control.counts(mark) == {}


def test_an_import_reads_everything(bench: Bench) -> None:
    bench.create(**EVERYTHING)
    _id, inputs, outputs = bench.engine.read(bench.urn, "kept")
    assert inputs.values["bucket"] == "kept"
    assert json.loads(inputs.values["policy"]) == json.loads(policy())
    told = {name: value for name, value in inputs.values.items() if name in EVERYTHING and name != "policy"}
    expected = {name: value for name, value in EVERYTHING.items() if name != "policy"}
    assert told == expected
    assert outputs.values["objectLockEnabled"] is True


def test_an_import_then_the_same_program_is_no_change(bench: Bench) -> None:
    news, _ = bench.create(**EVERYTHING)
    _id, inputs, outputs = bench.engine.read(bench.urn, "kept")
    assert list(bench.engine.diff(bench.urn, "kept", inputs.values, outputs.values, news).diffs) == []


# -- what goes wrong around it ---------------------------------------------------------------------------------------


def test_throttling_is_waited_for(bench: Bench) -> None:
    bench.control.fault("throttle", "CreateBucket", count=2)
    bench.create()
    assert bench.control.counts()["CreateBucket"] == 3


def test_refused_keys_are_sent_once_and_name_what_to_check(bench: Bench) -> None:
    bench.engine.configure(**bench.configuration(secretKey="canary" * 7))
    mark = bench.control.mark()
    for _ in range(6):
        with pytest.raises(Refused, match=r"refused the sign-in.*OOS_SECRET_KEY") as refused:
            bench.engine.create(bench.urn, bench.checked())
        assert "canary" not in str(refused.value)
    assert sum(bench.control.counts(mark).values()) == 1
    bench.engine.configure(**bench.configuration())
    bench.create()


def test_an_endpoint_that_is_down_is_named(bench: Bench) -> None:
    from tests.sandbox.s3.server import free_port

    url = f"https://127.0.0.1:{free_port()}"
    bench.engine.configure(**bench.configuration(endpoint=url))
    news = bench.checked()
    with pytest.raises(Refused, match=f"{url} does not answer.*OOS_ENDPOINT"):
        bench.engine.create(bench.urn, news)


def test_an_untrusted_certificate_says_what_to_set(bench: Bench) -> None:
    import certifi

    bench.engine.configure(**bench.configuration(caBundle=certifi.where()))
    with pytest.raises(Refused, match=r"certificate .* not accepted.*AWS_CA_BUNDLE"):
        bench.engine.create(bench.urn, bench.checked())
