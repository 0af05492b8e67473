"""Rights: nobody holds two roles of which one watches the other."""

from __future__ import annotations

from collections.abc import Iterator

from blueprint import plan as plans
from policies.context import Context
from policies.rules.model import Rule
from policies.rules.words import folded
from policies.verdicts import State, Verdict, refused

# IAM-05


def no_two_incompatible_roles(context: Context) -> tuple[Verdict, ...]:
    """Whoever works on a project's data lets no result out, approves no operation and holds no key of pseudonyms."""
    projects = [one for one in context.plan.bubbles if one.kind is plans.BubbleKind.PROJECT and one.project]
    watching = list(_watching(context.plan))
    if not projects or not watching:
        return (Verdict(State.NOT_APPLICABLE, "the blueprint declares no roles that watch those of a project"),)
    return tuple(_apart(bubble, watching) for bubble in projects)


def _watching(plan: plans.Plan) -> Iterator[tuple[str, frozenset[str]]]:
    """(what they do, roles that do it)."""
    for gate in plan.gates:
        yield f"lets results out ({gate.subject})", folded(gate.approvers)
    for approval in plan.bastion.approvals if plan.bastion else ():
        yield f"approves {approval.operation}", folded(approval.roles)
    for key in plan.keys:
        if key.kind == "pseudonymisation":
            yield "holds a key of pseudonyms", folded((*key.administrators, *key.users))


def _apart(bubble: plans.Bubble, watching: list[tuple[str, frozenset[str]]]) -> Verdict:
    own = folded(bubble.project.roles if bubble.project else ())
    clashes = {f"{role} also {what}" for what, roles in watching for role in own & roles}
    if clashes:
        return refused("; ".join(sorted(clashes)), subject=bubble.subject, field="project")
    return Verdict(State.CONFORM, subject=bubble.subject)


RULES = (Rule("IAM-05", run=no_two_incompatible_roles),)
