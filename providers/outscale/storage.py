"""Buckets on OOS: private, versioned, locked and expiring as the plan says, and closed to plain HTTP."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import rempart_s3 as s3

from blueprint import plan as plans
from providers import contracts
from providers.outscale.session import Session

BRICK = "storage"
ABORT_MULTIPART_DAYS = 7  # unfinished uploads hold data that no listing shows


def store(session: Session, bucket: plans.Bucket, parent: pulumi.Resource) -> contracts.Buckets:
    """One bucket, encrypted by OOS with a key of its own (AES256): the platform's keys come with their brick."""
    name = session.name(bucket.bubble, bucket.name)
    made = session.make(
        s3.Bucket,
        bucket.subject,
        {
            "bucket": name,
            "acl": "public-read" if bucket.public else "private",
            "versioning": bucket.versioning,
            "object_lock": s3.BucketObjectLockArgs(mode="COMPLIANCE", days=bucket.lock_days)
            if bucket.lock_days
            else None,
            "lifecycle_rules": _lifecycle(bucket),
            "encryption": s3.BucketEncryptionArgs(algorithm="AES256"),
            "policy": json.dumps(_policy(name), sort_keys=True) if bucket.deny_plaintext else None,
            "force_destroy": False,
        },
        tags=session.tags(bucket.subject, BRICK, bucket.bubble),
        parent=parent,
        protect=True,
    )
    return contracts.Buckets(buckets={bucket.subject: made.bucket})


def _lifecycle(bucket: plans.Bucket) -> list[s3.BucketLifecycleRuleArgs]:
    return [
        s3.BucketLifecycleRuleArgs(
            id="rempart",
            prefix="",
            expiration_days=bucket.expire_days,
            noncurrent_expiration_days=bucket.noncurrent_expire_days,
            abort_multipart_days=ABORT_MULTIPART_DAYS,
        )
    ]


def _policy(name: str) -> dict[str, Any]:
    """Refuses every request that does not come over TLS (STO-04)."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "DenyPlaintext",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }
