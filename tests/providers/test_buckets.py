"""What a bucket is, as any S3 API says it: what is absent is absent, and whatever opens it shows."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from blueprint.values import NOT_OBSERVABLE
from providers import buckets

OWNER = {"ID": "owner"}
EVERYBODY = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}


class Store:
    """Answers as S3 does: a document, or the error that says there is none."""

    def __init__(self, **documents: Any) -> None:
        self._documents = {"get_bucket_acl": {"Owner": OWNER, "Grants": [{"Grantee": OWNER}]}, **documents}

    def __getattr__(self, call: str) -> Any:
        def ask(Bucket: str) -> Any:
            if call in self._documents:
                answer = self._documents[call]
                if isinstance(answer, Exception):
                    raise answer
                return answer
            if call == "get_bucket_versioning":
                return {}
            raise error(buckets.ABSENT[call][0])

        return ask


def error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, "call")


def test_a_bare_bucket_has_nothing_and_is_private() -> None:
    found = buckets.properties(Store(), "b")
    assert found["acl"] == "private"
    assert not found["versioning"]
    assert not found["tags"]
    assert [found[name] for name in ("policy", "encryption", "objectLock", "website")] == [None] * 4


@pytest.mark.parametrize("grantee", [EVERYBODY, {**EVERYBODY, "ID": "owner"}, {"ID": "another"}, {}])
def test_a_grant_to_anybody_but_the_owner_is_not_private(grantee: dict[str, str]) -> None:
    acl = {"Owner": OWNER, "Grants": [{"Grantee": OWNER}, {"Grantee": grantee}]}
    assert buckets.properties(Store(get_bucket_acl=acl), "b")["acl"] != "private"


@pytest.mark.parametrize("code", buckets.NO_SUCH_CALL)
def test_a_list_that_the_store_does_not_show_is_not_observable(code: str) -> None:
    assert buckets.properties(Store(get_bucket_acl=error(code)), "b")["acl"] is NOT_OBSERVABLE
    assert buckets.properties(Store(get_bucket_website=error(code)), "b")["website"] is None


def test_documents_are_read_in_the_words_of_the_resource() -> None:
    store = Store(
        get_bucket_versioning={"Status": "Enabled"},
        get_object_lock_configuration={
            "ObjectLockConfiguration": {"Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Years": 1}}}
        },
        get_bucket_website={"IndexDocument": {"Suffix": "index.html"}, "ResponseMetadata": {}},
        get_bucket_cors={"CORSRules": [{"AllowedOrigins": ["*"]}]},
    )
    found = buckets.properties(store, "b")
    assert found["versioning"]
    assert found["objectLock"] == {"mode": "COMPLIANCE", "days": 365}
    assert found["website"]
    assert found["corsRules"] == [{"allowedOrigins": ["*"]}]


def test_a_refused_reading_is_never_read_as_absent() -> None:
    with pytest.raises(ClientError):
        buckets.properties(Store(get_bucket_policy=error("AccessDenied")), "b")


def test_only_rules_that_hold_for_every_object_are_without_a_prefix() -> None:
    def rule(**more: Any) -> dict[str, Any]:
        return {"Status": "Enabled", "Expiration": {"Days": 23}, **more}

    rules = [
        rule(Prefix="", NoncurrentVersionExpiration={"NoncurrentDays": 7}),
        rule(Filter={"Prefix": ""}),
        rule(Filter={"Prefix": "in/"}),
        rule(Filter={"Tag": {"Key": "a", "Value": "b"}}),
        rule(Filter={"And": {"Prefix": "in/", "ObjectSizeGreaterThan": 1}}),
        rule(Prefix="", Status="Disabled"),
    ]
    found = buckets.properties(Store(get_bucket_lifecycle_configuration={"Rules": rules}), "b")["lifecycleRules"]
    assert [one["prefix"] for one in found] == ["", "", "in/", "filtered", "filtered"]
    assert (found[0]["expirationDays"], found[0]["noncurrentExpirationDays"]) == (23, 7)
    assert found[1]["noncurrentExpirationDays"] is None
    assert buckets.properties(Store(), "b")["lifecycleRules"] == []
