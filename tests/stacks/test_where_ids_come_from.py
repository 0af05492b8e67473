"""Where ids come from, as the SDK tells the engine: what GOV-09 and NET-02 read of a program that is what it should be.

The stack below is really read, by the program's own function: nothing here types a dependency.
"""

from __future__ import annotations

import asyncio
import collections
from collections.abc import Mapping
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks

from blueprint import stack as stacks
from blueprint import target as targets
from components import landing_zone
from policies.session import FACTS
from policies.verdicts import Finding, State
from providers import contracts, registry
from stacks import quiet, references
from tests.components import registering
from tests.policies import judging

Given = dict[str, dict[str, str]]
Resource = tuple[str, str, Mapping[str, Any], dict[str, tuple[str, ...]]]


class Cloud(registering.Recorder):
    """Makes what is registered, and gives the outputs of the stack that is read."""

    def __init__(self) -> None:
        super().__init__()
        self.outputs: Given = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if args.typ == stacks.REFERENCE:
            return args.name, {"name": args.name, "outputs": {"rempart": self.outputs}, "secretOutputNames": []}
        return super().new_resource(args)


class Engine(mocks.MockMonitor):
    """Keeps what the SDK says that each input comes from."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.told: dict[tuple[str, str], dict[str, tuple[str, ...]]] = {}

    def RegisterResource(self, request: Any) -> Any:
        said = {name: tuple(found.urns) for name, found in request.propertyDependencies.items()}
        self.told[(request.type, request.name)] = said
        return super().RegisterResource(request)


def run(platform: str, place: str, layer: str, by_hand: bool) -> list[Resource]:
    """What a layer registers. `by_hand`: the ids of the layer below are constants of the program."""
    target, name = targets.load(place), stacks.StackName(platform, place, "dev", layer)
    plan = judging.judge_at(place, platform).context.plan
    cloud = Cloud()
    engine = Engine(cloud)
    asyncio.set_event_loop(asyncio.new_event_loop())
    pulumi.runtime.set_mocks(cloud, project="rempart", stack=str(name), preview=False, monitor=engine)

    @pulumi.runtime.test
    def program() -> pulumi.Output[object]:
        adapters = registry.load(target.provider)
        where = contracts.Place(registering.offer(target), registering.ENDPOINTS, target.settings)
        session = adapters.session.connect(plan, where, None)
        expected = adapters.network.exports(session)
        cloud.outputs |= {kind: {one: f"{one}-id" for one in subjects} for kind, subjects in expected.items()}
        network = contracts.Segmentation(**cloud.outputs) if by_hand else references.network(name, expected)
        args = landing_zone.LandingZoneArgs(plan, layer, adapters, session, network, registering.KEY)
        return pulumi.Output.from_input(landing_zone.LandingZone(platform, args).outputs)

    with quiet.untraced():
        program()
    return [(kind, one, given, engine.told[(kind, one)]) for kind, one, given in cloud.seen if kind != stacks.REFERENCE]


def judged(platform: str, place: str, layer: str, *, by_hand: bool = False) -> list[Finding]:
    registered = run(platform, place, layer, by_hand)
    urns = {urn for *_, told in registered for found in told.values() for urn in found}
    by_name = {(urn.split("::")[-2].rpartition("$")[2], urn.rpartition("::")[2]): urn for urn in urns}
    provider = targets.load(place).provider
    facts = [
        FACTS[provider](kind, by_name.get((kind, name), f"{kind}::{name}"), name, given, {}, told)
        for kind, name, given, told in registered
        if not kind.startswith("pulumi:")
    ]
    found = judging.judge_at(place, platform, layer=layer).stack(facts)
    return [one for one in found if one.rule in ("GOV-09", "NET-02")]


@pytest.mark.parametrize("place", targets.names())
@pytest.mark.parametrize("layer", stacks.LAYERS)
def test_no_id_of_the_program_s_own_is_refused_and_the_stack_that_it_reads_is_seen(place: str, layer: str) -> None:
    found = judged("emc2", place, layer)
    assert [one for one in found if one.effect == "block"] == []
    read = [(one.subject, one.state) for one in found if one.rule == "NET-02"]
    below = [f"emc2.{place}.dev.{name}" for name in stacks.STANDS_ON.get(layer, ())]
    assert read == [(name, State.CONFORM) for name in below]
    proved = collections.Counter(one.state for one in found if one.rule == "GOV-09")
    assert (proved[State.NOT_APPLICABLE] > 0) == bool(below)
    assert (proved[State.CONFORM] > 0) == (layer != "storage")


@pytest.mark.parametrize("place", targets.names())
@pytest.mark.parametrize("layer", stacks.STANDS_ON)
def test_a_program_that_types_every_id_of_the_layer_below_is_refused(place: str, layer: str) -> None:
    found = judged("minimal", place, layer, by_hand=True)
    assert [one for one in found if one.rule == "NET-02"] == []
    assert {one.state for one in found} == {State.CONFORM, State.NON_CONFORM}
    refused = {one.subject for one in found if one.state is State.NON_CONFORM}
    assert refused == {one.subject for one in judged("minimal", place, layer) if one.state is State.NOT_APPLICABLE}
