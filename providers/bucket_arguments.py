"""What a planned bucket becomes for plugins/s3: the same at every provider that has the feature."""

from __future__ import annotations

import json

import rempart_s3 as s3

from blueprint import plan as plans

ABORT_MULTIPART_DAYS = 7  # unfinished uploads hold data that no listing shows


def lock(bucket: plans.Bucket) -> s3.BucketObjectLockArgs | None:
    return s3.BucketObjectLockArgs(mode="COMPLIANCE", days=bucket.lock_days) if bucket.lock_days else None


def lifecycle(bucket: plans.Bucket) -> list[s3.BucketLifecycleRuleArgs]:
    return [
        s3.BucketLifecycleRuleArgs(
            id="rempart",
            prefix="",
            expiration_days=bucket.expire_days,
            noncurrent_expiration_days=bucket.noncurrent_expire_days,
            abort_multipart_days=ABORT_MULTIPART_DAYS,
        )
    ]


def policy(bucket: plans.Bucket, name: str) -> str | None:
    """Refuses every request that does not come over TLS (STO-04)."""
    if not bucket.deny_plaintext:
        return None
    document = {
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
    return json.dumps(document, sort_keys=True)
