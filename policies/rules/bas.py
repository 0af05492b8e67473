"""The bastion is the only way in for administration."""

from __future__ import annotations

from blueprint import facts, values
from blueprint import plan as plans
from blueprint.values import NOT_OBSERVABLE
from policies import addresses
from policies.context import Context
from policies.rules import log, ports
from policies.rules.filtering import ranges_of
from policies.rules.model import Rule
from policies.rules.sto import by_other_means
from policies.rules.words import empty, folded
from policies.verdicts import CONFORM, State, Verdict, refused, unread


def admin_ports_from_bastion(fact: facts.FilterRule, context: Context) -> Verdict:
    """An admin port is reached from the bastion's zone only; the bastion's own from declared admin ranges only."""
    if trouble := unread(fact, "direction", "protocol", "from_port", "to_port", "cidrs"):
        return trouble
    if fact.direction == "egress":
        return Verdict(State.NOT_APPLICABLE, "an egress rule lets nothing in")
    bastion = context.plan.bastion
    watched = {*context.parameter("BAS-01", "admin_ports"), *(bastion.admin_ports if bastion else ())}
    opened = ports.holds(values.read(fact.from_port), values.read(fact.to_port), watched)
    if not opened or not ports.meet(str(fact.protocol), "tcp"):
        return Verdict(State.NOT_APPLICABLE, "it opens no admin port")
    spelled = ", ".join(map(str, opened))
    if bastion is None:
        return refused(f"admin port {spelled} is open and there is no bastion")
    cidrs = values.read(fact.cidrs)
    if fact.group == bastion.zone:
        allowed = tuple(
            cidr for external in context.plan.externals if external.administration for cidr in external.cidrs
        )
        place = "the declared administration ranges"
    else:
        allowed, place = ranges_of(bastion.zone, context), "the bastion"
    if cidrs and all(addresses.inside_any(cidr, allowed) for cidr in cidrs):
        return CONFORM
    return refused(f"admin port {spelled} can be reached from elsewhere than {place}")


# BAS-02

SCOPE = "bricks/bastion"
"""Scope of a record that answers for the bastion."""


def _unproved(what: str) -> Verdict:
    return Verdict(State.EVIDENCE_REQUIRED, f"{what} is declared; no resource shows it", scope=SCOPE)


def _undeclared(what: str) -> Verdict:
    return Verdict(State.EVIDENCE_REQUIRED, f"the blueprint does not say {what}", scope=SCOPE)


def proves_who_enters(fact: facts.Administration | facts.AccessKey, context: Context) -> Verdict:
    """Administrators sign in by name, with two factors, from a directory, and a few failures lock them out."""
    if isinstance(fact, facts.AccessKey):
        return _kept_by_its_holder(fact)
    sign_in = fact.sign_in
    if sign_in is None:
        return _undeclared("how administrators sign in")
    if sign_in.mfa not in context.parameter("BAS-02", "mfa"):
        return refused(f"its second factor is {sign_in.mfa}", field="sign_in")
    if not sign_in.nominative:
        return refused("several persons share an account", field="sign_in")
    if empty(sign_in.directory):
        return refused("no directory knows its accounts", field="sign_in")
    most = context.parameter("BAS-02", "attempts")
    if sign_in.lockout_attempts is None or not 1 <= sign_in.lockout_attempts <= most:
        return refused(f"it locks nobody out after {most} failures", field="sign_in")
    return _unproved("sign-in")


def _kept_by_its_holder(fact: facts.AccessKey) -> Verdict:
    """Of a key pair only the public half is ever given: who made the pair knows the other."""
    if fact.given is NOT_OBSERVABLE:
        return Verdict(State.EVIDENCE_REQUIRED, "the provider does not say who made the key pair", scope=SCOPE)
    if trouble := unread(fact, "given"):
        return trouble
    return CONFORM if fact.given else refused("the provider makes the key pair: its private half lies in the state")


# BAS-03


def sessions_recorded(fact: facts.Administration | facts.Bucket, context: Context) -> Verdict:
    """Sessions are recorded in full, into a bucket that nobody can empty before the end of the retention."""
    bastion = context.plan.bastion
    recording = bastion.recording if bastion else None
    if isinstance(fact, facts.Bucket):
        if recording is None or fact.origin.subject != recording.bucket:
            return Verdict(State.NOT_APPLICABLE, "it keeps no sessions")
        if trouble := unread(fact, "lock_days"):
            return trouble
        if fact.lock_days is None and (answer := by_other_means(context, "object-lock")):
            return answer
        least, most = (context.parameter("BAS-03", name) for name in ("minimum_days", "maximum_days"))
        if fact.lock_days is None or not least <= fact.lock_days <= most:
            return refused(f"it does not lock sessions for {least} to {most} days", field="lock_days")
        return CONFORM
    if recording is None:
        return _undeclared("whether sessions are recorded")
    if recording.mode != "full":
        return refused(f"sessions are recorded as {recording.mode}", field="recording")
    if recording.bucket not in context.index.buckets:
        return refused("its sessions go to no bucket of the plan", field="recording")
    return _unproved("recording in full")


# BAS-04


