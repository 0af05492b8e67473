"""Between inputs and S3's words: what cannot be said is never dropped."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plugins.s3 import wording


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"Status": "Disabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}, "Status=Disabled"),
        ({"Filter": {"Tag": {"Key": "a", "Value": "b"}}, "Expiration": {"Days": 1}}, "Filter.Tag.Key=a"),
        ({"Filter": {"Prefix": ""}, "Expiration": {"ExpiredObjectDeleteMarker": True}}, "ExpiredObjectDeleteMarker"),
        ({"Filter": {"Prefix": ""}, "Transitions": [{"Days": 1, "StorageClass": "X"}]}, "StorageClass=X"),
    ],
)
def test_a_rule_with_more_than_inputs_can_say_tells_it(rule: dict[str, Any], words: str) -> None:
    (told,) = wording.lifecycle_from_s3({"Rules": [{"ID": "r", "Status": "Enabled", **rule}]}) or []
    assert told["id"].startswith("r [with ") and words in told["id"]


def test_the_old_place_of_a_prefix_counts_as_the_new_one() -> None:
    rule = {"ID": "r", "Status": "Enabled", "Prefix": "a/", "Expiration": {"Days": 1}}
    assert wording.lifecycle_from_s3({"Rules": [rule]}) == [{"id": "r", "prefix": "a/", "expirationDays": 1}]


def test_a_grant_that_no_canned_list_has_is_told_in_words() -> None:
    grants = [
        {"Grantee": {"ID": "me"}, "Permission": "FULL_CONTROL"},
        {"Grantee": {"ID": "you"}, "Permission": "READ_ACP"},
    ]
    assert wording.acl_from_s3({"Owner": {"ID": "me"}, "Grants": grants}) == "custom: READ_ACP to you"


def test_only_the_four_blocks_together_close_a_bucket() -> None:
    three = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy"), True)
    assert not wording.block_from_s3({"PublicAccessBlockConfiguration": three})
    assert wording.block_from_s3({"PublicAccessBlockConfiguration": dict(wording.block_to_s3())})


def policy(**changes: Any) -> str:
    statement = {"Effect": "Deny", "Principal": "*", "Action": ["s3:a", "s3:b"], "Resource": "r", **changes}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize(
    "other",
    [
        policy(Action=["s3:b", "s3:a"]),
        policy(Resource=["r"]),
        json.dumps({**json.loads(policy()), "Statement": json.loads(policy())["Statement"][0]}),
        json.dumps(json.loads(policy()), sort_keys=True, indent=4),
    ],
    ids=["order of a list", "list of one", "one statement", "order of keys"],
)
def test_a_policy_in_other_words_is_the_same(other: str) -> None:
    assert wording.same_policy(policy(), other)


@pytest.mark.parametrize("other", [policy(Effect="Allow"), policy(Action="s3:a"), policy(Principal={"AWS": "x"}), None])
def test_a_policy_that_says_something_else_is_not_the_same(other: str | None) -> None:
    assert not wording.same_policy(policy(), other)
