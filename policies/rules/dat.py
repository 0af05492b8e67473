"""Bubbles: each is lawful, owned, and ends."""

from __future__ import annotations

import re

from blueprint import facts
from blueprint import plan as plans
from policies.context import Context
from policies.rules.model import Rule
from policies.verdicts import CONFORM, Verdict, refused

_PLACEHOLDER = re.compile(
    r"(?i)^\W*(?:tbd|tbc|todo|fixme|x+|n\W?a|none|unknown|placeholder|a completer|à compléter)?\W*$"
)


def complete_bubble(fact: facts.Network, context: Context) -> Verdict:
    """A bubble says who, by which authorisation, until when, with which roles, keys, buckets and log sink."""
    bubble = context.index.bubbles.get(fact.origin.subject or "")
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
        if _PLACEHOLDER.match(value)
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


RULES = (Rule("DAT-02", (facts.Network,), complete_bubble),)
