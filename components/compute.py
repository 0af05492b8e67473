"""Compute: the machines of one bubble, tier by tier, spread over availability zones."""

from __future__ import annotations

import dataclasses
from typing import Any

import pulumi

from blueprint import plan as plans
from components import brick
from providers import contracts


@dataclasses.dataclass(frozen=True)
class ComputeArgs:
    """Machines of one bubble; `network` holds the subnets and filters of their zones."""

    bubble: plans.Bubble
    machines: tuple[plans.Machine, ...]
    network: contracts.Segmentation
    adapter: contracts.ComputeAdapter
    session: Any


class Compute(brick.Brick):
    """The machines of a bubble and their protected disks."""

    outputs: contracts.Machines

    def __init__(self, name: str, args: ComputeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        props = {"bubble": args.bubble.name, "tiers": sorted({machine.tier for machine in args.machines})}
        super().__init__(name, args.bubble.subject, props, opts)
        self.outputs = contracts.Machines()
        for machine in args.machines:
            self.outputs = self.outputs.merged(args.adapter.run(args.session, machine, args.network, self))
        self.register_outputs(contracts.outputs(self.outputs))
