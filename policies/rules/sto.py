"""Storage: encrypted with a key of the bubble, closed to the public, closed to plain HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from blueprint import facts, values
from blueprint import plan as plans
from blueprint.properties import as_range
from blueprint.values import NOT_OBSERVABLE
from policies import addresses
from policies.context import Context
from policies.rules.model import Rule
from policies.verdicts import CONFORM, Phase, State, Verdict, refused, unread

# STO-01


def encrypted_with_own_key(fact: facts.Bucket | facts.Disk, context: Context) -> Verdict:
    """At rest under a key of the bubble. Until keys exist as resources, only a record can answer."""
    subject = fact.origin.path
    known = subject in context.index.buckets or subject in context.index.disks
    if not known:
        return refused("the plan has no such storage: no key can be bound to it")
    if isinstance(fact, facts.Disk):
        return _disk(fact, context)
    if trouble := unread(fact, "encrypted", "key"):
        return trouble
    if not fact.encrypted:
        return refused("it is not encrypted")
    if fact.key is None:
        return Verdict(
            State.EVIDENCE_REQUIRED,
            "it is encrypted with the provider's key: no key of the bubble exists yet",
            scope=f"offers/{context.offer}/bucket-encryption",
        )
    scopes = {key.subject for key in context.plan.keys if key.scope == subject}
    return CONFORM if fact.key in scopes else refused("its key is not the one that the plan binds to it")


def _disk(fact: facts.Disk, context: Context) -> Verdict:
    scope = f"offers/{context.offer}/disk-encryption"
    if fact.encrypted is NOT_OBSERVABLE:
        return Verdict(State.EVIDENCE_REQUIRED, "the provider's API says nothing of a volume's encryption", scope=scope)
    if trouble := unread(fact, "encrypted"):
        return trouble
    if not fact.encrypted:
        return refused("it is not encrypted")
    return Verdict(
        State.EVIDENCE_REQUIRED,
        "it is encrypted with the provider's key: no key of the bubble exists yet",
        scope=scope,
    )


# STO-02


def not_public(fact: facts.Bucket, context: Context) -> Verdict:
    """Nobody reads or lists it anonymously: not by ACL, not by policy, not as a web site, not from any origin."""
    # What cannot be read is no pass, and no reason to overlook what else opens it.
    asked = ("acl", "policy", "website", "cors_origins", "admitted")
    hidden = [name for name in asked if getattr(fact, name) is NOT_OBSERVABLE]
    shown = [name for name in asked if name not in hidden]
    if trouble := unread(fact, *shown):
        return trouble
    if "acl" in shown and fact.acl not in context.parameter("STO-02", "private_acls"):
        return refused(f"its ACL {fact.acl} opens it beyond the account", field="public")
    limits = {4: context.parameter("STO-02", "ipv4_prefix"), 6: context.parameter("STO-02", "ipv6_prefix")}
    if addresses.wide(fact.admitted if isinstance(fact.admitted, tuple) else (), limits):
        return refused("its list of addresses admits almost anyone", field="public")
    if "website" in shown and fact.website:
        return refused("it is published as a web site")
    if "cors_origins" in shown and "*" in values.read(fact.cors_origins):
        return refused("any web origin may read it")
    if any(_opens(statement) for statement in _statements(fact.policy)):
        return refused("its policy lets anyone in")
    return _unseen(hidden[0], context) if hidden else CONFORM


def _unseen(name: str, context: Context) -> Verdict:
    """What would open it cannot be asked. On a live reading, or of policies, a record about the offer may answer."""
    asked = context.place is Phase.LIVE or name == "policy"
    scope = f"offers/{context.offer}/bucket-{name}" if asked else ""
    return Verdict(State.NOT_OBSERVABLE, f"`{name}` cannot be read from this provider", scope=scope)


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


# STO-03


def exposed_by_a_gate(fact: facts.Bucket, context: Context) -> Verdict:
    """Nobody outside is let in, save into a gate's quarantine: to read, from declared addresses, for a time."""
    if trouble := unread(fact, "policy", "cors_origins"):
        return trouble
    allowing = [one for one in _statements(fact.policy) if str(_field(one, "effect", "")).lower() != "deny"]
    if not allowing and not fact.cors_origins:
        return CONFORM
    if fact.origin.subject not in {gate.quarantine for gate in context.plan.gates}:
        return refused("it lets others in, and is no gate's quarantine")
    if fact.cors_origins:
        return refused("web pages of other origins may read a gate's quarantine")
    return CONFORM if all(_narrow(one, context) for one in allowing) else refused("it lets others in too widely")


def _narrow(statement: Mapping[str, Any], context: Context) -> bool:
    """Reads only, from addresses of one external of the plan, until a day."""
    actions = [one.lower() for one in _flatten(_field(statement, "action", None))]
    if not actions or not set(actions) <= {"s3:getobject", "s3:getobjectversion", "s3:listbucket"}:
        return False
    condition = _field(statement, "condition", None)
    if not isinstance(condition, Mapping):
        return False
    tests = {str(operator).lower(): test for operator, test in condition.items() if isinstance(test, Mapping)}
    sources = list(_flatten(_field(tests.get("ipaddress", {}), "aws:sourceip", None)))
    limits = list(_flatten(_field(tests.get("datelessthan", {}), "aws:currenttime", None)))
    declared = [cidr for external in context.plan.externals for cidr in external.cidrs]
    within = bool(sources) and all(
        isinstance(one := as_range(source), str) and addresses.inside_any(one, declared) for source in sources
    )
    return within and len(limits) == 1


# STO-04


