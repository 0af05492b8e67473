"""Traces: all that can log does, to collectors apart, over mutual TLS, kept as long as the law says and no longer."""

from __future__ import annotations

from collections.abc import Iterator

from blueprint import facts, values
from blueprint import plan as plans
from policies.context import Context
from policies.rules import attested, sto
from policies.rules.model import Rule
from policies.rules.words import empty
from policies.verdicts import State, Verdict, refused, unread

IDLE = Verdict(State.NOT_APPLICABLE, "the blueprint has no machine")


def _conform(subject: str) -> Verdict:
    return Verdict(State.CONFORM, subject=subject)


def flows_on(context: Context, rule: str) -> tuple[plans.Flow, ...]:
    """The plan's flows that may reach one of the ports that a rule watches: a wide range hides nothing."""
    ports = context.parameter(rule, "ports")
    return tuple(flow for flow in context.plan.flows if any(flow.from_port <= port <= flow.to_port for port in ports))


def _log_flows(context: Context) -> tuple[plans.Flow, ...]:
    return context.index.remember("log flows", lambda: flows_on(context, "LOG-05"))


def _zones_with_machines(context: Context) -> dict[str, list[plans.Machine]]:
    found: dict[str, list[plans.Machine]] = {}
    for machine in context.index.machines.values():
        found.setdefault(machine.zone, []).append(machine)
    return found


# LOG-01


def everything_logs(context: Context) -> tuple[Verdict, ...]:
    """Each bubble with machines names a sink, and each of its zones with machines has a way to a collector."""
    zones = _zones_with_machines(context)
    if not zones:
        return (IDLE,)
    flows = _log_flows(context)
    senders, collectors = {flow.source for flow in flows}, {flow.destination for flow in flows}
    return tuple(
        _bubble_logs(bubble, [zone for zone in bubble.zones if zone.subject in zones], senders | collectors)
        for bubble in context.plan.bubbles
        if any(zone.subject in zones for zone in bubble.zones)
    )


def _bubble_logs(bubble: plans.Bubble, zones: list[plans.Zone], known: set[str]) -> Verdict:
    if bubble.project is None or not bubble.project.log_sink:
        return refused("it names no sink for its traces", subject=bubble.subject, field="project")
    silent = [zone.name for zone in zones if zone.subject not in known and bubble.subject not in known]
    if silent:
        return refused(f"no flow takes the traces of {', '.join(silent)} to a collector", subject=bubble.subject)
    return _conform(bubble.subject)


# LOG-02


def collectors_apart(context: Context) -> tuple[Verdict, ...]:
    """Traces end in a zone of the administration bubble, on two machines in two zones, away from their sources."""
    zones = _zones_with_machines(context)
    if not zones:
        return (IDLE,)
    flows = _log_flows(context)
    destinations = sorted({flow.destination for flow in flows})
    if not destinations:
        return (refused("no flow leads to a collector: the platform keeps no traces away from their sources"),)
    return tuple(_collector(one, {flow.source for flow in flows}, zones, context) for one in destinations)


def _collector(place: str, sources: set[str], zones: dict[str, list[plans.Machine]], context: Context) -> Verdict:
    if place in context.index.externals:
        message = "traces leave for a collector outside the platform: only its holder can say how it is kept"
        return Verdict(State.EVIDENCE_REQUIRED, message, place, scope=place)
    if not context.index.administers(place):
        return refused("traces end in a bubble that does not administer the platform", subject=place)
    if place in sources:
        return refused("its own machines send their traces to themselves", subject=place)
    machines = zones.get(place, [])
    spread = {machine.az for machine in machines}
    if len(machines) < 2 or len(spread) < min(2, len(context.plan.azs)):
        return refused("fewer than two machines in two availability zones collect traces", subject=place)
    return _conform(place)


# LOG-03


def sinks(context: Context) -> frozenset[str]:
    """Wherever traces go: those of bubbles, of gates, of the module of keys, and sessions of the bastion."""
    plan = context.plan
    named = {bubble.project.log_sink for bubble in plan.bubbles if bubble.project and bubble.project.log_sink}
    named |= {gate.logs for gate in plan.gates}
    if plan.key_module is not None:
        named.add(plan.key_module.logs)
    if plan.bastion is not None and plan.bastion.recording is not None:
        named.add(plan.bastion.recording.bucket)
    return frozenset(named)


def kept_inside_the_window(fact: facts.Bucket, context: Context) -> Verdict:
    """A sink's objects are erased by themselves, none before the least and none after the most that the law allows."""
    if fact.origin.subject not in sinks(context):
        return Verdict(State.NOT_APPLICABLE, "it is no sink of traces")
    if trouble := unread(fact, "versioning") or sto.unread_expiry(fact, context):
        return trouble
    least, most = (context.parameter("LOG-03", name) for name in ("minimum", "maximum"))
    gone = sto.gone_after(fact)
    if gone is None:
        return refused(sto.lasting(fact, "traces"), field="expire_days")
    if gone > most:
        return refused(f"its traces are kept {gone} days, {most} at most are allowed", field="expire_days")
    early = [rule.days for rule in values.read(fact.expiry) if isinstance(rule.days, int)]
    if min(early, default=gone) < least:
        return refused(
            f"some of its traces go after {min(early)} days, {least} at least are needed", field="expire_days"
        )
    return _conform(str(fact.origin.subject))


