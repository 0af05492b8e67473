"""Lost answers and kills: never two, never somebody else's, never forgotten."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from plugins.outscale.plugin import SHAPES
from plugins.outscale.settings import settings
from plugins.runtime.errors import Problem
from plugins.runtime.intents import Intent, Journal
from tests.plugins.outscale.cases import CASE, CASES, Case, inputs_of
from tests.plugins.outscale.world import TAGS, World
from tests.plugins.runtime.wire import Engine, Halfway, Refused
from tests.sandbox.outscale.server import REGION, Server

pytestmark = pytest.mark.contract
SHAPE = {shape.name: shape for shape in SHAPES}
every_kind = pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind)
# One that nothing tells apart, one that is unique, one with a token, one without an id of its own.
some_kinds = pytest.mark.parametrize("case", [CASE[n] for n in ("Net", "Subnet", "Volume", "SecurityGroupRule")])
Start = Callable[[], Engine]
RANGE = {"ipRange": "10.0.0.0/16", "emptyDefaultSecurityGroup": False}


def notes(state: Path) -> list[dict[str, Any]]:
    """The notes about unfinished creations."""
    return [json.loads(path.read_text()) for path in (state / "intents").rglob("*.json")]


def journal(server: Server, state: Path) -> Journal:
    """The same notes that the plugin keeps."""
    keys = {"endpoint": server.url, "region": REGION, "accessKey": server.access_key, "secretKey": server.secret_key}
    return Journal(state / "intents", settings(keys, {}).account)


def ids(server: Server, kind: str) -> list[str]:
    """What the API shows of a kind."""
    found: list[str] = [item[f"{kind}Id"] for item in server.call(f"Read{kind}s")[f"{kind}s"]]
    return found


def checked(cloud: Engine, urn: str, inputs: dict[str, Any]) -> dict[str, Any]:
    return cloud.check(urn, inputs)[0].values


@every_kind
def test_an_answer_lost_after_the_write_is_found_again(case: Case, cloud: Engine, server: Server) -> None:
    world = World(cloud)
    inputs = inputs_of(case, world)
    before = server.control.inventory()
    # Both look the same to us: nothing that says what became of it.
    server.control.fault("reset_after" if len(case.kind) % 2 else "error_after", SHAPE[case.kind].create)
    thing = world.make(case.kind, **inputs)
    assert world.refresh(thing)[1].values == thing.inputs
    made = {k: n - before.get(k, 0) for k, n in server.control.inventory().items() if n != before.get(k, 0)}
    assert sum(made.values()) <= (2 if case.kind in ("Net", "Vm") else 1) + (case.kind == "Net"), made


@every_kind
def test_a_write_that_was_not_done_is_not_believed_done(case: Case, cloud: Engine, server: Server, state: Path) -> None:
    """Kinds of which the API cannot make two are sent again; the others stop, and the next run makes one."""
    shape = SHAPE[case.kind]
    world = World(cloud)
    urn = cloud.urn(case.kind)
    inputs = checked(cloud, urn, inputs_of(case, world))
    mark = server.control.mark()
    server.control.fault("reset_before", shape.create)
    if shape.unique or shape.token:
        id = cloud.create(urn, inputs)[0]
    else:
        with pytest.raises(Refused, match="Run again") as refused:
            cloud.create(urn, inputs)
        assert "nothing was sent again" in refused.value.message
        assert server.control.counts(mark)[shape.create] == 1
        id = cloud.create(urn, inputs)[0]
    assert cloud.read(urn, id)[0] == id


@some_kinds
def test_throttled_calls_are_sent_again_and_make_one(case: Case, cloud: Engine, server: Server) -> None:
    world = World(cloud)
    inputs = inputs_of(case, world)
    mark = server.control.mark()
    server.control.fault("throttle", SHAPE[case.kind].create, count=2)
    world.make(case.kind, **inputs)
    done = [call for call in server.control.calls(mark) if call["operation"] == SHAPE[case.kind].create]
    assert [call["status"] for call in done] == [503, 503, 200]


@every_kind
def test_a_kill_after_the_write_is_made_good_by_the_next_run(
    case: Case, start: Start, server: Server, state: Path
) -> None:
    """The process dies without a word after the API has done it: only the intent is left."""
    cloud = start()
    world = World(cloud)
    urn = cloud.urn(case.kind)
    inputs = checked(cloud, urn, inputs_of(case, world))
    id, outputs = cloud.create(urn, inputs)
    [note] = [note for note in notes(state) if note["urn"] == urn]
    assert note["id"] == id
    journal(server, state).write(Intent(**{**note, "id": "", "present": tuple(note["present"])}))
    before = server.control.inventory()
    again = start()
    assert again.create(urn, inputs)[0] == id
    assert server.control.inventory() == before
    once_more = again.create(urn, inputs)[1].values  # killed after the id was noted
    assert {name: once_more[name] for name in outputs.values} == outputs.values


@some_kinds
def test_what_the_engine_recorded_is_never_adopted_by_its_replacement(case: Case, start: Start, state: Path) -> None:
    cloud = start()
    world = World(cloud)
    thing = world.make(case.kind, **inputs_of(case, world))
    cloud.diff(thing.urn, thing.id, thing.inputs, thing.outputs, thing.inputs)
    assert [note for note in notes(state) if note["urn"] == thing.urn] == []


# -- the rules of adoption, on Nets: nothing but tags tells two of them apart ------------------------------------------


def leave_intent(server: Server, state: Path, urn: str, **more: Any) -> None:
    """What a plugin that was killed just after sending CreateNet leaves."""
    intent = {"urn": urn, "traits": {"ipRange": RANGE["ipRange"]}, "tags": TAGS, "present": (), **more}
    journal(server, state).write(Intent(**intent))


def net(server: Server, tags: dict[str, str] | None = None) -> str:
    id: str = server.call("CreateNet", IpRange=RANGE["ipRange"])["Net"]["NetId"]
    if tags:
        server.call("CreateTags", ResourceIds=[id], Tags=[{"Key": k, "Value": v} for k, v in tags.items()])
    return id


def test_an_untagged_match_that_was_not_there_is_adopted_and_tagged(cloud: Engine, server: Server, state: Path) -> None:
    urn, id = cloud.urn("Net"), net(server)
    leave_intent(server, state, urn)
    made, outputs = cloud.create(urn, {**RANGE, "tags": TAGS})
    assert (made, outputs.values["tags"]) == (id, TAGS)
    assert len(ids(server, "Net")) == 1


def test_a_match_with_exactly_the_intended_tags_is_adopted(cloud: Engine, server: Server, state: Path) -> None:
    urn, id = cloud.urn("Net"), net(server, TAGS)
    leave_intent(server, state, urn)
    assert cloud.create(urn, {**RANGE, "tags": TAGS})[0] == id


@pytest.mark.parametrize("tags", [{"Name": "theirs"}, {**TAGS, "more": "1"}])
def test_a_match_with_other_tags_is_somebody_elses(
    tags: dict[str, str], cloud: Engine, server: Server, state: Path
) -> None:
    urn, id = cloud.urn("Net"), net(server, tags)
    leave_intent(server, state, urn)
    assert cloud.create(urn, {**RANGE, "tags": TAGS})[0] != id


def test_a_match_that_was_there_before_is_not_ours(cloud: Engine, server: Server, state: Path) -> None:
    urn, id = cloud.urn("Net"), net(server)
    leave_intent(server, state, urn, present=(id,))
    assert cloud.create(urn, {**RANGE, "tags": TAGS})[0] != id


def test_without_an_intent_nothing_is_ever_adopted(cloud: Engine, server: Server) -> None:
    id = net(server)
    assert cloud.create(cloud.urn("Net"), RANGE)[0] != id


def test_with_an_answer_lost_only_what_is_new_is_adopted(cloud: Engine, server: Server) -> None:
    old = net(server)
    server.control.fault("reset_after", "CreateNet")
    assert cloud.create(cloud.urn("Net"), RANGE)[0] != old
    assert len(ids(server, "Net")) == 2


def test_with_an_answer_lost_and_nothing_made_what_was_there_is_not_adopted(cloud: Engine, server: Server) -> None:
    net(server)
    server.control.fault("reset_before", "CreateNet")
    with pytest.raises(Refused, match="nothing was adopted"):
        cloud.create(cloud.urn("Net"), RANGE)


def test_several_matches_stop_the_creation_and_are_named(cloud: Engine, server: Server, state: Path) -> None:
    urn, ids = cloud.urn("Net"), [net(server), net(server)]
    leave_intent(server, state, urn)
    for _ in range(2):  # also the second time: the intent stays
        with pytest.raises(Refused) as refused:
            cloud.create(urn, {**RANGE, "tags": TAGS})
        assert all(id in refused.value.message for id in ids)
        assert "import" in refused.value.message
    server.call("DeleteNet", NetId=ids[0])
    assert cloud.create(urn, {**RANGE, "tags": TAGS})[0] == ids[1]


def test_what_an_interrupted_run_made_of_other_inputs_stops_the_creation(
    cloud: Engine, server: Server, state: Path
) -> None:
    urn, id = cloud.urn("Net"), net(server)
    leave_intent(server, state, urn)
    with pytest.raises(Refused) as refused:
        cloud.create(urn, {**RANGE, "ipRange": "10.7.0.0/16"})
    assert id in refused.value.message
    assert "ipRange" in refused.value.message
    server.call("DeleteNet", NetId=id)
    assert cloud.create(urn, {**RANGE, "ipRange": "10.7.0.0/16"})[0]


def test_what_can_be_changed_in_place_is_changed_at_adoption(start: Start, server: Server) -> None:
    cloud = start()
    world = World(cloud)
    inputs = checked(cloud, cloud.urn("Nic"), inputs_of(CASE["Nic"], world))
    id, _ = cloud.create(cloud.urn("Nic"), inputs)
    again = start()
    changed = {**inputs, "description": "another", "tags": {"Name": "new"}}
    made, outputs = again.create(again.urn("Nic"), changed)
    assert made == id
    [card] = server.call("ReadNics", Filters={"NicIds": [id]})["Nics"]
    assert card["Description"] == "another"
    assert outputs.values["tags"] == {"Name": "new"}


def test_something_that_appears_late_is_waited_for(cloud: Engine, server: Server, state: Path) -> None:
    server.control.fault("hidden", "CreateNet", polls=2)
    urn, id = cloud.urn("Net"), net(server)
    leave_intent(server, state, urn)
    assert cloud.create(urn, {**RANGE, "tags": TAGS})[0] == id


@pytest.mark.parametrize("kind", ["Subnet", "SecurityGroupRule", "Volume"])
def test_something_that_appears_after_the_next_run_has_looked_is_not_made_twice(
    kind: str, start: Start, server: Server, state: Path
) -> None:
    """The API refuses a second one, or knows the token: what it then shows is ours."""
    cloud = start()
    world = World(cloud)
    urn = cloud.urn(kind)
    inputs = checked(cloud, urn, inputs_of(CASE[kind], world))
    server.control.fault("hidden", SHAPE[kind].create, polls=3)
    server.control.fault("forbidden", "CreateTags")
    with contextlib.suppress(Halfway):  # a rule has no tags to fail
        cloud.create(urn, inputs)
    [note] = [note for note in notes(state) if note["urn"] == urn]
    journal(server, state).write(Intent(**{**note, "id": "", "present": tuple(note["present"])}))
    server.control.clear_faults()
    before = server.control.inventory()
    assert start().create(urn, inputs)[0] == note["id"]
    assert server.control.inventory() == before


def test_creations_that_nothing_tells_apart_never_take_each_others(start: Start, server: Server) -> None:
    """Twelve public IPs from two processes at once, two answers lost, one call that never arrived."""
    engines = [start(), start()]
    server.control.fault("reset_after", "CreatePublicIp", after=2)
    server.control.fault("reset_before", "CreatePublicIp", after=4)
    server.control.fault("error_after", "CreatePublicIp", after=6)
    made: list[str] = []
    failed: list[str] = []

    def create(number: int) -> None:
        cloud = engines[number % 2]
        try:
            made.append(cloud.create(cloud.urn("PublicIp", f"ip-{number}"), {})[0])
        except Refused as refused:
            failed.append(refused.message)

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(create, range(12)))
    assert len(set(made)) == len(made), "nobody got the same"
    assert sorted(made) == sorted(ids(server, "PublicIp")), "nothing is left over"
    assert len(failed) == 1
    assert "CreatePublicIp" in failed[0]


def test_a_full_disk_stops_a_creation_before_anything_is_sent(
    cloud: Engine, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("plugins.runtime.intents.os.fsync", full)
    mark = server.control.mark()
    with pytest.raises(Refused, match="Nothing was sent"):
        cloud.create(cloud.urn("Subnet"), {"netId": "vpc-12345678", "ipRange": "10.0.0.0/24"})
    assert "CreateSubnet" not in server.control.counts(mark)


def test_a_disk_that_fills_after_the_call_does_not_lose_the_id(
    cloud: Engine, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise Problem("full")

    monkeypatch.setattr("plugins.runtime.intents.Journal.made", full)
    assert [cloud.create(cloud.urn("Net"), RANGE)[0]] == ids(server, "Net")


def test_a_deadline_that_passes_during_the_search_keeps_the_intent(cloud: Engine, server: Server, state: Path) -> None:
    server.control.fault("hang_after", "CreateNet", ms=3000)
    with pytest.raises(Refused):
        cloud.create(cloud.urn("Net"), RANGE, timeout=1)
    assert [note["id"] for note in notes(state)] == [""]
    id, _ = cloud.create(cloud.urn("Net"), RANGE)
    assert ids(server, "Net") == [id]


# -- half-made resources -----------------------------------------------------------------------------------------------


def test_refused_tags_leave_a_resource_that_the_next_update_finishes(cloud: Engine, server: Server) -> None:
    server.control.fault("forbidden", "CreateTags")
    inputs = {**RANGE, "tags": TAGS}
    urn = cloud.urn("Net")
    with pytest.raises(Halfway) as halfway:
        cloud.create(urn, inputs)
    assert halfway.value.outputs.values["tags"] == {}
    assert "CreateTags" in halfway.value.reasons[0]
    updated = cloud.update(urn, halfway.value.id, inputs, halfway.value.outputs.values, inputs)
    assert updated.values["tags"] == TAGS
    [found] = server.call("ReadNets")["Nets"]
    assert {tag["Key"]: tag["Value"] for tag in found["Tags"]} == TAGS


def test_a_group_keeps_no_implicit_rule_even_when_its_removal_fails_at_first(cloud: Engine, server: Server) -> None:
    world = World(cloud)
    net_id = world.net()
    server.control.fault("forbidden", "DeleteSecurityGroupRule")
    inputs = {"netId": net_id, "securityGroupName": "filter", "description": "d"}
    urn = cloud.urn("SecurityGroup")
    with pytest.raises(Halfway) as halfway:
        cloud.create(urn, inputs)
    assert not halfway.value.outputs.values.get("implicitRulesRemoved")
    updated = cloud.update(urn, halfway.value.id, inputs, halfway.value.outputs.values, inputs)
    assert updated.values["implicitRulesRemoved"] is True
    [group] = server.call("ReadSecurityGroups", Filters={"SecurityGroupIds": [halfway.value.id]})["SecurityGroups"]
    assert group["OutboundRules"] == []


def test_a_state_that_is_late_leaves_a_resource_that_the_next_update_waits_for(cloud: Engine, server: Server) -> None:
    server.control.fault("slow_state", "CreateVolume", polls=1000, ms=2500)
    urn, inputs = cloud.urn("Volume"), {"subregionName": "cloudgouv-eu-west-1a", "size": 5}
    with pytest.raises(Halfway) as halfway:
        cloud.create(urn, inputs, timeout=1)
    assert halfway.value.outputs.values["state"] == "creating"
    assert "custom_timeouts" in halfway.value.reasons[0]
    updated = cloud.update(urn, halfway.value.id, inputs, halfway.value.outputs.values, inputs)
    assert updated.values["state"] == "available"


def test_ctrl_c_while_waiting_keeps_the_id(cloud: Engine, server: Server) -> None:
    server.control.fault("slow_state", "CreateVolume", polls=1000, ms=20000)
    urn, inputs = cloud.urn("Volume"), {"subregionName": "cloudgouv-eu-west-1a", "size": 5}
    with ThreadPoolExecutor(1) as pool:
        creation = pool.submit(cloud.create, urn, inputs)
        while not ids(server, "Volume"):
            time.sleep(0.02)
        cloud.cancel()
        with pytest.raises(Halfway) as halfway:
            creation.result(timeout=10)
    assert [halfway.value.id] == ids(server, "Volume")
    assert "Cancelled" in halfway.value.reasons[0]