def plaintext_denied(fact: facts.Bucket, context: Context) -> Verdict:
    """Its policy denies every request that does not come over TLS."""
    if fact.policy is None and not fact.has_policies:
        scope = f"offers/{context.offer}/bucket-policy"
        return Verdict(State.NOT_OBSERVABLE, "the store has no bucket policies to deny it with", scope=scope)
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
    written = [str(one).lower() for one in (value if isinstance(value, list) else [value])]
    return str(key).lower() == "aws:securetransport" and written == ["false"]


# STO-05


def transit_purged(fact: facts.Bucket, context: Context) -> Verdict:
    """What lands in the ingestion bubble is whose it says, alone there, and gone within the month."""
    planned = context.index.buckets.get(fact.origin.path)
    bubble = context.index.bubble_of(fact.origin.path)
    if planned is None or bubble is None or bubble.kind is not plans.BubbleKind.INGESTION:
        return Verdict(State.NOT_APPLICABLE, "nothing lands in it")
    if planned.lands_from is None:
        return refused("it does not say whose deliveries land in it", field="lands_from")
    if sum(one.lands_from == planned.lands_from for one in context.plan.buckets) > 1:
        return refused(f"deliveries of {planned.lands_from} land in two buckets", field="lands_from")
    if trouble := unread(fact, "versioning") or unread_expiry(fact, context):
        return trouble
    most = context.parameter("STO-05", "days")
    gone = gone_after(fact)
    if gone is None or gone > most:
        return refused(f"what landed is not gone after {most} days", field="expire_days")
    return CONFORM


def one_landing_each(context: Context) -> Verdict:
    """Each partner that gives data, and the SNDS, has a landing bucket of its own."""
    if not context.plan.partners:
        return Verdict(State.NOT_APPLICABLE, "nobody gives data")
    landing = {bucket.lands_from for bucket in context.plan.buckets}
    missing = [name for name in context.plan.partners if name not in landing]
    if missing:
        return refused(f"deliveries of {', '.join(missing)} have no bucket of their own", subject="bubbles")
    return Verdict(State.CONFORM, subject="bubbles")


def by_other_means(context: Context, feature: str) -> Verdict | None:
    """Evidence where the offer lacks a feature of buckets and the blueprint declares the accepted workaround."""
    accepted = context.workaround(feature) if context.lacks(feature) else None
    if accepted is None:
        return None
    scope = f"offers/{context.offer}/{feature}"
    return Verdict(
        State.EVIDENCE_REQUIRED, f"the offer has no {feature}: {accepted.name}, which leaves records", scope=scope
    )


def sealed(fact: facts.Bucket, context: Context, what: str, least: int) -> Verdict | None:
    """Why somebody could change or erase what it keeps (`what`, in words) before so many days; None where nobody can.

    Rules of what must outlast an attack (traces, copies, proofs) ask the same of their buckets.
    """
    if fact.force_destroy is True:
        return refused(f"its {what} would go with it, before their term")
    if fact.versioning is False:  # whatever else can be read: what stands in for a lock is made of versions too
        return refused(f"without versions its {what} are replaced by others of their name", field="versioning")
    if trouble := unread(fact, "versioning", "lock_days", "force_destroy"):
        return trouble
    if fact.lock_days is None:
        return by_other_means(context, "object-lock") or refused("it has no lock", field="lock_days")
    if trouble := unread(fact, "lock_mode"):
        return trouble
    if str(fact.lock_mode).strip().upper() != "COMPLIANCE":
        return refused("its lock can be lifted by whoever has the right to (it is not in compliance mode)")
    if values.read(fact.lock_days) < least:
        return refused(f"it is locked for {fact.lock_days} days, {least} at least are needed", field="lock_days")
    return None


def unread_expiry(fact: facts.Bucket, context: Context) -> Verdict | None:
    """Why the bucket's expiry cannot be judged, or None."""
    if trouble := unread(fact, "expiry"):
        return trouble
    if not fact.expiry and (answer := by_other_means(context, "lifecycle")):
        return answer
    for rule in values.read(fact.expiry):
        if trouble := unread(rule, "prefix", "days", "noncurrent_days", "unfinished_days"):
            return trouble
    return None


def gone_after(fact: facts.Bucket) -> int | None:
    """Days after which no version of any object is left, nor a part of one; None where some stay for ever.

    A versioned object is first hidden, then kept as a noncurrent version: both times count. Only a rule for the whole
    bucket does. The parts of an upload that nobody finished are no object: only their own term takes them away.
    """
    objects, parts = _objects_gone_after(fact), _parts_gone_after(fact)
    return None if objects is None or parts is None else max(objects, parts)


def lasting(fact: facts.Bucket, what: str) -> str:
    """In words, which of them stay for ever where `gone_after` says that some do."""
    lost = _objects_gone_after(fact) is not None
    return f"{'the parts of unfinished uploads' if lost else f'some of its {what}'} stay for ever"


def _objects_gone_after(fact: facts.Bucket) -> int | None:
    found: list[int] = []
    for rule in values.read(fact.expiry):
        days, noncurrent = rule.days, rule.noncurrent_days
        if rule.prefix or not isinstance(days, int):
            continue
        if not fact.versioning:
            found.append(days)
        elif isinstance(noncurrent, int):
            found.append(days + noncurrent)
    return min(found, default=None)


def _parts_gone_after(fact: facts.Bucket) -> int | None:
    rules = [rule.unfinished_days for rule in values.read(fact.expiry) if not rule.prefix]
    return min((days for days in rules if isinstance(days, int)), default=None)


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
    Rule("STO-03", (facts.Bucket,), exposed_by_a_gate),
    Rule("STO-04", (facts.Bucket,), plaintext_denied, instead=("bucket-policy",)),
    Rule("STO-05", (facts.Bucket,), transit_purged, run=one_landing_each, instead=("lifecycle",)),
)
