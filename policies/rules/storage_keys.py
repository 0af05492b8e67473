"""STO-06: no key opens the storage of more than one bubble, nor for ever."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from blueprint import data_plan, facts, values
from blueprint.facts import Fact
from policies.context import Context
from policies.rules import attested
from policies.rules.model import Rule
from policies.verdicts import CONFORM, State, Verdict, refused, unread


def keys_of_storage(context: Context) -> tuple[Verdict, ...]:
    """Each bubble with buckets has a key of its own, in the hands of one of its roles, that ends."""
    homes = sorted({f"bubbles/{bucket.bubble}" for bucket in context.plan.buckets})
    if not homes:
        return (Verdict(State.NOT_APPLICABLE, "the blueprint has no bucket"),)
    declared = context.plan.storage_keys
    if not declared:
        message = "the blueprint does not say which keys open the storage (`storage_keys`)"
        return (attested.of_platform(context, message),)
    opened = {bubble for key in declared for bubble in key.bubbles}
    without = [home for home in homes if home not in opened]
    return (
        *(_key(one, context) for one in declared),
        *(refused("no key of its own opens its buckets", subject=home) for home in without),
    )


def _key(key: data_plan.StorageKey, context: Context) -> Verdict:
    if len(set(key.bubbles)) != 1:
        return refused("it opens the storage of several bubbles", subject=key.subject, field="bubbles")
    bubble = context.index.bubbles.get(key.bubbles[0])
    if bubble is None:
        return refused("it opens no bubble of the plan", subject=key.subject, field="bubbles")
    if bubble.project is None or key.holder not in bubble.project.roles:
        return refused(f"{key.holder} has no role in {bubble.subject}", subject=key.subject, field="holder")
    most = context.parameter("STO-06", "days")
    if key.days is None or not 1 <= key.days <= most:
        return refused(f"it does not end within {most} days", subject=key.subject, field="days")
    message = "it is declared; the offers' stores know one set of keys for an account, and show no end of it"
    return Verdict(State.EVIDENCE_REQUIRED, message, key.subject, scope=key.subject)


def made_narrow(fact: facts.Credential, _context: Context) -> Verdict:
    """A key that a resource makes opens less than the whole storage. That it ends, no type says."""
    if fact.opens != "storage":
        return Verdict(State.NOT_APPLICABLE, "it opens no storage")
    if fact.everything:
        return refused("it opens every bucket of the account")
    message = "its type has no end: only a record shows that it is renewed in time"
    return Verdict(State.EVIDENCE_REQUIRED, message, scope="kinds/credential")


def no_key_of_two_bubbles(everything: Sequence[Fact], context: Context) -> Iterator[Verdict]:
    """What a key is granted on buckets stays in one bubble."""
    grants = [fact for fact in everything if isinstance(fact, facts.Support) and fact.role == "bucket-grant"]
    opened: dict[str, set[str]] = collections.defaultdict(set)
    for grant in grants:
        if not _elsewhere(grant):
            home = context.index.bubble_of(str(grant.ends.get("bucket")))
            opened[str(grant.ends.get("account"))].add(home.subject if home else "")
    for grant in grants:
        verdict = _granted(grant, opened)
        yield dataclasses.replace(verdict, subject=grant.origin.subject, urn=grant.origin.urn)


def _elsewhere(grant: facts.Support) -> values.Unresolved | None:
    return next((end for end in grant.ends.values() if isinstance(end, values.Unresolved)), None)


def _granted(grant: facts.Support, opened: Mapping[str, set[str]]) -> Verdict:
    if hidden := _elsewhere(grant):
        return Verdict(State.NOT_OBSERVABLE, values.elsewhere(hidden), pending=True)
    account, bucket = grant.ends.get("account"), grant.ends.get("bucket")
    if not account or not bucket:
        return refused("it does not say which key opens which bucket")
    bubbles = opened[account]
    if "" in bubbles:
        return refused("its key opens a bucket that is no bubble's")
    if len(bubbles) != 1:
        return refused("its key opens buckets of several bubbles")
    if grant.gives == "control":
        return refused("its key may say who else opens the bucket: reading and writing are granted one by one")
    return unread(grant, "gives") or CONFORM


RULES = (Rule("STO-06", (facts.Credential,), made_narrow, no_key_of_two_bubbles, keys_of_storage),)
