"""The bastion: machines on an edge zone, each with a port in it and, from declared ranges, one on the Internet."""

from __future__ import annotations

import pulumi
from pulumi_openstack import compute as servers

from blueprint import plan as plans
from providers import contracts
from providers.ovh import compute
from providers.ovh.session import Session

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
        servers.Keypair,
        f"{bastion.subject}/keypair",
        {"name": session.name(bastion.subject), "public_key": public_key},
        parent=parent,
    )
    made = contracts.Machines()
    for machine in bastion.machines:
        made = made.merged(compute.run(session, machine, network, parent, keypair=keypair, brick=BRICK))
    return made
