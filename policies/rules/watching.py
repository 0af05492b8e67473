"""What is looked for in traces (LOG-06), and where the proof of each deployment is kept (LOG-09)."""

from __future__ import annotations

from blueprint import data_plan, facts
from policies.context import Context
from policies.rules import attested, log, sto
from policies.rules.model import Rule
from policies.rules.words import empty
from policies.verdicts import CONFORM, State, Verdict, refused

# LOG-06


def nine_detections(context: Context) -> Verdict:
    """Each basic detection is declared with a threshold that an attack reaches, and somebody is told."""
    declared = context.plan.detections
    if declared is None:
        return attested.of_platform(
            context, "the blueprint does not say what is looked for in the traces (`detections`)"
        )
    known = {one.name for one in declared.rules}
    missing = [name for name in context.parameter("LOG-06", "detections") if name not in known]
    if missing:
        return refused(f"nothing detects {', '.join(missing)}", subject=declared.subject, field="rules")
    if empty(declared.alerts):
        return refused("nobody is told of an alert", subject=declared.subject, field="alerts")
    if not log.flows_on(context, "LOG-05"):
        return refused("no flow takes traces to a collector that could look at them", subject=declared.subject)
    for one in declared.rules:
        if wrong := _too_late(one, context):
            return refused(f"{one.name} {wrong}", subject=declared.subject, field="rules")
    if declared.tested_on is None:
        return attested.of_platform(context, "its detections are declared; no trial of an alert is", declared.subject)
    age = (context.as_of - declared.tested_on).days
    if not 0 <= age <= context.parameter("LOG-06", "trial_days"):
        return refused("no alert was tried within the year", subject=declared.subject, field="tested_on")
    return attested.of_platform(
        context, "its detections are declared; no resource shows that they run", declared.subject
    )


def _too_late(one: data_plan.Detection, context: Context) -> str | None:
    """How a threshold lets an attack pass; None where it does not."""
    if one.name in context.parameter("LOG-06", "once"):
        return None if one.events == 1 else "waits for a second time: one is an alert already"
    events, minutes = context.parameter("LOG-06", "events"), context.parameter("LOG-06", "minutes")
    if not 1 <= one.events <= events:
        return f"waits for more than {events} events"
    # A window too short for so many events is a threshold that nobody reaches.
    if not 1 <= one.minutes <= minutes or one.events > one.minutes * context.parameter("LOG-06", "per_minute"):
        return f"counts in no window that an attack fills ({minutes} minutes at most)"
    return None


# LOG-09


def proofs_kept(context: Context) -> Verdict:
    """The evidence of each deployment goes to a bucket of the administration's; drift is looked for every day."""
    proofs = context.plan.proofs
    if proofs is None:
        return attested.of_platform(
            context, "the blueprint does not say where the proof of a deployment is kept (`proofs`)"
        )
    if proofs.bucket not in context.index.buckets:
        return refused("its bucket is none of the plan's", subject=proofs.subject, field="bucket")
    if not context.index.administers(proofs.bucket):
        return refused("its bucket lies beside the data that it speaks of", subject=proofs.subject, field="bucket")
    most = context.parameter("LOG-09", "hours")
    if not 1 <= proofs.drift_hours <= most:
        message = f"more than {most} hours pass between two looks at what differs"
        return refused(message, subject=proofs.subject, field="drift_hours")
    message = "it is declared; the bundle is made after the deployment, which the pack comes before"
    return attested.of_platform(context, message, proofs.subject)


def proofs_sealed(fact: facts.Bucket, context: Context) -> Verdict:
    """The bucket that keeps proofs lets nobody change or erase them before their term."""
    proofs = context.plan.proofs
    if proofs is None or fact.origin.path != proofs.bucket:
        return Verdict(State.NOT_APPLICABLE, "it keeps no proof of deployments")
    return sto.sealed(fact, context, "proofs", context.parameter("LOG-09", "lock_days")) or CONFORM


RULES = (
    Rule("LOG-06", run=nine_detections),
    Rule("LOG-09", (facts.Bucket,), proofs_sealed, run=proofs_kept, instead=("object-lock",)),
)
