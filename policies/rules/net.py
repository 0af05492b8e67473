# ruff: noqa: ARG001 - every rule has the one signature, whether or not it needs all of it
"""Network segmentation: one network per bubble, a filter for everything, links and public addresses as planned."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterator, Sequence

from blueprint import facts, values
from blueprint import plan as plans
from blueprint.facts import Fact
from policies import addresses
from policies.context import Context
from policies.rules import filtering, ports
from policies.rules.model import Rule
from policies.verdicts import CONFORM, State, Verdict, refused, unread

# NET-01


def one_network_per_bubble(fact: facts.Network | facts.Segment, context: Context) -> Verdict:
    """Each network is a bubble's, with its addresses; each segment lies in the network of its own bubble."""
    if trouble := unread(fact, "cidr"):
        return trouble
    subject = fact.origin.path
    if isinstance(fact, facts.Network):
        bubble = context.index.bubbles.get(subject)
        if bubble is None:
            return refused("this network is no bubble's")
        if trouble := unread(fact, "shared"):
            return trouble
        if fact.shared:
            return refused("other projects of the provider may stand on it")
        if fact.cidr is None:
            return CONFORM  # its segments have the addresses, and each is judged
        return CONFORM if fact.cidr == bubble.cidr else refused(f"its addresses are not the bubble's {bubble.cidr}")
    if (known := context.index.subnets.get(subject)) is None:
        return refused("this segment is no zone's")
    subnet, zone = known
    home = f"bubbles/{zone.bubble}"
    if fact.network != home:
        return refused(f"it lies in the network of {fact.network or 'no bubble'}, not in that of its own bubble {home}")
    if fact.cidr != subnet.cidr:
        return refused(f"its addresses are not the planned {subnet.cidr}")
    return _strays(fact) or CONFORM


def _strays(fact: facts.Segment | facts.Attachment) -> Verdict | None:
    """Why the addresses that a segment hands out are not its own; None where they are."""
    if trouble := unread(fact, "handed_out"):
        return trouble
    own = isinstance(fact.cidr, str) and all(addresses.inside(one, fact.cidr) for one in values.read(fact.handed_out))
    return None if own or not fact.handed_out else refused("it hands out addresses outside its own range")


def networks_apart(everything: Sequence[Fact], context: Context) -> Iterator[Verdict]:
    """No two networks for a bubble, and none that overlap."""
    networks = [fact for fact in everything if isinstance(fact, facts.Network)]
    # One that serves no bubble is GOV-01's business: two of them are not two networks of one bubble.
    times = collections.Counter(fact.origin.path for fact in networks if fact.origin.path)
    overlapping = _overlapping(_ranges(networks, everything))
    for fact in networks:
        verdict = unread(fact, "cidr") or CONFORM
        if times[fact.origin.path] > 1:
            verdict = refused("its bubble has two networks")
        elif other := overlapping.get(fact.origin.urn):
            verdict = refused(f"its addresses overlap those of {other}")
        yield dataclasses.replace(verdict, subject=fact.origin.subject, urn=fact.origin.urn)


def _ranges(
    networks: Sequence[facts.Network], everything: Sequence[Fact]
) -> list[tuple[addresses.Range, facts.Network]]:
    """Each network with its range; with those of its segments where it has none of its own."""
    found = [(addresses.parse(fact.cidr), fact) for fact in networks if isinstance(fact.cidr, str)]
    bare = {fact.origin.subject: fact for fact in networks if fact.cidr is None}
    for segment in everything:
        if isinstance(segment, facts.Segment) and segment.network in bare and isinstance(segment.cidr, str):
            found.append((addresses.parse(segment.cidr), bare[segment.network]))
    return found


def _overlapping(readable: Sequence[tuple[addresses.Range, facts.Network]]) -> dict[str, str]:
    """URN -> the name of a network that it overlaps. In order of address, an overlap is with the widest one so far."""
    found: dict[str, str] = {}
    widest: tuple[addresses.Range, facts.Network] | None = None
    for block, fact in sorted(readable, key=lambda pair: (pair[0].version, int(pair[0].network_address))):
        if widest is not None and addresses.overlap(str(widest[0]), str(block)):
            found[fact.origin.urn] = widest[1].origin.subject or widest[1].origin.name
            found[widest[1].origin.urn] = fact.origin.subject or fact.origin.name
        if widest is None or widest[0].version != block.version or _end(block) > _end(widest[0]):
            widest = (block, fact)
    return found


def _end(block: addresses.Range) -> int:
    return int(block.broadcast_address)


