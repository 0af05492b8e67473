"""Buckets of plugins/s3 as neutral facts: the same resource type serves every provider's object storage."""

from __future__ import annotations

from collections.abc import Mapping

from blueprint import facts
from blueprint.facts import Origin
from blueprint.properties import Properties, as_document, as_integer, as_texts
from blueprint.values import Malformed, Missing, Value


def bucket(origin: Origin, props: Properties, region: Value[str], has_policies: bool = True) -> facts.Bucket:
    """`region` is where the provider's configuration sends it. Never raises."""
    acl = props.text("acl", "private")
    website = props.raw("website")
    return facts.Bucket(
        origin,
        props.text("bucket", ""),
        region,
        acl.strip().lower() if isinstance(acl, str) else acl,
        as_document(props.raw("policy")),
        _cors(props.raw("corsRules")),
        website if isinstance(website, Missing) else website not in (None, False, "", {}),
        _encrypted(props),
        None,
        props.flag("versioning", False),
        _lock_days(props),
        props.flag("forceDestroy", False),
        has_policies,
        _expiry(props.raw("lifecycleRules")),
        _lock_mode(props),
    )


def _expiry(value: object) -> Value[tuple[facts.Expiry, ...]]:
    if value is None:
        return ()
    if isinstance(value, Missing):
        return value
    if not isinstance(value, list) or not all(isinstance(rule, Mapping) for rule in value):
        return Malformed("a list of rules")
    rules = [Properties(rule) for rule in value]
    return tuple(
        facts.Expiry(
            rule.text("prefix", ""),
            rule.integer("expirationDays", None),
            rule.integer("noncurrentExpirationDays", None),
            rule.integer("abortMultipartDays", None),
        )
        for rule in rules
    )


def _cors(value: object) -> Value[tuple[str, ...]]:
    if value is None:
        return ()
    if isinstance(value, Missing):
        return value
    if not isinstance(value, list) or not all(isinstance(rule, Mapping) for rule in value):
        return Malformed("a list of rules")
    origins: list[object] = []
    for rule in value:
        allowed = rule.get("allowedOrigins")
        origins.extend(allowed if isinstance(allowed, list) else [allowed])
    return as_texts(origins)


def _encrypted(props: Properties) -> Value[bool]:
    section = props.section("encryption")
    if isinstance(section, Mapping):
        algorithm = Properties(section).text("algorithm", "")
        return bool(algorithm.strip()) if isinstance(algorithm, str) else algorithm
    return False if section is None else section


def _lock_days(props: Properties) -> Value[int | None]:
    section = props.section("objectLock")
    return as_integer(section.get("days")) if isinstance(section, Mapping) else section


def _lock_mode(props: Properties) -> Value[str | None]:
    section = props.section("objectLock")
    return Properties(section).text("mode", None) if isinstance(section, Mapping) else section
