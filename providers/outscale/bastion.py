"""The bastion: one machine per availability zone on an edge zone, each with an address of its own."""

from __future__ import annotations

import pulumi
import rempart_outscale as outscale

from blueprint import plan as plans
from providers import contracts
from providers.outscale import compute
from providers.outscale.session import Session

BRICK = "bastion"


def admit(
    session: Session,
    bastion: plans.Bastion,
    public_key: str,
    network: contracts.Segmentation,
    parent: pulumi.Resource,
) -> contracts.Machines:
    """The bastion's machines. Only a public key is given: no private key ever reaches the state."""
    keypair = session.make(
        outscale.Keypair,
        f"{bastion.subject}/keypair",
        {"keypair_name": session.name(bastion.subject), "public_key": public_key},
        tags=session.tags(f"{bastion.subject}/keypair", BRICK, session.plan.zone(bastion.zone).bubble),
        parent=parent,
    )
    made = contracts.Machines()
    for machine in bastion.machines:
        made = made.merged(compute.run(session, machine, network, parent, keypair=keypair, brick=BRICK))
        if bastion.access == "declared_ranges":
            address = _address(session, machine, made.machines[machine.subject], parent)
            made = made.merged(contracts.Machines(addresses={machine.subject: address}))
    return made


def _address(
    session: Session, machine: plans.Machine, vm_id: pulumi.Input[str], parent: pulumi.Resource
) -> pulumi.Output[str]:
    subject = f"{machine.subject}/address"
    address = session.make(
        outscale.PublicIp,
        subject,
        {},
        tags=session.tags(subject, BRICK, machine.bubble),
        parent=parent,
    )
    session.make(
        outscale.PublicIpLink,
        f"{subject}/link",
        {"public_ip_id": address.id, "vm_id": vm_id},
        references={"publicIpId": subject, "vmId": machine.subject},
        parent=parent,
    )
    return address.public_ip
