"""DAT-09: a space closes in order, and what was closed does not stand in the plan any more."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools

from blueprint import data_plan
from blueprint import plan as plans
from policies.context import Context
from policies.rules.model import Rule
from policies.verdicts import State, Verdict, refused


def closed_in_order(context: Context) -> tuple[Verdict, ...]:
    """Rights, traces, archive, network, data, keys: each after the other, the data after the whole archive."""
    spaces = [one for one in context.plan.bubbles if one.kind is plans.BubbleKind.PROJECT]
    # DAT-02 refuses a space of no project.
    return tuple(_closed(one, one.project, context) for one in spaces if one.project) or (
        Verdict(State.NOT_APPLICABLE, "the blueprint has no project's space"),
    )


def _closed(bubble: plans.Bubble, project: plans.Project, context: Context) -> Verdict:
    if project.closing is None:
        if project.end is not None and project.end < context.as_of:
            message = f"it ended on {project.end}, and nothing says how it closes (`closing`)"
            return refused(message, subject=bubble.subject, field="project")
        return Verdict(State.NOT_APPLICABLE, "it is not being closed", bubble.subject)
    wrong = _out_of_order(project.closing, project) or _still_there(project.closing, project, bubble, context)
    if wrong:
        return refused(wrong, subject=bubble.subject, field="project")
    message = "it closes in order; that each step was taken is attested"
    return Verdict(State.EVIDENCE_REQUIRED, message, bubble.subject, scope=bubble.subject)


def _out_of_order(closing: data_plan.Closing, project: plans.Project) -> str | None:
    days = [(field.name, getattr(closing, field.name)) for field in dataclasses.fields(closing)]
    for (before, first), (after, then) in itertools.pairwise(days):
        if then < first:
            return f"its {after} go before its {before}"
    if project.archive_days is None or closing.data < closing.archive + dt.timedelta(project.archive_days):
        return "its data are erased before their archive ends"
    return None


def _still_there(
    closing: data_plan.Closing, project: plans.Project, bubble: plans.Bubble, context: Context
) -> str | None:
    """What a step that was taken should have removed from the plan."""
    today = context.as_of
    if closing.rights <= today and project.roles:
        return f"its rights ended on {closing.rights}, and roles still have some"
    touching = [
        flow.name
        for flow in context.plan.flows
        if bubble in (context.index.bubble_of(flow.source), context.index.bubble_of(flow.destination))
    ]
    if closing.network <= today and touching:
        return f"its network ended on {closing.network}, and flow {touching[0]} still reaches it"
    holders = {*(one.bubble for one in context.plan.buckets), *(one.bubble for one in context.plan.machines)}
    if closing.data <= today and bubble.name in holders:
        return f"its data were erased on {closing.data}, and what holds them still stands"
    return None


RULES = (Rule("DAT-09", run=closed_in_order),)
