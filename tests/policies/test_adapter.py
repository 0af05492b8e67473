"""What the Outscale adapter really registers, judged: a change on either side that breaks the other shows here."""

from __future__ import annotations

import asyncio
from typing import Any

import pulumi
import pytest
from pulumi_policy.deserialize import deserialize_properties

from blueprint import loader, planner
from blueprint import stack as stacks
from blueprint import target as targets
from policies.verdicts import Effect
from providers import contracts, registry
from providers.outscale import facts as outscale
from tests.policies import estate, judging

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEXAMPLE test"


class Listener(pulumi.runtime.Mocks):
    """Keeps what is registered."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, dict[str, Any]]] = []

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        inputs = dict(args.inputs)
        self.seen.append((args.typ, args.name, deserialize_properties(inputs)))  # opens secrets, as for a pack
        return f"{args.name}-id", {**inputs, "publicIp": "198.51.100.1"}

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
        return {"images": [{"imageId": "ami-00000000", "imageName": args.args["imageNames"][0]}]}


def registered(platform: str, layer: str) -> list[tuple[str, str, dict[str, Any]]]:
    from components import landing_zone

    target = targets.load("outscale-sandbox")
    plan = planner.plan(loader.load(loader.find(platform)), target, "dev")
    zones = [zone for bubble in plan.bubbles for zone in bubble.zones]
    network = contracts.Segmentation(
        networks={bubble.subject: "vpc-1" for bubble in plan.bubbles},
        subnets={subnet.subject: "subnet-1" for zone in zones for subnet in zone.subnets},
        filters={zone.subject: "sg-1" for zone in zones},
        tables={zone.subject: "rtb-1" for zone in zones},
    )
    listener = Listener()
    asyncio.set_event_loop(asyncio.new_event_loop())
    pulumi.runtime.set_mocks(
        listener, project="rempart", stack=f"{platform}.outscale-sandbox.dev.{layer}", preview=False
    )

    @pulumi.runtime.test
    def register() -> pulumi.Output[object]:
        adapters = registry.load(target.provider)
        endpoints = dict(zip(target.endpoints, estate.ENDPOINTS, strict=True))
        session = adapters.session.connect(plan, endpoints, None)
        zone = landing_zone.LandingZone(
            f"{platform}-{layer}", landing_zone.LandingZoneArgs(plan, layer, adapters, session, network, KEY)
        )
        return pulumi.Output.from_input(zone.outputs)

    register()
    return listener.seen


@pytest.mark.parametrize("layer", stacks.LAYERS)
@pytest.mark.parametrize("platform", ["emc2", "minimal"])
def test_nothing_that_the_adapter_registers_is_refused(platform: str, layer: str) -> None:
    seen = registered(platform, layer)
    judge = judging.judge_of(estate.plan_of(platform), layer=layer)
    providers = {kind.rpartition(":")[2]: inputs for kind, _, inputs in seen if kind.startswith("pulumi:providers:")}
    refused = [
        f"{found.rule} {found.subject}: {found.message}"
        for kind, name, inputs in seen
        for found in judge.resource(
            outscale.fact(kind, estate.urn(kind, name), name, inputs, providers.get(kind.split(":")[0]))
        )
        if found.effect is Effect.BLOCK
    ]
    assert refused == []
    assert len(seen) > 4


@pytest.mark.parametrize(
    ("platform", "layer", "rule"),
    [
        ("open-admin-port", "network", "NET-04"),
        ("open-admin-port-halves", "network", "NET-04"),
        ("open-admin-port-v6", "network", "NET-04"),
        ("foreign-region", "network", "SOV-03"),
        ("public-bucket", "storage", "STO-02"),
        ("password-in-user-data", "compute", "CPT-05"),
    ],
)
def test_what_a_violating_blueprint_registers_is_refused(platform: str, layer: str, rule: str) -> None:
    seen = registered(platform, layer)
    judge = judging.judge_of(estate.plan_of(platform), layer=layer)
    providers = {kind.rpartition(":")[2]: inputs for kind, _, inputs in seen if kind.startswith("pulumi:providers:")}
    refused = {
        found.rule
        for kind, name, inputs in seen
        for found in judge.resource(
            outscale.fact(kind, estate.urn(kind, name), name, inputs, providers.get(kind.split(":")[0]))
        )
        if found.effect is Effect.BLOCK
    }
    assert refused == {rule}
