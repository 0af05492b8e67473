# ruff: noqa: ARG001 - every rule has the one signature, whether or not it needs all of it
"""Storage: encrypted with a key of the bubble, closed to the public, closed to plain HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from blueprint import facts
from policies.context import Context
from policies.rules.model import Rule
from policies.verdicts import CONFORM, State, Verdict, refused, unread

# STO-01


def encrypted_with_own_key(fact: facts.Bucket | facts.Disk, context: Context) -> Verdict:
    """At rest under a key of the bubble. Until keys exist as resources, only a record can answer."""
    subject = fact.origin.subject or ""
    known = subject in context.index.buckets or subject in context.index.disks
    if not known:
        return refused("the plan has no such storage: no key can be bound to it")
    if isinstance(fact, facts.Disk):
        return Verdict(
            State.EVIDENCE_REQUIRED, "the provider's API says nothing of a volume's encryption", scope="kinds/disk"
        )
    if trouble := unread(fact, "encrypted", "key"):
        return trouble
    if not fact.encrypted:
        return refused("it is not encrypted")
    if fact.key is None:
        return Verdict(
            State.EVIDENCE_REQUIRED,
            "it is encrypted with the provider's key: no key of the bubble exists yet",
            scope="kinds/bucket",
        )
    scopes = {key.subject for key in context.plan.keys if key.scope == subject}
    return CONFORM if fact.key in scopes else refused("its key is not the one that the plan binds to it")


# STO-02


def not_public(fact: facts.Bucket, context: Context) -> Verdict:
    """Nobody reads or lists it anonymously: not by ACL, not by policy, not as a web site, not from any origin."""
    if trouble := unread(fact, "acl", "policy", "website", "cors_origins"):
        return trouble
    if fact.acl not in context.parameter("STO-02", "private_acls"):
        return refused(f"its ACL {fact.acl} opens it beyond the account", field="public")
    if fact.website:
        return refused("it is published as a web site")
    if "*" in fact.cors_origins:  # type: ignore[operator]
        return refused("any web origin may read it")
    if any(_opens(statement) for statement in _statements(fact.policy)):
        return refused("its policy lets anyone in")
    return CONFORM


def _opens(statement: Mapping[str, Any]) -> bool:
    """Whether a statement allows everybody. A condition does not narrow it enough to be read as closed."""
    if str(_field(statement, "effect", "")).lower() != "allow":
        return False
    if _field(statement, "notprincipal", None) is not None:
        return True
    return any("*" in one for one in _flatten(_field(statement, "principal", None)))


def _flatten(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value.strip()
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _flatten(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _flatten(item)


# STO-04


def plaintext_denied(fact: facts.Bucket, context: Context) -> Verdict:
    """Its policy denies every request that does not come over TLS."""
    if trouble := unread(fact, "policy", "name"):
        return trouble
    wanted = {"*", f"arn:aws:s3:::{fact.name}/*"}
    if any(_denies_plaintext(statement, str(fact.name), wanted) for statement in _statements(fact.policy)):
        return CONFORM
    return refused("its policy does not deny requests in clear")


def _denies_plaintext(statement: Mapping[str, Any], name: str, wanted: set[str]) -> bool:
    resources = set(_flatten(_field(statement, "resource", None)))
    bucket_too = bool(resources & {"*", f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}*"})
    objects_too = bool(resources & {*wanted, f"arn:aws:s3:::{name}*"})
    return (
        str(_field(statement, "effect", "")).lower() == "deny"
        and "*" in _flatten(_field(statement, "principal", None))
        and bool({"*", "s3:*"} & set(_flatten(_field(statement, "action", None))))
        and bucket_too
        and objects_too
        and _only_when_plain(_field(statement, "condition", None))
    )


def _only_when_plain(condition: Any) -> bool:
    """True for no other condition than `aws:SecureTransport` is false: any more would narrow the denial."""
    if not isinstance(condition, Mapping) or len(condition) != 1:
        return False
    (operator, test), *_ = condition.items()
    if str(operator).lower() not in ("bool", "boolifexists") or not isinstance(test, Mapping) or len(test) != 1:
        return False
    (key, value), *_ = test.items()
    values = [str(one).lower() for one in (value if isinstance(value, list) else [value])]
    return str(key).lower() == "aws:securetransport" and values == ["false"]


def _statements(policy: Any) -> list[Mapping[str, Any]]:
    """The statements of a parsed document; a single one may stand without a list."""
    found = _field(policy, "statement", []) if isinstance(policy, Mapping) else []
    listed = found if isinstance(found, list) else [found]
    return [statement for statement in listed if isinstance(statement, Mapping)]


def _field(section: Mapping[str, Any], name: str, absent: Any) -> Any:
    """A field whatever its case: policy documents are read that way by some stores."""
    return next((value for key, value in section.items() if str(key).lower() == name), absent)


RULES = (
    Rule("STO-01", (facts.Bucket, facts.Disk), encrypted_with_own_key),
    Rule("STO-02", (facts.Bucket,), not_public),
    Rule("STO-04", (facts.Bucket,), plaintext_denied),
)
