"""What one layer of a platform registers on a target, without an engine: a provider that makes everything at once."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import functools
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import pulumi
from pulumi.runtime import mocks
from pulumi_policy.deserialize import deserialize_properties

from blueprint import loader, planner, target
from blueprint import plan as plans
from providers import capabilities, contracts, registry
from stacks import quiet

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEXAMPLE golden"
CLOUDS = pathlib.Path(__file__).parent / "clouds.yaml"
ENDPOINTS = {
    "api": "http://127.0.0.1:18080/api/v1",
    "storage": "https://127.0.0.1:18443",
    "configuration": str(CLOUDS),
    "cloud": "rempart",
}


NOBODY = "00000000-0000-0000-0000-000000000000"


class Recorder(pulumi.runtime.Mocks):
    """Answers every registration and every look-up; keeps what was registered, with secrets opened as for a pack."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, dict[str, Any]]] = []

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        inputs = dict(args.inputs)
        self.seen.append((args.typ, args.name, deserialize_properties(inputs)))
        return f"{args.name}-id", {**inputs, **_outputs(args.typ)}

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
        if args.token == "outscale:index:getImages":
            return {"images": [{"imageId": "ami-51bd0012", "imageName": args.args["imageNames"][0]}]}
        if args.token == "openstack:images/getImageIds:getImageIds":
            return {"ids": [NOBODY]}
        assert args.token == "openstack:networking/getNetwork:getNetwork"
        return {"id": NOBODY, "name": "Ext-Net"}


def _outputs(kind: str) -> dict[str, Any]:
    return {
        "outscale:index:PublicIp": {"publicIp": "198.51.100.1"},
        "openstack:networking/port:Port": {"allFixedIps": ["10.64.0.5"]},
        "openstack:networking/floatingIp:FloatingIp": {"address": "198.51.100.1"},
    }.get(kind, {})


@dataclasses.dataclass(frozen=True)
class Registered:
    """urns: with their parents. resources: (type, name, inputs). given: ids that come from the layer below."""

    plan: plans.Plan
    urns: tuple[str, ...]
    resources: tuple[tuple[str, str, dict[str, Any]], ...]
    given: frozenset[str]


def offer(where: target.Target, **native: bool) -> capabilities.Offer:
    """The target's offer; each feature named is native, or is not."""
    found = capabilities.load(where.provider).offers[where.offer]
    changed = {name: found.features[name].model_copy(update={"state": "native"}) for name, on in native.items() if on}
    return found.model_copy(update={"features": {**found.features, **changed}})


def register(
    platform: str,
    layer: str,
    place: str = "outscale-sandbox",
    look: Callable[[pulumi.ResourceTransformationArgs], None] | None = None,
    **native: bool,
) -> Registered:
    """One layer. `native` names features that the offer is taken to have; `look` sees each resource and its options.

    A layer that nothing looks at while it is made is made once: each caller gets resources of its own to change.
    """
    if look is not None:
        return _register(platform, layer, place, look, native)
    made = _made(platform, layer, place, tuple(sorted(native.items())))
    return dataclasses.replace(made, resources=copy.deepcopy(made.resources))


@functools.cache
def _made(platform: str, layer: str, place: str, native: tuple[tuple[str, bool], ...]) -> Registered:
    return _register(platform, layer, place, None, dict(native))


@functools.cache
def _planned(platform: str, place: str) -> plans.Plan:
    return planner.plan(loader.load(loader.find(platform)), target.load(place), "dev")


def _register(
    platform: str,
    layer: str,
    place: str,
    look: Callable[[pulumi.ResourceTransformationArgs], None] | None,
    native: Mapping[str, bool],
) -> Registered:
    from components import landing_zone

    where, plan = target.load(place), _planned(platform, place)
    monitor = mocks.MockMonitor(Recorder())
    given: dict[str, dict[str, str]] = {}
    asyncio.set_event_loop(asyncio.new_event_loop())
    stack = f"{platform}.{place}.dev.{layer}"
    pulumi.runtime.set_mocks(monitor.mocks, project="rempart", stack=stack, preview=False, monitor=monitor)

    @pulumi.runtime.test
    def run() -> pulumi.Output[object]:
        if look is not None:
            pulumi.runtime.register_stack_transformation(look)
        adapters = registry.load(where.provider)
        session = adapters.session.connect(
            plan, contracts.Place(offer(where, **native), ENDPOINTS, where.settings), None
        )
        exported = adapters.network.exports(session)
        given.update({kind: {one: f"{one}-id" for one in exported[kind]} for kind in exported})
        network = contracts.Segmentation(**given)
        zone = landing_zone.LandingZone(
            f"{platform}-{layer}", landing_zone.LandingZoneArgs(plan, layer, adapters, session, network, KEY)
        )
        return pulumi.Output.from_input(zone.outputs)

    with quiet.untraced():
        run()
    ids = frozenset(identifier for named in given.values() for identifier in named.values())
    return Registered(plan, tuple(monitor.resources), tuple(monitor.mocks.seen), ids)
