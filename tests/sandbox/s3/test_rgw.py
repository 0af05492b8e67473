"""The gate as OVHcloud's object storage: what no document of the offer shows is refused, though versitygw has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.s3 import table
from tests.sandbox.s3.asking import refused
from tests.sandbox.s3.server import Server, free_port, need_versitygw

pytestmark = pytest.mark.contract

POLICY = '{"Version": "2012-10-17", "Statement": []}'
UNDOCUMENTED: list[tuple[str, dict[str, Any]]] = [
    ("put_bucket_policy", {"Policy": POLICY}),
    ("get_bucket_policy", {}),
    ("get_bucket_acl", {}),
    ("get_bucket_cors", {}),
    ("get_bucket_website", {}),
    ("get_bucket_lifecycle_configuration", {}),
    ("get_bucket_tagging", {}),
    ("get_object_lock_configuration", {}),
]


@pytest.fixture(scope="module")
def rgw(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    need_versitygw()
    server = Server(tmp_path_factory.mktemp("rgw"), free_port(), flavor="rgw").start()
    try:
        server.client().create_bucket(Bucket="data")
        yield server
    finally:
        server.stop()


@pytest.mark.parametrize(("name", "parameters"), UNDOCUMENTED, ids=[name for name, _ in UNDOCUMENTED])
def test_what_is_not_documented_is_not_there(rgw: Server, name: str, parameters: dict[str, Any]) -> None:
    assert refused(getattr(rgw.client(), name), Bucket="data", **parameters) == "NotImplemented"


def test_an_encrypted_object_is_not_copied_on_the_servers_side(rgw: Server) -> None:
    s3 = rgw.client()
    answer = s3.put_object(Bucket="data", Key="a", Body=b"1")
    assert answer["ServerSideEncryption"] == "AES256"  # whatever the bucket says
    with pytest.raises(ClientError, match=r"every object is encrypted there.*rename-move-encrypted-object") as raised:
        s3.copy_object(Bucket="data", Key="b", CopySource={"Bucket": "data", "Key": "a"})
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_what_is_documented_works(rgw: Server) -> None:
    s3 = rgw.client()
    s3.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        s3.put_object(Bucket="data", Key="v", Body=body)
    assert len(s3.list_object_versions(Bucket="data", Prefix="v")["Versions"]) == 2
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(Bucket="data", ServerSideEncryptionConfiguration={"Rules": [rule]})
    assert s3.get_bucket_encryption(Bucket="data")["ServerSideEncryptionConfiguration"]["Rules"][0] == {**rule}


def test_it_says_whose_it_is(rgw: Server) -> None:
    said = rgw.control.health()
    assert (said["provider"], said["service"]) == ("ovh", "rgw")


def test_each_difference_names_a_call_and_gives_its_source() -> None:
    base, own = table.calls(), table.calls("rgw")
    assert set(base) == set(own)
    different = [call for name, call in own.items() if call.state != base[name].state]
    assert different and all(call.state == "refused" and "ovhcloud-docs" in call.source for call in different)
