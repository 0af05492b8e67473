"""Filters and routes: what the flow matrix opens, nothing wider, and nothing else."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from blueprint import facts, values
from blueprint import plan as plans
from blueprint.facts import Fact
from blueprint.properties import as_ports, as_protocol, as_range
from policies import addresses
from policies.context import Context
from policies.rules import ports
from policies.rules.model import Rule
from policies.verdicts import CONFORM, State, Verdict, refused, unread

OUTGOING = Verdict(State.NOT_APPLICABLE, "an egress rule lets nothing in")
INCOMING = Verdict(State.NOT_APPLICABLE, "an ingress rule lets nothing out")


@dataclasses.dataclass(frozen=True, slots=True)
class _Opening:
    key: str
    protocol: str
    first: int
    last: int
    cidrs: tuple[str, ...]


def _planned(rule: plans.FilterRule) -> _Opening:
    protocol = values.read(as_protocol(rule.protocol))
    first, last = as_ports(protocol, rule.from_port, rule.to_port)
    return _Opening(rule.subject, protocol, values.read(first), values.read(last), (values.read(as_range(rule.cidr)),))


def _registered(fact: facts.FilterRule) -> _Opening | None:
    """The opening of a rule whose every value is known."""
    if unread(fact, "direction", "protocol", "from_port", "to_port", "cidrs") is not None:
        return None
    return _Opening(
        fact.origin.urn,
        values.read(fact.protocol),
        values.read(fact.from_port),
        values.read(fact.to_port),
        values.read(fact.cidrs),
    )


def _limits(context: Context, rule: str) -> dict[int, int]:
    return {4: context.parameter(rule, "ipv4"), 6: context.parameter(rule, "ipv6")}


def ranges_of(subject: str, context: Context) -> tuple[str, ...]:
    """Address ranges of a place that a flow names: a zone, a bubble or an external."""
    index = context.index
    if subject in index.externals:
        return index.externals[subject].cidrs
    if subject in index.zones:
        return (index.zones[subject].cidr,)
    return (index.bubbles[subject].cidr,) if subject in index.bubbles else ()


# NET-04


def no_world_open_ingress(fact: facts.FilterRule, context: Context) -> Verdict:
    """The source lies inside what the flow declares, and no union of sources is a piece of the Internet."""
    if trouble := unread(fact, "direction", "protocol", "from_port", "to_port", "cidrs"):
        return trouble
    if fact.direction == "egress":
        return OUTGOING
    cidrs = values.read(fact.cidrs)
    if not cidrs:
        return refused("no source is given: every source would be allowed")
    wide = addresses.wide(cidrs, _limits(context, "NET-04"))
    together = _together(context, plans.Direction.INGRESS, fact.group or "", "NET-04")
    blocks = together.get(fact.origin.path, ())
    if blocks and blocks != wide:
        return refused(f"with the other flows into the same zone and port it is open to {_spell(blocks)}")
    if wide:
        return refused(f"it is open to {_spell(wide)}: {_ports(fact)} can be reached from the Internet")
    planned = context.index.rules.get(fact.origin.path)
    if planned is None:
        return refused("no flow declares this source")
    declared = ranges_of(context.index.flows[planned.flow].source, context)
    if not all(addresses.inside_any(cidr, declared) for cidr in cidrs):
        return refused(f"its source {_spell(cidrs)} is not inside what its flow declares")
    return CONFORM


def no_union_is_the_world(everything: Sequence[Fact], context: Context) -> Iterator[Verdict]:
    """The same, over what is really registered, whatever it says that it is."""
    by_group: dict[str, list[facts.FilterRule]] = collections.defaultdict(list)
    for fact in everything:
        if isinstance(fact, facts.FilterRule) and fact.direction == "ingress":
            by_group[fact.group or ""].append(fact)
    for rules in by_group.values():
        openings = [opening for fact in rules if (opening := _registered(fact))]
        wide = ports.wide_together(openings, _limits(context, "NET-04"))
        for fact in rules:
            verdict = unread(fact, "protocol", "from_port", "to_port", "cidrs") or CONFORM
            if blocks := wide.get(fact.origin.urn):
                verdict = refused(f"alone or with others it opens the zone to {_spell(blocks)}")
            yield dataclasses.replace(verdict, subject=fact.origin.subject, urn=fact.origin.urn)


def _together(context: Context, direction: plans.Direction, zone: str, rule: str) -> Mapping[str, tuple[str, ...]]:
    """The plan's own openings of one zone, judged together, once per run."""

    def compute() -> dict[str, tuple[str, ...]]:
        planned = context.index.ingress if direction is plans.Direction.INGRESS else context.index.egress
        return ports.wide_together([_planned(one) for one in planned.get(zone, ())], _limits(context, rule))

    return context.index.remember((rule, direction, zone), compute)


# NET-05


def listed_egress(fact: facts.FilterRule | facts.Route, context: Context) -> Verdict:
    """Traffic leaves a closed zone only towards listed places, and no closed zone has a way to the whole Internet."""
    return _egress(fact, context) if isinstance(fact, facts.FilterRule) else _way_out(fact, context)


def _closed(zone: str | None, context: Context) -> bool:
    """Whether a zone is one of those that never reach the Internet at large; an unknown zone is."""
    found = context.index.zones.get(zone or "")
    return found is None or str(found.role) in context.parameter("NET-05", "closed_roles")


