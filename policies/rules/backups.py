"""Copies: where they go (SOV-04), and whether they would bring everything back after an attack (STO-07)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from blueprint import data_plan, facts
from blueprint.facts import Fact
from policies.context import Context
from policies.rules import attested, sto
from policies.rules.model import Rule
from policies.verdicts import CONFORM, State, Verdict, refused, unread


def _keeps_copies(fact: facts.Bucket, context: Context) -> bool:
    return any(one.target == fact.origin.path for one in context.plan.backups)


# SOV-04


def copies_stay(context: Context) -> tuple[Verdict, ...]:
    """Each copy goes to a bucket of the plan, or to a place that a French operator runs."""
    if not context.plan.backups:
        return (attested.of_platform(context, "the blueprint does not say where copies go (`backups`)"),)
    return tuple(_stays(one, context) for one in context.plan.backups)


def _stays(backup: data_plan.Backup, context: Context) -> Verdict:
    if backup.target in context.index.buckets:
        return Verdict(State.CONFORM, subject=backup.subject)
    external = context.index.externals.get(backup.target)
    if external is None:
        return refused("its copies go to nothing of the plan", subject=backup.subject, field="to")
    if external.country is None:
        message = f"the blueprint does not say who runs {external.name} (`operator`)"
        return Verdict(State.EVIDENCE_REQUIRED, message, backup.subject, scope=external.subject)
    if external.country not in context.parameter("SOV-04", "countries"):
        message = f"its copies go to {external.name}, whose operator is established in {external.country}"
        return refused(message, subject=backup.subject, field="to")
    message = f"only a contract shows where {external.name} keeps its copies, and under which qualification"
    return Verdict(State.EVIDENCE_REQUIRED, message, backup.subject, scope=external.subject)


def kept_at_home(fact: facts.Bucket, context: Context) -> Verdict:
    """A bucket that keeps copies lies in a region where data may be."""
    if not _keeps_copies(fact, context):
        return Verdict(State.NOT_APPLICABLE, "it keeps no copies")
    if trouble := unread(fact, "region"):
        return trouble
    if fact.region not in context.parameter("SOV-03", "regions"):
        return refused("it keeps copies in a region where data may not be")
    return CONFORM


# STO-07


def everything_backed_up(context: Context) -> tuple[Verdict, ...]:
    """Each disk of a bubble of data has daily copies, under another key, that were brought back within the year."""
    if not context.plan.backups:
        return (
            attested.of_platform(
                context, "the blueprint has no backup (`backups`): only a record shows that there is one"
            ),
        )
    judged = [_backed_up(one, context) for one in context.plan.backups]
    copied = {one.source for one in context.plan.backups}
    missing = [tier for tier in _tiers_with_disks(context) if tier not in copied]
    return (*judged, *(refused("no backup keeps copies of its disks", subject=tier) for tier in missing))


def _tiers_with_disks(context: Context) -> Iterator[str]:
    """Subjects of the tiers whose disks hold data of a bubble, in order."""
    held = {
        machine.subject.rpartition("/")[0]
        for machine in context.plan.machines
        if machine.disks and not context.index.administers(machine.subject)
    }
    yield from sorted(held)


def _backed_up(backup: data_plan.Backup, context: Context) -> Verdict:
    if wrong := _wrong(backup, context):
        field, message = wrong
        return refused(message, subject=backup.subject, field=field)
    if backup.restored_on is None:
        message = "no trial of bringing it back is declared (`restored_on`)"
    else:
        message = "it is declared and was tried; no resource shows that copies are made, nor that another zone has them"
    return Verdict(State.EVIDENCE_REQUIRED, message, backup.subject, scope=backup.subject)


def _wrong(backup: data_plan.Backup, context: Context) -> tuple[str, str] | None:
    """(field, what is wrong with it), or None."""
    tiers = {machine.subject.rpartition("/")[0] for machine in context.plan.machines}
    if backup.source not in tiers and backup.source not in context.index.buckets:
        return "of", "it copies nothing of the plan"
    home, away = context.index.bubble_of(backup.source), context.index.bubble_of(backup.target)
    if backup.target == backup.source or (home is not away and not context.index.administers(backup.target)):
        return "to", "its copies lie where what they copy does, or in a bubble of other data"
    most = context.parameter("STO-07", "hours")
    if backup.every_hours > most:
        return "every_hours", f"more than {most} hours pass between two copies"
    if context.plan.keys and not _own_key(backup, context):
        return "key", "its key is not the one of the bucket that keeps its copies"
    if backup.restored_on is not None:
        age = (context.as_of - backup.restored_on).days
        if not 0 <= age <= context.parameter("STO-07", "trial_days"):
            return "restored_on", "no trial brought it back within the year"
    return None


def _own_key(backup: data_plan.Backup, context: Context) -> bool:
    """Whether its key serves the place of the copies: a key that serves what they copy would be lost with it."""
    return any(key.subject == backup.key and key.scope == backup.target for key in context.plan.keys)


def copies_sealed(fact: facts.Bucket, context: Context) -> Verdict:
    """A bucket that keeps copies lets nobody change or erase them before their term."""
    if not _keeps_copies(fact, context):
        return Verdict(State.NOT_APPLICABLE, "it keeps no copies")
    return sto.sealed(fact, context, "copies", context.parameter("STO-07", "lock_days")) or CONFORM


def machines_copied(everything: Sequence[Fact], _context: Context) -> Iterator[Verdict]:
    """Where the provider copies by policies, each machine names one: what it then keeps, only a record shows."""
    for fact in everything:
        verdict: Verdict | None = None
        if isinstance(fact, facts.Disk) and fact.left_out is not False:
            verdict = unread(fact, "left_out") or refused("copies of its machine leave it out: it would be lost")
        elif isinstance(fact, facts.Machine) and fact.left_out is not False:
            verdict = unread(fact, "left_out") or refused("copies leave out a disk that it is born with")
        elif isinstance(fact, facts.Machine | facts.Disk) and fact.copied is not None:
            verdict = _by_policy(fact)
        if verdict is not None:
            yield dataclasses.replace(verdict, subject=fact.origin.subject, urn=fact.origin.urn)


def _by_policy(fact: facts.Machine | facts.Disk) -> Verdict:
    if verdict := unread(fact, "copied"):
        return verdict
    machine = isinstance(fact, facts.Machine)
    if not fact.copied:
        lost = "its disks would be lost with it" if machine else "only its machine's would hold it"
        return refused(f"it names no policy of copies: {lost}")
    message = "it names a policy of copies; how often it copies, what it keeps and where, nothing here shows"
    return Verdict(State.EVIDENCE_REQUIRED, message, scope="kinds/machine" if machine else "kinds/disk")


RULES = (
    Rule("SOV-04", (facts.Bucket,), kept_at_home, run=copies_stay),
    Rule("STO-07", (facts.Bucket,), copies_sealed, machines_copied, everything_backed_up, instead=("object-lock",)),
)
