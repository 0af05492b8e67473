"""Every kind through its whole life, on a sandbox that checks each request against the OpenAPI document."""

from __future__ import annotations

import pytest

from plugins.outscale.plugin import SHAPES
from plugins.runtime.values import UNKNOWN
from tests.plugins.outscale.cases import CASE, CASES, Case, inputs_of
from tests.plugins.outscale.world import TAGS, World
from tests.plugins.runtime.wire import Engine
from tests.sandbox.outscale.server import Server

pytestmark = pytest.mark.contract
every_kind = pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind)


def test_every_kind_has_a_case() -> None:
    assert {case.kind for case in CASES} == {shape.name for shape in SHAPES}


@every_kind
def test_a_kind_is_created_read_changed_and_deleted(case: Case, cloud: Engine, server: Server) -> None:
    world = World(cloud)
    inputs = inputs_of(case, world)
    thing = world.make(case.kind, **inputs)
    assert thing.id
    assert thing.outputs["subject"] == "bubbles/a"

    id, read_inputs, read_outputs = world.refresh(thing)
    assert (id, read_inputs.values) == (thing.id, thing.inputs), "a refresh shows no difference"
    stable = {name: value for name, value in thing.outputs.items() if name != "state"}
    assert {name: read_outputs.values.get(name) for name in stable} == stable, "creation and read tell the same"

    before = server.control.mark()
    changed, replaced = world.change(thing, subject="bubbles/b", references={})
    assert (changed, replaced) == (["references", "subject"], [])
    assert server.control.counts(before) == {}, "what is only for the state makes no call"
    assert thing.outputs["subject"] == "bubbles/b"

    if case.tagged:
        assert world.change(thing, tags={"Name": "other", "new": "1"}) == (["tags"], [])
        assert world.refresh(thing)[2].values["tags"] == {"Name": "other", "new": "1"}
    if case.change is not None:
        changes = case.change(world, thing.inputs)
        assert world.change(thing, **changes)[1] == []
        read = world.refresh(thing)[1].values
        assert {name: read.get(name) for name in changes} == changes
        assert read == thing.inputs

    others = world.things[:]
    world.delete(thing)
    if case.kind != "NetPeeringAcceptation":  # it ends with its peering
        assert world.refresh(thing)[0] == "", "gone"
    assert all(world.refresh(other)[0] for other in others if other is not thing), "nothing else is gone"
    world.destroy()
    assert server.control.inventory().get("net", 0) == 0


@every_kind
def test_a_kind_is_imported_by_its_id_without_a_difference(case: Case, cloud: Engine) -> None:
    world = World(cloud)
    thing = world.make(case.kind, **inputs_of(case, world))
    id, inputs, outputs = cloud.read(thing.urn, thing.id)
    assert id == thing.id
    assert "subject" not in inputs.values
    diff = cloud.diff(thing.urn, id, inputs.values, outputs.values, thing.inputs)
    assert list(diff.diffs) == []


@every_kind
def test_a_change_of_what_is_immutable_replaces(case: Case, cloud: Engine) -> None:
    world = World(cloud)
    thing = world.make(case.kind, **inputs_of(case, world))
    for name, value in case.replace.items():
        for new in (value, UNKNOWN):
            diff = cloud.diff(thing.urn, thing.id, thing.inputs, thing.outputs, {**thing.inputs, name: new})
            assert list(diff.replaces) == [name]


@every_kind
def test_a_preview_makes_no_call(case: Case, cloud: Engine, server: Server) -> None:
    world = World(cloud)
    inputs = inputs_of(case, world)
    before = server.control.mark()
    urn = cloud.urn(case.kind)
    cloud.create(urn, {**inputs, **{name: UNKNOWN for name in inputs if name.endswith("Id")}}, preview=True)
    cloud.update(urn, "x", inputs, inputs, {**inputs, "subject": "other"}, preview=True)
    assert server.control.counts(before) == {}


@every_kind
def test_deleting_what_is_gone_already_succeeds(case: Case, cloud: Engine) -> None:
    world = World(cloud)
    thing = world.make(case.kind, **inputs_of(case, world))
    world.delete(thing)
    cloud.delete(thing.urn, thing.id, thing.outputs)


@pytest.mark.parametrize("kind", ["Net", "PublicIp", "InternetService", "RouteTable"])
def test_a_second_creation_needs_no_read(kind: str, cloud: Engine, server: Server) -> None:
    world = World(cloud)
    inputs = inputs_of(CASE[kind], world)
    world.make(kind, **inputs)  # the first one also lists what was there before
    before = server.control.mark()
    world.make(kind, **inputs)
    reads = {name: count for name, count in server.control.counts(before).items() if name.startswith("Read")}
    assert reads == ({"ReadSecurityGroups": 1} if kind == "Net" else {})


def test_tags_that_the_program_does_not_name_are_drift(cloud: Engine, server: Server) -> None:
    world = World(cloud)
    thing = world.make("PublicIp", tags=TAGS)
    server.call("CreateTags", ResourceIds=[thing.id], Tags=[{"Key": "other", "Value": "x"}])
    assert world.refresh(thing)[1].values["tags"] == {**TAGS, "other": "x"}
