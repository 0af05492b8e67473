"""Buckets that Terraform makes through its aws provider, on whatever endpoint: one bucket from a family of resources.

The endpoint decides where a bucket is, never the provider's name: without one it is AWS itself, whose types no rule
knows here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from blueprint.values import NOT_OBSERVABLE
from providers.terraform import calls
from providers.terraform.blocks import Block, camel
from providers.terraform.mapping import SUBJECT, Resource, TypeText, tags

KIND = "s3:index:Bucket"
SOURCE = "hashicorp/aws"
"""Where the provider comes from whose resources are read here."""
BUCKET = "aws_s3_bucket"
PARTS = (
    "aws_s3_bucket_acl",
    "aws_s3_bucket_cors_configuration",
    "aws_s3_bucket_lifecycle_configuration",
    "aws_s3_bucket_object_lock_configuration",
    "aws_s3_bucket_policy",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_versioning",
    "aws_s3_bucket_website_configuration",
)
HARMLESS = ("aws_s3_bucket_public_access_block", "aws_s3_bucket_ownership_controls")
"""They only narrow what others may do, and no rule counts on them: an S3 that is not AWS may not know them."""
TYPES = (BUCKET, *PARTS, *HARMLESS)


def endpoint(provider: Mapping[str, Any]) -> Any:
    """The S3 endpoint that the provider is given; None where there is none."""
    found = _one(provider.get("endpoints"))
    return found.get("s3") if isinstance(found, Mapping) else None


def merge(blocks: Sequence[Block]) -> list[Resource]:
    """Every bucket with an endpoint, with what its parts say."""
    stored = [one for one in blocks if one.type == BUCKET and endpoint(one.provider)]
    parts = [one for one in blocks if one.type in PARTS]
    loose = [part for part in parts if not any(_of(part, one) for one in stored)]
    return [_bucket(one, [part for part in parts if _of(part, one)], loose) for one in stored]


def complete(resources: Sequence[Resource], types: Mapping[str, TypeText], blocks: Sequence[Block]) -> list[Resource]:
    """The same, with what parts on an endpoint say of buckets that another provider's type makes."""
    named = {text.kind: text.bucket for text in types.values() if text.bucket}
    free = _free(blocks)
    made = []
    for one in resources:
        given: dict[str, Any] = {}
        for part in free if one.kind in named else ():
            if _names(part, one.address, one.properties.get(named[one.kind])):
                given |= _PARTS[part.type](part.values)
            elif _nameless(part):
                given |= dict.fromkeys(_PARTS[part.type](part.values), NOT_OBSERVABLE)
        made.append(dataclasses.replace(one, properties={**one.properties, **given}))
    return made


def strays(resources: Sequence[Resource], types: Mapping[str, TypeText], blocks: Sequence[Block]) -> list[Block]:
    """Parts on an endpoint whose bucket is nowhere in what was read: no rule would see what they open."""
    if any(one.type == BUCKET and endpoint(one.provider) for one in blocks):
        return []  # each of them is then uncertain: see `merge`
    named = {text.kind: text.bucket for text in types.values() if text.bucket}
    known = [(one.address, one.properties.get(named[one.kind])) for one in resources if one.kind in named]
    return [
        part
        for part in _free(blocks)
        if not any(_names(part, *each) for each in known) and not (known and _nameless(part))
    ]


def _free(blocks: Sequence[Block]) -> list[Block]:
    """Parts on an endpoint that are of no bucket of their own provider."""
    stored = [one for one in blocks if one.type == BUCKET]
    parts = [one for one in blocks if one.type in PARTS and endpoint(one.provider)]
    return [part for part in parts if not any(_of(part, one) for one in stored)]


def _names(part: Block, address: str, name: Any) -> bool:
    given = part.values.get("bucket")
    return part.references.get("bucket") == address or (isinstance(given, str) and given == name)


def _nameless(part: Block) -> bool:
    """Whether nothing says which bucket it is of."""
    return not isinstance(part.values.get("bucket"), str) and "bucket" not in part.references


def _bucket(block: Block, parts: Sequence[Block], loose: Sequence[Block]) -> Resource:
    """`loose` parts belong to some bucket, and nothing says to which: what they set is then known of none."""
    values = block.values
    properties: dict[str, Any] = {
        "bucket": values.get("bucket", NOT_OBSERVABLE),
        "forceDestroy": values.get("force_destroy", False),
        "tags": tags(values.get("tags", {})),
        **{key: values[key] for key in ("acl", "policy") if key in values},
    }
    for part in loose:
        properties |= dict.fromkeys(_PARTS[part.type](part.values), NOT_OBSERVABLE)
    for part in parts:
        properties |= _PARTS[part.type](part.values)
    named = properties["tags"]
    subject = named.get(SUBJECT) if isinstance(named, Mapping) else None
    kept = {key: block.provider[key] for key in ("alias", *sorted(calls.CREDENTIALS)) if key in block.provider}
    given = {**kept, "region": block.provider.get("region", NOT_OBSERVABLE), "endpoint": endpoint(block.provider)}
    return Resource(block.address, KIND, properties, {}, block.location, given, subject)


def _of(part: Block, bucket: Block) -> bool:
    return _names(part, bucket.address, bucket.values.get("bucket"))


def _one(value: Any) -> Any:
    """The only block of a list, or the value."""
    return value[0] if isinstance(value, list) and value else value


def _inner(value: Any, *keys: str) -> Any:
    for key in keys:
        value = _one(value)
        value = value.get(key) if isinstance(value, Mapping) else value
    return _one(value) if keys else value


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
    filtered = _one(rule.get("filter"))
    inside = filtered if isinstance(filtered, Mapping) else {}
    narrow = any(inside.get(key) for key in ("tag", "and", "object_size_greater_than", "object_size_less_than"))
    old = _one(rule.get("noncurrent_version_expiration"))
    parts = _one(rule.get("abort_incomplete_multipart_upload"))
    current = _one(rule.get("expiration"))
    return {
        "prefix": NOT_OBSERVABLE if narrow else inside.get("prefix") or rule.get("prefix") or "",
        "expirationDays": current.get("days") if isinstance(current, Mapping) else current,
        "noncurrentExpirationDays": old.get("noncurrent_days") if isinstance(old, Mapping) else old,
        "abortMultipartDays": parts.get("days_after_initiation") if isinstance(parts, Mapping) else parts,
    }


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


_PARTS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "aws_s3_bucket_acl": lambda values: {"acl": values.get("acl", NOT_OBSERVABLE)},
    "aws_s3_bucket_cors_configuration": _cors,
    "aws_s3_bucket_lifecycle_configuration": _lifecycle,
    "aws_s3_bucket_object_lock_configuration": _lock,
    "aws_s3_bucket_policy": lambda values: {"policy": values.get("policy", NOT_OBSERVABLE)},
    "aws_s3_bucket_server_side_encryption_configuration": _encryption,
    "aws_s3_bucket_versioning": _versioning,
    "aws_s3_bucket_website_configuration": lambda values: {"website": dict(values)},
}
