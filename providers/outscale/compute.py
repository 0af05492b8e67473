"""Machines as Vms on an explicit Nic, so that the address outlives the machine; disks as Volumes."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import pulumi
import rempart_outscale as outscale

from blueprint import plan as plans
from providers import contracts, images
from providers.outscale.session import Session

BRICK = "compute"
DEVICES = "bcdefghijklmnopqrstuvwxyz"  # xvda is the image's own disk
VOLUME_TYPE = {"standard": "standard", "ssd": "gp2"}


def run(
    session: Session,
    machine: plans.Machine,
    network: contracts.Segmentation,
    parent: pulumi.Resource,
    keypair: outscale.Keypair | None = None,
    brick: str = BRICK,
) -> contracts.Machines:
    """One machine and its disks."""
    nic = session.make(
        outscale.Nic,
        f"{machine.subject}/nic",
        {
            "subnet_id": network.subnets[machine.subnet],
            "security_group_ids": [network.filters[machine.zone]],
            "description": machine.subject,
        },
        references={"subnetId": machine.subnet, "securityGroupIds[0]": f"{machine.zone}/filter"},
        tags=session.tags(f"{machine.subject}/nic", brick, machine.bubble),
        parent=parent,
    )
    subregion = f"{session.plan.region}{machine.az}"
    arguments = {
        "image_id": image_id(session, machine.image),
        "vm_type": vm_type(machine),
        "nics": [outscale.VmNicArgs(nic_id=nic.id, device_number=0)],
        "placement_subregion_name": subregion,
        "user_data": pulumi.Output.secret(machine.user_data) if machine.user_data else None,
    }
    references = {"nics[0].nicId": f"{machine.subject}/nic"}
    if keypair is not None:
        arguments["keypair_name"] = keypair.keypair_name
        references["keypairName"] = "bastion/keypair"
    vm = session.make(
        outscale.Vm,
        machine.subject,
        arguments,
        references=references,
        tags=session.tags(machine.subject, brick, machine.bubble),
        parent=parent,
    )
    disks = {
        disk.subject: _disk(session, machine, disk, number, subregion, vm, parent, brick)
        for number, disk in enumerate(machine.disks)
    }
    return contracts.Machines(machines={machine.subject: vm.id}, disks=disks)


def vm_type(machine: plans.Machine) -> str:
    """Outscale's own naming: generation 6, cores, GiB, performance 2 (high)."""
    return f"tinav6.c{machine.vcpus}r{machine.memory_gib}p2"


@functools.lru_cache(maxsize=64)
def _image_id(provider: outscale.Provider, name: str) -> pulumi.Output[str]:
    found = outscale.get_images_output(image_names=[name], opts=pulumi.InvokeOutputOptions(provider=provider))

    def only(images: Sequence[outscale.outputs.Image]) -> str:
        if len(images) != 1:
            raise pulumi.RunError(
                f"{len(images)} images are named {name!r} in this region; one is needed. "
                "Correct its line in providers/outscale/images.yaml, or write an exact name in the blueprint."
            )
        return str(images[0].image_id)

    return found.images.apply(only)


def image_id(session: Session, word: str) -> pulumi.Output[str]:
    """The one image that goes by the blueprint's word, or by an exact name in its place."""
    return _image_id(session.native, images.name("outscale", word))


def _disk(
    session: Session,
    machine: plans.Machine,
    disk: plans.Disk,
    number: int,
    subregion: str,
    vm: outscale.Vm,
    parent: pulumi.Resource,
    brick: str,
) -> pulumi.Output[str]:
    volume = session.make(
        outscale.Volume,
        disk.subject,
        {
            "subregion_name": subregion,
            "size": disk.size_gib,
            "volume_type": "io1" if disk.iops else VOLUME_TYPE[disk.performance],
            "iops": disk.iops,
        },
        tags=session.tags(disk.subject, brick, machine.bubble),
        parent=parent,
        protect=True,
    )
    session.make(
        outscale.VolumeLink,
        f"{disk.subject}/link",
        {"volume_id": volume.id, "vm_id": vm.id, "device_name": f"/dev/xvd{DEVICES[number]}"},
        references={"volumeId": disk.subject, "vmId": machine.subject},
        parent=parent,
    )
    return volume.id
