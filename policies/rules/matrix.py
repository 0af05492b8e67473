"""The flow matrix as it is carried out: every declared flow has its rules, and none speaks in clear."""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator, Sequence

from blueprint import facts, private_links, values
from blueprint import plan as plans
from blueprint.facts import Fact
from policies import addresses
from policies.context import Context
from policies.rules import ports
from policies.rules.lawful import HEALTH
from policies.rules.model import Rule
from policies.verdicts import CONFORM, State, Verdict, refused, unread

# NET-07


def in_the_matrix(fact: facts.FilterRule, context: Context) -> Verdict:
    """It opens nothing beyond its flow: same direction and zone, no more ports, no more addresses."""
    if trouble := unread(fact, "direction", "protocol", "from_port", "to_port", "cidrs"):
        return trouble
    planned = context.index.rules.get(fact.origin.path)
    if planned is None:
        return refused("no flow of the matrix gives it")
    first, last = values.read(fact.from_port), values.read(fact.to_port)
    within = (
        fact.direction == str(planned.direction)
        and fact.group == planned.zone
        and fact.protocol == planned.protocol
        and (planned.protocol == "icmp" or (first >= planned.from_port and last <= planned.to_port))
        and all(addresses.inside(cidr, planned.cidr) for cidr in values.read(fact.cidrs))
    )
    return CONFORM if within else refused("it opens more than its flow")


def matrix_carried_out(everything: Sequence[Fact], context: Context) -> Iterator[Verdict]:
    """Every rule of the matrix is registered, once: a flow without its rule is a silent cut."""
    registered = [fact for fact in everything if isinstance(fact, facts.FilterRule)]
    if not registered and context.layer != "network":
        return
    times: dict[str, int] = {}
    for fact in registered:
        times[fact.origin.path] = times.get(fact.origin.path, 0) + 1
    wrong = [(subject, rule.flow) for subject, rule in context.index.rules.items() if times.get(subject) != 1]
    for subject, flow in wrong:
        count = times.get(subject, 0)
        yield refused(f"rule {subject} of the matrix is registered {count} times, not once", subject=flow)
    if not wrong:
        yield Verdict(State.CONFORM, subject="flows")
    yield from _carried_elsewhere({flow for _, flow in wrong}, context)


def _carried_elsewhere(wrong: set[str], context: Context) -> Iterator[Verdict]:
    """Rules are all that the flows of a private link have here: whether anything passes is shown by a record only."""
    for link in private_links.of(context.plan):
        if not wrong & set(link.flows):
            subject = link.external.subject
            yield Verdict(State.EVIDENCE_REQUIRED, private_links.told(link), subject, scope=subject)


# NET-10


def nothing_in_clear(fact: facts.FilterRule | facts.ProviderConfiguration, context: Context) -> Verdict:
    """Every flow is encrypted and signed, on no port whose protocol speaks in clear; the provider is called by TLS."""
    if isinstance(fact, facts.ProviderConfiguration):
        return _endpoint(fact, context)
    if trouble := unread(fact, "protocol", "from_port", "to_port"):
        return trouble
    planned = context.index.rules.get(fact.origin.path)
    if planned is None:
        return refused("no flow says how it is encrypted")
    if fact.protocol == "icmp":
        return Verdict(State.NOT_APPLICABLE, "icmp carries no data of the platform")
    flow = context.index.flows[planned.flow]
    first, last = values.read(fact.from_port), values.read(fact.to_port)
    signed = context.parameter("NET-10", "signed_ports")
    if flow.encryption == "authenticated" and not (first == last and first in signed and fact.protocol == "udp"):
        return refused("its flow is signed but readable: only time may be")
    if flow.encryption != "authenticated" and flow.encryption not in context.parameter("NET-10", "encryptions"):
        return refused(f"its flow is encrypted by {flow.encryption or 'nothing'}")
    clear = ports.holds(first, last, context.parameter("NET-10", "clear_ports"))
    if clear and flow.encryption != "ipsec":
        return refused(f"port {', '.join(map(str, clear))} speaks in clear, whatever its flow says")
    return CONFORM


def _endpoint(fact: facts.ProviderConfiguration, context: Context) -> Verdict:
    if trouble := unread(fact, "endpoint"):
        return trouble
    if fact.endpoint is None:
        own = Verdict(State.NOT_APPLICABLE, "the provider's own endpoint is used")
        return _trusting(fact) or own
    try:
        parts = urllib.parse.urlsplit(str(fact.endpoint))
        host = parts.hostname
    except ValueError:
        return refused("its endpoint is no URL")
    if parts.scheme.lower() == "https" and host:
        return _trusting(fact) or CONFORM
    if context.simulated and host in ("127.0.0.1", "::1", "localhost"):
        return CONFORM
    return refused("its endpoint is called in clear")


def _trusting(fact: facts.ProviderConfiguration) -> Verdict | None:
    if trouble := unread(fact, "trusting"):
        return trouble
    return refused("it does not look at its endpoint's certificate (`insecure`)") if fact.trusting else None


# NET-11

UNATTENDED = (plans.BubbleKind.INGESTION, plans.BubbleKind.WAREHOUSE, plans.BubbleKind.EXPORT)
"""Bubbles where no person works: whatever speaks from there is a machine."""


def both_sides_proved(context: Context) -> tuple[Verdict, ...]:
    """Flows of bubbles that hold health data, opened by machines alone, prove both sides by certificate.

    Flows that the platform generates carry no such data: names, time, packages, administration; LOG-05 judges traces.
    """
    held = {bubble.subject for bubble in context.plan.bubbles if bubble.data_class.startswith(HEALTH)}
    watched = [
        one
        for one in context.plan.flows
        if not one.generated and one.protocol != "icmp" and held & {_home(one.source), _home(one.destination)}
    ]
    if not watched:
        return (Verdict(State.NOT_APPLICABLE, "no declared flow touches a bubble that holds health data"),)
    return tuple(_proved(flow, context) for flow in watched)


def _home(end: str) -> str:
    """The bubble of a zone; a bubble or an external is itself."""
    return "/".join(end.split("/")[:2])


def _proved(flow: plans.Flow, context: Context) -> Verdict:
    if flow.encryption in context.parameter("NET-11", "mutual"):
        return Verdict(State.CONFORM, subject=flow.subject)
    if flow.automated is False:
        home = context.index.bubbles.get(_home(flow.source))
        if home is not None and home.kind in UNATTENDED:
            return refused("no person works where it starts: machines open it", subject=flow.subject, field="automated")
        return Verdict(State.NOT_APPLICABLE, "a person opens it, and signs in", flow.subject)
    if flow.automated is None:
        message = "the blueprint does not say whether machines open it by themselves (`automated`)"
        return Verdict(State.EVIDENCE_REQUIRED, message, flow.subject, scope=flow.subject)
    if flow.destination in context.index.externals or flow.encryption in context.parameter("NET-11", "attested"):
        message = f"machines open it over {flow.encryption}: how they prove who they are is shown by a record only"
        return Verdict(State.EVIDENCE_REQUIRED, message, flow.subject, scope=flow.subject, field="encryption")
    return refused(
        f"machines open it over {flow.encryption or 'nothing'}, which proves one side at most",
        subject=flow.subject,
        field="encryption",
    )


RULES = (
    Rule("NET-07", (facts.FilterRule,), in_the_matrix, matrix_carried_out),
    Rule("NET-10", (facts.FilterRule, facts.ProviderConfiguration), nothing_in_clear),
    Rule("NET-11", run=both_sides_proved),
)
