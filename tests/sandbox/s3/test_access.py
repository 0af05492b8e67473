"""Who may do what: signatures, bucket policies and access control lists."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox import services
from sandbox.outscale.credentials import Credentials
from sandbox.s3 import app, versitygw
from sandbox.s3.store import GateStore
from tests.sandbox.s3.asking import plain_get, policy, refused
from tests.sandbox.s3.server import Server, need_versitygw

pytestmark = pytest.mark.contract


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
    s3.put_bucket_policy(Bucket="open", Policy=policy("open", "Allow", "s3:GetObject", "/public/*"))
    assert plain_get(gate, "/open/public/k") == (200, b"x")
    assert plain_get(gate, "/open/private/k")[0] == 403
    assert plain_get(gate, "/open")[0] == 403


def test_a_deny_holds_against_the_owner_too_and_can_be_taken_back(s3: Any) -> None:
    s3.create_bucket(Bucket="shut")
    s3.put_object(Bucket="shut", Key="k", Body=b"x")
    s3.put_bucket_policy(Bucket="shut", Policy=policy("shut", "Deny", "s3:*", "", "/*"))
    assert refused(s3.get_object, Bucket="shut", Key="k") == "AccessDenied"
    assert refused(s3.put_object, Bucket="shut", Key="k", Body=b"y") == "AccessDenied"
    assert refused(s3.delete_objects, Bucket="shut", Delete={"Objects": [{"Key": "k"}]}) == "AccessDenied"
    s3.delete_bucket_policy(Bucket="shut")
    assert s3.get_object(Bucket="shut", Key="k")["Body"].read() == b"x"


def test_a_deny_of_plain_http_leaves_https_alone(s3: Any) -> None:
    s3.create_bucket(Bucket="tls")
    s3.put_bucket_policy(Bucket="tls", Policy=policy("tls", "Deny", "s3:*", "", "/*", secure="false"))
    s3.put_object(Bucket="tls", Key="k", Body=b"x")
    assert s3.get_object(Bucket="tls", Key="k")["Body"].read() == b"x"


def test_a_deny_of_plain_http_holds_on_plain_http(tmp_path: Path) -> None:
    """The endpoint speaks HTTPS only, so the application itself is asked over HTTP."""
    need_versitygw()
    keys = Credentials("A" * 20, "S" * 40, "token")
    upstream = versitygw.start(tmp_path, keys, services.REGION)
    store = GateStore(tmp_path / "gate.sqlite")
    try:
        store.keep("b", "policy", policy("b", "Deny", "s3:*", "", "/*", secure="false").encode())
        store.keep("ccc", "policy", policy("ccc", "Allow", "s3:GetObject", "/*").encode())
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


def test_a_policy_is_told_as_it_was_given(s3: Any) -> None:
    s3.create_bucket(Bucket="told")
    given = policy("told", "Deny", "s3:*", "/*", secure="false")
    s3.put_bucket_policy(Bucket="told", Policy=given)
    assert json.loads(s3.get_bucket_policy(Bucket="told")["Policy"]) == json.loads(given)


@pytest.mark.parametrize("text", ["{", "[]", '{"Version": "2012-10-17"}', '{"Statement": [{"Effect": "Maybe"}]}'])
def test_a_malformed_policy_is_refused(s3: Any, text: str) -> None:
    s3.create_bucket(Bucket="bad")
    assert refused(s3.put_bucket_policy, Bucket="bad", Policy=text) == "MalformedPolicy"


def test_a_policy_for_another_bucket_is_refused(s3: Any) -> None:
    s3.create_bucket(Bucket="mine")
    foreign = policy("yours", "Allow", "s3:GetObject", "/*")
    assert refused(s3.put_bucket_policy, Bucket="mine", Policy=foreign) == "MalformedPolicy"


def test_a_public_acl_opens_and_a_private_one_closes(gate: Server, s3: Any) -> None:
    s3.create_bucket(Bucket="acl")
    s3.put_object(Bucket="acl", Key="k", Body=b"x")
    assert plain_get(gate, "/acl")[0] == 403
    s3.put_bucket_acl(Bucket="acl", ACL="public-read")
    assert plain_get(gate, "/acl")[0] == 200
    s3.put_bucket_acl(Bucket="acl", ACL="private")
    assert plain_get(gate, "/acl")[0] == 403
