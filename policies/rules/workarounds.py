"""Workarounds that have rules of their own: they apply where an offer lacks a brick, or the blueprint stands in for it.

A brick that the offer has by itself is judged by its own rules; nothing is asked of a workaround that nobody uses.
"""

from __future__ import annotations

from blueprint import plan as plans
from policies.context import Context
from policies.rules import attested
from policies.rules.model import Rule
from policies.verdicts import State, Verdict, refused


def _unused(brick: str, context: Context) -> Verdict | None:
    """Why the workaround of a brick is not to be judged: it is not used, or must not be. None where it is used."""
    offer = context.capabilities.offer(context.offer) if context.capabilities else None
    if offer is None:
        return refused(f"the offer {context.offer!r} is in no capability file: nothing says whether it has {brick}")
    declared = next((one for one in context.plan.workarounds if one.brick == brick), None)
    if declared is None:
        if offer.has(brick):
            return Verdict(State.NOT_APPLICABLE, f"{offer.name} has {brick} by itself, and no workaround is declared")
        return refused(f"{offer.name} has no {brick} by itself, and no workaround for it is declared")
    if context.workaround(brick) is None:
        return refused("the offer's file does not accept this workaround", subject=declared.subject, field="name")
    return None


def _evidence(brick: str, message: str, context: Context) -> Verdict:
    declared = next((one.subject for one in context.plan.workarounds if one.brick == brick), None)
    return attested.of_platform(context, message, declared)


# NET-13


def a_firewall_for_each_service(context: Context) -> Verdict:
    """Where networks are no offer's own, each zone that holds machines has a firewall of its own."""
    if (answer := _unused("network", context)) is not None:
        return answer
    zones = {machine.zone for machine in context.index.machines.values()}
    message = f"{len(zones)} zones hold machines and need a firewall each, all from one template: no adapter makes them"
    return _evidence("network", message, context)


# STO-08


def run_storage_as_safe(context: Context) -> Verdict:
    """Storage that the project runs on machines protects as much as the offer's would."""
    if (answer := _unused("storage", context)) is not None:
        return answer
    return _evidence("storage", "the project runs its own storage: no resource shows how it is configured", context)


# IAM-08


def one_account_each(context: Context) -> Verdict:
    """A target is one account: where rights are not fine enough, no two projects stand in it."""
    offer = context.capabilities.offer(context.offer) if context.capabilities else None
    brick = offer.bricks.get("iam") if offer else None
    fine = brick is not None and brick.state == "native" and brick.declared == "conform"
    if fine and not any(one.brick == "iam" for one in context.plan.workarounds):
        return Verdict(State.NOT_APPLICABLE, "the offer's own rights stop at a project")
    accepted = context.workaround("iam")
    if brick is None or (accepted is None and brick.state != "native"):
        return refused("rights do not stop at a project here, and no accepted workaround for `iam` is declared")
    projects = [one.name for one in context.plan.bubbles if one.kind is plans.BubbleKind.PROJECT]
    if len(projects) > 1:
        named = ", ".join(projects)
        if brick.state != "native":
            return refused(f"{named} stand in one account, and rights do not stop at a project here")
        return _evidence(
            "iam", f"{named} stand in one account, whose rights the offer declares {brick.declared}", context
        )
    if accepted is None:
        return _evidence("iam", f"the offer declares its rights {brick.declared}", context)
    complexity = accepted.complexity.replace("_", " ")
    return Verdict(State.WORKAROUND_ACCEPTED, f"by the declared workaround: {accepted.name} ({complexity})")


RULES = (
    Rule("IAM-08", run=one_account_each, instead=("iam",)),
    Rule("NET-13", run=a_firewall_for_each_service, instead=("network",)),
    Rule("STO-08", run=run_storage_as_safe, instead=("storage",)),
)
