"""A live reading, judged: the same rules over facts that a provider's API gave, recorded as a run of the pack is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from blueprint import stack as stacks
from blueprint.facts import Fact
from policies import outside
from policies.verdicts import VERIFY, Finding

LAYER = "live"
"""Where the layer's name stands in a stack's: a reading is of the whole account, over all layers."""


def stack(platform: str, target: str, environment: str) -> stacks.StackName:
    return stacks.StackName(platform, target, environment, LAYER)


def judge(
    name: stacks.StackName, facts: Sequence[Fact], whole: Iterable[str], stamps: Mapping[str, object]
) -> tuple[Finding, ...]:
    """Every finding on `facts`, written to the findings file of `name` too.

    `whole` names the parts of the plan of which nothing may be missing; `stamps` say who asked what, and what the
    result may be called.
    """
    return outside.judge(name, VERIFY, facts, stamps, whole)