def _egress(fact: facts.FilterRule, context: Context) -> Verdict:
    if trouble := unread(fact, "direction", "protocol", "from_port", "to_port", "cidrs"):
        return trouble
    if fact.direction == "ingress":
        return INCOMING
    cidrs = values.read(fact.cidrs)
    planned = context.index.rules.get(fact.origin.path)
    if not cidrs or planned is None:
        return refused("no flow declares this destination")
    if _closed(fact.group, context):
        if fact.protocol == "any":
            return refused("every protocol may leave this zone")
        together = _together(context, plans.Direction.EGRESS, fact.group or "", "NET-05")
        wide = addresses.wide(cidrs, _limits(context, "NET-05")) or together.get(planned.subject, ())
        if wide:
            return refused(f"it lets this zone reach {_spell(wide)}")
    declared = ranges_of(context.index.flows[planned.flow].destination, context)
    if not all(addresses.inside_any(cidr, declared) for cidr in cidrs):
        return refused(f"its destination {_spell(cidrs)} is not inside what its flow declares")
    return CONFORM


def _way_out(fact: facts.Route, context: Context) -> Verdict:
    if trouble := unread(fact, "destination", "via"):
        return trouble
    planned = context.index.routes.get(fact.origin.path)
    if planned is None:
        return refused("the plan has no such route")
    destination = str(fact.destination)
    if _closed(fact.table, context):
        if addresses.wide((destination,), _limits(context, "NET-05")):
            return refused(f"{destination} is a way to the Internet for a closed zone")
        own = [one.destination for one in context.index.routes_of.get(fact.table or "", ())]
        if fact.via != "peering" and (blocks := _holding(destination, own, context)):
            return refused(f"with the zone's other routes it is a way to {_spell(blocks)}")
    # Which table and which target are NET-05's business too: a route given to another table opens that other zone.
    differing = [
        name
        for name, got, wanted in (
            ("destination", destination, as_range(planned.destination)),
            ("kind of way out", fact.via, str(planned.via)),
            ("table", fact.table, planned.zone),
            ("target", fact.target, planned.target),
        )
        if got != wanted
    ]
    return refused(f"its {', '.join(differing)} differs from the plan's") if differing else CONFORM


def _holding(destination: str, own: Sequence[str], context: Context) -> tuple[str, ...]:
    wide = addresses.wide(own, _limits(context, "NET-05"))
    return tuple(block for block in wide if addresses.inside(destination, block))


# NET-06


def complete_rule(fact: facts.FilterRule, context: Context) -> Verdict:
    """Every filter rule is one of the flow matrix, exactly as planned, and its flow says all that it must."""
    if trouble := unread(fact, "direction", "protocol", "from_port", "to_port", "cidrs"):
        return trouble
    planned = context.index.rules.get(fact.origin.path)
    if planned is None:
        return refused("it is not in the flow matrix: no flow of the blueprint gives this rule")
    if differing := _differences(fact, planned):
        return refused(f"its {', '.join(differing)} differs from the flow matrix")
    return context.index.remember(
        ("NET-06", planned.flow), lambda: _complete(context.index.flows[planned.flow], context)
    )


def _differences(fact: facts.FilterRule, planned: plans.FilterRule) -> list[str]:
    opening = _planned(planned)
    compared: list[tuple[str, object, object]] = [
        ("direction", fact.direction, str(planned.direction)),
        ("protocol", fact.protocol, opening.protocol),
        ("address range", fact.cidrs, opening.cidrs),
        ("zone", fact.group, planned.zone),
    ]
    if opening.protocol != "icmp":
        compared.append(("ports", (fact.from_port, fact.to_port), (opening.first, opening.last)))
    return [name for name, got, wanted in compared if got != wanted]


def _complete(flow: plans.Flow, context: Context) -> Verdict:
    missing = [
        name
        for name, value in (
            ("encryption", flow.encryption),
            ("purpose", flow.purpose),
            ("owner", flow.owner),
            ("review_date", flow.review_date),
        )
        if not value
    ]
    if missing:
        return refused(f"its flow does not say its {', '.join(missing)}")
    span = flow.to_port - flow.from_port + 1
    allowed = context.parameter("NET-06", "port_span")
    if flow.protocol != "icmp" and span > allowed:
        return refused(f"its flow opens {span} ports; at most {allowed} are allowed")
    assert flow.review_date is not None  # one without is missing it
    if flow.review_date < context.as_of:
        return refused(f"its flow was to be reviewed by {flow.review_date}")
    return CONFORM


def _spell(ranges: Sequence[str]) -> str:
    return ", ".join(ranges)


def _ports(fact: facts.FilterRule) -> str:
    if fact.from_port == fact.to_port:
        return f"port {fact.from_port}"
    return "every port" if (fact.from_port, fact.to_port) == (0, 65535) else f"ports {fact.from_port}-{fact.to_port}"


RULES = (
    Rule("NET-04", (facts.FilterRule,), no_world_open_ingress, no_union_is_the_world),
    Rule("NET-05", (facts.FilterRule, facts.Route), listed_egress, instead=("nat",)),
    Rule("NET-06", (facts.FilterRule,), complete_rule),
)
