"""Bubbles: each is lawful, owned, and ends."""

from __future__ import annotations

from blueprint import facts, values
from blueprint import plan as plans
from policies.context import Context
from policies.rules import sto
from policies.rules.model import Rule
from policies.rules.words import empty
from policies.verdicts import CONFORM, Verdict, refused, unread

# DAT-02


def complete_bubble(fact: facts.Network, context: Context) -> Verdict:
    """A bubble says who, by which authorisation, until when, with which roles, keys, buckets and log sink."""
    bubble = context.index.bubbles.get(fact.origin.path)
    if bubble is None:
        return refused("the blueprint has no such bubble")
    project = bubble.project
    if project is None:
        return refused("it has no authorisation: neither its own nor the platform's", field="project")
    missing = [name for name, value in _required(bubble, project, context) if not value]
    if missing:
        return refused(f"it does not say its {', '.join(missing)}", field="project")
    idle = [
        name
        for name, value in (
            ("identifier", project.identifier),
            ("authorisation", project.authorisation),
            ("owner", project.owner),
        )
        if empty(value)
    ]
    if idle:
        return refused(f"its {', '.join(idle)} is a placeholder", field="project")
    if project.start is not None and project.end is not None and project.end < project.start:
        return refused("it ends before it begins", field="project")
    if project.end is not None and project.end < context.as_of:
        return refused(f"its authorisation ended on {project.end}", field="project")
    if project.log_sink not in context.index.buckets and project.log_sink not in context.index.zones:
        return refused("its log sink is neither a bucket nor a zone of the plan", field="project")
    return CONFORM


def _required(bubble: plans.Bubble, project: plans.Project, context: Context) -> list[tuple[str, object]]:
    required: list[tuple[str, object]] = [
        ("owner", project.owner and bubble.owner),
        ("data class", bubble.data_class),
        ("identifier", project.identifier),
        ("authorisation", project.authorisation),
        ("start", project.start),
        ("end", project.end),
        ("roles", project.roles),
        ("log sink", project.log_sink),
        ("archive duration", project.archive_days),
    ]
    if bubble.kind is plans.BubbleKind.PROJECT:
        buckets = [bucket for bucket in context.plan.buckets if bucket.bubble == bubble.name]
        required.append(("buckets", buckets))
        if context.plan.keys:
            # Without the keys brick there is no inventory to name them in: STO-01 asks for evidence instead.
            required.append(("keys", project.keys))
    return required


# DAT-08


def ends_with_its_archive(fact: facts.Bucket, context: Context) -> Verdict:
    """What a project leaves is gone when its archive ends; nothing of a person is kept beyond the legal limit."""
    planned = context.index.buckets.get(fact.origin.path)
    bubble = context.index.bubble_of(fact.origin.path)
    if planned is None or bubble is None:
        return refused("the plan has no such bucket: nothing says when it ends")
    if fact.force_destroy is True:
        return refused("its objects would go with it, before their archive ends")
    if differing := _kept_otherwise(fact, planned, context):  # in what can be read, whatever else cannot
        return refused(f"its {', '.join(differing)} differs from the plan's")
    if trouble := unread(fact, "force_destroy", "versioning", "lock_days", "lock_mode"):
        return trouble
    if trouble := sto.unread_expiry(fact, context):
        return trouble
    gone = sto.gone_after(fact)
    if gone is None:
        return refused(sto.lasting(fact, "objects"), field="expire_days")
    most = _longest(bubble, context)
    if most is None:
        return refused("its project does not say how long its archive lasts")
    if gone > most:
        return refused(f"its objects stay {gone} days; at most {most} are allowed")
    differs = refused("its end differs from the plan's", field="expire_days")
    return CONFORM if gone == _planned_end(planned) else differs


def _planned_end(planned: plans.Bucket) -> int | None:
    """Days after which the plan has nothing left of an object; None where it says of something no end."""
    if not planned.versioning:
        return planned.expire_days
    if planned.expire_days is None or planned.noncurrent_expire_days is None:
        return None
    return planned.expire_days + planned.noncurrent_expire_days


def _longest(bubble: plans.Bubble, context: Context) -> int | None:
    """The most days that a bubble's objects may stay; None where its project does not say."""
    if bubble.kind is not plans.BubbleKind.PROJECT:
        return int(context.parameter("DAT-08", "maximum_days"))
    archive = bubble.project.archive_days if bubble.project else None
    return None if archive is None else archive + int(context.parameter("DAT-08", "grace_days"))


def _kept_otherwise(fact: facts.Bucket, planned: plans.Bucket, context: Context) -> list[str]:
    """What keeps objects and is, as far as it can be read, not the plan's: versions, and a lock that nobody lifts."""
    lacks_lock = fact.lock_days is None and sto.by_other_means(context, "object-lock") is not None
    mode = fact.lock_mode.strip().upper() if isinstance(fact.lock_mode, str) else fact.lock_mode
    return [
        name
        for name, got, wanted in (
            ("versioning", fact.versioning, planned.versioning),
            ("lock", fact.lock_days, None if lacks_lock else planned.lock_days),
            ("lock's mode", mode, None if lacks_lock or not planned.lock_days else "COMPLIANCE"),
        )
        if values.known(got) and got != wanted
    ]


RULES = (
    Rule("DAT-02", (facts.Network,), complete_bubble),
    Rule("DAT-08", (facts.Bucket,), ends_with_its_archive, instead=("lifecycle", "object-lock")),
)
