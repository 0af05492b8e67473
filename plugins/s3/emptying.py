"""Emptying a bucket before its deletion, never at the price of a locked object.

Everything is looked at before anything is deleted: one locked version, whatever its mode, and nothing goes. Governance
is never bypassed. The storage refuses locked versions too: this survey is so that the others survive as well.
"""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from plugins.runtime.call import Call
from plugins.runtime.errors import Problem
from plugins.runtime.failures import Lost
from plugins.s3.failures import Refused
from plugins.s3.storage import Storage

BATCH = 1000  # the most keys that DeleteObjects takes
THREADS = 8  # retention is asked for version by version
UNLOCKED = ("NoSuchObjectLockConfiguration", "InvalidRequest", "NoSuchKey", "NoSuchVersion", "MethodNotAllowed")


@dataclass(frozen=True)
class Version:
    key: str
    id: str
    is_marker: bool


def is_empty(call: Call[Any], storage: Storage, bucket: str) -> bool:
    """No object, no old version, no delete marker, no upload under way."""
    return (
        next(versions(call, storage, bucket, 1), None) is None and next(_uploads(call, storage, bucket), None) is None
    )


def versions(call: Call[Any], storage: Storage, bucket: str, page: int | None = None) -> Iterator[Version]:
    """Every version and delete marker, once each: some storages begin a page with the last of the one before."""
    place: dict[str, str] = {}
    before: set[Version] = set()
    while True:
        answer = storage.read(call, "list_object_versions", Bucket=bucket, MaxKeys=page or BATCH, **place) or {}
        listed = [
            Version(one["Key"], one.get("VersionId") or "null", kind == "DeleteMarkers")
            for kind in ("Versions", "DeleteMarkers")
            for one in answer.get(kind, ())
        ]
        yield from (version for version in listed if version not in before)
        if not answer.get("IsTruncated"):
            return
        if before.issuperset(listed):
            raise Problem(f"The storage lists the versions of the bucket {bucket} in a circle", "Empty it by hand")
        before = set(listed)
        place = {"KeyMarker": answer["NextKeyMarker"], "VersionIdMarker": answer.get("NextVersionIdMarker", "")}


def refuse_locked(call: Call[Any], storage: Storage, bucket: str) -> None:
    """Raise when a version in the bucket is locked: how many, and until when."""
    now = datetime.datetime.now(datetime.UTC)

    def until(version: Version) -> datetime.datetime | None:
        return _locked_until(call, storage, bucket, version, now)

    objects = (version for version in versions(call, storage, bucket) if not version.is_marker)
    ends = []
    with ThreadPoolExecutor(THREADS) as pool:
        while page := list(itertools.islice(objects, BATCH)):
            ends += [end for end in pool.map(until, page) if end is not None]
    if ends:
        held = "for ever (legal hold)" if max(ends).year == _FOREVER.year else f"until {max(ends):%Y-%m-%d %H:%M} UTC"
        raise Problem(
            f"The bucket {bucket} holds {len(ends)} locked object version(s), the last one {held}; nothing was deleted",
            "Take the bucket out of this program with `pulumi state delete`, or wait until the retention ends",
        )


_FOREVER = datetime.datetime(9999, 12, 31, tzinfo=datetime.UTC)


def _locked_until(
    call: Call[Any], storage: Storage, bucket: str, version: Version, now: datetime.datetime
) -> datetime.datetime | None:
    """When the lock ends; None without a lock. A doubt (403, no answer) raises: nothing is deleted then."""
    where = {"Bucket": bucket, "Key": version.key, "VersionId": version.id}
    head = storage.read(call, "head_object", ("404", "NoSuchKey", "NoSuchVersion"), **where) or {}
    if head.get("ObjectLockLegalHoldStatus") == "ON":
        return _FOREVER
    end = head.get("ObjectLockRetainUntilDate")
    if end is None:
        retention = storage.read(call, "get_object_retention", UNLOCKED, **where) or {}
        end = retention.get("Retention", {}).get("RetainUntilDate")
    return end if end is not None and end > now else None


def empty(call: Call[Any], storage: Storage, bucket: str) -> None:
    """Delete every version, marker and unfinished upload."""
    # From the start each time: a page's place is a version that is gone by then.
    while batch := list(itertools.islice(versions(call, storage, bucket), BATCH)):
        _delete(call, storage, bucket, batch)
    for key, upload in list(_uploads(call, storage, bucket)):
        _write(call, storage, "abort_multipart_upload", Bucket=bucket, Key=key, UploadId=upload)


def _delete(call: Call[Any], storage: Storage, bucket: str, batch: list[Version]) -> None:
    objects = [{"Key": version.key, "VersionId": version.id} for version in batch]
    answer = _write(call, storage, "delete_objects", Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
    failed = [error for error in answer.get("Errors", ()) if error.get("Code") not in ("NoSuchKey", "NoSuchVersion")]
    if failed:
        codes = ", ".join(sorted({str(error.get("Code")) for error in failed}))
        raise Problem(
            f"{len(failed)} object version(s) of the bucket {bucket} could not be deleted",
            "A lock may have been set meanwhile: run again to see which",
            codes,
        )


def _uploads(call: Call[Any], storage: Storage, bucket: str) -> Iterator[tuple[str, str]]:
    place: dict[str, str] = {}
    while True:
        answer = storage.read(call, "list_multipart_uploads", Bucket=bucket, **place) or {}
        for one in answer.get("Uploads", ()):
            yield one["Key"], one["UploadId"]
        if not answer.get("IsTruncated"):
            return
        place = {"KeyMarker": answer["NextKeyMarker"], "UploadIdMarker": answer.get("NextUploadIdMarker", "")}


def _write(call: Call[Any], storage: Storage, name: str, **parameters: Any) -> Mapping[str, Any]:
    try:
        return storage.write(call, name, **parameters)
    except Refused as refused:
        raise refused.problem("to empty the bucket") from refused
    except Lost as lost:
        raise Problem(f"No answer while the bucket was being emptied ({lost})", "Run again: it goes on") from lost
