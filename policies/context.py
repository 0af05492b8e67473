"""What rules may know beside the facts: the plan recomputed from the blueprint, the catalogue's numbers, the day."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from blueprint import links
from blueprint import plan as plans
from blueprint.values import Unobservable
from policies.backend import Backend
from policies.catalogue.legal import Legal
from policies.manifest import Manifest
from policies.records import Deployment, decisions
from policies.records.standing import Standing
from policies.verdicts import Phase
from providers.capabilities import Capabilities, Workaround
from providers.images import Image

T = TypeVar("T")

PARTS = ("filter", "table", "table-link", "nic", "address", "link", "acceptation", "keypair")
"""What adapters add to a subject for a resource that serves it."""


@dataclasses.dataclass(frozen=True)
class Index:
    """The plan by subject, and what a per-resource rule must know of its neighbours."""

    plan: plans.Plan

    @functools.cached_property
    def bubbles(self) -> dict[str, plans.Bubble]:
        return {bubble.subject: bubble for bubble in self.plan.bubbles}

    @functools.cached_property
    def zones(self) -> dict[str, plans.Zone]:
        return {zone.subject: zone for bubble in self.plan.bubbles for zone in bubble.zones}

    @functools.cached_property
    def subnets(self) -> dict[str, tuple[plans.Subnet, plans.Zone]]:
        return {subnet.subject: (subnet, zone) for zone in self.zones.values() for subnet in zone.subnets}

    @functools.cached_property
    def externals(self) -> dict[str, plans.External]:
        return {external.subject: external for external in self.plan.externals}

    @functools.cached_property
    def flows(self) -> dict[str, plans.Flow]:
        return {flow.subject: flow for flow in self.plan.flows}

    @functools.cached_property
    def rules(self) -> dict[str, plans.FilterRule]:
        return {rule.subject: rule for rule in self.plan.rules}

    @functools.cached_property
    def peerings(self) -> dict[str, plans.Peering]:
        return {peering.subject: peering for peering in self.plan.peerings}

    @functools.cached_property
    def gateways(self) -> dict[str, plans.Gateway]:
        return {gateway.subject: gateway for gateway in self.plan.gateways}

    @functools.cached_property
    def routes(self) -> dict[str, plans.Route]:
        return {route.subject: route for route in self.plan.routes}

    @functools.cached_property
    def machines(self) -> dict[str, plans.Machine]:
        """All of them, the bastion's too."""
        return {machine.subject: machine for machine in self.plan.all_machines}

    @functools.cached_property
    def interfaces(self) -> dict[str, tuple[plans.Machine, str | None]]:
        """Interface subject -> its machine, and the peering for one that stands on a link."""
        own: dict[str, tuple[plans.Machine, str | None]] = {
            f"{machine.subject}/nic": (machine, None) for machine in self.machines.values()
        }
        return own | {subject: (machine, peering.subject) for subject, machine, peering in self._on_links}

    @functools.cached_property
    def link_interfaces(self) -> dict[str, tuple[str, ...]]:
        """Machine subject -> subjects of its interfaces on links."""
        found: dict[str, list[str]] = collections.defaultdict(list)
        for subject, machine, _ in self._on_links:
            found[machine.subject].append(subject)
        return {machine: tuple(subjects) for machine, subjects in found.items()}

    @functools.cached_property
    def _on_links(self) -> tuple[tuple[str, plans.Machine, plans.Peering], ...]:
        return tuple(links.interfaces(self.plan))

    @functools.cached_property
    def tier_subjects(self) -> frozenset[str]:
        """`bubbles/<b>/tiers/<t>`, and `bastion`."""
        return frozenset(machine.subject.rpartition("/")[0] for machine in self.machines.values())

    @functools.cached_property
    def disks(self) -> dict[str, tuple[plans.Disk, plans.Machine]]:
        return {disk.subject: (disk, machine) for machine in self.machines.values() for disk in machine.disks}

    @functools.cached_property
    def buckets(self) -> dict[str, plans.Bucket]:
        return {bucket.subject: bucket for bucket in self.plan.buckets}

    @functools.cached_property
    def subjects(self) -> frozenset[str]:
        """Every subject of the plan, what it is a part of (a tier), and its own parts (`<zone>/filter`)."""
        whole = (
            *(self.bubbles, self.zones, self.subnets, self.externals, self.flows, self.rules, self.peerings),
            *(self.gateways, self.routes, self.machines, self.disks, self.buckets),
        )
        named = {subject for part in whole for subject in part}
        if self.plan.bastion is not None:
            named.add(self.plan.bastion.subject)
        above = {
            "/".join(names[:length]) for one in named for names in [one.split("/")] for length in range(2, len(names))
        }
        return frozenset(named | above | {f"{subject}/{part}" for subject in named for part in PARTS})

    @functools.cached_property
    def tiers(self) -> dict[tuple[str, str], tuple[plans.Machine, ...]]:
        """(bubble, tier) -> its machines; the bastion is the tier `bastion` of its own."""
        found: dict[tuple[str, str], list[plans.Machine]] = collections.defaultdict(list)
        for machine in self.machines.values():
            found[self.tier_of(machine)].append(machine)
        return {tier: tuple(machines) for tier, machines in found.items()}

    def tier_of(self, machine: plans.Machine) -> tuple[str, str]:
        bastion = self.plan.bastion is not None and machine.subject.startswith(f"{self.plan.bastion.subject}/")
        return (machine.bubble, "bastion" if bastion else machine.tier)

    @functools.cached_property
    def ingress(self) -> dict[str, tuple[plans.FilterRule, ...]]:
        """Zone subject -> every ingress rule of its filter, whichever flow it comes from."""
        return self._by_zone(plans.Direction.INGRESS)

    @functools.cached_property
    def egress(self) -> dict[str, tuple[plans.FilterRule, ...]]:
        return self._by_zone(plans.Direction.EGRESS)

    @functools.cached_property
    def routes_of(self) -> dict[str, tuple[plans.Route, ...]]:
        found: dict[str, list[plans.Route]] = collections.defaultdict(list)
        for route in self.plan.routes:
            found[route.zone].append(route)
        return {zone: tuple(routes) for zone, routes in found.items()}

    def _by_zone(self, direction: plans.Direction) -> dict[str, tuple[plans.FilterRule, ...]]:
        found: dict[str, list[plans.FilterRule]] = collections.defaultdict(list)
        for rule in self.plan.rules:
            if rule.direction is direction:
                found[rule.zone].append(rule)
        return {zone: tuple(rules) for zone, rules in found.items()}

    @functools.cached_property
    def memo(self) -> dict[Any, Any]:
        """Results that are the same for the whole run: a rule computes them once."""
        return {}

    def remember(self, key: Any, compute: Callable[[], T]) -> T:
        if key not in self.memo:
            self.memo[key] = compute()
        found: T = self.memo[key]
        return found

    def bubble_of(self, subject: str) -> plans.Bubble | None:
        """The bubble that a subject serves; None for what serves several (a peering) or none."""
        if subject.startswith("bubbles/"):
            return self.bubbles.get("/".join(subject.split("/")[:2]))
        if self.plan.bastion is not None and subject.split("/")[0] == self.plan.bastion.subject:
            return self.bubbles.get("/".join(self.plan.bastion.zone.split("/")[:2]))
        return None

    def administers(self, subject: str) -> bool:
        """Whether a subject serves the bubble that administers the platform."""
        bubble = self.bubble_of(subject)
        return bubble is not None and bubble.kind is plans.BubbleKind.ADMINISTRATION


