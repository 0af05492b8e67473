"""A service of OpenStack dies in the middle of `up` and comes back: `recover` converges, nothing is orphaned."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from blueprint import workspace
from sandbox.ovh import supervising
from sandbox.ovh.layout import Cloud
from tests.engine import openstack
from tests.engine import world as worlds
from tests.engine.world import World
from tests.faults import killing

pytestmark = [pytest.mark.faults, pytest.mark.openstack]

PLATFORM, LAYER = "minimal", "network"
SECONDS = 400
VICTIMS = ["neutron", "mariadb"]
NETWORKED = {
    "Network": "networks",
    "Subnet": "subnets",
    "SecGroup": "security_groups",
    "SecGroupRule": "security_group_rules",
}


@pytest.fixture(scope="module")
def own(cloud: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with openstack.alone(tmp_path_factory.mktemp("cache")) as found:
        yield found


@pytest.fixture(scope="module")
def world(own: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder, target = tmp_path_factory.mktemp("faults"), "ovh-sandbox"
    with worlds.world(f"o{os.getpid()}", folder, target, "--only", "neutron") as made:
        yield made


@pytest.mark.parametrize("victim", VICTIMS if killing.every_kill() else VICTIMS[:1])
def test_a_service_that_dies_in_the_middle_of_up_leaves_nothing_behind(victim: str, own: Cloud, world: World) -> None:
    arguments = (PLATFORM, "--target", world.target, "-e", world.name, "--layer", LAYER, "--yes")
    api = openstack.account(world.folder).connect()
    said = _until(world, lambda: _rule(api), lambda: _kill(own, victim), "up", *arguments)
    assert "Traceback" not in said
    assert "does not answer" in said or "error" in said.lower()

    again = openstack.sandbox(world.folder, "up", "ovh", "--only", "neutron")
    assert again.returncode == 0, again.stdout + again.stderr
    recovered = world.rempart("recover", *arguments)
    assert recovered.returncode == 0, recovered.stdout + recovered.stderr
    nothing = world.rempart("up", *arguments, "--format", "json")
    assert nothing.returncode == 0, nothing.stdout + nothing.stderr

    held = _held(world)
    for kind, listed in NETWORKED.items():
        assert _ids(api, listed) == held[kind], f"{kind}: what there is, and what the state holds"
    gone = world.rempart("destroy", *arguments, "--unprotect")
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert all(_ids(api, listed) == set() for listed in NETWORKED.values())


def _until(world: World, reached: Any, strike: Any, *arguments: str) -> str:
    """What a command says, when `strike()` happened as soon as `reached()` while it ran."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", *arguments],
        cwd=workspace.root(),
        env=dict(world.env),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    deadline = time.monotonic() + SECONDS
    while not reached():
        assert process.poll() is None, f"it ended before: {process.stdout.read()[-3000:] if process.stdout else ''}"
        assert time.monotonic() < deadline, "never reached"
        time.sleep(0.05)
    strike()
    said, _ = process.communicate(timeout=SECONDS)
    assert process.returncode != 0, said
    return said


def _kill(own: Cloud, victim: str) -> None:
    for name in supervising.names(own):
        if name == victim or name.startswith(f"{victim}-"):
            leader = supervising.leader(own, name)
            assert leader is not None
            leader.kill()


def _ids(api: Any, listed: str) -> set[str]:
    """The project's own, without the group that Neutron gives to each project, and that group's rules."""
    project = api.current_project_id
    default = {one.id for one in api.network.security_groups(project_id=project) if one.name == "default"}
    found = getattr(api.network, listed)(project_id=project)
    return {one.id for one in found if one.id not in default and getattr(one, "security_group_id", None) not in default}


def _rule(api: Any) -> bool:
    """A first rule of ours is there: so its group is in the state, and networks are still waited for."""
    return any(one.description for one in api.network.security_group_rules(project_id=api.current_project_id))


def _held(world: World) -> dict[str, set[str]]:
    resources = world.state(world.stack(PLATFORM, LAYER))["deployment"]["resources"]
    held: dict[str, set[str]] = {kind: set() for kind in NETWORKED}
    for one in resources:
        kind = one["type"].rpartition(":")[2]
        if kind in held and "id" in one and not one.get("external"):
            held[kind].add(one["id"])
    return held
