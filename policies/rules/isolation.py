"""No way from one project to another, from one environment to another, and nothing real where it may not be."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterator, Sequence

from blueprint import facts, values
from blueprint import plan as plans
from blueprint.facts import Fact
from policies import addresses
from policies.context import Context
from policies.rules import read_stacks
from policies.rules.model import Rule
from policies.verdicts import CONFORM, State, Verdict, refused, unread

PROJECT = plans.BubbleKind.PROJECT

# DAT-01


def sealed(
    fact: facts.FilterRule | facts.Route | facts.Machine | facts.Interface | facts.Support, context: Context
) -> Verdict:
    """No rule, route, interface or disk joins two bubbles that no declared flow joins."""
    if isinstance(fact, facts.FilterRule):
        if trouble := unread(fact, "cidrs"):
            return trouble
        return _touches(fact.group, values.read(fact.cidrs), context)
    if isinstance(fact, facts.Route):
        if trouble := unread(fact, "destination"):
            return trouble
        return _touches(fact.table, (str(fact.destination),), context)
    return _attached(fact, context)


def _touches(zone: str | None, cidrs: Sequence[str], context: Context) -> Verdict:
    """Whether a zone of a project meets addresses of another project."""
    home = context.index.bubble_of(zone or "")
    if home is None:
        return refused("it belongs to no bubble of the plan")
    if home.kind is not PROJECT:
        return Verdict(State.NOT_APPLICABLE, "it is in no project bubble")
    for other in context.plan.bubbles:
        if other.kind is PROJECT and other is not home and any(addresses.overlap(cidr, other.cidr) for cidr in cidrs):
            return refused(f"it joins {home.subject} and {other.subject}, two project bubbles")
    return CONFORM


def _attached(fact: facts.Machine | facts.Interface | facts.Support, context: Context) -> Verdict:
    """What a machine is attached to is of its own bubble: a machine in two bubbles is a way between them."""
    if isinstance(fact, facts.Support) and fact.role != "disk-link":
        return Verdict(State.NOT_APPLICABLE, "it attaches nothing")
    home = context.index.bubble_of(fact.origin.path)
    if home is None:
        return refused("it belongs to no bubble of the plan")
    named = {name: one for name, one in fact.origin.references.items() if not isinstance(one, values.Unresolved)}
    strange = sorted(name for name, subject in named.items() if _elsewhere(subject, home.subject, context))
    if strange:
        return refused(f"its {', '.join(strange)} is of another bubble")
    hidden = next((one for one in fact.origin.references.values() if isinstance(one, values.Unresolved)), None)
    return CONFORM if hidden is None else Verdict(State.NOT_OBSERVABLE, values.elsewhere(hidden), pending=True)


def _elsewhere(subject: str, home: str, context: Context) -> bool:
    other = context.index.bubble_of(subject)
    return other is not None and other.subject != home


def no_way_between_projects(everything: Sequence[Fact], context: Context) -> Iterator[Verdict]:
    """The same over what is registered: followed from zone to zone, no project reaches another one."""
    ways = _ways(everything, context)
    projects = {bubble.subject for bubble in context.plan.bubbles if bubble.kind is PROJECT}
    registered = [fact for fact in everything if isinstance(fact, facts.Network) and fact.origin.subject in projects]
    for fact in registered:
        home = str(fact.origin.subject)
        reached = _reached({zone for zone in ways if zone.startswith(f"{home}/")}, ways)
        others = sorted({_bubble(zone) for zone in reached} & projects - {home})
        verdict = refused(f"followed from zone to zone, it reaches {', '.join(others)}") if others else CONFORM
        yield Verdict(verdict.state, verdict.message, home, fact.origin.urn)


def _ways(everything: Sequence[Fact], context: Context) -> dict[str, set[str]]:
    """Zone -> zones whose filters let it in."""
    zones = [(zone.subject, zone.cidr) for zone in context.index.zones.values()]
    found: dict[str, set[str]] = collections.defaultdict(set)
    for fact in everything:
        if not isinstance(fact, facts.FilterRule) or fact.direction != "ingress" or fact.group is None:
            continue
        if isinstance(fact.cidrs, tuple):
            for subject, cidr in zones:
                if any(addresses.overlap(cidr, one) for one in fact.cidrs):
                    found[subject].add(fact.group)
    return found


def _reached(start: set[str], ways: dict[str, set[str]]) -> set[str]:
    """Every zone that can be reached from some zones, in any number of steps."""
    seen, waiting = set(start), list(start)
    while waiting:
        for zone in ways.get(waiting.pop(), set()) - seen:
            seen.add(zone)
            waiting.append(zone)
    return seen


def _bubble(zone: str) -> str:
    return "/".join(zone.split("/")[:2])


# NET-02


def one_environment(fact: Fact, context: Context) -> Verdict:
    """Nothing that is of another environment by its tags is used."""
    if not fact.origin.taggable:
        kind = fact.origin.type.rpartition(":")[2].lower()
        return Verdict(
            State.EVIDENCE_REQUIRED, "the provider has no tags that show its environment", scope=f"kinds/{kind}"
        )
    if trouble := unread(fact.origin, "tags"):
        return trouble
    environment = values.read(fact.origin.tags).get("rempart:environment")
    if environment == context.plan.environment:
        return CONFORM
    return refused(f"it is not of environment {context.plan.environment}")


def no_other_stack(everything: Sequence[Fact], context: Context) -> Iterator[Verdict]:
    """Every stack that this one reads is of its own platform, target and environment."""
    mine = (context.plan.platform, context.target, context.plan.environment)
    for one in read_stacks.read(everything):
        verdict = unread(one, "stack")
        if verdict is None:
            named = tuple(str(one.stack).rpartition("/")[2].split(".")[:3])
            verdict = CONFORM if named == mine else refused("it is a stack of another platform or environment")
        yield dataclasses.replace(verdict, subject=one.origin.name, urn=one.origin.urn)


# DAT-10


def nothing_real_outside_production(fact: facts.Network | facts.Disk, context: Context) -> Verdict:
    """Health data are where the blueprint says that real data may be; no disk brings them in by a copy."""
    bubble = context.index.bubble_of(fact.origin.path)
    if bubble is None or not bubble.data_class.startswith(context.parameter("DAT-10", "data_class")):
        return Verdict(State.NOT_APPLICABLE, "it holds no health data")
    data, environment = context.plan.data, context.plan.environment
    if isinstance(fact, facts.Disk):
        if trouble := unread(fact, "snapshot"):
            return trouble
        if fact.snapshot is None:
            return CONFORM
        return refused(f"its content is a copy, and environment {environment} holds {data or 'undeclared'} data")
    if data == "synthetic":
        return CONFORM
    if data is None and context.simulated:
        return Verdict(State.NOT_APPLICABLE, "a simulated target holds nothing real")
    if data is None:
        return refused(f"the blueprint does not say what environment {environment} may hold")
    if environment not in context.parameter("DAT-10", "production"):
        return refused(f"environment {environment} is no production, and may hold real data")
    return CONFORM


RULES = (
    Rule(
        "NET-02",
        (facts.Network, facts.Segment, facts.Peering, facts.Machine, facts.Disk, facts.Bucket),
        one_environment,
        no_other_stack,
    ),
    Rule(
        "DAT-01",
        (facts.FilterRule, facts.Route, facts.Machine, facts.Interface, facts.Support),
        sealed,
        no_way_between_projects,
    ),
    Rule("DAT-10", (facts.Network, facts.Disk), nothing_real_outside_production),
)
