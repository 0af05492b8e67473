"""What only a live reading can say: that everything of the plan is there, and once.

A run of the pack sees what one layer declares, and what is missing there is created. What is missing from the account,
or there twice under one name, was taken away or added by another hand.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from blueprint import exposure, facts, links
from blueprint import plan as plans
from blueprint.facts import Fact
from policies.context import Context, Index
from policies.rules.model import Rule
from policies.verdicts import CONFORM, Verdict, refused

Part = tuple[type | str, Callable[[Index], Iterable[str]]]
"""Type of fact, or role of a support, and the subjects that the plan has of it."""


def _placements(index: Index) -> list[str]:
    """One for each tier of several machines."""
    tiers = collections.Counter(machine.rpartition("/")[0] for machine in index.machines)
    return [f"{tier}/placement" for tier, machines in tiers.items() if machines > 1]


def _attachments(index: Index) -> list[str]:
    """The place of each segment on each peering and gateway that its zone is routed over."""
    targets = {(route.zone, route.target) for route in index.routes.values()}
    return [
        f"{target}/attachments/{subnet.subject}" for zone, target in targets for subnet in index.zones[zone].subnets
    ]


def _segment_routes(index: Index) -> list[str]:
    """Each route in each segment of its zone, under the name that a resource for it has."""
    return [
        f"{route.subject}/az/{subnet.subject.rpartition('/az/')[2]}/via/{route.target}"
        for route in index.routes.values()
        for subnet in index.zones[route.zone].subnets
    ]


def _addresses(index: Index, has: Callable[[plans.Plan, plans.Machine], bool]) -> list[str]:
    return [f"{subject}/address" for subject, machine in index.machines.items() if has(index.plan, machine)]


PARTS: Mapping[str, Part] = {
    "networks": (facts.Network, lambda index: index.bubbles),
    "segments": (facts.Segment, lambda index: index.subnets),
    "filters": (facts.FilterGroup, lambda index: [f"{zone}/filter" for zone in index.zones]),
    "rules": (facts.FilterRule, lambda index: index.rules),
    "tables": (facts.RouteTable, lambda index: [f"{zone}/table" for zone in index.zones]),
    "table-links": ("table-link", lambda index: [f"{subnet}/table-link" for subnet in index.subnets]),
    "routes": (facts.Route, lambda index: index.routes),
    "gateways": (facts.Gateway, lambda index: index.gateways),
    "peerings": (facts.Peering, lambda index: index.peerings),
    "acceptations": ("acceptation", lambda index: [f"{peering}/acceptation" for peering in index.peerings]),
    "interfaces": (facts.Interface, lambda index: [f"{machine}/nic" for machine in index.machines]),
    # Where bubbles meet on links, machines and segments have a place of their own there.
    "link-segments": (
        facts.Attachment,
        lambda index: [
            links.segment(peering.subject, subnet.subject)
            for peering in index.peerings.values()
            for subnet in links.subnets(index.plan, peering)
        ],
    ),
    "link-interfaces": (facts.Interface, lambda index: [subject for subject, _, _ in links.interfaces(index.plan)]),
    "places-outside": (facts.PublicAddress, lambda index: _addresses(index, exposure.has_place)),
    # Where they meet over routers, segments have a place there, and routes of their own.
    "attachments": (facts.Attachment, _attachments),
    "attachment-links": ("attachment-link", lambda index: [f"{subject}/link" for subject in _attachments(index)]),
    "segment-routes": (facts.Route, _segment_routes),
    "addresses": (facts.PublicAddress, lambda index: _addresses(index, exposure.has_address)),
    "address-links": (
        facts.PublicAddress,
        lambda index: [f"{subject}/link" for subject in _addresses(index, exposure.has_address)],
    ),
    "placements": (facts.Placement, _placements),
    "machines": (facts.Machine, lambda index: index.machines),
    "disks": (facts.Disk, lambda index: index.disks),
    "disk-links": ("disk-link", lambda index: [f"{disk}/link" for disk in index.disks]),
    "buckets": (facts.Bucket, lambda index: index.buckets),
}


def there_and_once(everything: Sequence[Fact], context: Context) -> Iterator[Verdict]:
    """One verdict for each thing that the plan has: it is there, it is not, or it is there more than once."""
    found: dict[object, dict[str, list[str]]] = collections.defaultdict(lambda: collections.defaultdict(list))
    for fact in everything:
        kind = fact.role if isinstance(fact, facts.Support) else type(fact)
        found[kind][fact.origin.path].append(fact.origin.urn)
        if fact.origin.name.startswith(f"{fact.origin.path}/"):  # one of several that together are its subject
            found[kind][fact.origin.name].append(fact.origin.urn)
    for part in sorted(context.whole):
        kind, subjects = PARTS[part]
        for subject in sorted(subjects(context.index)):
            yield _verdict(subject, found[kind].get(subject, []))


def _verdict(subject: str, urns: Sequence[str]) -> Verdict:
    if not urns:
        return refused("the plan has it, and the account does not", subject=subject)
    if len(urns) > 1:
        return refused(f"{len(urns)} things claim to be it: {', '.join(sorted(urns))}", subject=subject, urn=urns[0])
    return Verdict(CONFORM.state, subject=subject, urn=urns[0])


RULES = (Rule("GOV-10", stack=there_and_once),)
