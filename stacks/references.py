"""Values from one layer to the next, checked: the engine returns nothing, silently, where an output is missing."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pulumi

from blueprint import stack as stacks
from providers import contracts


def network(name: stacks.StackName, expected: Mapping[str, Sequence[str]]) -> contracts.Segmentation:
    """The network layer's outputs: every subject of `expected` (see `NetworkAdapter.exports`) is required."""
    layer = name.sibling("network")
    if "network" in stacks.provisional(name.layer, os.environ):
        return contracts.Segmentation(**_placeholders(expected))
    outputs = pulumi.StackReference(str(layer)).get_output("rempart")
    return contracts.Segmentation(
        **{
            kind: {subject: _required(outputs, layer, kind, subject) for subject in subjects}
            for kind, subjects in expected.items()
        }
    )


def _required(outputs: pulumi.Output[Any], layer: stacks.StackName, kind: str, subject: str) -> pulumi.Output[str]:
    def pick(value: Any) -> str:
        found = value.get(kind, {}).get(subject) if isinstance(value, Mapping) else None
        if not isinstance(found, str) or not found:
            raise pulumi.RunError(
                f"layer {layer} has no {kind} output for {subject}: bring it up first with `pulumi up -s {layer}`"
            )
        return found

    return outputs.apply(pick)


def _placeholders(expected: Mapping[str, Iterable[str]]) -> dict[str, dict[str, str]]:
    if not pulumi.runtime.is_dry_run():
        raise pulumi.RunError(
            f"{stacks.PROVISIONAL} is for previews only: unset it, and bring the layers up in their order with "
            "`rempart up`"
        )
    return {kind: {subject: f"planned:{subject}" for subject in subjects} for kind, subjects in expected.items()}
