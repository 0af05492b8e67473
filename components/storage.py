"""Object storage: the buckets of one bubble."""

from __future__ import annotations

import dataclasses
from typing import Any

import pulumi

from blueprint import plan as plans
from components import brick
from providers import contracts


@dataclasses.dataclass(frozen=True)
class ObjectStorageArgs:
    """Buckets of one bubble."""

    bubble: plans.Bubble
    buckets: tuple[plans.Bucket, ...]
    adapter: contracts.StorageAdapter
    session: Any


class ObjectStorage(brick.Brick):
    """The protected buckets of a bubble."""

    outputs: contracts.Buckets

    def __init__(self, name: str, args: ObjectStorageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, args.bubble.subject, {"bubble": args.bubble.name}, opts)
        self.outputs = contracts.Buckets()
        for bucket in args.buckets:
            self.outputs = self.outputs.merged(args.adapter.store(args.session, bucket, self))
        self.register_outputs(contracts.outputs(self.outputs))
