"""Between inputs and what S3 says: pure functions, one pair per document. None stands for "there is none".

What S3 has and an input cannot say is never dropped: it shows in the value (a rule's id, a group in an ACL), so that a
refresh tells it as drift.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Tree = Mapping[str, Any]
_EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"
_SIGNED_IN = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
_ACLS = {
    frozenset(): "private",
    frozenset({(_EVERYBODY, "READ")}): "public-read",
    frozenset({(_EVERYBODY, "READ"), (_EVERYBODY, "WRITE")}): "public-read-write",
    frozenset({(_SIGNED_IN, "READ")}): "authenticated-read",
}
DAYS_A_YEAR = 365  # as S3 counts a retention in years


def lifecycle_to_s3(rules: list[Tree]) -> Tree:
    return {"Rules": [_rule_to_s3(rule) for rule in rules]}


def _rule_to_s3(rule: Tree) -> dict[str, Any]:
    made: dict[str, Any] = {"ID": rule["id"], "Status": "Enabled", "Filter": {"Prefix": rule.get("prefix") or ""}}
    if rule.get("expirationDays") is not None:
        made["Expiration"] = {"Days": rule["expirationDays"]}
    if rule.get("noncurrentExpirationDays") is not None:
        made["NoncurrentVersionExpiration"] = {"NoncurrentDays": rule["noncurrentExpirationDays"]}
    if rule.get("abortMultipartDays") is not None:
        made["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": rule["abortMultipartDays"]}
    return made


def lifecycle_from_s3(answer: Tree) -> list[dict[str, Any]] | None:
    return [_rule_from_s3(rule) for rule in answer.get("Rules", ())] or None


def _rule_from_s3(rule: Tree) -> dict[str, Any]:
    told = {
        "id": rule.get("ID", ""),
        "prefix": rule.get("Filter", {}).get("Prefix", rule.get("Prefix", "")),
        "expirationDays": rule.get("Expiration", {}).get("Days"),
        "noncurrentExpirationDays": rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays"),
        "abortMultipartDays": rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation"),
    }
    plain = {name: value for name, value in told.items() if value is not None}
    beyond = sorted(_leaves({**rule, "Status": rule.get("Status", "")}) - _leaves(_rule_to_s3(plain)))
    if beyond:
        words = ", ".join(f"{'.'.join(path)}={value}" for path, value in beyond)
        plain["id"] = f"{plain['id']} [with {words}]"
    return plain


def _leaves(tree: Any, path: tuple[str, ...] = ()) -> set[tuple[tuple[str, ...], str]]:
    """(path, value) of everything in a tree. The old place of a rule's prefix counts as the new one."""
    if isinstance(tree, Mapping):
        if not path and "Prefix" in tree:
            tree = {**{k: v for k, v in tree.items() if k != "Prefix"}, "Filter": {"Prefix": tree["Prefix"]}}
        return set().union(*(_leaves(value, (*path, name)) for name, value in tree.items()))
    if isinstance(tree, list):
        return set().union(*(_leaves(value, (*path, str(n))) for n, value in enumerate(tree)))
    return {(path, str(tree))}


def encryption_to_s3(value: Tree) -> Tree:
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": value["algorithm"]}}]}


def encryption_from_s3(answer: Tree) -> dict[str, Any] | None:
    for rule in answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", ()):
        algorithm = rule.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm")
        if algorithm:
            return {"algorithm": algorithm}
    return None


def lock_to_s3(value: Tree | None) -> Tree:
    rule = {"Rule": {"DefaultRetention": {"Mode": value["mode"], "Days": value["days"]}}} if value else {}
    return {"ObjectLockEnabled": "Enabled", **rule}


def lock_from_s3(answer: Tree) -> dict[str, Any] | None:
    retention = answer.get("ObjectLockConfiguration", {}).get("Rule", {}).get("DefaultRetention")
    if not retention:
        return None
    days = retention.get("Days") or retention.get("Years", 0) * DAYS_A_YEAR
    return {"mode": retention.get("Mode", ""), "days": days}


def is_lockable(answer: Tree | None) -> bool:
    """Was the bucket created with object lock?"""
    return bool(answer) and answer is not None and _enabled(answer)


