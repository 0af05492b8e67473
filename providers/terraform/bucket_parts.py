"""What the aws provider says of a bucket: in types of their own, or in blocks of the bucket itself.

The second form is the older one: it is deprecated, and it still does what it says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from blueprint.values import NOT_OBSERVABLE, Missing
from providers.terraform.blocks import camel

EVERYBODY = ("AllUsers", "AuthenticatedUsers")
"""How the names of S3's groups of everybody end."""


def inside(values: Mapping[str, Any]) -> dict[str, Any]:
    """The properties that blocks of a bucket give it."""
    found: dict[str, Any] = {}
    for name, read in BLOCKS.items():
        value = values.get(name)
        if isinstance(value, Missing):
            found |= dict.fromkeys(read({}), NOT_OBSERVABLE)
        elif value:
            found |= read({name: value})
    return found


def _granted(values: Mapping[str, Any]) -> dict[str, Any]:
    """Grants of a bucket's list of access. One of full control is its owner's, and says nothing more."""
    given = values.get("grant") or []
    grants = [given] if isinstance(given, Mapping) else given
    if not isinstance(grants, list) or not all(isinstance(grant, Mapping) for grant in grants):
        return {"acl": NOT_OBSERVABLE}
    if any(str(grant.get("uri", "")).endswith(EVERYBODY) for grant in grants):
        return {"acl": "public-read"}
    owner = len(grants) == 1 and grants[0].get("permissions") == ["FULL_CONTROL"] and not grants[0].get("uri")
    return {} if owner else {"acl": NOT_OBSERVABLE}


def _kept(values: Mapping[str, Any]) -> dict[str, Any]:
    """`lifecycle_rule`, in the words of the type that stands for it."""
    rules = values.get("lifecycle_rule") or []
    rules = [rules] if isinstance(rules, Mapping) else rules
    if not isinstance(rules, list) or not all(isinstance(rule, Mapping) for rule in rules):
        return {"lifecycleRules": NOT_OBSERVABLE}
    return _lifecycle({"rule": [_rule(rule) for rule in rules]})


def _rule(old: Mapping[str, Any]) -> dict[str, Any]:
    noncurrent = one(old.get("noncurrent_version_expiration"))
    unfinished = old.get("abort_incomplete_multipart_upload_days")
    return {
        "status": "Enabled" if old.get("enabled", True) in (True, "true") else "Disabled",
        "filter": {"prefix": old.get("prefix"), "tag": old.get("tags")},
        "expiration": old.get("expiration"),
        "noncurrent_version_expiration": {"noncurrent_days": noncurrent.get("days")}
        if isinstance(noncurrent, Mapping)
        else noncurrent,
        "abort_incomplete_multipart_upload": {"days_after_initiation": unfinished} if unfinished else None,
    }


def _versions(values: Mapping[str, Any]) -> dict[str, Any]:
    given = one(values.get("versioning"))
    return {"versioning": given.get("enabled", False) if isinstance(given, Mapping) else NOT_OBSERVABLE}


BLOCKS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "grant": lambda values: _granted(values) if values else {"acl": None},
    "website": lambda values: {"website": one(values.get("website"))},
    "cors_rule": lambda values: _cors(values),
    "lifecycle_rule": _kept,
    "versioning": _versions,
    "server_side_encryption_configuration": lambda values: _encryption(
        _block(values, "server_side_encryption_configuration")
    ),
    "object_lock_configuration": lambda values: _lock(_block(values, "object_lock_configuration")),
}
"""Block of `aws_s3_bucket` -> what it says. `{}` asks which properties it would say something of."""


def _block(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = one(values.get(name))
    return found if isinstance(found, Mapping) else {"rule": NOT_OBSERVABLE}


def one(value: Any) -> Any:
    """The only block of a list, or the value."""
    return value[0] if isinstance(value, list) and value else value


def _inner(value: Any, *keys: str) -> Any:
    for key in keys:
        value = one(value)
        value = value.get(key) if isinstance(value, Mapping) else value
    return one(value) if keys else value


def _versioning(values: Mapping[str, Any]) -> dict[str, Any]:
    status = _inner(values, "versioning_configuration", "status")
    return {"versioning": status == "Enabled" if isinstance(status, str) else status}


def _encryption(values: Mapping[str, Any]) -> dict[str, Any]:
    default = _inner(values, "rule", "apply_server_side_encryption_by_default")
    if not isinstance(default, Mapping):
        return {"encryption": default}
    return {"encryption": {"algorithm": default.get("sse_algorithm"), "key": default.get("kms_master_key_id")}}


def _lock(values: Mapping[str, Any]) -> dict[str, Any]:
    retention = _inner(values, "rule", "default_retention")
    if not isinstance(retention, Mapping):
        return {"objectLock": retention}
    days, years = retention.get("days"), retention.get("years")
    return {"objectLock": {"days": years * 365 if isinstance(years, int) else days, "mode": retention.get("mode")}}


def _lifecycle(values: Mapping[str, Any]) -> dict[str, Any]:
    """Rules that are off expire nothing."""
    rules = values.get("rule") or []
    rules = [rules] if isinstance(rules, Mapping) else rules
    if not isinstance(rules, list) or not all(isinstance(rule, Mapping) for rule in rules):
        return {"lifecycleRules": NOT_OBSERVABLE}
    return {"lifecycleRules": [_expiry(rule) for rule in rules if rule.get("status", "Enabled") != "Disabled"]}


def _expiry(rule: Mapping[str, Any]) -> dict[str, Any]:
    filtered = one(rule.get("filter"))
    inside = filtered if isinstance(filtered, Mapping) else {}
    narrow = any(inside.get(key) for key in ("tag", "and", "object_size_greater_than", "object_size_less_than"))
    old = one(rule.get("noncurrent_version_expiration"))
    parts = one(rule.get("abort_incomplete_multipart_upload"))
    current = one(rule.get("expiration"))
    return {
        "prefix": NOT_OBSERVABLE if narrow else inside.get("prefix") or rule.get("prefix") or "",
        "expirationDays": current.get("days") if isinstance(current, Mapping) else current,
        "noncurrentExpirationDays": _old_versions(old),
        "abortMultipartDays": parts.get("days_after_initiation") if isinstance(parts, Mapping) else parts,
    }


def _old_versions(old: Any) -> Any:
    """Days after which old versions are erased; None where some of them are kept whatever their age."""
    if not isinstance(old, Mapping):
        return old
    kept = old.get("newer_noncurrent_versions")
    return kept if isinstance(kept, Missing) else None if kept else old.get("noncurrent_days")


def _cors(values: Mapping[str, Any]) -> dict[str, Any]:
    rules: Iterable[Any] = values.get("cors_rule") or []
    rules = [rules] if isinstance(rules, Mapping) else rules
    if not isinstance(rules, list):
        return {"corsRules": rules}
    return {
        "corsRules": [
            {camel(key): item for key, item in rule.items()} if isinstance(rule, Mapping) else rule for rule in rules
        ]
    }


PARTS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "aws_s3_bucket_acl": lambda values: {"acl": values.get("acl", NOT_OBSERVABLE)},
    "aws_s3_bucket_cors_configuration": _cors,
    "aws_s3_bucket_lifecycle_configuration": _lifecycle,
    "aws_s3_bucket_object_lock_configuration": _lock,
    "aws_s3_bucket_policy": lambda values: {"policy": values.get("policy", NOT_OBSERVABLE)},
    "aws_s3_bucket_server_side_encryption_configuration": _encryption,
    "aws_s3_bucket_versioning": _versioning,
    "aws_s3_bucket_website_configuration": lambda values: {"website": dict(values)},
}
