# ruff: noqa: ARG001 - every rule has the one signature, whether or not it needs all of it
"""Keys: what protects them, what each serves, how long it lives, who may touch it.

Until a key store is a resource, keys are known from the plan's inventory: there a good policy asks for evidence, and a
bad one is refused.
"""

from __future__ import annotations

import collections
import re
from collections.abc import Iterator, Mapping, Sequence

from blueprint import facts, values
from blueprint.facts import Fact
from policies.context import Context
from policies.rules.model import Rule
from policies.rules.words import empty, folded
from policies.verdicts import CONFORM, State, Verdict, refused, unread

SCOPE = "kinds/key"
"""Scope of a record that answers for every key of the platform."""
PSEUDONYMISATION = "pseudonymisation"


def _met(fact: facts.Key, what: str) -> Verdict:
    """Conform where a key store shows the key; evidence where only the plan speaks of it."""
    if fact.origin.urn:
        return CONFORM
    return Verdict(State.EVIDENCE_REQUIRED, f"{what} is declared; no key store of the platform shows it", scope=SCOPE)


def _silent(fact: facts.Key, *fields: str) -> Verdict | None:
    """Evidence where the inventory does not say: never a pass."""
    missing = [name for name in fields if getattr(fact, name) in (None, "", ())]
    if not missing:
        return None
    return Verdict(State.EVIDENCE_REQUIRED, f"the blueprint does not say its {', '.join(missing)}", scope=SCOPE)


# KMS-01


def protected(fact: facts.Key, context: Context) -> Verdict:
    """A hardware module protects it, or the declared workaround does; never software alone."""
    if trouble := unread(fact, "protection") or _silent(fact, "protection"):
        return trouble
    if fact.protection not in context.parameter("KMS-01", "protections"):
        return refused(f"it is protected by {fact.protection} only")
    if fact.protection == "hsm":
        return _met(fact, "a hardware module of the offer")
    return _by_workaround(fact, context)


def _by_workaround(fact: facts.Key, context: Context) -> Verdict:
    """A key kept outside the offer needs the workaround that the offer's file accepts and the blueprint declares."""
    accepted = context.workaround("encryption")
    if accepted is None:
        return refused(f"it is kept in {fact.protection}, and no accepted workaround for `encryption` is declared")
    complexity = accepted.complexity.replace("_", " ")
    return Verdict(State.WORKAROUND_ACCEPTED, f"by the declared workaround: {accepted.name} ({complexity})")


# KMS-04


def one_usage(fact: facts.Key, context: Context) -> Verdict:
    """It has one known usage, and serves a thing of that usage."""
    if trouble := unread(fact, "kind", "scope", "receiver"):
        return trouble
    kind, scope = str(fact.kind), str(fact.scope)
    if kind not in context.parameter("KMS-04", "usages"):
        return refused(f"{kind or 'nothing'} is not one usage of the catalogue")
    if kind == PSEUDONYMISATION:
        pair = (scope, str(fact.receiver))
        served = all(end in context.index.bubbles for end in pair) and pair[0] != pair[1]
    else:
        served = scope in _things(context)[kind] and fact.receiver is None
    return CONFORM if served else refused("it serves nothing of the plan that has this usage")


def _things(context: Context) -> Mapping[str, frozenset[str]]:
    """Usage -> what keys of that usage may serve."""

    def compute() -> dict[str, frozenset[str]]:
        tiers = {machine.subject.rpartition("/")[0] for machine in context.plan.machines if machine.disks}
        senders = {name if name == "snds" else f"partners/{name}" for name in context.plan.partners}
        return {
            "data_at_rest": frozenset({*context.index.buckets, *tiers}),
            "import_wrapping": frozenset(senders),
        }

    return context.index.remember("KMS-04", compute)


# KMS-05


def not_shared(fact: facts.Key | facts.Bucket, context: Context) -> Verdict:
    """One key, one thing: no two things of the plan meet under a key, or under keys computed from one."""
    if isinstance(fact, facts.Bucket):
        return _own_key(fact, context)
    if trouble := unread(fact, "kind", "scope", "receiver", "derived_from"):
        return trouble
    if fact.derived_from:
        return refused("it is computed from another key: who holds that one holds them all")
    again = _serving(context)[(str(fact.kind), str(fact.scope), values.read(fact.receiver))]
    if again > 1:
        return refused(f"{again} keys serve the same thing: which one protects it cannot be told")
    return CONFORM


def _own_key(fact: facts.Bucket, context: Context) -> Verdict:
    if trouble := unread(fact, "key"):
        return trouble
    if fact.key is None:
        return Verdict(State.NOT_APPLICABLE, "it is under no key of the platform")
    scope = next((key.scope for key in context.plan.keys if key.subject == fact.key), None)
    return CONFORM if scope == fact.origin.subject else refused("its key serves something else")


def _serving(context: Context) -> collections.Counter[tuple[str, str, str | None]]:
    return context.index.remember(
        "KMS-05", lambda: collections.Counter((key.kind, key.scope, key.receiver) for key in context.plan.keys)
    )


def no_key_twice(everything: Sequence[Fact], context: Context) -> Iterator[Verdict]:
    """The same over what is really registered: two buckets never name one key."""
    keyed = [fact for fact in everything if isinstance(fact, facts.Bucket) and isinstance(fact.key, str)]
    times = collections.Counter(fact.key for fact in keyed)
    for fact in keyed:
        shared = times[fact.key] > 1
        verdict = refused("another bucket is under the same key") if shared else CONFORM
        yield Verdict(verdict.state, verdict.message, fact.origin.subject, fact.origin.urn)