# NET-03


def filtered(fact: facts.Interface | facts.Machine | facts.Network, context: Context) -> Verdict:
    """Everything that has an address stands behind a filter of its own; the default one lets nothing through."""
    if isinstance(fact, facts.Network):
        if trouble := unread(fact, "default_filter_emptied"):
            return trouble
        if fact.default_filter_emptied is None:
            return Verdict(State.NOT_APPLICABLE, "networks have no filter here: each interface has its own")
        return CONFORM if fact.default_filter_emptied else refused("its default filter group keeps its rules")
    if trouble := unread(fact, "filters"):
        return trouble
    if isinstance(fact, facts.Machine):
        if trouble := unread(fact, "interfaces"):
            return trouble
        if "" in map(str, values.read(fact.interfaces)):
            return refused("an interface that it is born with is no resource of its own: nothing shows its filter")
        if fact.interfaces and not fact.filters:
            return Verdict(State.NOT_APPLICABLE, "its interfaces carry the filters")
    if isinstance(fact, facts.Interface) and (trouble := unguarded(fact)):
        return trouble
    if not fact.filters:
        return refused("no filter group is attached: the network's default one would be")
    strange = [zone for zone in values.read(fact.filters) if zone not in context.index.zones]
    return refused("a filter group that is no zone's is attached") if strange else CONFORM


def unguarded(fact: facts.Interface | facts.PublicAddress) -> Verdict | None:
    """Why an interface may send what is not its own, or go unfiltered; None where it may not."""
    if trouble := unread(fact, "guarded", "other_addresses"):
        return trouble
    if not fact.guarded:
        return refused("port security is off: no filter applies to it, and it may send from any address")
    return refused("it may send from other addresses than its own") if fact.other_addresses else None


def groups_empty(everything: Sequence[Fact], context: Context) -> Iterator[Verdict]:
    """The allow-all rule that a filter group is born with is gone: known only once it is made."""
    for fact in everything:
        if isinstance(fact, facts.FilterGroup):
            verdict = unread(fact, "implicit_rules_removed", "stateful")
            if verdict is None:
                removed = fact.implicit_rules_removed
                verdict = CONFORM if removed else refused("it keeps the allow-all rule that it was born with")
                if not fact.stateful:
                    verdict = refused("it keeps no connection state: replies would need rules of their own")
            yield dataclasses.replace(verdict, subject=fact.origin.subject, urn=fact.origin.urn)


# NET-08


def declared_peering(fact: facts.Peering | facts.Attachment, context: Context) -> Verdict:
    """Only bubbles that have a flow are linked, never two project bubbles, never another account's network."""
    if isinstance(fact, facts.Attachment):
        return _attached(fact, context)
    if trouble := unread(fact, "accepter_account"):
        return trouble
    if fact.accepter_account:
        return refused("the other side is another account's network")
    ends = [context.index.bubbles.get(subject or "") for subject in (fact.source, fact.accepter)]
    if None in ends:
        return refused("one end is no bubble's network")
    kinds = {end.kind for end in ends if end}
    if kinds == {plans.BubbleKind.PROJECT}:
        return refused("it links two project bubbles")
    planned = context.index.peerings.get(fact.origin.path)
    if planned is None or not planned.flows:
        return refused("no declared flow needs this link")
    if {planned.a, planned.b} != {end.name for end in ends if end}:
        return refused("it links other bubbles than its declared flows do")
    return CONFORM


def _attached(fact: facts.Attachment, context: Context) -> Verdict:
    """A link or a gateway reaches the segments of the zones that the plan routes over it, under their own addresses."""
    if trouble := unread(fact, "cidr"):
        return trouble
    if (known := context.index.subnets.get(fact.segment or "")) is None:
        return refused("what it attaches is no zone's segment")
    subnet, zone = known
    if not any(route.target == fact.link for route in context.index.routes_of.get(zone.subject, ())):
        return refused(f"no flow takes {zone.subject} over {fact.link or 'what it names'}")
    if fact.cidr is not None and fact.cidr != subnet.cidr:
        return refused(f"its addresses there are not the planned {subnet.cidr}")
    return _strays(fact) or CONFORM


# NET-09


