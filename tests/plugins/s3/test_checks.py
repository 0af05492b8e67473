"""What is refused before any call: malformed inputs, and what a storage lacks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from plugins.s3 import features
from plugins.s3.bucket import INPUTS
from plugins.s3.documents import DOCUMENTS
from plugins.s3.plugin import PLUGIN
from tests.plugins.runtime.wire import Engine, Refused, engine

NOWHERE = {"endpoint": "https://127.0.0.1:1", "region": "r", "accessKey": "AK", "secretKey": "canary"}


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Configured for a place where nothing answers: a call would show."""
    monkeypatch.setenv("REMPART_STATE_DIR", str(tmp_path))
    for name in ("OOS_ENDPOINT", "AWS_CA_BUNDLE", "OSC_REGION", "OSC_ACCESS_KEY", "OSC_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    with engine(PLUGIN) as served:
        yield served


def failures(plugin: Engine, flavor: str = "oos", **inputs: Any) -> dict[str, str]:
    plugin.configure(**NOWHERE, flavor=flavor)
    return plugin.check(plugin.urn("Bucket"), {"bucket": "it-is", **inputs})[1]


ASKED: dict[str, dict[str, Any]] = {
    "logging": {"logging": {"targetBucket": "logs"}},
    "publicAccessBlock": {"publicAccessBlock": True},
    "encryption:aws:kms": {"encryption": {"algorithm": "aws:kms"}},
    "encryption": {"encryption": {"algorithm": "AES256"}},
    "policy": {"policy": '{"Statement": []}'},
    "objectLock": {"versioning": True, "objectLock": {"mode": "COMPLIANCE", "days": 1}},
    "versioning": {"versioning": True},
    "lifecycleRules": {"lifecycleRules": [{"id": "a", "expirationDays": 1}]},
    "corsRules": {"corsRules": [{"allowedMethods": ["GET"], "allowedOrigins": ["*"]}]},
    "website": {"website": {"indexDocument": "i"}},
    "acl": {"acl": "public-read"},
    "tags": {"tags": {"a": "b"}},
}


@pytest.mark.parametrize("flavor", ["oos", "ovh", "rgw", "ecs", "s3"])
@pytest.mark.parametrize("feature", ASKED)
def test_a_storage_is_asked_for_what_it_has_and_refused_by_name_for_what_it_lacks(
    plugin: Engine, flavor: str, feature: str
) -> None:
    found = failures(plugin, flavor, **ASKED[feature])
    line = features.flavor(flavor).features[feature]
    name = feature.partition(":")[0]
    if line.present:
        assert name not in found
    else:
        assert features.flavor(flavor).name in found[name]
        assert line.source in found[name] and line.read_on in found[name]


def test_oos_lacks_logs_public_access_blocks_and_keys_of_ones_own() -> None:
    oos = features.flavor("oos")
    assert sorted(name for name, line in oos.features.items() if not line.present) == [
        "encryption:aws:kms",
        "logging",
        "publicAccessBlock",
    ]


def test_asking_for_nothing_is_always_possible(plugin: Engine) -> None:
    empty = {"publicAccessBlock": False, "acl": "private", "versioning": False, "tags": {}, "corsRules": []}
    assert failures(plugin, "rgw", **empty) == {}


def test_an_unknown_flavor_lists_those_that_exist(plugin: Engine) -> None:
    with pytest.raises(Refused, match=r"no flavor 'oss'.*oos"):
        plugin.configure(**NOWHERE, flavor="oss")


def test_every_document_has_its_input_and_its_line_in_the_table() -> None:
    table = set(yaml.safe_load(features.TABLE.read_text(encoding="utf-8"))["features"])
    named = {document.name for document in DOCUMENTS}
    assert named <= {field.name for field in INPUTS}
    assert named == {name for name in table if ":" not in name}


@pytest.mark.parametrize(
    ("inputs", "property", "reason"),
    [
        ({"bucket": "Upper"}, "bucket", "3 to 63"),
        ({"bucket": "a..b"}, "bucket", "3 to 63"),
        ({"policy": "{"}, "policy", "not JSON"),
        ({"policy": "[]"}, "policy", "Statement"),
        ({"objectLock": {"mode": "COMPLIANCE", "days": 1}}, "objectLock", "versioning"),
        ({"versioning": True, "objectLock": {"mode": "COMPLIANCE", "days": 0}}, "objectLock", "at least 1"),
        ({"lifecycleRules": [{"id": "a"}]}, "lifecycleRules", "does nothing"),
        ({"lifecycleRules": [{"id": "a", "expirationDays": 1}] * 2}, "lifecycleRules", "same id"),
        ({"acl": "everyone"}, "acl", "expected one of"),
        ({"versionning": True}, "versionning", "did you mean 'versioning'"),
        ({"encryption": {"algorithm": "DES"}}, "encryption.algorithm", "expected one of"),
    ],
)
def test_a_malformed_input_is_refused_with_its_reason(
    plugin: Engine, inputs: dict[str, Any], property: str, reason: str
) -> None:
    assert reason in failures(plugin, **inputs)[property]


def test_missing_settings_are_all_named_and_no_secret_is_repeated(plugin: Engine) -> None:
    with pytest.raises(Refused) as refused:
        plugin.configure(secretKey="canary")
    assert all(name in str(refused.value) for name in ("OOS_ENDPOINT", "OSC_REGION", "OSC_ACCESS_KEY"))
    assert "canary" not in str(refused.value)


def test_the_environment_gives_what_the_configuration_does_not(plugin: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OOS_ENDPOINT", "https://127.0.0.1:1")
    monkeypatch.setenv("OSC_REGION", "r")
    monkeypatch.setenv("OSC_ACCESS_KEY", "AK")
    monkeypatch.setenv("OSC_SECRET_KEY", "SK")
    plugin.configure()


def test_a_bundle_of_authorities_that_is_not_there_is_named(plugin: Engine) -> None:
    with pytest.raises(Refused, match="no file of authorities /nowhere"):
        plugin.configure(**NOWHERE, caBundle="/nowhere")
