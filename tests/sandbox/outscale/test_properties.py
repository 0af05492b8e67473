"""Properties of the pure parts: signatures, rules, pages, the masking of secrets."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.outscale import calllog, paging, signatures
from sandbox.outscale.errors import ApiError
from sandbox.outscale.resources import rules

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
PORTS = st.integers(0, 3)
RULES = st.builds(
    lambda protocol, port, block: {
        "IpProtocol": protocol,
        "FromPortRange": port,
        "ToPortRange": port,
        "IpRanges": [f"10.{block}.0.0/16"],
    },
    st.sampled_from(["tcp", "udp"]),
    PORTS,
    st.integers(0, 4),
)
BYTES = st.binary(min_size=1, max_size=200)


def flat(whole: list[rules.Rule]) -> set[tuple[Any, ...]]:
    return {(r["IpProtocol"], r["FromPortRange"], block) for r in whole for block in r["IpRanges"]}


def add_all(wanted: list[rules.Rule]) -> list[rules.Rule]:
    whole: list[rules.Rule] = []
    for rule in wanted:
        whole = rules.add_rule(whole, rule)
    return whole


@given(st.lists(RULES, unique_by=str), RULES)
def test_a_rule_added_then_taken_away_leaves_what_was_there(wanted: list[rules.Rule], extra: rules.Rule) -> None:
    whole = add_all(wanted)
    if flat([extra]) <= flat(whole):
        with pytest.raises(ApiError, match="duplicate-cidr"):
            rules.add_rule(whole, extra)
    else:
        with pytest.raises(ApiError, match="no-such-authorization"):
            rules.remove_rule(whole, extra)
        assert flat(rules.remove_rule(rules.add_rule(whole, extra), extra)) == flat(whole)


@given(st.lists(RULES, unique_by=str))
def test_rules_of_the_same_ports_are_one_and_none_is_lost(wanted: list[rules.Rule]) -> None:
    whole = add_all(wanted)
    assert flat(whole) == flat(wanted)
    assert len(whole) == len({(r["IpProtocol"], r["FromPortRange"]) for r in wanted})
    assert rules.rule_count(whole) == len(wanted)


@given(st.lists(st.integers(1, 500), unique=True), st.integers(1, 7))
def test_pages_show_everything_once_and_in_order(numbers: list[int], size: int) -> None:
    items = [(n, n) for n in sorted(numbers)]
    seen: list[int] = []
    request: dict[str, Any] = {"ResultsPerPage": size}
    while True:
        shown, token = paging.page(items, "ReadNets", request)
        seen += shown
        if token is None:
            break
        assert len(shown) == size
        request = {**request, "NextPageToken": token}
    assert seen == sorted(numbers)


def signed(vendor: str, body: bytes, secret: str = "secret") -> tuple[signatures.Claim, signatures.SignedRequest]:
    headers = {"host": "127.0.0.1:80", "content-type": "application/json"}
    request = signatures.SignedRequest("POST", "/api/v1/ReadNets", [], headers, body)
    date = "x-osc-date" if vendor == "OSC4" else "x-amz-date"
    extra = signatures.sign(
        vendor=vendor,
        access_key="KEY",
        secret_key=secret,
        region="r",
        request=request,
        signed_headers=("content-type", "host", date),
        at=NOW,
    )
    whole = signatures.SignedRequest("POST", "/api/v1/ReadNets", [], {**headers, **extra}, body)
    return signatures.parse(extra["authorization"]), whole


@given(st.sampled_from(["OSC4", "AWS4"]), BYTES, st.data())
def test_one_changed_byte_of_the_payload_breaks_the_signature(vendor: str, body: bytes, data: st.DataObject) -> None:
    claim, request = signed(vendor, body)
    signatures.verify(claim, request, secret_key="secret", region="r", now=NOW)
    position = data.draw(st.integers(0, len(body) - 1))
    spoilt = body[:position] + bytes([body[position] ^ 1]) + body[position + 1 :]
    other = signatures.SignedRequest(request.method, request.path, request.query, request.headers, spoilt)
    with pytest.raises(signatures.SignatureRefused, match="does not match"):
        signatures.verify(claim, other, secret_key="secret", region="r", now=NOW)


def test_the_signature_is_the_one_that_aws_tools_compute() -> None:
    """Against botocore, which is not ours: the same key, date and payload give the same signature."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    request = AWSRequest("POST", "http://127.0.0.1:80/api/v1/ReadNets", data=b"{}")
    request.headers["Content-Type"] = "application/json"
    request.headers["Host"] = "127.0.0.1:80"
    SigV4Auth(Credentials("KEY", "secret"), "oapi", "r").add_auth(request)
    headers = {name.lower(): value for name, value in request.headers.items()}
    whole = signatures.SignedRequest("POST", "/api/v1/ReadNets", [], headers, b"{}")
    claim = signatures.parse(headers["authorization"])
    signatures.verify(claim, whole, secret_key="secret", region="r", now=datetime.now(UTC))


@given(
    st.recursive(
        st.text(max_size=5) | st.integers(),
        lambda inner: st.dictionaries(st.sampled_from([*calllog.SECRET_FIELDS, "Name"]), inner) | st.lists(inner),
        max_leaves=10,
    )
)
def test_no_secret_field_keeps_its_value(tree: Any) -> None:
    def check(node: Any) -> None:
        if isinstance(node, dict):
            for name, value in node.items():
                assert name not in calllog.SECRET_FIELDS or value == calllog.MASK
                check(value)
        elif isinstance(node, list):
            for item in node:
                check(item)

    check(json.loads(calllog.redact(json.dumps(tree).encode())))
