"""From what the engine sends to facts: unknowns, secrets, spellings, wrong types. Nothing raises."""

from __future__ import annotations

import functools
from typing import Any

import hypothesis.strategies as st
import pytest
from google.protobuf import json_format
from hypothesis import given, settings
from pulumi_policy import proxy
from pulumi_policy.deserialize import (
    SPECIAL_ARCHIVE_SIG,
    SPECIAL_ASSET_SIG,
    SPECIAL_SECRET_SIG,
    SPECIAL_SIG_KEY,
    deserialize_properties,
)

from blueprint import facts
from blueprint.properties import as_flag, as_integer, as_ports, as_protocol, as_range
from blueprint.values import NOT_OBSERVABLE, UNKNOWN, Malformed
from policies import boundary, registry
from policies.judge import Judge
from providers.outscale import facts as outscale
from tests.policies import estate, judging, wire

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-70000, 70000)
    | st.floats(allow_nan=True)
    | st.text(max_size=20)
    | st.sampled_from([UNKNOWN, Malformed("x"), "0.0.0.0/0", "::/0", "-1", "tcp", "Inbound", "10.64.0.0/20"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KINDS = [*outscale._BUILDERS, *outscale.PROVIDERS, "rempart:components:Bastion", "other:index:Thing"]
SUBJECTS = sorted(estate.estate_of().resources)


def test_what_the_engine_sends_becomes_plain_data() -> None:
    sent = wire.struct(
        {"a": [1.0, {"b": proxy.UNKNOWN_STRING_VALUE}], "c": proxy.UNKNOWN_ARRAY_VALUE, "d": True, "e": None, "f": 1.5}
    )
    made = boundary.mapping(sent)
    assert made == {"a": [1, {"b": UNKNOWN}], "c": UNKNOWN, "d": True, "e": None, "f": 1.5}
    assert type(made["a"][0]) is int


def test_every_kind_of_unknown_is_the_sdk_s() -> None:
    names = [name for name in vars(proxy) if name.startswith("UNKNOWN_")]
    assert {getattr(proxy, name) for name in names} == boundary.UNKNOWNS
    assert len(boundary.UNKNOWNS) == 7


def test_secrets_are_opened_wherever_they_are() -> None:
    hidden = {SPECIAL_SIG_KEY: SPECIAL_SECRET_SIG, "value": ["x", proxy.UNKNOWN_STRING_VALUE]}
    assert boundary.mapping(wire.struct({"userData": hidden, "a": [{"b": hidden}]})) == {
        "userData": ["x", UNKNOWN],
        "a": [{"b": ["x", UNKNOWN]}],
    }


@pytest.mark.parametrize("signature", [SPECIAL_ASSET_SIG, SPECIAL_ARCHIVE_SIG, "5cf8f73096256a8f31e491e813e4eb8e", "x"])
def test_what_is_wrapped_and_no_secret_is_no_plain_data(signature: str) -> None:
    sent = wire.struct({"a": {SPECIAL_SIG_KEY: signature, "text": "x", "value": "x"}})
    assert boundary.mapping(sent) == {"a": Malformed("plain data")}


def test_a_secret_without_a_value_is_no_plain_data() -> None:
    assert boundary.mapping(wire.struct({"a": wire.SECRET})) == {"a": Malformed("plain data")}


@given(
    st.dictionaries(
        st.text(max_size=8),
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
            | st.text(max_size=20),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
            | st.builds(lambda value: {SPECIAL_SIG_KEY: SPECIAL_SECRET_SIG, "value": value}, inner),
            max_leaves=6,
        ),
        max_size=4,
    )
)  # fmt: skip
@settings(max_examples=100, deadline=None)
def test_plain_data_is_read_as_the_sdk_reads_it(values: dict[str, Any]) -> None:
    sent = wire.struct(values)
    assert boundary.mapping(sent) == deserialize_properties(json_format.MessageToDict(sent))


@pytest.mark.parametrize("value", ["6", 6, 6.0, "tcp", "TCP", " Tcp "])
def test_a_protocol_has_one_name(value: Any) -> None:
    assert as_protocol(value) == "tcp"


@pytest.mark.parametrize("value", ["-1", -1, -1.0, "all", "ANY"])
def test_any_protocol_is_every_port(value: Any) -> None:
    assert as_ports(as_protocol(value), 22, 22) == (0, 65535)


def test_minus_one_is_every_port() -> None:
    assert as_ports("tcp", "-1", -1.0) == (0, 65535)


@pytest.mark.parametrize("value", [22, 22.0, "22", " 22 "])
def test_a_number_is_a_number_however_it_is_written(value: Any) -> None:
    assert as_integer(value) == 22


@pytest.mark.parametrize("value", [True, 22.5, "0x16", "", [], {}, float("inf"), float("nan"), "²", "--1"])
def test_what_is_no_number_is_malformed(value: Any) -> None:
    assert isinstance(as_integer(value), Malformed)


@pytest.mark.parametrize(("value", "made"), [(True, True), ("TRUE", True), ("false", False)])
def test_a_flag_is_a_flag(value: Any, made: bool) -> None:
    assert as_flag(value) is made


@pytest.mark.parametrize(
    ("value", "made"), [("10.0.0.1", "10.0.0.1/32"), ("10.0.0.1/8", "10.0.0.0/8"), ("0:0:0:0:0:0:0:0/0", "::/0")]
)
def test_a_range_has_one_spelling(value: str, made: str) -> None:
    assert as_range(value) == made


def test_a_volume_s_encryption_cannot_be_seen() -> None:
    fact = outscale.fact("outscale:index:Volume", "u", "n", {"subregionName": "cloudgouv-eu-west-1a"})
    assert isinstance(fact, facts.Disk)
    assert fact.encrypted is NOT_OBSERVABLE
    assert (fact.region, fact.az) == ("cloudgouv-eu-west-1", "a")


def test_every_id_that_a_machine_gives_is_kept() -> None:
    fact = outscale.fact(
        "outscale:index:Vm", "u", "n", {"nics": [{"nicId": "a"}, {"nicId": UNKNOWN}], "securityGroupIds": ["x"]}
    )
    assert set(fact.origin.targets) == {"nics[0].nicId", "nics[1].nicId", "securityGroupIds[0]"}


def test_a_kind_s_own_identifier_is_no_reference() -> None:
    fact = outscale.fact("outscale:index:Keypair", "u", "n", {"keypairName": "k"})
    assert fact.origin.targets == {}


def test_every_mapped_kind_is_judged_by_some_rule() -> None:
    for kind in KINDS:
        fact = outscale.fact(kind, "u", "n", {})
        assert registry.by_kind(type(fact)), kind


@given(st.sampled_from(KINDS), st.dictionaries(st.text(max_size=12), JSON, max_size=6), JSON)
@settings(max_examples=200, deadline=None)
def test_facts_never_raise(kind: str, properties: dict[str, Any], provider: Any) -> None:
    outscale.fact(kind, "urn", "name", properties, provider if isinstance(provider, dict) else None)


@given(
    st.sampled_from(KINDS),
    st.sampled_from(SUBJECTS),
    st.dictionaries(
        st.sampled_from(
            sorted({*outscale.EXTERNAL_ID, "ipRange", "ipProtocol", "fromPortRange", "toPortRange", "flow", "userData",
                    "policy", "acl", "tags", "references", "nics", "subregionName", "placementSubregionName", "region",
                    "destinationIpRange", "encryption", "corsRules", "website", "endpoint", "accepterOwnerId",
                    "mapPublicIpOnLaunch", "emptyDefaultSecurityGroup", "implicitRulesRemoved", "imageId",
                    "lifecycleRules", "objectLock", "versioning", "forceDestroy", "snapshotId", "name"})
        ),
        JSON,
        max_size=10,
    ),
    st.booleans(),
)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_no_rule_fails_on_any_input(kind: str, subject: str, properties: dict[str, Any], preview: bool) -> None:
    judge = _judge(preview)
    fact = outscale.fact(kind, "urn", "name", {"subject": subject, **properties}, properties, {"netId": ("urn",)})
    found = [*judge.resource(fact), *judge.stack([fact, fact])]
    assert [one for one in found if one.fault] == []


@functools.cache
def _judge(preview: bool) -> Judge:
    return judging.judge_of(estate.plan_of(), preview=preview)


@pytest.mark.parametrize("name", ["bubbles/warehouse", "flows/queries-a/ingress/project-a.data/1",
                                  "bubbles/warehouse/tiers/omop/1/nic", "bubbles/warehouse/tiers/omop/1",
                                  "bubbles/warehouse/zones/omop/az/a", "bubbles/warehouse/buckets/archive",
                                  "peerings/project-a--warehouse", "bastion/1/address/link"])  # fmt: skip
def test_leaving_out_any_property_is_caught_or_known_to_change_nothing(name: str) -> None:
    """What no rule of this wave looks at is listed here; everything else must be missed when it goes."""
    unwatched = {
        "vmType", "size", "description", "securityGroupName", "versioning", "forceDestroy", "userData", "objectLock",
        "mapPublicIpOnLaunch", "acl", "bucket", "publicIpId", "vmId", "netId", "subnetId", "securityGroupId", "nics",
        "sourceNetId", "accepterNetId",
    }  # fmt: skip
    compliant = estate.estate_of()
    for key in [key for key, value in compliant[name].properties.items() if value not in ({}, None)]:
        changed = estate.estate_of()
        del changed[name].properties[key]
        judge = judging.judge_of(changed.plan)
        assert key in unwatched or _blocks(judge, changed, name), key


def _blocks(judge: Judge, changed: estate.Estate, name: str) -> bool:
    """By the resource's rules, else by the stack's, which cost much more."""
    alone = any(one.effect == "block" for one in judge.resource(changed.fact(name)))
    return alone or any(one.effect == "block" for one in judge.stack(changed.facts()))
