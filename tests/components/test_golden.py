"""The URN graph of every layer, committed: renaming or re-parenting a resource would replace it at the provider.

A change here needs an alias in the component, or a decision to replace; then
`python tests/components/test_golden.py` writes the graphs again.
"""

from __future__ import annotations

import asyncio
import pathlib
import sys

import pulumi
import pytest
from pulumi.runtime import mocks

from blueprint import loader, planner, target
from blueprint import stack as stacks
from providers import contracts, registry

GOLDEN = pathlib.Path(__file__).parent / "golden"
CASES = [(platform, layer) for platform in ("minimal", "emc2") for layer in stacks.LAYERS]
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEXAMPLE golden"


class Recorder(pulumi.runtime.Mocks):
    """Answers like a provider that makes everything at once."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, object]]:
        inputs = dict(args.inputs)
        if args.typ == "outscale:index:PublicIp":
            inputs["publicIp"] = "198.51.100.1"
        return f"{args.name}-id", inputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, object]:
        assert args.token == "outscale:index:getImages"
        return {"images": [{"imageId": "ami-00000000", "imageName": args.args["imageNames"][0]}]}


def graph(platform: str, layer: str) -> str:
    """One line per resource, sorted: its URN from the parent chain on."""
    from components import landing_zone

    where = target.load("outscale-sandbox")
    plan = planner.plan(loader.load(loader.find(platform)), where, "dev")
    network = contracts.Segmentation(
        networks={b.subject: f"{b.subject}-id" for b in plan.bubbles},
        subnets={s.subject: f"{s.subject}-id" for b in plan.bubbles for z in b.zones for s in z.subnets},
        filters={z.subject: f"{z.subject}-id" for b in plan.bubbles for z in b.zones},
        tables={z.subject: f"{z.subject}-id" for b in plan.bubbles for z in b.zones},
    )
    stack = f"{platform}.outscale-sandbox.dev.{layer}"
    monitor = mocks.MockMonitor(Recorder())
    asyncio.set_event_loop(asyncio.new_event_loop())
    pulumi.runtime.set_mocks(monitor.mocks, project="rempart", stack=stack, preview=False, monitor=monitor)

    @pulumi.runtime.test
    def register() -> pulumi.Output[object]:
        adapters = registry.load(where.provider)
        endpoints = {"api": "http://127.0.0.1:1/api/v1", "storage": "https://127.0.0.1:2"}
        session = adapters.session.connect(plan, endpoints, None)
        args = landing_zone.LandingZoneArgs(plan, layer, adapters, session, network, KEY)
        zone = landing_zone.LandingZone(f"{platform}-{layer}", args)
        return pulumi.Output.from_input(zone.outputs)

    register()
    return "".join(sorted("::".join(urn.split("::")[2:]) + "\n" for urn in monitor.resources))


@pytest.mark.parametrize(("platform", "layer"), CASES)
def test_urns_are_those_that_were_committed(platform: str, layer: str) -> None:
    path = GOLDEN / f"{platform}.{layer}.txt"
    assert graph(platform, layer) == path.read_text(encoding="utf-8"), "renamed resources are replaced: add an alias"


def test_the_escape_hatch_changes_arguments_and_is_listed() -> None:
    """One `transform` per session: policies judge what comes out, and the stack's outputs name each use."""

    def bigger(kind: str, subject: str, args: dict[str, object]) -> dict[str, object]:
        return {**args, "size": 200} if kind == "Volume" else args

    from providers.outscale import session as sessions

    where = target.load("outscale-sandbox")
    plan = planner.plan(loader.load(loader.find("minimal")), where, "dev")
    session = sessions.connect(plan, {"api": "http://127.0.0.1:1/api/v1", "storage": "https://127.0.0.1:2"}, bigger)
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
    sizes = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in GOLDEN.glob("*.txt")}
    assert sizes
    assert max(sizes.values()) <= 300, sizes


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for one_platform, one_layer in CASES:
        (GOLDEN / f"{one_platform}.{one_layer}.txt").write_text(graph(one_platform, one_layer), encoding="utf-8")
    sys.stdout.write(f"{len(CASES)} graphs written\n")
