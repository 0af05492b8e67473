"""Heads of chains in a locked bucket of another account: what was signed cannot be made not to have been.

One object for each bundle, `<chain>/<sequence>.json`, under compliance retention. Nobody, the account's owner included,
can delete a version before its day; a second version of the same object is a fork, and is told.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import urllib.parse
from typing import TYPE_CHECKING, Any

from blueprint.errors import RempartError
from policies.bundle.manifest import Manifest

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

VARIABLES = ("REMPART_HEADS_ENDPOINT", "REMPART_HEADS_ACCESS_KEY", "REMPART_HEADS_SECRET_KEY")
REGION, AUTHORITY = "REMPART_HEADS_REGION", "REMPART_HEADS_CA"
DAYS = 3 * 366
"""How long a head is kept by default."""


class NotKept(RempartError):
    """The head cannot be put in the bucket, or is not the one that is there."""


@dataclasses.dataclass(frozen=True)
class Place:
    """`s3://bucket/prefix`, in an account that has credentials of its own."""

    client: S3Client
    bucket: str
    prefix: str

    def key(self, chain: str, sequence: int) -> str:
        return "/".join(part for part in (self.prefix, chain, f"{sequence:06d}.json") if part)


def place(url: str) -> Place:
    """Raises `NotKept` for an address that is none, or without the variables that give access to it."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "s3" or not parts.netloc:
        raise NotKept(f"{url!r} is no bucket: write s3://bucket or s3://bucket/prefix")
    missing = [name for name in VARIABLES if not os.environ.get(name)]
    if missing:
        raise NotKept(f"{', '.join(missing)} not set: the locked bucket is of another account, with keys of its own")
    import boto3
    from botocore.config import Config

    endpoint, access_key, secret_key = (os.environ[name] for name in VARIABLES)
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=os.environ.get(REGION, "us-east-1"),
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        verify=os.environ.get(AUTHORITY) or None,
        config=Config(
            s3={"addressing_style": "path"},
            retries={"total_max_attempts": 1},  # a write that was lost is looked up, never sent twice
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
    return Place(client, parts.netloc, parts.path.strip("/"))


def put(where: Place, whole: Manifest, days: int = DAYS) -> str:
    """Keeps the head of a bundle, and returns its address. Raises `NotKept` where another head has its number."""
    key = where.key(whole.chain, whole.sequence)
    if _versions(where, key):
        check(where, whole)  # kept already, or another: say which
        return f"s3://{where.bucket}/{key}"
    until = dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
    try:
        where.client.put_object(
            Bucket=where.bucket,
            Key=key,
            Body=_content(whole),
            ContentType="application/json",
            ObjectLockMode="COMPLIANCE",
            ObjectLockRetainUntilDate=until,
        )
    except _failures() as error:
        raise NotKept(f"the head cannot be kept in {where.bucket}: {_said(error)}") from None
    check(where, whole)
    return f"s3://{where.bucket}/{key}"


def check(where: Place, whole: Manifest) -> dt.datetime:
    """Until when the bucket keeps this very head. Raises `NotKept` for another, several, or one not kept for good."""
    key = where.key(whole.chain, whole.sequence)
    versions = _versions(where, key)
    if not versions:
        raise NotKept(f"{where.bucket} has no head {whole.sequence} of {whole.chain}: it was never kept there")
    if len(versions) > 1:
        raise NotKept(f"{where.bucket} has {len(versions)} versions of {key}: somebody wrote over it")
    try:
        kept = where.client.get_object(Bucket=where.bucket, Key=key, VersionId=versions[0])
        body = kept["Body"].read(1 << 20)
        retention = where.client.get_object_retention(Bucket=where.bucket, Key=key, VersionId=versions[0])["Retention"]
    except _failures() as error:
        raise NotKept(f"the head cannot be read from {where.bucket}: {_said(error)}") from None
    if body != _content(whole):
        raise NotKept(f"{where.bucket} keeps another head {whole.sequence} of {whole.chain}: not that of this bundle")
    if retention.get("Mode") != "COMPLIANCE":
        raise NotKept(f"{where.bucket} does not lock {key} for good: its retention is not COMPLIANCE")
    return retention["RetainUntilDate"]


def last(where: Place, chain: str) -> int:
    """The highest number that the bucket keeps of a chain; 0 for none."""
    prefix = where.key(chain, 0).rpartition("/")[0] + "/"
    try:
        pages = where.client.get_paginator("list_objects_v2").paginate(Bucket=where.bucket, Prefix=prefix)
        names = [one["Key"].rpartition("/")[2] for page in pages for one in page.get("Contents", ())]
    except _failures() as error:
        raise NotKept(f"{where.bucket} cannot be listed: {_said(error)}") from None
    return max((int(name[:6]) for name in names if name[:6].isdigit()), default=0)


def _versions(where: Place, key: str) -> list[str]:
    """Ids of every version of one object, delete markers included: those are attempts to hide it."""
    try:
        pages = where.client.get_paginator("list_object_versions").paginate(Bucket=where.bucket, Prefix=key)
        return [
            str(one["VersionId"])
            for page in pages
            for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
            if one["Key"] == key
        ]
    except _failures() as error:
        raise NotKept(f"{where.bucket} cannot be listed: {_said(error)}") from None


def _content(whole: Manifest) -> bytes:
    content = {"chain": whole.chain, "sequence": whole.sequence, "head": whole.head, "previous": whole.previous}
    return (json.dumps(content, sort_keys=True) + "\n").encode()


def _failures() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, ClientError

    return ClientError, BotoCoreError


def _said(error: Any) -> str:
    """The store's code, or the kind of failure: never a header or a key."""
    answer = getattr(error, "response", None) or {}
    return str(answer.get("Error", {}).get("Code") or type(error).__name__)
