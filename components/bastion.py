"""Bastion: the only way in for administration ports."""

from __future__ import annotations

import dataclasses
from typing import Any

import pulumi

from blueprint import plan as plans
from components import brick
from providers import contracts


@dataclasses.dataclass(frozen=True)
class BastionArgs:
    """The bastion's machines; `public_key` is an OpenSSH public key, one line."""

    bastion: plans.Bastion
    public_key: str
    network: contracts.Segmentation
    adapter: contracts.BastionAdapter
    session: Any


class Bastion(brick.Brick):
    """One machine per availability zone, reachable from the declared ranges only."""

    outputs: contracts.Machines

    def __init__(self, name: str, args: BastionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        props = {"access": args.bastion.access, "zone": args.bastion.zone}
        super().__init__(name, args.bastion.subject, props, opts)
        self.outputs = args.adapter.admit(args.session, args.bastion, args.public_key, args.network, self)
        self.register_outputs(contracts.outputs(self.outputs))
