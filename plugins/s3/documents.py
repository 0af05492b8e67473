"""The documents that hang on a bucket: how each is read, written and taken away.

Order counts when they are applied: what closes comes before what opens, so a bucket is never more open than before and
after. Adding a document is one more line here, its wording, its field in bucket.py and its line in features.yaml.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from plugins.runtime.call import Call
from plugins.s3 import wording
from plugins.s3.storage import Storage

Reading = Callable[[Mapping[str, Any]], Any]
Writing = Callable[[Any], Mapping[str, Any]]


@dataclass(frozen=True)
class Document:
    """`name` is the input field and the feature.

    `absent` are the error codes that say "there is none"; `nothing` is the value for it. `set_` makes the parameters of
    `put` from a value, `clear` those that take it away where `delete` is empty.
    """

    name: str
    get: str
    from_s3: Reading
    put: str
    set_: Writing
    delete: str = ""
    clear: Callable[[], Mapping[str, Any]] | None = None
    absent: tuple[str, ...] = ()
    nothing: Any = None

    def read(self, call: Call[Any], storage: Storage, bucket: str) -> Any:
        answer = storage.read(call, self.get, self.absent, Bucket=bucket)
        return self.nothing if answer is None else self.from_s3(answer)

    def apply(self, call: Call[Any], storage: Storage, bucket: str, value: Any) -> None:
        if value not in (None, [], {}, "", self.nothing):
            storage.write(call, self.put, Bucket=bucket, **self.set_(value))
        elif self.delete:
            storage.write(call, self.delete, Bucket=bucket)
        elif self.clear is not None:
            storage.write(call, self.put, Bucket=bucket, **self.clear())


def _versioning(enabled: bool) -> dict[str, Any]:
    return {"VersioningConfiguration": {"Status": "Enabled" if enabled else "Suspended"}}


DOCUMENTS = (
    Document(
        "publicAccessBlock",
        "get_public_access_block",
        wording.block_from_s3,
        "put_public_access_block",
        lambda _value: {"PublicAccessBlockConfiguration": wording.block_to_s3()},
        "delete_public_access_block",
        absent=("NoSuchPublicAccessBlockConfiguration",),
        nothing=False,
    ),
    Document(
        "versioning",
        "get_bucket_versioning",
        lambda answer: answer.get("Status") == "Enabled",
        "put_bucket_versioning",
        _versioning,
        clear=lambda: _versioning(False),
        nothing=False,
    ),
    Document(
        "objectLock",
        "get_object_lock_configuration",
        wording.lock_from_s3,
        "put_object_lock_configuration",
        lambda value: {"ObjectLockConfiguration": wording.lock_to_s3(value)},
        clear=lambda: {"ObjectLockConfiguration": wording.lock_to_s3(None)},
        absent=("ObjectLockConfigurationNotFoundError",),
    ),
    Document(
        "encryption",
        "get_bucket_encryption",
        wording.encryption_from_s3,
        "put_bucket_encryption",
        lambda value: {"ServerSideEncryptionConfiguration": wording.encryption_to_s3(value)},
        "delete_bucket_encryption",
        absent=("ServerSideEncryptionConfigurationNotFoundError",),
    ),
    Document(
        "policy",
        "get_bucket_policy",
        lambda answer: answer["Policy"],
        "put_bucket_policy",
        lambda value: {"Policy": value},
        "delete_bucket_policy",
        absent=("NoSuchBucketPolicy",),
    ),
    Document(
        "logging",
        "get_bucket_logging",
        wording.logging_from_s3,
        "put_bucket_logging",
        lambda value: {"BucketLoggingStatus": wording.logging_to_s3(value)},
        clear=lambda: {"BucketLoggingStatus": {}},
    ),
    Document(
        "tags",
        "get_bucket_tagging",
        wording.tags_from_s3,
        "put_bucket_tagging",
        lambda value: {"Tagging": wording.tags_to_s3(value)},
        "delete_bucket_tagging",
        absent=("NoSuchTagSet", "NoSuchTagSetError"),
    ),
    Document(
        "lifecycleRules",
        "get_bucket_lifecycle_configuration",
        wording.lifecycle_from_s3,
        "put_bucket_lifecycle_configuration",
        lambda value: {"LifecycleConfiguration": wording.lifecycle_to_s3(value)},
        "delete_bucket_lifecycle",
        absent=("NoSuchLifecycleConfiguration",),
    ),
    Document(
        "corsRules",
        "get_bucket_cors",
        wording.cors_from_s3,
        "put_bucket_cors",
        lambda value: {"CORSConfiguration": wording.cors_to_s3(value)},
        "delete_bucket_cors",
        absent=("NoSuchCORSConfiguration",),
    ),
    Document(
        "website",
        "get_bucket_website",
        wording.website_from_s3,
        "put_bucket_website",
        lambda value: {"WebsiteConfiguration": wording.website_to_s3(value)},
        "delete_bucket_website",
        absent=("NoSuchWebsiteConfiguration",),
    ),
    Document(
        "acl",
        "get_bucket_acl",
        wording.acl_from_s3,
        "put_bucket_acl",
        lambda value: {"ACL": value},
        clear=lambda: {"ACL": "private"},
        nothing="private",
    ),
)
