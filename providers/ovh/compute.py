"""Machines as servers on explicit ports, so that the address outlives the machine; disks as encrypted volumes."""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Sequence
from typing import Any

import pulumi
import yaml
from pulumi_openstack import blockstorage, compute, images, networking

from blueprint import exposure, links
from blueprint import plan as plans
from providers import contracts
from providers import images as offered
from providers.ovh import facts, network
from providers.ovh.kinds import EXTERNAL_NETWORK
from providers.ovh.session import Session

BRICK = "compute"


def run(
    session: Session,
    machine: plans.Machine,
    segmentation: contracts.Segmentation,
    parent: pulumi.Resource,
    keypair: compute.Keypair | None = None,
    brick: str = BRICK,
) -> contracts.Machines:
    """One machine, its interfaces and its disks."""
    own, *others = interfaces = ports(session, machine, segmentation, parent, brick)
    arguments: dict[str, Any] = {
        "name": session.name(*machine.subject.split("/")),
        "flavor_name": flavor(machine),
        "availability_zone": machine.az,
        "networks": [compute.InstanceNetworkArgs(port=port.id) for _, port in interfaces],
        "block_devices": [_boot(session, machine)],
        # User data and addresses reach the machine without a network service.
        "config_drive": True,
        "user_data": pulumi.Output.secret(machine.user_data) if machine.user_data else None,
    }
    references = {f"networks[{index}].port": subject for index, (subject, _) in enumerate(interfaces)}
    if keypair is not None:
        arguments["key_pair"] = keypair.name
        references["keyPair"] = "bastion/keypair"
    tier = machine.subject.rpartition("/")[0]
    if session.tiers[tier] > 1:
        group = _placement(session, tier, parent)
        arguments["scheduler_hints"] = [compute.InstanceSchedulerHintArgs(group=group.id)]
        references["schedulerHints[0].group"] = f"{tier}/placement"
    server = session.make(
        compute.Instance,
        machine.subject,
        arguments,
        references=references,
        tags=session.tags(machine.subject, brick, machine.bubble),
        parent=parent,
    )
    disks = {disk.subject: _disk(session, machine, disk, server, parent, brick) for disk in machine.disks}
    addresses: dict[str, pulumi.Input[str]] = {}
    public = dict(others).get(f"{machine.subject}/address")
    if public is not None:
        addresses[machine.subject] = _first(public)
    elif session.routers and exposure.has_address(session.plan, machine):
        addresses[machine.subject] = _floating(session, machine, own[1], parent, brick)
    return contracts.Machines(machines={machine.subject: server.id}, disks=disks, addresses=addresses)


def ports(
    session: Session, machine: plans.Machine, segmentation: contracts.Segmentation, parent: pulumi.Resource, brick: str
) -> list[tuple[str, networking.Port]]:
    """(subject, port): its own interface first, then one on each link, then one on the Internet for the edge."""
    home = f"bubbles/{machine.bubble}"
    subject = f"{machine.subject}/nic"
    at = networking.PortFixedIpArgs(subnet_id=segmentation.subnets[machine.subnet])
    own = _port(session, machine, subject, (home, machine.subnet), at, segmentation, parent, brick)
    found = [(subject, own)]
    for subject, peering in session.link_interfaces[machine.subject] if not session.routers else ():
        segment = links.segment(peering, machine.subnet)
        same = networking.PortFixedIpArgs(subnet_id=segmentation.subnets[segment], ip_address=_first(own))
        port = _port(session, machine, subject, (peering, segment), same, segmentation, parent, brick)
        found.append((subject, port))
    if not session.routers and exposure.has_place(session.plan, machine):
        subject = f"{machine.subject}/address"
        found.append((subject, _port(session, machine, subject, None, None, segmentation, parent, brick)))
    return found


def _first(port: networking.Port) -> pulumi.Output[str]:
    """The address that the provider gave to a port."""
    return port.all_fixed_ips.apply(lambda addresses: str(addresses[0]))


def _port(
    session: Session,
    machine: plans.Machine,
    subject: str,
    place: tuple[str, str] | None,
    address: networking.PortFixedIpArgs | None,
    segmentation: contracts.Segmentation,
    parent: pulumi.Resource,
    brick: str,
) -> networking.Port:
    """A port behind the filter of the machine's zone. `place` is (network, segment); None is the provider's Ext-Net,
    where the address is the provider's choice."""
    groups, references = network.group_ids(session, machine.zone, segmentation)
    arguments: dict[str, Any] = {
        "name": session.name(*subject.split("/")),
        "security_group_ids": groups,
    }
    if place is None or address is None:
        arguments["network_id"] = session.external_network.apply(lambda found: found.id)
        references["networkId"] = EXTERNAL_NETWORK
    else:
        arguments |= {
            "network_id": segmentation.networks[place[0]],
            "fixed_ips": [address],
            "port_security_enabled": True,  # on Ext-Net only its owner may say so, and Neutron's default is the same
        }
        references |= {"networkId": place[0], "fixedIps[0].subnetId": place[1]}
    return session.make(
        networking.Port,
        subject,
        arguments,
        references=references,
        tags=session.tags(subject, brick, machine.bubble),
        parent=parent,
    )


