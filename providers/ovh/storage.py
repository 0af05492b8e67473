"""Buckets on the platform's RGW: private, versioned, encrypted by default. What it lacks is left to workarounds."""

from __future__ import annotations

from typing import Any

import pulumi
import rempart_s3 as s3

from blueprint import plan as plans
from providers import bucket_arguments, contracts
from providers.ovh.session import Session

BRICK = "storage"


def store(session: Session, bucket: plans.Bucket, parent: pulumi.Resource) -> contracts.Buckets:
    """One bucket, encrypted by RGW with a key of its own (AES256): the platform's keys come with their brick.

    Policies, expiry and locks are asked for as soon as the offer has them: until then the blueprint declares the
    workaround, else nothing is registered at all. A public bucket is asked for as written, and refused.
    """
    offer, name = session.place.offer, session.name(bucket.bubble, bucket.name)
    arguments: dict[str, Any] = {
        "bucket": name,
        "versioning": bucket.versioning,
        "encryption": s3.BucketEncryptionArgs(algorithm="AES256"),
        "force_destroy": False,
    }
    if bucket.public:
        arguments["acl"] = "public-read"
    if offer.has("object-lock"):
        arguments["object_lock"] = bucket_arguments.lock(bucket)
    if offer.has("lifecycle"):
        arguments["lifecycle_rules"] = bucket_arguments.lifecycle(bucket)
    if offer.has("bucket-policy"):
        arguments["policy"] = bucket_arguments.policy(bucket, name)
    made = session.make(s3.Bucket, bucket.subject, arguments, parent=parent, protect=True)
    return contracts.Buckets(buckets={bucket.subject: made.bucket})
