"""A bucket's documents: lifecycle, encryption, CORS, website, tags."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.s3.asking import encryption, refused

pytestmark = pytest.mark.contract


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
    document = encryption("AES256")
    code = refused(s3.put_bucket_encryption, Bucket="nowhere", ServerSideEncryptionConfiguration=document)
    assert code == "NoSuchBucket"


def test_aws_kms_is_taken_as_aes256(s3: Any) -> None:
    s3.create_bucket(Bucket="kms")
    s3.put_bucket_encryption(Bucket="kms", ServerSideEncryptionConfiguration=encryption("aws:kms"))
    assert s3.get_bucket_encryption(Bucket="kms")["ServerSideEncryptionConfiguration"] == encryption("AES256")
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