def _floating(
    session: Session, machine: plans.Machine, own: networking.Port, parent: pulumi.Resource, brick: str
) -> pulumi.Output[str]:
    """A public address in front of the machine's own interface; its bubble's router is in the layer below."""
    subject = f"{machine.subject}/address"
    address = session.make(
        networking.FloatingIp,
        subject,
        {"pool": session.external_network.apply(lambda found: found.name)},
        tags=session.tags(subject, brick, machine.bubble),
        parent=parent,
    )
    session.make(
        networking.FloatingIpAssociate,
        f"{subject}/link",
        {"floating_ip": address.address, "port_id": own.id},
        parent=parent,
    )
    return address.address


def _boot(session: Session, machine: plans.Machine) -> compute.InstanceBlockDeviceArgs:
    """The system's disk: an encrypted volume made from the image, that ends with the machine. Data lies elsewhere."""
    return compute.InstanceBlockDeviceArgs(
        source_type="image",
        destination_type="volume",
        uuid=image_id(session, machine),
        volume_size=session.number(BRICK, "root_disk_gib"),
        volume_type=facts.volume_types()["standard"],
        boot_index=0,
        delete_on_termination=True,
    )


def _placement(session: Session, tier: str, parent: pulumi.Resource) -> compute.ServerGroup:
    """The tier's server group: its machines stand on different hosts."""
    if tier not in session.placements:
        subject = f"{tier}/placement"
        session.placements[tier] = session.make(
            compute.ServerGroup,
            subject,
            {
                "name": session.name(*subject.split("/")),
                "policies": str(session.place.offer.bricks[BRICK].constraints["anti_affinity"]),
            },
            parent=parent,
        )
    return session.placements[tier]


def _disk(
    session: Session,
    machine: plans.Machine,
    disk: plans.Disk,
    server: compute.Instance,
    parent: pulumi.Resource,
    brick: str,
) -> pulumi.Output[str]:
    volume = session.make(
        blockstorage.Volume,
        disk.subject,
        {
            "name": session.name(*disk.subject.split("/")),
            "size": disk.size_gib,
            "volume_type": facts.volume_types()[disk.performance],
        },
        tags=session.tags(disk.subject, brick, machine.bubble),
        parent=parent,
        protect=True,
    )
    session.make(
        compute.VolumeAttach,
        f"{disk.subject}/link",
        {"volume_id": volume.id, "instance_id": server.id},
        parent=parent,
    )
    return volume.id


def flavor(machine: plans.Machine) -> str:
    """The smallest flavor that holds what the blueprint asks."""
    fitting = [
        entry
        for entry in _data("flavors.yaml")["flavors"]
        if entry["vcpus"] >= machine.vcpus and entry["memory_gib"] >= machine.memory_gib
    ]
    if not fitting:
        raise pulumi.RunError(
            f"{machine.subject}: no flavor has {machine.vcpus} vCPUs and {machine.memory_gib} GiB. "
            "Ask for less in the blueprint, or list a flavor of the region in providers/ovh/flavors.yaml."
        )
    best = min(fitting, key=lambda entry: (entry["vcpus"], entry["memory_gib"]))
    return str(best["name"])


def image_id(session: Session, machine: plans.Machine) -> pulumi.Output[str]:
    """The one image that goes by the blueprint's word, or by an exact name in its place."""
    return _image_ids(session.native, offered.name("ovh", machine.image)).apply(lambda ids: only_image(machine, ids))


def only_image(machine: plans.Machine, ids: Sequence[str]) -> str:
    """Of the images that have its name in the region, the only one."""
    if len(ids) != 1:
        found = f"{len(ids)} images are" if ids else "no image is"
        raise pulumi.RunError(
            f"{machine.subject}: {found} named {offered.name('ovh', machine.image)!r} in this region, and one is "
            "needed. `openstack image list` shows those it has. Correct the line of providers/ovh/images.yaml, or "
            "write an exact name in the blueprint."
        )
    return str(ids[0])


@functools.lru_cache(maxsize=64)
def _image_ids(provider: Any, name: str) -> pulumi.Output[Sequence[str]]:
    options = pulumi.InvokeOutputOptions(provider=provider)
    return images.get_image_ids_output(name=name, opts=options).apply(lambda found: found.ids)


@functools.cache
def _data(file: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(pathlib.Path(__file__).with_name(file).read_text(encoding="utf-8"))
    return found
