"""What the layers of a platform would register on a target, without an engine, a plugin or a cloud.

For comparisons and counts only. Every registration is answered at once with what was asked; nothing is judged here, and
no run uses it: a preview on the engine is what decides.
"""

from __future__ import annotations

import asyncio
import dataclasses
import pathlib
import tempfile
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.runtime import mocks

from blueprint import loader, planner
from blueprint import plan as plans
from blueprint import stack as stacks
from blueprint import target as targets
from components import landing_zone
from providers import capabilities, contracts, registry
from stacks import quiet

NOWHERE = "https://planned.invalid"
NOBODY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPLANNED planned"
CLOUDS = "clouds: {planned: {auth: {auth_url: 'https://planned.invalid/v3'}}}\n"
LOOKED_UP: Mapping[str, Mapping[str, Any]] = {
    "outscale:index:getImages": {"images": [{"imageId": "planned"}]},
    "openstack:images/getImageIds:getImageIds": {"ids": ["planned"]},
    "openstack:networking/getNetwork:getNetwork": {"id": "planned", "name": "planned"},
}
"""What each look-up of an adapter is answered: a new one, or another output of one, is asked for by name."""
GIVEN_BACK = {"publicIp": "planned", "allFixedIps": ["planned"], "address": "planned"}
"""Outputs that adapters pass on, whatever the kind."""


@dataclasses.dataclass(frozen=True)
class Resource:
    """One resource as it would be registered. `inputs` hold the engine's own wrappers where a value is secret."""

    layer: str
    type: str
    name: str
    inputs: Mapping[str, Any]


class _Monitor(pulumi.runtime.Mocks):
    def __init__(self) -> None:
        self.seen: list[tuple[str, str, dict[str, Any]]] = []

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self.seen.append((args.typ, args.name, dict(args.inputs)))
        return f"planned:{args.name}", {**GIVEN_BACK, **dict(args.inputs)}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        if args.token not in LOOKED_UP:
            raise NotImplementedError(f"an adapter looks up {args.token}: say in stacks/planned.py what is answered")
        return dict(LOOKED_UP[args.token]), []


def _answered(kind: str, subject: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The same, where each value that comes from a look-up or from another resource is there when it is known."""

    def seen(value: Any, where: str) -> Any:
        if isinstance(value, pulumi.Output):
            return value.apply(lambda found: _given(found, f"{where} of the {kind} {subject}"))
        if isinstance(value, Mapping):
            return {key: seen(item, f"{where}.{key}") for key, item in value.items()}
        return [seen(item, where) for item in value] if isinstance(value, list) else value

    return {key: seen(value, key) for key, value in arguments.items()}


def _given(found: Any, where: str) -> Any:
    if found is None:
        raise NotImplementedError(f"{where} comes from an output that stacks/planned.py answers nothing for")
    return found


def resources(platform: str, where: targets.Target, environment: str = "dev") -> tuple[Resource, ...]:
    """Every resource of every layer. Raises `RempartError` for a platform or a target that is wrong."""
    plan = planner.plan(loader.load(loader.find(platform)), where, environment)
    return tuple(one for name in stacks.LAYERS for one in _layer(plan, where, name))


def layer(platform: str, where: targets.Target, environment: str, layer: str) -> list[Resource]:
    """Those of one layer. Raises as `resources`."""
    return _layer(planner.plan(loader.load(loader.find(platform)), where, environment), where, layer)


def _layer(plan: plans.Plan, where: targets.Target, layer: str) -> list[Resource]:
    offer = capabilities.load(where.provider).offers[where.offer]
    monitor = _Monitor()
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # the first failure is raised; those that it causes are not told too
    asyncio.set_event_loop(loop)
    stack = f"{plan.platform}.{where.name}.{plan.environment}.{layer}"
    pulumi.runtime.set_mocks(monitor, project="rempart", stack=stack, preview=False, monitor=mocks.MockMonitor(monitor))
    with tempfile.TemporaryDirectory() as folder:
        clouds = pathlib.Path(folder) / "clouds.yaml"
        clouds.write_text(CLOUDS, encoding="utf-8")
        endpoints = {**dict.fromkeys(where.endpoints, NOWHERE), "configuration": str(clouds), "cloud": "planned"}
        place = contracts.Place(offer, endpoints, where.settings)

        def run() -> pulumi.Output[object]:
            adapters = registry.load(where.provider)
            session = adapters.session.connect(plan, place, _answered)
            given = adapters.network.exports(session)
            network = contracts.Segmentation(
                **{kind: {subject: f"planned:{subject}" for subject in given[kind]} for kind in given}
            )
            zone = landing_zone.LandingZone(
                f"{plan.platform}-{layer}",
                landing_zone.LandingZoneArgs(plan, layer, adapters, session, network, NOBODY),
            )
            return pulumi.Output.from_input(zone.outputs)

        with quiet.untraced():
            pulumi.runtime.test(run)()  # type: ignore[no-untyped-call]
    return [Resource(layer, *one) for one in monitor.seen]
