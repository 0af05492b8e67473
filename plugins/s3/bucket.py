"""The kind Bucket: its fields, and the checks that need no call."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from plugins.runtime.declare import TAGS, Field, Kind, ListOf, Record, Values
from plugins.s3.operations import BucketOperations

if TYPE_CHECKING:
    from plugins.s3.session import Session

ACLS = ("private", "public-read", "public-read-write", "authenticated-read")
AES256 = "AES256"
KMS = "aws:kms"
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{1,61})[a-z0-9]")  # OOS: 3 to 63 characters, unique per region

OBJECT_LOCK = Record(
    "BucketObjectLock",
    (
        Field("mode", required=True, choices=("GOVERNANCE", "COMPLIANCE"), description="Who may shorten a retention."),
        Field("days", "integer", required=True, description="Default retention of new objects, in days."),
    ),
)
LIFECYCLE_RULE = Record(
    "BucketLifecycleRule",
    (
        Field("id", required=True, description="Name of the rule, unique in the bucket."),
        Field("prefix", default="", description="Keys that it applies to; empty for all."),
        Field("expirationDays", "integer", description="Current versions expire after that many days."),
        Field("noncurrentExpirationDays", "integer", description="Old versions go after that many days."),
        Field("abortMultipartDays", "integer", description="Unfinished uploads go after that many days."),
    ),
)
ENCRYPTION = Record(
    "BucketEncryption",
    (Field("algorithm", required=True, choices=(AES256, KMS), description="AES256: keys of the provider."),),
)
CORS_RULE = Record(
    "BucketCorsRule",
    (
        Field("allowedMethods", ListOf("string"), required=True, unordered=True, description="GET, PUT, ..."),
        Field("allowedOrigins", ListOf("string"), required=True, unordered=True, description="https://example.org"),
        Field("allowedHeaders", ListOf("string"), unordered=True, description="Request headers that may be sent."),
        Field("exposeHeaders", ListOf("string"), unordered=True, description="Response headers that may be read."),
        Field("maxAgeSeconds", "integer", description="How long a browser may keep the answer."),
    ),
)
WEBSITE = Record(
    "BucketWebsite",
    (
        Field("indexDocument", required=True, description="Suffix added to a folder, e.g. index.html."),
        Field("errorDocument", description="Key of the page shown on errors."),
    ),
)
LOGGING = Record(
    "BucketLogging",
    (
        Field("targetBucket", required=True, description="Bucket that receives the logs."),
        Field("targetPrefix", default="", description="Prefix of their keys."),
    ),
)

INPUTS = (
    Field("bucket", required=True, immutable=True, description="Name: 3 to 63 characters, unique in the region."),
    Field("acl", default="private", choices=ACLS, description="Canned access control list."),
    Field("versioning", "boolean", default=False, description="Keep old versions; once on, it can only be suspended."),
    Field("objectLock", OBJECT_LOCK, description="Chosen at creation, for ever; the retention may change later."),
    Field("lifecycleRules", ListOf(LIFECYCLE_RULE), unordered=True, description="What expires by itself."),
    Field("encryption", ENCRYPTION, description="Default encryption of new objects."),
    Field("policy", json=True, description="Bucket policy, a JSON document."),
    Field("corsRules", ListOf(CORS_RULE), description="Which web origins may call, first match first."),
    Field("website", WEBSITE, description="Serve the bucket as a website."),
    Field("logging", LOGGING, description="Access logs, where the provider has them."),
    Field("publicAccessBlock", "boolean", default=False, description="Refuse whatever would make the bucket public."),
    TAGS,
    Field(
        "forceDestroy",
        "boolean",
        default=False,
        local=True,
        description="Delete the objects with the bucket. Locked objects always stop the deletion.",
    ),
)
OUTPUTS = (
    Field("arn", description="arn:aws:s3:::NAME, as policies write it."),
    Field("objectLockEnabled", "boolean", description="Whether the bucket was created with object lock."),
)


def check(inputs: Values) -> Mapping[str, str]:
    """Input -> what is wrong with it. Values are not repeated: a policy may hold what is nobody's business."""
    found = {}
    name = inputs.get("bucket")
    if name is not None and (not _NAME.fullmatch(name) or ".." in name):
        found["bucket"] = "expected 3 to 63 lower-case letters, digits, '-' and '.', starting and ending with one"
    policy = inputs.get("policy")
    if policy and _problem_of_policy(policy):
        found["policy"] = _problem_of_policy(policy)
    if inputs.get("objectLock") and inputs.get("versioning") is False:
        found["objectLock"] = "object lock keeps versions: set versioning to true too"
    if inputs.get("objectLock") and inputs["objectLock"].get("days", 1) < 1:
        found["objectLock"] = "days must be at least 1"
    if problem := _problem_of_rules(inputs.get("lifecycleRules") or []):
        found["lifecycleRules"] = problem
    return found


def _problem_of_policy(text: str) -> str:
    try:
        document = json.loads(text)
    except ValueError as error:
        return f"it is not JSON: {error}"
    if not isinstance(document, dict) or "Statement" not in document:
        return "expected a JSON object with a Statement"
    return ""


def _problem_of_rules(rules: list[dict[str, Any]]) -> str:
    ids = [rule.get("id") for rule in rules]
    if len(set(ids)) != len(ids):
        return "two rules have the same id"
    for rule in rules:
        numbers = [rule.get(name) for name in ("expirationDays", "noncurrentExpirationDays", "abortMultipartDays")]
        if all(number is None for number in numbers):
            return f"rule '{rule.get('id')}' does nothing: give it a number of days"
        if any(isinstance(number, int) and number < 1 for number in numbers):
            return f"rule '{rule.get('id')}': days must be at least 1"
    return ""


def admit(session: Session, inputs: Values) -> Mapping[str, str]:
    """Input -> why this provider cannot have it. Asking for nothing (false, empty) is always possible."""
    found = {}
    for name, value in inputs.items():
        feature = f"encryption:{KMS}" if name == "encryption" and value.get("algorithm") == KMS else name
        if feature not in session.flavor.features or value in (None, False, "", [], {}, "private"):
            continue
        if reason := session.flavor.refusal(feature):
            found[name] = reason
    return found


BUCKET: Kind[Session] = Kind(
    "Bucket",
    "A bucket. A bucket that holds objects is only deleted with forceDestroy, and never while one of them is locked.",
    inputs=INPUTS,
    outputs=OUTPUTS,
    operations=BucketOperations(),
    check=check,
    admit=admit,
)
