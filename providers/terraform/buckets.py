"""Buckets that Terraform makes through its aws provider, on whatever endpoint: one bucket from a family of resources.

The endpoint decides where a bucket is, never the provider's name: without one it is AWS itself, whose types no rule
knows here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from blueprint.values import NOT_OBSERVABLE
from providers.terraform import bucket_parts, calls
from providers.terraform.blocks import Block
from providers.terraform.mapping import SUBJECT, Resource, TypeText, beyond, tags

KIND = "s3:index:Bucket"
SOURCE = "hashicorp/aws"
"""Where the provider comes from whose resources are read here."""
BUCKET = "aws_s3_bucket"
HARMLESS = ("aws_s3_bucket_public_access_block", "aws_s3_bucket_ownership_controls")
"""They only narrow what others may do, and no rule counts on them: an S3 that is not AWS may not know them."""
REPLICATION = "replication_configuration"
TYPES = (BUCKET, *bucket_parts.PARTS, *HARMLESS)
READ: Mapping[str, frozenset[str]] = {
    BUCKET: frozenset({"acl", "bucket", "force_destroy", "policy", "tags", REPLICATION, *bucket_parts.BLOCKS}),
    "aws_s3_bucket_acl": frozenset({"acl"}),
    "aws_s3_bucket_cors_configuration": frozenset({"cors_rule"}),
    "aws_s3_bucket_lifecycle_configuration": frozenset({"rule"}),
    "aws_s3_bucket_object_lock_configuration": frozenset({"rule"}),
    "aws_s3_bucket_policy": frozenset({"policy"}),
    "aws_s3_bucket_server_side_encryption_configuration": frozenset({"rule"}),
    "aws_s3_bucket_versioning": frozenset({"versioning_configuration"}),
    "aws_s3_bucket_website_configuration": frozenset(
        {"error_document", "index_document", "redirect_all_requests_to", "routing_rule", "routing_rules"}
    ),
}
"""Type -> arguments that facts are made from. Of a website it is enough that there is one."""
PASSED_OVER = frozenset(
    {
        "bucket",  # of a part: whose it is
        "bucket_prefix",
        "expected_bucket_owner",
        "mfa",
        "object_lock_enabled",  # a lock without a term: what holds is the term
        "request_payer",
        "token",
        "transition_default_minimum_object_size",
    }
)
"""Arguments that say nothing that a rule judges, in whatever type they stand."""


def endpoint(provider: Mapping[str, Any]) -> Any:
    """The S3 endpoint that the provider is given; None where there is none."""
    found = bucket_parts.one(provider.get("endpoints"))
    return found.get("s3") if isinstance(found, Mapping) else None


def merge(blocks: Sequence[Block]) -> list[Resource]:
    """Every bucket with an endpoint, with what its parts say."""
    stored = [one for one in blocks if one.type == BUCKET and endpoint(one.provider)]
    parts = [one for one in blocks if one.type in bucket_parts.PARTS]
    loose = [part for part in parts if not any(_of(part, one) for one in stored)]
    return [_bucket(one, [part for part in parts if _of(part, one)], loose) for one in stored]


def complete(resources: Sequence[Resource], types: Mapping[str, TypeText], blocks: Sequence[Block]) -> list[Resource]:
    """The same, with what parts on an endpoint say of buckets that another provider's type makes."""
    named = {text.kind: text.bucket for text in types.values() if text.bucket}
    free = _free(blocks)
    made = []
    for one in resources:
        mine = free if one.kind in named else ()
        own = [part for part in mine if _names(part, one.address, one.properties.get(named[one.kind]))]
        given = _together(own)
        unread = tuple(argument for part in own for argument in _unread(part))
        for part in mine:
            if part not in own and _nameless(part):
                given |= dict.fromkeys(bucket_parts.PARTS[part.type](part.values), NOT_OBSERVABLE)
        properties = {**one.properties, **given}
        made.append(dataclasses.replace(one, properties=properties, unread=(*one.unread, *unread)))
    return made


def strays(resources: Sequence[Resource], types: Mapping[str, TypeText], blocks: Sequence[Block]) -> list[Block]:
    """Parts on an endpoint whose bucket is nowhere in what was read, and copies that a bucket sends elsewhere: no rule
    would see what they open.
    """
    copying = [
        dataclasses.replace(one, address=f"{one.address}.{REPLICATION}", type=f"{BUCKET}_{REPLICATION}", values={})
        for one in blocks
        if one.type == BUCKET and one.values.get(REPLICATION)
    ]
    if any(one.type == BUCKET and endpoint(one.provider) for one in blocks):
        return copying  # each part is then uncertain: see `merge`
    named = {text.kind: text.bucket for text in types.values() if text.bucket}
    known = [(one.address, one.properties.get(named[one.kind])) for one in resources if one.kind in named]
    return copying + [
        part
        for part in _free(blocks)
        if not any(_names(part, *each) for each in known) and not (known and _nameless(part))
    ]


def _free(blocks: Sequence[Block]) -> list[Block]:
    """Parts on an endpoint that are of no bucket of their own provider."""
    stored = [one for one in blocks if one.type == BUCKET]
    parts = [one for one in blocks if one.type in bucket_parts.PARTS and endpoint(one.provider)]
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
    properties |= bucket_parts.inside(values)
    for part in loose:
        properties |= dict.fromkeys(bucket_parts.PARTS[part.type](part.values), NOT_OBSERVABLE)
    properties |= _together(parts)
    named = properties["tags"]
    subject = named.get(SUBJECT) if isinstance(named, Mapping) else None
    kept = {
        key: block.provider[key] for key in ("alias", "insecure", *sorted(calls.CREDENTIALS)) if key in block.provider
    }
    region = values.get("region") or block.provider.get("region", NOT_OBSERVABLE)
    given = {**kept, "region": region, "endpoint": endpoint(block.provider)}
    unread = tuple(argument for each in (block, *parts) for argument in _unread(each))
    return Resource(block.address, KIND, properties, {}, block.location, given, subject, unread)


def _unread(block: Block) -> tuple[str, ...]:
    """What other versions of the provider may say in it that is read in no other place."""
    return beyond(block, READ[block.type] | PASSED_OVER | ({"region"} if block.type == BUCKET else set()))


def _together(parts: Sequence[Block]) -> dict[str, Any]:
    """What they say of one bucket. Of two that say the same thing in two ways, nobody knows which is applied last."""
    said: dict[str, Any] = {}
    for part in parts:
        for name, value in bucket_parts.PARTS[part.type](part.values).items():
            said[name] = value if said.get(name, value) == value else NOT_OBSERVABLE
    return said


def _of(part: Block, bucket: Block) -> bool:
    return _names(part, bucket.address, bucket.values.get("bucket"))