def nobody_alone(fact: facts.Administration, context: Context) -> Verdict:
    """Each class of sensitive operations needs two persons beside the one who asks."""
    if not fact.approvals:
        return _undeclared("who approves sensitive operations")
    given = {one.operation: one for one in fact.approvals}
    missing = [name for name in context.parameter("BAS-04", "operations") if name not in given]
    if missing:
        return refused(f"nobody is named to approve {', '.join(missing)}", field="approvals")
    least = context.parameter("BAS-04", "approvers")
    for name, one in given.items():
        if one.at_least < least or len(folded(one.roles)) < least:
            return refused(f"{name} needs fewer than {least} approvers of different roles", field="approvals")
        if not one.author_excluded:
            return refused(f"who asks for {name} may approve it", field="approvals")
    return _unproved("approval by two")


# BAS-05


def bastion_reaches_inside_only(fact: facts.FilterRule | facts.Route, context: Context) -> Verdict:
    """The bastion opens nothing towards the Internet, and has a way back to declared administrators only."""
    bastion = context.plan.bastion
    if bastion is None:
        return Verdict(State.NOT_APPLICABLE, "there is no bastion")
    if isinstance(fact, facts.FilterRule):
        if trouble := unread(fact, "direction", "cidrs"):
            return trouble
        if fact.direction == "ingress" or not _administers(fact.group, bastion, context):
            return Verdict(State.NOT_APPLICABLE, "it lets nothing out of an administration zone")
        inside = all(addresses.inside(cidr, context.plan.cidr) for cidr in values.read(fact.cidrs))
        return CONFORM if inside and fact.cidrs else refused("an administration zone opens a way out of the platform")
    if trouble := unread(fact, "destination", "via"):
        return trouble
    destination = str(fact.destination)
    if not _administers(fact.table, bastion, context) or addresses.inside(destination, context.plan.cidr):
        return Verdict(State.NOT_APPLICABLE, "it leads no administration zone out of the platform")
    allowed = [cidr for one in context.plan.externals if one.administration for cidr in one.cidrs]
    allowed += _relayed(fact.table, context)
    if fact.table == bastion.zone and fact.via == "internet" and addresses.inside_any(destination, allowed):
        return CONFORM
    return refused("it leads an administration zone to the Internet")


def _relayed(zone: str | None, context: Context) -> list[str]:
    """Where a NAT service that stands here leads the other zones of its bubble; filters keep machines here in."""
    served = {gateway.subject for gateway in context.plan.gateways if gateway.zone == zone}
    return [route.destination for route in context.plan.routes if route.target in served]


def _administers(zone: str | None, bastion: plans.Bastion, context: Context) -> bool:
    found = context.index.zones.get(zone or "")
    return found is not None and (found.role is plans.ZoneRole.ADMIN or found.subject == bastion.zone)


# BAS-06


def run_by_the_project(context: Context) -> Verdict:
    """A bastion that the project runs is a pair in two zones, from a recent image, whose traces leave it.

    That its configuration is saved elsewhere, only a record can show.
    """
    bastion = context.plan.bastion
    if bastion is None:
        return Verdict(State.NOT_APPLICABLE, "there is no bastion")
    offer = context.capabilities.offer(context.offer) if context.capabilities else None
    if offer is not None and offer.has("bastion"):
        return Verdict(State.NOT_APPLICABLE, f"{offer.name} runs the bastion")
    least = min(2, len(offer.azs)) if offer else 2
    if len(bastion.machines) < 2 or len({machine.az for machine in bastion.machines}) < least:
        return refused("it hangs on one machine or one availability zone", subject=bastion.subject)
    if trouble := _aged(bastion, context):
        return trouble
    places = {bastion.zone, "/".join(bastion.zone.split("/")[:2])}
    if not any(places & {flow.source, flow.destination} for flow in log.flows_on(context, "LOG-05")):
        return refused("no flow takes its traces to a collector", subject=bastion.subject)
    message = "that its configuration is saved elsewhere is shown by no resource"
    return Verdict(State.EVIDENCE_REQUIRED, message, bastion.subject, scope=SCOPE)


def _aged(bastion: plans.Bastion, context: Context) -> Verdict | None:
    """Why an image of its machines is too old, or nobody knows how old; None where all are recent."""
    for name in sorted({machine.image for machine in bastion.machines}):
        listed = context.images.get(name)
        if listed is None or listed.created is None:
            scope = f"images/{listed.name if listed else name}"
            message = "the offer's list does not say when its image was made"
            return Verdict(State.EVIDENCE_REQUIRED, message, bastion.subject, scope=scope, field="image")
        age, most = (context.as_of - listed.created).days, context.parameter("BAS-06", "image_days")
        if age > most:
            message = f"its image is {age} days old; at most {most} are asked for"
            return refused(message, subject=bastion.subject, field="image")
    return None


RULES = (
    Rule("BAS-01", (facts.FilterRule,), admin_ports_from_bastion),
    Rule("BAS-02", (facts.Administration, facts.AccessKey), proves_who_enters),
    Rule("BAS-03", (facts.Administration, facts.Bucket), sessions_recorded, instead=("object-lock",)),
    Rule("BAS-04", (facts.Administration,), nobody_alone),
    Rule("BAS-05", (facts.FilterRule, facts.Route), bastion_reaches_inside_only),
    Rule("BAS-06", run=run_by_the_project),
)
