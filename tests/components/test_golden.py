"""The URN graph of every layer, committed: renaming or re-parenting a resource would replace it at the provider.

A change here needs an alias in the component, or a decision to replace; then
`python tests/components/test_golden.py` writes the graphs again.
"""

from __future__ import annotations

import pathlib
import sys

import pytest

from blueprint import loader, planner, target
from blueprint import stack as stacks
from providers import contracts
from tests.components import registering

GOLDEN = pathlib.Path(__file__).parent / "golden"
VARIANTS: dict[str, tuple[str, dict[str, bool]]] = {
    "outscale": ("outscale-sandbox", {}),
    "ovh": ("ovh-sandbox", {}),
    "ovh-routers": ("ovh-sandbox", {"routers": True}),
}
"""Folder of graphs -> target, and the features that its offer is taken to have."""
CASES = [
    (variant, platform, layer)
    for variant in VARIANTS
    for platform in ("minimal", "emc2")
    for layer in stacks.LAYERS
    if variant != "ovh-routers" or layer != "storage"
]


def graph(variant: str, platform: str, layer: str) -> str:
    """One line per resource, sorted: its URN from the parent chain on."""
    place, features = VARIANTS[variant]
    made = registering.register(platform, layer, place, **features)
    return "".join(sorted("::".join(urn.split("::")[2:]) + "\n" for urn in made.urns))


@pytest.mark.parametrize(("variant", "platform", "layer"), CASES)
def test_urns_are_those_that_were_committed(variant: str, platform: str, layer: str) -> None:
    path = GOLDEN / variant / f"{platform}.{layer}.txt"
    made = graph(variant, platform, layer)
    assert made == path.read_text(encoding="utf-8"), "renamed resources are replaced: add an alias"


def test_the_escape_hatch_changes_arguments_and_is_listed() -> None:
    """One `transform` per session: policies judge what comes out, and the stack's outputs name each use."""

    def bigger(kind: str, subject: str, args: dict[str, object]) -> dict[str, object]:
        return {**args, "size": 200} if kind == "Volume" else args

    from providers.outscale import session as sessions

    where = target.load("outscale-sandbox")
    plan = planner.plan(loader.load(loader.find("minimal")), where, "dev")
    session = sessions.connect(plan, contracts.Place(registering.offer(where), registering.ENDPOINTS), bigger)
    seen: dict[str, object] = {}

    class Volume:
        def __init__(self, name: str, opts: object, **args: object) -> None:
            seen.update(args)

    class Nic(Volume):
        pass

    session.__dict__["outscale"] = None  # no provider resource is needed to look at arguments
    parent = None
    session.make(Volume, "a/disks/data", {"size": 100}, parent=parent)
    assert seen["size"] == 200
    session.make(Nic, "a/nic", {"size": 100}, parent=parent)
    assert seen["size"] == 100
    assert session.transformed == ["a/disks/data"]


def test_no_stack_holds_more_than_300_resources() -> None:
    sizes = {str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in GOLDEN.glob("*/*.txt")}
    assert len(sizes) == len(CASES)
    assert max(sizes.values()) <= 300, sizes


if __name__ == "__main__":
    for one in CASES:
        (GOLDEN / one[0]).mkdir(parents=True, exist_ok=True)
        (GOLDEN / one[0] / f"{one[1]}.{one[2]}.txt").write_text(graph(*one), encoding="utf-8")
    sys.stdout.write(f"{len(CASES)} graphs written\n")
