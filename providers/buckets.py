"""What a bucket is, asked of any S3 API, in the words of `s3:index:Bucket`: for live facts, and of no state file.

Read on purpose without the plugin that writes it: what one gets wrong, the other shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from blueprint.values import NOT_OBSERVABLE, Missing

ABSENT = {
    "get_bucket_tagging": ("NoSuchTagSet", "NoSuchTagSetError"),
    "get_bucket_policy": ("NoSuchBucketPolicy",),
    "get_bucket_cors": ("NoSuchCORSConfiguration",),
    "get_bucket_website": ("NoSuchWebsiteConfiguration",),
    "get_bucket_encryption": ("ServerSideEncryptionConfigurationNotFoundError",),
    "get_bucket_lifecycle_configuration": ("NoSuchLifecycleConfiguration",),
    "get_object_lock_configuration": ("ObjectLockConfigurationNotFoundError",),
}
"""Call -> the error codes that mean "there is none"."""
NO_SUCH_CALL = ("NotImplemented", "MethodNotAllowed")


def client(endpoint: str, region: str, access_key: str, secret_key: str, ca_bundle: str | None) -> Any:
    """A client of exactly that endpoint and key: nothing comes from the environment or a profile."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        verify=ca_bundle,
        config=Config(
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


def tags(s3: Any, name: str) -> dict[str, str]:
    """The tags of a bucket; none where it has no tag set."""
    return {tag["Key"]: tag["Value"] for tag in _ask(s3, "get_bucket_tagging", name).get("TagSet", ())}


def properties(s3: Any, name: str) -> dict[str, Any]:
    """Inputs of `s3:index:Bucket` that describe the bucket as it is."""
    lock = _ask(s3, "get_object_lock_configuration", name).get("ObjectLockConfiguration", {})
    retention = lock.get("Rule", {}).get("DefaultRetention", {})
    rules = _ask(s3, "get_bucket_encryption", name).get("ServerSideEncryptionConfiguration", {}).get("Rules", ())
    algorithms = [rule.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm", "") for rule in rules]
    website = _ask(s3, "get_bucket_website", name)
    return {
        "bucket": name,
        "acl": _acl(_call(s3, "get_bucket_acl", name)),
        "policy": _ask(s3, "get_bucket_policy", name).get("Policy"),
        "versioning": _ask(s3, "get_bucket_versioning", name).get("Status") == "Enabled",
        "encryption": {"algorithm": algorithms[0]} if algorithms else None,
        "objectLock": {"mode": retention.get("Mode", ""), "days": _days(retention)} if retention else None,
        "corsRules": [
            {"allowedOrigins": list(rule.get("AllowedOrigins", ()))}
            for rule in _ask(s3, "get_bucket_cors", name).get("CORSRules", ())
        ],
        "lifecycleRules": [_rule(rule) for rule in _lifecycle(s3, name) if rule.get("Status") == "Enabled"],
        "website": {"set": True} if _content(website) else None,
        "tags": tags(s3, name),
    }


def _lifecycle(s3: Any, name: str) -> list[Mapping[str, Any]]:
    return list(_ask(s3, "get_bucket_lifecycle_configuration", name).get("Rules", ()))


def _rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    """One lifecycle rule; what narrows it beyond a prefix (a tag, a size) counts as a prefix: it is not for all."""
    narrowed = rule.get("Filter", {})
    prefix = rule.get("Prefix", narrowed.get("Prefix", ""))
    return {
        "prefix": prefix or ("filtered" if set(narrowed) - {"Prefix"} else ""),
        "expirationDays": rule.get("Expiration", {}).get("Days"),
        "noncurrentExpirationDays": rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays"),
        "abortMultipartDays": rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation"),
    }


def _ask(s3: Any, call: str, name: str) -> Mapping[str, Any]:
    """One document of a bucket; empty where there is none, or where this store has no such documents at all."""
    return _call(s3, call, name) or {}


def _call(s3: Any, call: str, name: str) -> Mapping[str, Any] | None:
    """What a store answers of a bucket: empty where it says that there is none, None where it has no such call."""
    from botocore.exceptions import ClientError

    try:
        answer: Mapping[str, Any] = getattr(s3, call)(Bucket=name)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in ABSENT.get(call, ()):
            return {}
        if code in NO_SUCH_CALL:
            return None
        raise
    return answer


def _content(answer: Mapping[str, Any]) -> bool:
    return any(key != "ResponseMetadata" for key in answer)


def _days(retention: Mapping[str, Any]) -> int:
    return int(retention.get("Days") or 365 * int(retention.get("Years") or 0))


def _acl(answer: Mapping[str, Any] | None) -> str | Missing:
    """`private` where the owner alone holds grants; else who else does, in the words of S3's canned lists.

    A store that shows no list may well heed one: whoever makes a bucket gives it in a header.
    """
    if answer is None:
        return NOT_OBSERVABLE
    owner = answer.get("Owner", {}).get("ID", "")
    others = [
        str(grant.get("Grantee", {}).get("URI", "another account")).rsplit("/", 1)[-1]
        for grant in answer.get("Grants", ())
        if grant.get("Grantee", {}).get("ID", "") != owner or "URI" in grant.get("Grantee", {})
    ]
    return f"shared-with-{'-'.join(sorted(set(others)))}" if others else "private"
