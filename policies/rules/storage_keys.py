"""STO-06: no key opens the storage of more than one bubble, nor for ever."""

from __future__ import annotations

from blueprint import data_plan
from policies.context import Context
from policies.rules import attested
from policies.rules.model import Rule
from policies.verdicts import State, Verdict, refused


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


RULES = (Rule("STO-06", run=keys_of_storage),)
