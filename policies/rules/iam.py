"""Rights: nobody holds two roles of which one watches the other."""

from __future__ import annotations

from collections.abc import Iterator

from blueprint import data_plan
from blueprint import plan as plans
from policies.context import Context
from policies.rules import log
from policies.rules.model import Rule
from policies.rules.words import folded
from policies.verdicts import State, Verdict, refused

# IAM-05

TRACES, OPERATION = "traces", "operation"


def no_two_incompatible_roles(context: Context) -> tuple[Verdict, ...]:
    """No role does both halves of a pair of the catalogue.

    Whoever works on a project's data lets no result out, approves no operation and holds no key of pseudonyms; whoever
    can change traces changes nothing else.
    """
    pairs = frozenset(context.parameter("IAM-05", "pairs"))
    found = (*_projects(pairs, context), *_rights(pairs, context))
    return found or (Verdict(State.NOT_APPLICABLE, "the blueprint declares no roles of which one watches another"),)


def _projects(pairs: frozenset[str], context: Context) -> Iterator[Verdict]:
    watching = [(what, roles) for duty, what, roles in _watching(context.plan) if f"project {duty}" in pairs]
    if watching:
        for bubble in context.plan.bubbles:
            if bubble.kind is plans.BubbleKind.PROJECT and bubble.project:
                yield _apart(bubble, bubble.project, watching)


def _watching(plan: plans.Plan) -> Iterator[tuple[str, str, frozenset[str]]]:
    """(duty, what they do, roles that do it)."""
    for gate in plan.gates:
        yield "export", f"lets results out ({gate.subject})", folded(gate.approvers)
    for approval in plan.bastion.approvals if plan.bastion else ():
        yield "approval", f"approves {approval.operation}", folded(approval.roles)
    for key in plan.keys:
        if key.kind == "pseudonymisation":
            yield "pseudonyms", "holds a key of pseudonyms", folded((*key.administrators, *key.users))


def _apart(bubble: plans.Bubble, project: plans.Project, watching: list[tuple[str, frozenset[str]]]) -> Verdict:
    own = folded(project.roles)
    clashes = {f"{role} also {what}" for what, roles in watching for role in own & roles}
    if clashes:
        return refused("; ".join(sorted(clashes)), subject=bubble.subject, field="project")
    return Verdict(State.CONFORM, subject=bubble.subject)


def _rights(pairs: frozenset[str], context: Context) -> Iterator[Verdict]:
    """One verdict for each role that may change something at the provider."""
    if not pairs & {f"{TRACES} {OPERATION}", f"{OPERATION} {TRACES}"}:
        return
    changing: dict[str, set[str]] = {}
    for right in context.plan.rights:
        if _changes(right, context):
            changing.setdefault(right.subject, set()).update(right.on)
    kept = log.sinks(context)
    for role, subjects in changing.items():
        if {TRACES, OPERATION} <= {duty for one in subjects for duty in _duties(one, kept)}:
            yield refused("it may change the traces, and what they speak of", subject=role, field="rights")
        else:
            yield Verdict(State.CONFORM, subject=role)


def _changes(right: data_plan.Right, context: Context) -> bool:
    """Whether one of its actions is none that only reads, by its verb: `s3:GetObject` reads."""
    reading = tuple(context.parameter("IAM-05", "reading"))
    verbs = (action.strip().rpartition(":")[2].lower() for action in right.actions)
    return any(not verb.startswith(reading) for verb in verbs)


def _duties(subject: str, kept: frozenset[str]) -> Iterator[str]:
    """What changing it is: all that is no sink of traces is operated, and a place that holds a sink is both."""
    if any(f"{subject}/".startswith(f"{sink}/") for sink in kept):
        yield TRACES
        return
    yield OPERATION
    if any(sink.startswith(f"{subject}/") for sink in kept):
        yield TRACES


RULES = (Rule("IAM-05", run=no_two_incompatible_roles),)
