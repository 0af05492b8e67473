"""Network segmentation: a sealed network per bubble, and the declared links between them."""

from __future__ import annotations

import dataclasses
from typing import Any

import pulumi

from blueprint import plan as plans
from components import brick
from providers import contracts


@dataclasses.dataclass(frozen=True)
class NetworkArgs:
    """One bubble, and the adapter that brings it up."""

    bubble: plans.Bubble
    adapter: contracts.NetworkAdapter
    session: Any


class NetworkSegmentation(brick.Brick):
    """One bubble's network: zones on planes, filters that hold the flow matrix and nothing else."""

    outputs: contracts.Segmentation

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        bubble = args.bubble
        super().__init__(name, bubble.subject, {"bubble": bubble.name, "cidr": bubble.cidr}, opts)
        self.outputs = args.adapter.segment(args.session, bubble, self)
        self.register_outputs(contracts.outputs(self.outputs))


@dataclasses.dataclass(frozen=True)
class PeeringsArgs:
    """Links between networks that exist; `networks` holds both sides of each."""

    peerings: tuple[plans.Peering, ...]
    networks: contracts.Segmentation
    adapter: contracts.NetworkAdapter
    session: Any


class Peerings(brick.Brick):
    """The links that the flow matrix needs, no other."""

    outputs: contracts.Segmentation

    def __init__(self, name: str, args: PeeringsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, "peerings", {"count": len(args.peerings)}, opts)
        self.outputs = contracts.Segmentation()
        for peering in args.peerings:
            self.outputs = self.outputs.merged(args.adapter.peer(args.session, peering, args.networks, self))
        self.register_outputs(contracts.outputs(self.outputs))
