"""Bucket policies: read strictly, judged strictly.

OOS knows keys of the root account only, so a request comes from the owner or from nobody ("*"). A condition that this
module does not know counts as met in a Deny and as not met in an Allow.
"""

from __future__ import annotations

import fnmatch
import ipaddress
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.s3.errors import S3Error

Verdict = Literal["allow", "deny", "silent"]
MAX_BYTES = 20 * 1024
_STATEMENT = {
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
}


@dataclass(frozen=True)
class Asking:
    """A request, as policies see it. `resource` is `arn:aws:s3:::BUCKET` or `arn:aws:s3:::BUCKET/KEY`."""

    owner: bool
    action: str
    resource: str
    secure: bool
    address: str
    account: str

    @property
    def keys(self) -> Mapping[str, str]:
        """Condition keys in lower case: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html."""
        return {"aws:securetransport": str(self.secure).lower(), "aws:sourceip": self.address}


def read(text: bytes, bucket: str) -> dict[str, Any]:
    """The document, or MalformedPolicy."""
    if len(text) > MAX_BYTES:
        raise S3Error("MalformedPolicy", f"a policy holds {MAX_BYTES} bytes at most")
    try:
        tree = json.loads(text)
    except ValueError:
        raise S3Error("MalformedPolicy", "this policy is not valid JSON") from None
    if not isinstance(tree, dict) or not _list(tree.get("Statement")):
        raise S3Error("MalformedPolicy", "a policy is an object with a Statement")
    if tree.get("Version", "2012-10-17") not in ("2012-10-17", "2008-10-17"):
        raise S3Error("MalformedPolicy", "Version must be 2012-10-17")
    for statement in _list(tree["Statement"]):
        _check(statement, bucket)
    return tree


def _check(statement: Any, bucket: str) -> None:
    if not isinstance(statement, Mapping) or set(statement) - _STATEMENT:
        raise S3Error(
            "MalformedPolicy", "a statement is an object of Sid, Effect, Principal, Action, Resource, Condition"
        )
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise S3Error("MalformedPolicy", "Effect is Allow or Deny")
    for name in ("Principal", "Action", "Resource"):
        if (name in statement) == (f"Not{name}" in statement):
            raise S3Error("MalformedPolicy", f"a statement needs one of {name} and Not{name}")
    for resource in _list(statement.get("Resource", statement.get("NotResource"))):
        arn = f"arn:aws:s3:::{bucket}"
        if not isinstance(resource, str) or not (resource == arn or resource.startswith(f"{arn}/")):
            raise S3Error("MalformedPolicy", "policy has invalid resource")
    for action in _list(statement.get("Action", statement.get("NotAction"))):
        if not isinstance(action, str) or not (action == "*" or action.startswith("s3:")):
            raise S3Error("MalformedPolicy", "policy has invalid action")
    if not isinstance(statement.get("Condition", {}), Mapping):
        raise S3Error("MalformedPolicy", "Condition is an object")


def judge(document: Mapping[str, Any] | None, asking: Asking) -> Verdict:
    """Deny wins over allow; silent when no statement speaks of it."""
    verdict: Verdict = "silent"
    for statement in _list((document or {}).get("Statement", ())):
        deny = statement["Effect"] == "Deny"
        if not _speaks_of(statement, asking, deny):
            continue
        if deny:
            return "deny"
        verdict = "allow"
    return verdict


def _speaks_of(statement: Mapping[str, Any], asking: Asking, deny: bool) -> bool:
    return (
        _named(statement, "Principal", lambda value: _is_principal(value, asking))
        and _named(statement, "Action", lambda value: _matches(value, asking.action, fold=True))
        and _named(statement, "Resource", lambda value: _matches(value, asking.resource))
        and _conditions(statement.get("Condition", {}), asking, deny)
    )


def _named(statement: Mapping[str, Any], name: str, test: Callable[[Any], bool]) -> bool:
    if name in statement:
        return test(statement[name])
    return not test(statement[f"Not{name}"])


def _is_principal(value: Any, asking: Asking) -> bool:
    named = [one for part in value.values() for one in _list(part)] if isinstance(value, Mapping) else _list(value)
    if "*" in named:
        return True
    mine = {asking.account, f"arn:aws:iam::{asking.account}:root"}
    return asking.owner and any(one in mine for one in named)


def _matches(value: Any, word: str, fold: bool = False) -> bool:
    """Wildcards * and ?, and nothing else (fnmatch's brackets are plain letters here)."""
    for pattern in _list(value):
        plain = str(pattern).replace("[", "[[]")
        if fnmatch.fnmatchcase(word.lower(), plain.lower()) if fold else fnmatch.fnmatchcase(word, plain):
            return True
    return False


def _conditions(conditions: Mapping[str, Any], asking: Asking, deny: bool) -> bool:
    """All must be met; one that is unknown is met in a Deny only."""
    for operator, tests in conditions.items():
        for key, wanted in tests.items() if isinstance(tests, Mapping) else [("", None)]:
            met = _condition(operator, asking.keys.get(key.lower()), [str(one).lower() for one in _list(wanted)])
            if not (deny if met is None else met):
                return False
    return True


def _condition(operator: str, value: str | None, wanted: list[str]) -> bool | None:
    """None: this operator or this key is unknown here."""
    if value is None:
        return None
    if operator in ("Bool", "StringEquals", "StringEqualsIgnoreCase"):
        return value in wanted
    if operator in ("StringNotEquals", "StringNotEqualsIgnoreCase"):
        return value not in wanted
    if operator in ("StringLike", "StringNotLike"):
        return _matches(wanted, value) == (operator == "StringLike")
    if operator in ("IpAddress", "NotIpAddress"):
        try:
            inside = any(ipaddress.ip_address(value) in ipaddress.ip_network(net, strict=False) for net in wanted)
        except ValueError:
            return None
        return inside == (operator == "IpAddress")
    return None


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