# KMS-06

_WORD = re.compile(r"[A-Z]+[0-9]*|[0-9]+")
_DIGEST = re.compile(r"SHA[0-9]?[-_/]?[0-9]+([-_/][0-9]+)?")
"""A digest with its size, which says nothing of the key beside it."""


def strong(fact: facts.Key, context: Context) -> Verdict:
    """A known algorithm with its size written out, none that is broken (RGS B1, annexes of sizes)."""
    if trouble := unread(fact, "algorithm") or _silent(fact, "algorithm"):
        return trouble
    spelled = re.sub(r"\bSHA-1\b", "SHA1", str(fact.algorithm).upper())
    words = _WORD.findall(spelled)
    broken = sorted(set(words) & set(context.parameter("KMS-06", "broken")))
    if broken:
        return refused(f"{', '.join(broken)} is broken")
    family = next((name for name in ("HMAC", "AES", "RSA", "EC") if any(word.startswith(name) for word in words)), None)
    if family is None:
        return refused("its algorithm is none of the catalogue's")
    sized = spelled if family == "HMAC" else _DIGEST.sub("", spelled)
    size = max((int(digits) for digits in re.findall(r"[0-9]+", sized)), default=0)
    least = context.parameter("KMS-06", f"bits_{family.lower()}")
    if not size:
        return refused("its size is not written: a default would decide")
    if size < least:
        ageing = family == "RSA" and size >= context.parameter("KMS-06", "bits_rsa_ageing")
        message = f"{size} bits are too few for {family}: {least} are needed"
        return Verdict(State.CONFORM, f"{message} soon", warning=True) if ageing else refused(message)
    return _met(fact, "its algorithm")


# KMS-07


def renewed(fact: facts.Key, context: Context) -> Verdict:
    """It lives at most a year; a pseudonymisation key has no timer but a plan, since pseudonyms must stay stable."""
    if trouble := unread(fact, "kind", "scope", "rotation_days"):
        return trouble
    most = context.parameter("KMS-07", "days")
    if fact.kind != PSEUDONYMISATION:
        if trouble := _silent(fact, "rotation_days"):
            return trouble
        if not 1 <= values.given(fact.rotation_days) <= most:
            return refused(f"it lives {fact.rotation_days} days; at most {most} are allowed")
        return _met(fact, "its renewal")
    if fact.rotation_days is not None:
        return refused("a timer changes it: every pseudonym would change with it")
    service = context.plan.pseudonymisation
    if service is None or not service.plan or not service.plan_owner:
        return refused("no owned plan says how pseudonyms are made anew")
    if fact.scope not in service.plan_bubbles:
        return refused(f"plan {service.plan} says nothing of its bubble")
    return CONFORM


# KMS-08


def duties_apart(fact: facts.Key, context: Context) -> Verdict:
    """Who manages it never uses it, nobody is everybody, and the bubble that receives never holds the secret."""
    if trouble := unread(fact, "kind", "receiver", "administrators", "users") or _silent(
        fact, "administrators", "users"
    ):
        return trouble
    administrators, users = folded(values.read(fact.administrators)), folded(values.read(fact.users))
    if any("*" in name for name in administrators | users):
        return refused("it is granted to everybody")
    if both := sorted(administrators & users):
        return refused(f"{', '.join(both)} both manages and uses it")
    if fact.kind == PSEUDONYMISATION:
        receiver = context.index.bubbles.get(str(fact.receiver))
        roles = folded(receiver.project.roles) if receiver and receiver.project else frozenset()
        if held := sorted(users & roles):
            return refused(f"{', '.join(held)} uses it and works in {fact.receiver}, which receives the pseudonyms")
    return _met(fact, "who manages and who uses it")


# KMS-09


def kept_inside(fact: facts.Key, context: Context) -> Verdict:
    """It never leaves its store in clear, and is not destroyed at once."""
    if trouble := unread(fact, "exportable", "deletion_days") or _silent(fact, "exportable", "deletion_days"):
        return trouble
    if fact.exportable:
        return refused("it can be exported")
    least = context.parameter("KMS-09", "days")
    if values.given(fact.deletion_days) < least:
        return refused(f"it can be destroyed {fact.deletion_days} days after the order; at least {least} are needed")
    return _met(fact, "that it stays inside")


# KMS-10


def inventoried(fact: facts.Key, context: Context) -> Verdict:
    """The inventory says of each key whose it is, what it serves and when it changes."""
    fields = ("owner", "kind", "scope", "rotation", "rotation_days", "protection")
    if trouble := unread(fact, *fields) or _silent(fact, "owner", "rotation"):
        return trouble
    for name in ("owner", "rotation"):
        if empty(getattr(fact, name)):
            return refused(f"its {name} is a placeholder")
    if fact.rotation_days is None and fact.kind != PSEUDONYMISATION:
        return refused("the inventory does not say how long it lives")
    if fact.protection == "hsm":
        return CONFORM
    return _silent(fact, "protection") or _by_workaround(fact, context)


RULES = (
    Rule("KMS-01", (facts.Key,), protected, instead=("encryption",)),
    Rule("KMS-04", (facts.Key,), one_usage),
    Rule("KMS-05", (facts.Key, facts.Bucket), not_shared, no_key_twice),
    Rule("KMS-06", (facts.Key,), strong),
    Rule("KMS-07", (facts.Key,), renewed),
    Rule("KMS-08", (facts.Key,), duties_apart),
    Rule("KMS-09", (facts.Key,), kept_inside),
    Rule("KMS-10", (facts.Key,), inventoried, instead=("encryption",)),
)