def public_only_at_the_edge(
    fact: facts.PublicAddress | facts.Gateway | facts.Segment | facts.FilterRule, context: Context
) -> Verdict:
    """Public addresses stand in edge zones only, HTTP behind a WAF, the bastion by VPN or from declared ranges."""
    if isinstance(fact, facts.Segment):
        if trouble := unread(fact, "public_addresses_by_default", "default_way"):
            return trouble
        if fact.default_way:
            return refused("machines here are given a default route, which no flow asks for")
        return (
            refused("machines here get public addresses by themselves") if fact.public_addresses_by_default else CONFORM
        )
    if isinstance(fact, facts.PublicAddress):
        return _address(fact, context)
    if isinstance(fact, facts.Gateway):
        return _gateway(fact, context)
    return _published(fact, context)


def _edge(zone: str | None, context: Context) -> bool:
    found = context.index.zones.get(zone or "")
    return found is not None and found.role is plans.ZoneRole.EDGE


def _address(fact: facts.PublicAddress, context: Context) -> Verdict:
    subject = fact.origin.path.removesuffix("/link").removesuffix("/address")
    if fact.filters is not None:
        if trouble := unread(fact, "filters") or unguarded(fact):
            return trouble
        machine = context.index.machines.get(subject)
        if machine is not None and fact.filters != (machine.zone,):
            return refused("it does not stand behind the filter of its machine's zone")
    if fact.target is not None and fact.target not in (subject, f"{subject}/nic"):
        return refused("it is linked to something else than what it is for")
    gateway = context.index.gateways.get(subject)
    if gateway is not None:
        return CONFORM if _edge(gateway.zone, context) else refused("its gateway does not stand in an edge zone")
    machine = context.index.machines.get(subject)
    if machine is None:
        return refused("nothing in the blueprint has this public address")
    if context.index.tier_of(machine)[1] == "bastion" and context.plan.bastion is not None:
        if context.plan.bastion.access != "declared_ranges":
            return refused(f"the bastion is reached by {context.plan.bastion.access}: it has no public address")
        return CONFORM
    if _edge(machine.zone, context):
        return CONFORM
    return refused("a machine outside the edge zones has a public address")


def _gateway(fact: facts.Gateway, context: Context) -> Verdict:
    subject = fact.origin.path.removesuffix("/link")
    planned = context.index.gateways.get(subject)
    if planned is None:
        return refused("the plan has no such gateway")
    if fact.kind == "nat":
        if fact.network == facts.UNBOUND:
            return CONFORM  # it stands in no segment: what it is attached to is judged one by one
        zone = context.index.subnets.get(fact.network or "", (None, None))[1]
        return CONFORM if zone and _edge(zone.subject, context) else refused("it does not stand in an edge zone")
    if fact.network is not None and fact.network != f"bubbles/{planned.bubble}":
        return refused("it is linked to another bubble's network")
    zones = context.index.bubbles[f"bubbles/{planned.bubble}"].zones
    if not any(zone.role is plans.ZoneRole.EDGE for zone in zones):
        return refused("its bubble has no edge zone")
    return CONFORM


def _published(fact: facts.FilterRule, context: Context) -> Verdict:
    if trouble := unread(fact, "direction", "protocol", "from_port", "to_port", "cidrs"):
        return trouble
    if fact.direction == "egress":
        return filtering.OUTGOING
    planned = context.index.rules.get(fact.origin.path)
    flow = context.index.flows.get(planned.flow) if planned else None
    external = context.index.externals.get(flow.source) if flow else None
    if flow is None and not all(addresses.is_private(cidr) for cidr in values.read(fact.cidrs)):
        return refused("it is reached from the Internet by no declared flow")
    if flow is None or external is None or external.via != "internet":
        return Verdict(State.NOT_APPLICABLE, "its source is not on the Internet")
    bastion = context.plan.bastion
    if bastion is not None and fact.group == bastion.zone:
        return CONFORM if external.administration else refused("its source is not a declared administration range")
    if not _edge(fact.group, context):
        return refused("it is reached from the Internet and is not an edge zone")
    http = ports.holds(
        values.read(fact.from_port), values.read(fact.to_port), context.parameter("NET-09", "http_ports")
    )
    if http and fact.protocol != "udp" and not flow.waf:
        return refused("HTTP is reached from the Internet without a WAF in front")
    return CONFORM


RULES = (
    Rule("NET-01", (facts.Network, facts.Segment), one_network_per_bubble, networks_apart),
    Rule("NET-03", (facts.Network, facts.Interface, facts.Machine), filtered, groups_empty),
    Rule("NET-08", (facts.Peering, facts.Attachment), declared_peering, instead=("peering",)),
    Rule(
        "NET-09",
        (facts.PublicAddress, facts.Gateway, facts.Segment, facts.FilterRule),
        public_only_at_the_edge,
    ),
)