def kept_elsewhere(context: Context) -> Iterator[Verdict]:
    """A sink that is a zone keeps its traces on disks, whose erasure only a record can show."""
    for sink in sorted(sinks(context)):
        if sink in context.index.zones:
            message = "traces are kept on disks: only a record can show when they are erased, and that none is before"
            yield Verdict(State.EVIDENCE_REQUIRED, message, sink, scope=sink)


# LOG-04


def locked(fact: facts.Bucket, context: Context) -> Verdict:
    """A sink's objects cannot be changed or erased before their term, by anybody."""
    if fact.origin.subject not in sinks(context):
        return Verdict(State.NOT_APPLICABLE, "it is no sink of traces")
    least = context.parameter("LOG-04", "minimum")
    return sto.sealed(fact, context, "traces", least) or _conform(str(fact.origin.subject))


# LOG-05


def travels_safely(context: Context) -> tuple[Verdict, ...]:
    """Each flow of traces is TCP under mutual TLS."""
    return tuple(_safe(flow) for flow in _log_flows(context)) or (
        Verdict(State.NOT_APPLICABLE, "the plan has no flow of traces"),
    )


def _safe(flow: plans.Flow) -> Verdict:
    if flow.protocol.lower() != "tcp":
        return refused(f"traces travel by {flow.protocol}, which loses and forges", subject=flow.subject)
    if flow.encryption != "mutual_tls":
        return refused("traces travel without mutual authentication", subject=flow.subject, field="encryption")
    return _conform(flow.subject)


# LOG-07


def workaround_for_siem(context: Context) -> Verdict:
    """Without a SIEM: the declared workaround, collectors with room of their own, and a review with an owner."""
    declared = next((one for one in context.plan.workarounds if one.brick == "siem"), None)
    if declared is None:
        return Verdict(State.NOT_APPLICABLE, "the blueprint declares no workaround for `siem`")
    accepted = context.workaround("siem")
    if accepted is None:
        return refused("the offer's file does not accept this workaround", subject=declared.subject, field="name")
    zones = _zones_with_machines(context)
    collectors = [
        machine for place in {flow.destination for flow in _log_flows(context)} for machine in zones.get(place, [])
    ]
    room = sum(disk.size_gib for machine in collectors for disk in machine.disks)
    needed = context.parameter("LOG-07", "gib_per_machine") * len(context.index.machines)
    if room < needed:
        return refused(
            f"collectors have {room} GiB for the traces of {len(context.index.machines)} machines, {needed} are needed",
            subject=declared.subject,
        )
    most = context.parameter("LOG-07", "review_days")
    reviewed = declared.review_days is not None and 1 <= declared.review_days <= most
    if not reviewed or empty(declared.owner):
        return refused(f"no review every {most} days at most, with an owner, is declared", subject=declared.subject)
    name = f"{accepted.name} ({accepted.complexity.replace('_', ' ')})"
    return Verdict(State.WORKAROUND_ACCEPTED, f"by the declared workaround: {name}", declared.subject)


# LOG-08


def one_clock(context: Context) -> tuple[Verdict, ...]:
    """Every bubble takes time from the same inside zone, on two machines; only that zone asks outside."""
    zones = _zones_with_machines(context)
    if not zones:
        return (IDLE,)
    flows = flows_on(context, "LOG-08")
    inside = sorted({flow.destination for flow in flows if flow.destination in context.index.zones})
    if not inside:
        message = "the plan has no time service: machines take time from elsewhere, which only a record can show"
        return (attested.of_platform(context, message),)
    if len(inside) > 1:
        return (refused("bubbles take time from different zones", subject=inside[0]),)
    return tuple(_clock(inside[0], flows, zones, context))


def _clock(
    place: str, flows: tuple[plans.Flow, ...], zones: dict[str, list[plans.Machine]], context: Context
) -> Iterator[Verdict]:
    if len(zones.get(place, [])) < 2:
        yield refused("fewer than two machines give time", subject=place)
    askers = {flow.source for flow in flows if flow.destination in context.index.externals}
    for asker in sorted(askers - {place}):
        yield refused("it asks the outside for time, past the platform's own service", subject=asker)
    served = {flow.source for flow in flows if flow.destination == place} | {place}
    for bubble in context.plan.bubbles:
        lacking = [z.name for z in bubble.zones if z.subject in zones and not {z.subject, bubble.subject} & served]
        if lacking:
            yield refused(f"nothing gives time to {', '.join(lacking)}", subject=bubble.subject)
        elif any(zone.subject in zones for zone in bubble.zones):
            yield _conform(bubble.subject)


RULES = (
    Rule("LOG-01", run=everything_logs),
    Rule("LOG-02", run=collectors_apart),
    Rule(
        "LOG-03",
        (facts.Bucket,),
        kept_inside_the_window,
        run=lambda context: tuple(kept_elsewhere(context)),
        instead=("lifecycle",),
    ),
    Rule("LOG-04", (facts.Bucket,), locked, instead=("object-lock",)),
    Rule("LOG-05", run=travels_safely),
    Rule("LOG-07", run=workaround_for_siem, instead=("siem",)),
    Rule("LOG-08", run=one_clock),
)