@dataclasses.dataclass(frozen=True)
class Context:
    """One run. Rules read it and never change it."""

    index: Index
    parameters: Mapping[str, Mapping[str, Any]]
    """Rule -> its numbers, from the catalogue."""
    capabilities: Capabilities | None
    """None where the target's provider has no capability file: everything that needs one is then refused."""
    target: str
    offer: str
    """Key of the offer in the capability file."""
    region: str
    simulated: bool
    as_of: dt.date
    preview: bool
    layer: str
    backend: Backend
    images: Mapping[str, Image]
    """The blueprint's word for an image -> the image, in the offer's list."""
    endpoints: tuple[str, ...] = ()
    """URLs of the target's endpoints, as the environment gives them."""
    whole: frozenset[str] = frozenset()
    """Parts of the plan that the facts must show whole: a live reading sees everything, a run of the pack one layer."""
    provisional: tuple[str, ...] = ()
    """Layers that this one stands on and that do not exist yet: a preview may go on with placeholders for their ids."""
    waivers: tuple[Standing, ...] = ()
    """The waivers of this platform on this target, whether or not they hold."""

    legal: Legal = dataclasses.field(default_factory=Legal)
    """Dates of law and of decisions."""
    manifest: Manifest | None = None
    """Which pack the reviewer signed for."""

    decisions: tuple[decisions.Standing, ...] = ()
    """Which disclosed requirements do not apply to this platform, and who said so."""
    place: Phase | None = None
    """Where the facts come from, where it is not the engine."""

    @property
    def phase(self) -> Phase:
        return self.place or (Phase.PREVIEW if self.preview else Phase.UP)

    @property
    def plan(self) -> plans.Plan:
        return self.index.plan

    @property
    def deployment(self) -> Deployment | None:
        """None without a blueprint: what was seen on one platform then says nothing here."""
        try:
            return Deployment(self.plan.platform, self.target, self.plan.environment)
        except Unobservable:
            return None

    def workaround(self, part: str) -> Workaround | None:
        """What stands in for a brick or a feature: accepted by the offer's file and declared by the blueprint."""
        offer = self.capabilities.offer(self.offer) if self.capabilities else None
        found = offer.part(part) if offer else None
        accepted = found.workaround if found else None
        declared = {one.name for one in self.plan.workarounds if one.brick == part}
        return accepted if accepted is not None and accepted.name in declared else None

    def lacks(self, part: str) -> bool:
        """Whether the offer's file says that it does not have a brick or a feature by itself."""
        offer = self.capabilities.offer(self.offer) if self.capabilities else None
        return offer is not None and offer.part(part) is not None and not offer.has(part)

    def parameter(self, rule: str, name: str) -> Any:
        return self.parameters[rule][name]
