"""Buckets on OOS: private, versioned, locked and expiring as the plan says, and closed to plain HTTP."""

from __future__ import annotations

import pulumi
import rempart_s3 as s3

from blueprint import plan as plans
from providers import bucket_arguments, contracts
from providers.outscale.session import Session

BRICK = "storage"


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
            "object_lock": bucket_arguments.lock(bucket),
            "lifecycle_rules": bucket_arguments.lifecycle(bucket),
            "encryption": s3.BucketEncryptionArgs(algorithm="AES256"),
            "policy": bucket_arguments.policy(bucket, name),
            "force_destroy": False,
        },
        tags=session.tags(bucket.subject, BRICK, bucket.bubble),
        parent=parent,
        protect=True,
    )
    return contracts.Buckets(buckets={bucket.subject: made.bucket})