def _enabled(answer: Tree) -> bool:
    return bool(answer.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") == "Enabled")


_CORS = {
    "allowedMethods": "AllowedMethods",
    "allowedOrigins": "AllowedOrigins",
    "allowedHeaders": "AllowedHeaders",
    "exposeHeaders": "ExposeHeaders",
    "maxAgeSeconds": "MaxAgeSeconds",
}


def cors_to_s3(rules: list[Tree]) -> Tree:
    return {
        "CORSRules": [
            {theirs: rule[ours] for ours, theirs in _CORS.items() if rule.get(ours) not in (None, [])} for rule in rules
        ]
    }


def cors_from_s3(answer: Tree) -> list[dict[str, Any]] | None:
    rules = answer.get("CORSRules", ())
    return [{ours: rule[theirs] for ours, theirs in _CORS.items() if theirs in rule} for rule in rules] or None


def website_to_s3(value: Tree) -> Tree:
    made: dict[str, Any] = {"IndexDocument": {"Suffix": value["indexDocument"]}}
    if value.get("errorDocument"):
        made["ErrorDocument"] = {"Key": value["errorDocument"]}
    return made


def website_from_s3(answer: Tree) -> dict[str, Any] | None:
    told = {
        "indexDocument": answer.get("IndexDocument", {}).get("Suffix", ""),
        "errorDocument": answer.get("ErrorDocument", {}).get("Key"),
    }
    beyond = [name for name in ("RedirectAllRequestsTo", "RoutingRules") if answer.get(name)]
    if beyond:
        told["indexDocument"] = f"{told['indexDocument']} [with {', '.join(beyond)}]"
    return {name: value for name, value in told.items() if value is not None}


def logging_to_s3(value: Tree | None) -> Tree:
    if not value:
        return {}
    return {"LoggingEnabled": {"TargetBucket": value["targetBucket"], "TargetPrefix": value.get("targetPrefix") or ""}}


def logging_from_s3(answer: Tree) -> dict[str, Any] | None:
    enabled = answer.get("LoggingEnabled")
    if not enabled:
        return None
    return {"targetBucket": enabled.get("TargetBucket", ""), "targetPrefix": enabled.get("TargetPrefix", "")}


_BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def block_to_s3() -> Tree:
    return dict.fromkeys(_BLOCKS, True)


def block_from_s3(answer: Tree) -> bool:
    """Only all four together close a bucket."""
    configuration = answer.get("PublicAccessBlockConfiguration", {})
    return all(configuration.get(name) is True for name in _BLOCKS)


def tags_to_s3(tags: Mapping[str, str]) -> Tree:
    return {"TagSet": [{"Key": key, "Value": value} for key, value in sorted(tags.items())]}


def tags_from_s3(answer: Tree) -> dict[str, str] | None:
    return {tag["Key"]: tag["Value"] for tag in answer.get("TagSet", ())} or None


def acl_from_s3(answer: Tree) -> str:
    """The canned name of what is granted beside the owner, or the grants in words when it has none."""
    owner = answer.get("Owner", {}).get("ID")
    grants = set()
    for grant in answer.get("Grants", ()):
        who = grant.get("Grantee", {})
        if who.get("ID") is not None and who.get("ID") == owner and grant.get("Permission") == "FULL_CONTROL":
            continue
        grants.add((str(who.get("URI") or who.get("ID") or who.get("EmailAddress") or "?"), str(grant["Permission"])))
    named = _ACLS.get(frozenset(grants))
    return named or "custom: " + ", ".join(f"{permission} to {who}" for who, permission in sorted(grants))


def same_policy(one: str | None, other: str | None) -> bool:
    """Do two policies say the same? A single value equals a list of it; the order of lists makes no difference."""
    if one is None or other is None:
        return one == other
    try:
        return bool(_policy(json.loads(one)) == _policy(json.loads(other)))
    except ValueError:
        return one == other


def _policy(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {name: _policy(value) for name, value in node.items()}
    if isinstance(node, list):
        items = [_policy(item) for item in node]
        return items[0] if len(items) == 1 else sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
    # "true" and true are one condition value; so are 1 and "1".
    return json.dumps(node) if isinstance(node, bool | int | float) else node
