"""What a project of OpenStack holds, and what a plan would have there, counted: each thing once, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from blueprint import links
from blueprint import plan as plans
from providers.ovh import kinds, labels, live
from tests.engine.world import World
from tests.faults import telling

BOUND = {kinds.PORT, kinds.INSTANCE, kinds.VOLUME, kinds.SERVER_GROUP}
"""Kinds of the compute layer, in which nothing of the network's layer is."""


def listed(api: Any, service: str, listing: str) -> list[Any]:
    return list(getattr(getattr(api, service.replace("-", "_")), listing)()) if api.has_service(service) else []


def groups(api: Any) -> list[Any]:
    """The project's own, without the one that Neutron gives to each project."""
    found = api.network.security_groups(project_id=api.current_project_id)
    return [one for one in found if one.name != "default"]


def things(api: Any) -> Iterator[live.Thing]:
    """Everything of the project that no service made by itself."""
    everything = [*live.networking(api)]
    if api.has_service("compute"):
        everything += [*live.servers(api), *live.beside_servers(api), *live.volumes(api)]
    return (thing for thing in everything if not live.own(thing, tuple(everything)))


def subjects(api: Any) -> Iterator[tuple[str, str]]:
    """(kind, subject) of each; what says no subject, with its id."""
    for thing in things(api):
        said = thing.labels.get(labels.SUBJECT) or labels.from_description(str(thing.body.get("description") or ""))[0]
        named = thing.type in (kinds.SERVER_GROUP, kinds.KEYPAIR)
        yield thing.type, "" if named else said or thing.identifier


def network(plan: plans.Plan) -> Counter[tuple[str, str]]:
    """What the network layer is to be, each once."""
    segments = [subnet.subject for bubble in plan.bubbles for zone in bubble.zones for subnet in zone.subnets]
    for peering in plan.peerings:
        segments += [links.segment(peering.subject, subnet.subject) for subnet in links.subnets(plan, peering)]
    networks = [*(bubble.subject for bubble in plan.bubbles), *(peering.subject for peering in plan.peerings)]
    filters = [f"{zone.subject}/filter" for bubble in plan.bubbles for zone in bubble.zones]
    return Counter(
        [(kinds.NETWORK, subject) for subject in networks]
        + [(kinds.SUBNET, subject) for subject in segments]
        + [(kinds.GROUP, subject) for subject in filters]
        + [(kinds.RULE, rule.subject) for rule in plan.rules]
    )


def compute(plan: plans.Plan) -> Counter[tuple[str, str]]:
    """What the compute layer is to be, each once; server groups bear no subject, and are counted."""
    machines = [machine.subject for machine in plan.machines]
    tiers = Counter(subject.rpartition("/")[0] for subject in machines)
    ports = [f"{subject}/nic" for subject in machines]
    ports += [subject for subject, machine, _ in links.interfaces(plan) if machine.subject in machines]
    return Counter(
        [(kinds.INSTANCE, subject) for subject in machines]
        + [(kinds.PORT, subject) for subject in ports]
        + [(kinds.VOLUME, disk.subject) for machine in plan.machines for disk in machine.disks]
        + [(kinds.SERVER_GROUP, "") for count in tiers.values() if count > 1]
    )


def ids(api: Any, layer: str) -> set[str]:
    return {thing.identifier for thing in things(api) if (thing.type in BOUND) == (layer == "compute")}


def held(world: World, layer: str, platform: str = telling.PLATFORM) -> set[str]:
    resources = world.state(world.stack(platform, layer))["deployment"]["resources"]
    listed = {kinds.NETWORK, kinds.SUBNET, kinds.GROUP, kinds.RULE, *BOUND}
    return {one["id"] for one in resources if one["type"] in listed and not one.get("external")}
