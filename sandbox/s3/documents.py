"""The documents that the gate keeps: what may be in them, and how they are answered.

Lifecycle and encryption are kept and told, not carried out: no object expires, none is encrypted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from xml.etree import ElementTree

from sandbox.s3 import locks, policy
from sandbox.s3.errors import S3Error
from sandbox.s3.xml import NAMESPACE, parse

MAX_RULES = 1000
ABSENT: Mapping[str, tuple[str, str]] = {
    "policy": ("NoSuchBucketPolicy", "the bucket policy does not exist"),
    "lifecycle": ("NoSuchLifecycleConfiguration", "the lifecycle configuration does not exist"),
    "encryption": (
        "ServerSideEncryptionConfigurationNotFoundError",
        "the server side encryption configuration was not found",
    ),
}


def accept(name: str, body: bytes, bucket: str) -> bytes:
    """The document as it is kept, or why it is refused."""
    return _ACCEPT[name](body, bucket)


def content_type(name: str) -> str:
    return "application/json" if name == "policy" else "application/xml"


def algorithm(document: bytes | None) -> str | None:
    """The algorithm of a kept encryption document."""
    if document is None:
        return None
    found = ElementTree.fromstring(document).find(".//{*}SSEAlgorithm")
    return None if found is None else found.text


def _policy(body: bytes, bucket: str) -> bytes:
    policy.read(body, bucket)
    return json.dumps(json.loads(body)).encode()


def _encryption(body: bytes, _bucket: str) -> bytes:
    root = parse(body, "ServerSideEncryptionConfiguration")
    found = root.findall(".//{*}ApplyServerSideEncryptionByDefault/{*}SSEAlgorithm")
    if len(found) != 1 or found[0].text not in ("AES256", "aws:kms"):
        raise S3Error("MalformedXML", "one rule with SSEAlgorithm AES256 or aws:kms is expected")
    if root.find(".//{*}KMSMasterKeyID") is not None:
        raise S3Error("NotImplemented", "there are no keys of one's own: aws:kms uses the provider's")
    # aws:kms is taken as AES256, with the provider's key.
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ServerSideEncryptionConfiguration xmlns="{NAMESPACE}"><Rule>'
        "<ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault>"
        "</Rule></ServerSideEncryptionConfiguration>"
    ).encode()


def _lifecycle(body: bytes, _bucket: str) -> bytes:
    root = parse(body, "LifecycleConfiguration")
    rules = root.findall("{*}Rule")
    if not 1 <= len(rules) <= MAX_RULES:
        raise S3Error("MalformedXML", f"1 to {MAX_RULES} rules are expected")
    ids = [rule.findtext("{*}ID") for rule in rules]
    if len({one for one in ids if one}) != len([one for one in ids if one]):
        raise S3Error("InvalidArgument", "rule ID must be unique")
    for rule in rules:
        _check_rule(rule)
    return body


def _check_rule(rule: ElementTree.Element) -> None:
    if rule.findtext("{*}Status") not in ("Enabled", "Disabled"):
        raise S3Error("MalformedXML", "a rule has a Status, Enabled or Disabled")
    if rule.find("{*}Filter") is None and rule.find("{*}Prefix") is None:
        raise S3Error("MalformedXML", "a rule has a Filter")
    actions = ("Expiration", "NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload", "Transition")
    if all(rule.find(f"{{*}}{action}") is None for action in actions):
        raise S3Error("InvalidRequest", "at least one action needs to be specified in a rule")
    for name in ("Days", "NoncurrentDays", "DaysAfterInitiation"):
        for number in rule.findall(f".//{{*}}{name}"):
            if not (number.text or "").isdigit() or int(number.text or 0) < 1:
                raise S3Error("InvalidArgument", f"{name} must be a positive integer")


_ACCEPT: Mapping[str, Callable[[bytes, str], bytes]] = {
    "policy": _policy,
    "lifecycle": _lifecycle,
    "encryption": _encryption,
    "lock": lambda body, _bucket: locks.accept(body),
}
