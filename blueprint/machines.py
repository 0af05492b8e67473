"""Machines and disks: the tiers of each bubble, and the bastion's, spread over the availability zones in turn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from blueprint import administration, model
from blueprint.model import Blueprint
from blueprint.plan import Bastion, Disk, Machine, Zone

Zones = Mapping[str, Zone]
"""Planned zones by subject."""


def of_tiers(blueprint: Blueprint, zones: Zones) -> tuple[Machine, ...]:
    """Machine number n (from 1) stands in the n-th availability zone, starting over after the last."""
    machines = []
    for bubble_name, bubble in blueprint.bubbles.items():
        for tier_name, tier in bubble.tiers.items():
            subject = f"bubbles/{bubble_name}/tiers/{tier_name}"
            zone = zones[f"bubbles/{bubble_name}/zones/{tier.zone}"]
            for number in range(1, tier.count + 1):
                machines.append(_machine(subject, number, tier_name, tier, zone, tier.highly_available))
    return tuple(sorted(machines, key=lambda machine: machine.subject))


def of_bastion(blueprint: Blueprint, zones: Zones) -> Bastion | None:
    bastion = blueprint.bastion
    if bastion is None:
        return None
    bubble, _, name = bastion.zone.partition(".")
    zone = zones[f"bubbles/{bubble}/zones/{name}"]
    count = bastion.machines_per_az * blueprint.azs  # as many as wanted, wherever the target lets them stand
    machines = [_machine("bastion", n, "bastion", bastion, zone, count > 1) for n in range(1, count + 1)]
    return Bastion(
        "bastion",
        zone.subject,
        bastion.access,
        tuple(machines),
        bastion.admin_ports,
        administration.sign_in(bastion),
        administration.recording(bastion),
        administration.approvals(bastion),
    )


def _machine(
    subject: str, number: int, tier_name: str, tier: model.Tier | model.Bastion, zone: Zone, highly_available: bool
) -> Machine:
    subnet = zone.subnets[(number - 1) % len(zone.subnets)]
    return Machine(
        subject=f"{subject}/{number}",
        bubble=zone.bubble,
        zone=zone.subject,
        subnet=subnet.subject,
        tier=tier_name,
        index=number,
        az=subnet.az,
        vcpus=tier.vcpus,
        memory_gib=tier.memory_gib,
        image=tier.image,
        user_data=tier.user_data or "",
        highly_available=highly_available,
        disks=_disks(f"{subject}/{number}", tier.disks.items()),
        peak_count=tier.peak_count if isinstance(tier, model.Tier) else None,
    )


def _disks(machine: str, disks: Iterable[tuple[str, model.Disk]]) -> tuple[Disk, ...]:
    return tuple(
        Disk(f"{machine}/disks/{name}", name, disk.size_gib, disk.performance, disk.iops)
        for name, disk in sorted(disks)
    )
