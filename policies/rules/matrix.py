"""The flow matrix as it is carried out: every declared flow has its rules, and none speaks in clear."""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator, Sequence

from blueprint import facts
from blueprint.facts import Fact
from policies import addresses
from policies.context import Context
from policies.rules import ports
from policies.rules.model import Rule
from policies.verdicts import CONFORM, State, Verdict, refused, unread

# NET-07


def in_the_matrix(fact: facts.FilterRule, context: Context) -> Verdict:
    """It opens nothing beyond its flow: same direction and zone, no more ports, no more addresses."""
    if trouble := unread(fact, "direction", "protocol", "from_port", "to_port", "cidrs"):
        return trouble
    planned = context.index.rules.get(fact.origin.subject or "")
    if planned is None:
        return refused("no flow of the matrix gives it")
    first, last = facts.read(fact.from_port), facts.read(fact.to_port)
    within = (
        fact.direction == str(planned.direction)
        and fact.group == planned.zone
        and fact.protocol == planned.protocol
        and (planned.protocol == "icmp" or (first >= planned.from_port and last <= planned.to_port))
        and all(addresses.inside(cidr, planned.cidr) for cidr in facts.read(fact.cidrs))
    )
    return CONFORM if within else refused("it opens more than its flow")


def matrix_carried_out(everything: Sequence[Fact], context: Context) -> Iterator[Verdict]:
    """Every rule of the matrix is registered, once: a flow without its rule is a silent cut."""
    registered = [fact for fact in everything if isinstance(fact, facts.FilterRule)]
    if not registered and context.layer != "network":
        return
    times: dict[str, int] = {}
    for fact in registered:
        times[fact.origin.subject or ""] = times.get(fact.origin.subject or "", 0) + 1
    wrong = [(subject, rule.flow) for subject, rule in context.index.rules.items() if times.get(subject) != 1]
    for subject, flow in wrong:
        count = times.get(subject, 0)
        yield refused(f"rule {subject} of the matrix is registered {count} times, not once", subject=flow)
    if not wrong:
        yield Verdict(State.CONFORM, subject="flows")


# NET-10


def nothing_in_clear(fact: facts.FilterRule | facts.ProviderConfiguration, context: Context) -> Verdict:
    """Every flow is encrypted and signed, on no port whose protocol speaks in clear; the provider is called by TLS."""
    if isinstance(fact, facts.ProviderConfiguration):
        return _endpoint(fact, context)
    if trouble := unread(fact, "protocol", "from_port", "to_port"):
        return trouble
    planned = context.index.rules.get(fact.origin.subject or "")
    if planned is None:
        return refused("no flow says how it is encrypted")
    if fact.protocol == "icmp":
        return Verdict(State.NOT_APPLICABLE, "icmp carries no data of the platform")
    flow = context.index.flows[planned.flow]
    first, last = facts.read(fact.from_port), facts.read(fact.to_port)
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
        return Verdict(State.NOT_APPLICABLE, "the provider's own endpoint is used")
    try:
        parts = urllib.parse.urlsplit(str(fact.endpoint))
        host = parts.hostname or ""
    except ValueError:
        return refused("its endpoint is no URL")
    if parts.scheme.lower() == "https" and host:
        return CONFORM
    if context.simulated and host in ("127.0.0.1", "::1", "localhost"):
        return CONFORM
    return refused("its endpoint is called in clear")


RULES = (
    Rule("NET-07", (facts.FilterRule,), in_the_matrix, matrix_carried_out),
    Rule("NET-10", (facts.FilterRule, facts.ProviderConfiguration), nothing_in_clear),
)
