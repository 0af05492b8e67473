"""The engine is killed while Nova builds machines: `recover` alone takes over what became of them, and goes on."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from blueprint import loader, planner, target, workspace
from cli import exit_codes
from providers.ovh import kinds, labels
from tests import longer
from tests.engine import openstack
from tests.engine import world as worlds
from tests.engine.world import World
from tests.faults import counting, killing, telling

pytestmark = [pytest.mark.faults, pytest.mark.openstack, pytest.mark.timeout(1500)]

PLATFORM = "built"
"""The sample, with user data for one machine: that one nobody can read back."""
TOLD = "bubbles/study/tiers/workspace/1"
LIMIT_SECONDS = 400


@pytest.fixture(scope="module")
def world(cloud: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    said: dict[str, Any] = yaml.safe_load(loader.find("minimal").read_text(encoding="utf-8"))
    said["bubbles"]["study"]["tiers"]["workspace"]["user_data"] = "#cloud-config\n"
    folder = tmp_path_factory.mktemp("platforms")
    (folder / f"{PLATFORM}.yaml").write_text(yaml.safe_dump({**said, "platform": PLATFORM}), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(workspace.PLATFORMS_VARIABLE, str(folder))
        with worlds.world(f"b{os.getpid()}", tmp_path_factory.mktemp("built"), "ovh-sandbox") as made:
            up = made.rempart("up", *telling.arguments(made, "network", platform=PLATFORM))
            assert up.returncode == exit_codes.OK, up.stdout + up.stderr
            yield made


def the_told_one_is_built(api: Any) -> bool:
    return any(one.metadata.get(labels.SUBJECT) == TOLD and one.status == "BUILD" for one in api.compute.servers())


def one_runs(api: Any) -> bool:
    return any(one.status == "ACTIVE" for one in api.compute.servers())


def a_disk_is_attached(api: Any) -> bool:
    return any(one.attachments and one.metadata for one in api.block_storage.volumes())


MOMENTS = {"built": the_told_one_is_built, "running": one_runs, "attached": a_disk_is_attached}
"""What OpenStack has just done, and has not answered to the engine yet."""


@pytest.mark.parametrize("moment", [*MOMENTS] if longer.KILLS.asked() else ["built"])
def test_killed_while_nova_builds_it_takes_over_what_came_of_it(moment: str, world: World) -> None:
    """But for the machine with user data, which is made anew where its answer was lost."""
    api = openstack.account(world.folder).connect()
    before = Counter(counting.subjects(api))
    arguments = telling.arguments(world, "compute", platform=PLATFORM)
    with killing.running(world, *killing.rempart("up", *arguments)) as one:
        _until(lambda: MOMENTS[moment](api), one)
    assert _pending(world), "an answer that is waited for was lost"
    _until(lambda: _calm(api))
    there = _named(api)
    lost = there.keys() - _held(world)
    assert lost, "something is there that the state does not hold"
    anew = lost & {(kinds.INSTANCE, TOLD)}
    assert anew or moment != "built"

    recovered = world.rempart("recover", *arguments)
    told = " ".join((recovered.stdout + recovered.stderr).split())
    assert recovered.returncode == exit_codes.OK, told
    assert "Traceback" not in told
    for kind, subject in lost:
        did = "removing" if (kind, subject) in anew else "took over"
        assert f"{did} {kind.rpartition(':')[2]} {there[kind, subject]} ({subject})" in told
    now = _named(api)
    assert {key: there[key] == now.get(key) for key in there} == {key: key not in anew for key in there}
    plan = planner.plan(loader.load(loader.find(PLATFORM)), target.load(world.target), world.name)
    assert Counter(counting.subjects(api)) - before == counting.compute(plan)
    assert counting.ids(api, "compute") == counting.held(world, "compute", PLATFORM)
    assert _pending(world) == []

    nothing = world.rempart("up", *arguments, "--format", "json")
    assert nothing.returncode == exit_codes.OK, nothing.stdout + nothing.stderr
    assert all(set(one["changes"]) <= {"same"} for one in json.loads(nothing.stdout)), nothing.stdout
    assert _named(api) == now
    seen = world.rempart("verify", PLATFORM, "--target", world.target, "--environment", world.name, "--format", "json")
    assert json.loads(seen.stdout)["unmanaged"] == [], seen.stderr
    gone = world.rempart("destroy", *arguments, "--unprotect")
    assert gone.returncode == exit_codes.OK, gone.stdout + gone.stderr
    assert Counter(counting.subjects(api)) == before


def _until(reached: Any, one: killing.Running | None = None) -> None:
    """Returns as soon as it is so; a command that runs meanwhile must not have ended."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while not reached():
        assert one is None or one.process.poll() is None, f"it ended before: {one.said()[-3000:] if one else ''}"
        assert time.monotonic() < deadline, one.said()[-3000:] if one else "never"
        time.sleep(0.1)


def _calm(api: Any) -> bool:
    """OpenStack has done all that it was asked to do."""
    machines = all(one.status == "ACTIVE" for one in api.compute.servers())
    return machines and all(one.status in ("in-use", "available") for one in api.block_storage.volumes())


def _named(api: Any) -> Mapping[tuple[str, str], str]:
    """(kind, subject) -> id of machines, data disks and what joins them: what must stay the same one."""
    found: dict[tuple[str, str], str] = {}
    for one in counting.things(api):
        subject = one.labels.get(labels.SUBJECT, one.identifier)
        if one.type in (kinds.INSTANCE, kinds.VOLUME):
            found[one.type, subject] = one.identifier
        for at in one.body.get("attachments") or () if one.type == kinds.VOLUME else ():
            found[kinds.ATTACHMENT, f"{subject}/link"] = f"{at['server_id']}/{one.identifier}"
    return found


def _held(world: World) -> set[tuple[str, str]]:
    resources = world.state(world.stack(PLATFORM, "compute"))["deployment"]["resources"]
    return {(one["type"], one["urn"].rpartition("::")[2]) for one in resources if one.get("id")}


def _pending(world: World) -> list[str]:
    deployment = world.state(world.stack(PLATFORM, "compute"))["deployment"]
    return [one["resource"]["urn"] for one in deployment.get("pending_operations") or ()]
