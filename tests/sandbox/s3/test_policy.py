"""Policies are judged strictly: a deny wins, and what is not understood never opens anything."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from sandbox.s3 import policy
from sandbox.s3.errors import S3Error

READ = policy.Asking(True, "s3:GetObject", "arn:aws:s3:::b/k", True, "127.0.0.1", "100000000001")
PLAIN = dataclasses.replace(READ, secure=False)
NOBODY = dataclasses.replace(READ, owner=False)


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    full = [{"Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*", **one} for one in statements]
    return policy.read(json.dumps({"Version": "2012-10-17", "Statement": full}).encode(), "b")


def test_plain_http_is_denied_to_the_owner_too() -> None:
    tls = document({"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}})
    assert policy.judge(tls, PLAIN) == "deny"
    assert policy.judge(tls, READ) == "silent"


def test_a_deny_wins_over_an_allow_in_any_order() -> None:
    for statements in ([{"Effect": "Allow"}, {"Effect": "Deny"}], [{"Effect": "Deny"}, {"Effect": "Allow"}]):
        assert policy.judge(document(*statements), NOBODY) == "deny"


@pytest.mark.parametrize("condition", [{"StringEquals": {"aws:unknown": "x"}}, {"Strange": {"aws:SourceIp": "::1"}}])
def test_an_unknown_condition_closes(condition: dict[str, Any]) -> None:
    assert policy.judge(document({"Effect": "Allow", "Condition": condition}), NOBODY) == "silent"
    assert policy.judge(document({"Effect": "Deny", "Condition": condition}), NOBODY) == "deny"


def test_an_address_outside_the_range_gets_nothing() -> None:
    opened = document({"Effect": "Allow", "Condition": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}}})
    assert policy.judge(opened, NOBODY) == "silent"
    assert policy.judge(opened, dataclasses.replace(NOBODY, address="10.1.2.3")) == "allow"


@pytest.mark.parametrize(
    ("statement", "verdict"),
    [
        ({"Effect": "Allow", "Action": "s3:PutObject"}, "silent"),
        ({"Effect": "Allow", "Action": "s3:get*"}, "allow"),
        ({"Effect": "Allow", "Resource": "arn:aws:s3:::b/other/*"}, "silent"),
        ({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::100000000001:root"}}, "silent"),
        ({"Effect": "Allow", "Principal": {"AWS": ["*"]}}, "allow"),
    ],
)
def test_an_allow_reaches_what_it_names(statement: dict[str, Any], verdict: str) -> None:
    assert policy.judge(document(statement), NOBODY) == verdict


def test_not_action_and_not_principal_turn_a_statement_round() -> None:
    tree = {"Effect": "Deny", "NotPrincipal": {"AWS": "100000000001"}, "NotAction": "s3:PutObject"}
    text = json.dumps({"Statement": [{**tree, "Resource": "arn:aws:s3:::b/*"}]})
    read = policy.read(text.encode(), "b")
    assert policy.judge(read, NOBODY) == "deny"
    assert policy.judge(read, READ) == "silent"
    assert policy.judge(read, dataclasses.replace(NOBODY, action="s3:PutObject")) == "silent"


def test_brackets_in_a_pattern_are_plain_letters() -> None:
    opened = document({"Effect": "Allow", "Resource": "arn:aws:s3:::b/[k]"})
    assert policy.judge(opened, NOBODY) == "silent"


def test_a_policy_that_is_too_long_is_refused() -> None:
    with pytest.raises(S3Error):
        policy.read(b" " * (policy.MAX_BYTES + 1), "b")
