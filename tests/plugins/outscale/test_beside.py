"""What the API makes by itself beside a thing is never taken for what an interrupted creation made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plugins.outscale.plugin import SHAPES
from plugins.outscale.shapes import Shape
from plugins.outscale.sources import path
from tests.plugins.outscale.cases import CASE, CASES, Case, inputs_of
from tests.plugins.outscale.world import World
from tests.plugins.runtime.wire import Engine, Refused
from tests.sandbox.outscale.server import Server

pytestmark = pytest.mark.contract
SHAPE = {shape.name: shape for shape in SHAPES}
WHOLE = [shape for shape in SHAPES if shape.pick is None]  # kinds that are an item of their own


def shown(server: Server, shape: Shape) -> list[dict[str, Any]]:
    """Every item of the kind that the API shows."""
    items: list[dict[str, Any]] = server.call(shape.source.call)[shape.source.items]
    return items


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind)
def test_whatever_nobody_asked_for_can_never_be_adopted(case: Case, cloud: Engine, server: Server) -> None:
    world = World(cloud)
    world.make(case.kind, **inputs_of(case, world))
    asked = {thing.id for thing in world.things}
    for shape in WHOLE:
        for item in shown(server, shape):
            if item[shape.source.key] not in asked:
                assert shape.beside is not None, f"{shape.name} {item[shape.source.key]} was made by the API itself"
                assert shape.beside(item), item


def test_the_surroundings_of_these_tests_hold_what_the_api_makes_by_itself(cloud: Engine, server: Server) -> None:
    """Else the test above would prove nothing."""
    world = World(cloud)
    world.vm()
    asked = {thing.id for thing in world.things}
    beside = {s.name for s in WHOLE for item in shown(server, s) if item[s.source.key] not in asked}
    assert beside == {"RouteTable", "SecurityGroup", "Nic", "Volume"}


def test_the_route_to_the_net_itself_can_never_be_adopted(cloud: Engine, server: Server) -> None:
    world = World(cloud)
    route = world.make("Route", **inputs_of(CASE["Route"], world))
    beside = SHAPE["Route"].beside
    assert beside is not None
    for table in shown(server, SHAPE["RouteTable"]):
        for found in table["Routes"]:
            ours = f"{table['RouteTableId']}_{found['DestinationIpRange']}" == route.id
            assert beside(found) is not ours


def _in_a_new_net(world: World) -> dict[str, Any]:
    return {"netId": world.net()}


def _in_a_subnet_with_a_vm(world: World) -> dict[str, Any]:
    subnet = world.subnet()
    world.vm(subnet)
    return {"subnetId": subnet}


@pytest.mark.parametrize(
    ("kind", "surroundings"), [("RouteTable", _in_a_new_net), ("Nic", _in_a_subnet_with_a_vm)], ids=["table", "card"]
)
def test_a_creation_that_never_arrived_does_not_take_what_is_younger_than_the_listing(
    kind: str, surroundings: Callable[[World], dict[str, Any]], cloud: Engine, server: Server, state: Path
) -> None:
    """What is there is listed once for many creations: a Net made after it has a main table that the list lacks."""
    world = World(cloud)
    world.make(kind, **surroundings(world))
    inputs = surroundings(world)
    by_itself = {
        item[f"{kind}Id"]
        for item in shown(server, SHAPE[kind])
        if path(item, f"{kind}Id") not in {thing.id for thing in world.things}
    }
    assert len(by_itself) == 2
    urn = cloud.urn(kind, "interrupted")
    server.control.fault("reset_before", f"Create{kind}")
    with pytest.raises(Refused, match="nothing was adopted"):
        cloud.create(urn, inputs)
    id, outputs = cloud.create(urn, inputs)
    assert id not in by_itself
    cloud.delete(urn, id, outputs.values)
    world.destroy()
    assert shown(server, SHAPE[kind]) == []
