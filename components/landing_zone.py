"""The landing zone: what one layer of a platform is made of, brick by brick."""

from __future__ import annotations

import dataclasses
from typing import Any

import pulumi

from blueprint import plan as plans
from components import bastion, brick, compute, network, storage
from providers import contracts

GUARANTEES = {
    "network": {"segmentation": "toolkit", "isolation between tenants": "provider", "flow matrix": "customer"},
    "storage": {"encryption at rest": "provider", "retention and access": "toolkit", "classification": "customer"},
    "compute": {"placement and filtering": "toolkit", "hypervisor": "provider", "operating system": "customer"},
    "bastion": {"single entry": "toolkit", "physical access": "provider", "named accounts": "customer"},
}
"""Who meets which guarantee, for the stack's outputs."""


@dataclasses.dataclass(frozen=True)
class LandingZoneArgs:
    """One layer of one plan. `network` is empty for the layers that do not stand on one."""

    plan: plans.Plan
    layer: str
    adapters: contracts.Adapters
    session: Any
    network: contracts.Segmentation = dataclasses.field(default_factory=contracts.Segmentation)
    public_key: str = ""


class LandingZone(brick.Brick):
    """One layer of a platform. `outputs` are the layer's contract: (name -> subject -> id)."""

    outputs: dict[str, Any]

    def __init__(self, name: str, args: LandingZoneArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        plan = args.plan
        props = {"platform": plan.platform, "environment": plan.environment, "layer": args.layer}
        super().__init__(name, f"layers/{args.layer}", props, opts)
        build = {"network": self._network, "storage": self._storage, "compute": self._compute, "bastion": self._bastion}
        self.outputs = build[args.layer](args)
        self.register_outputs(self.outputs)

    def _below(self) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self)

    def _network(self, args: LandingZoneArgs) -> dict[str, Any]:
        adapter = args.adapters.network
        networks = contracts.Segmentation()
        for bubble in args.plan.bubbles:
            made = network.NetworkSegmentation(
                f"network/{bubble.name}", network.NetworkArgs(bubble, adapter, args.session), self._below()
            )
            networks = networks.merged(made.outputs)
        linked = network.Peerings(
            "network/peerings",
            network.PeeringsArgs(args.plan.peerings, networks, adapter, args.session),
            self._below(),
        )
        return contracts.outputs(networks.merged(linked.outputs))

    def _storage(self, args: LandingZoneArgs) -> dict[str, Any]:
        buckets: dict[str, Any] = {}
        for bubble in args.plan.bubbles:
            here = tuple(bucket for bucket in args.plan.buckets if bucket.bubble == bubble.name)
            if here:
                made = storage.ObjectStorage(
                    f"storage/{bubble.name}",
                    storage.ObjectStorageArgs(bubble, here, args.adapters.storage, args.session),
                    self._below(),
                )
                buckets.update(made.outputs.buckets)
        return {"buckets": buckets}

    def _compute(self, args: LandingZoneArgs) -> dict[str, Any]:
        machines: dict[str, Any] = {}
        disks: dict[str, Any] = {}
        for bubble in args.plan.bubbles:
            here = tuple(machine for machine in args.plan.machines if machine.bubble == bubble.name)
            if here:
                made = compute.Compute(
                    f"compute/{bubble.name}",
                    compute.ComputeArgs(bubble, here, args.network, args.adapters.compute, args.session),
                    self._below(),
                )
                machines.update(made.outputs.machines)
                disks.update(made.outputs.disks)
        return {"machines": machines, "disks": disks}

    def _bastion(self, args: LandingZoneArgs) -> dict[str, Any]:
        if args.plan.bastion is None:
            return {"machines": {}, "addresses": {}}
        made = bastion.Bastion(
            "bastion",
            bastion.BastionArgs(args.plan.bastion, args.public_key, args.network, args.adapters.bastion, args.session),
            self._below(),
        )
        return {"machines": made.outputs.machines, "addresses": made.outputs.addresses}
