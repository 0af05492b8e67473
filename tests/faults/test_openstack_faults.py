"""A service of OpenStack dies in the middle of `up` and comes back: `recover` converges, each thing is there once."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from blueprint import loader, planner, target
from cli import exit_codes
from sandbox.ovh import supervising
from sandbox.ovh.layout import Cloud
from tests.engine import openstack
from tests.engine import world as worlds
from tests.engine.world import World
from tests.faults import counting, killing, telling

pytestmark = [pytest.mark.faults, pytest.mark.openstack, pytest.mark.timeout(1500)]

PLATFORM = "minimal"


@pytest.fixture(scope="module")
def world(own: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A project in it while all services run."""
    with worlds.world(f"w{os.getpid()}", tmp_path_factory.mktemp("whole"), "ovh-sandbox") as made:
        yield made


def test_a_first_up_that_neutron_leaves_before_any_answer_converges_at_once(own: Cloud, network_only: World) -> None:
    """The state holds nothing then; what strays must be told from what a lost state would leave."""
    _dies(own, network_only, "neutron", lambda api: len(counting.groups(api)) > 1, "network", "--only", "neutron")


@pytest.mark.parametrize("victim", ["neutron", "mariadb"])
def test_a_service_that_dies_in_the_middle_of_up_leaves_nothing_behind(
    victim: str, own: Cloud, network_only: World
) -> None:
    def a_rule(api: Any) -> bool:
        """A first rule of ours is there: so its group is in the state, and networks are still waited for."""
        return any(one.description for one in api.network.security_group_rules(project_id=api.current_project_id))

    _dies(own, network_only, victim, a_rule, "network", "--only", "neutron")


@pytest.mark.parametrize("moment", ["BUILD", "ACTIVE"])
def test_nova_that_dies_while_machines_are_made_leaves_none_that_never_ran(
    moment: str, own: Cloud, standing: World
) -> None:
    """As soon as a first machine is being built, and as soon as a first one runs and others are being built."""

    def one_is(api: Any) -> bool:
        return any(one.status == moment for one in api.compute.servers())

    _dies(own, standing, "nova", one_is, "compute")


def _dies(own: Cloud, world: World, victim: str, moment: Callable[[Any], bool], layer: str, *services: str) -> None:
    """`victim` dies at that moment of the layer's first `up`; after `recover`, what the API lists is the plan, once."""
    arguments = telling.arguments(world, layer)
    api = openstack.account(world.folder).connect()
    before = Counter(counting.subjects(api))

    def start_again() -> None:
        again = openstack.sandbox(world.folder, "up", "ovh", *services)
        assert again.returncode == 0, again.stdout + again.stderr

    code, said = killing.when(
        world, lambda: moment(api), lambda: _kill(own, victim), "up", *arguments, mend=start_again
    )
    assert "Traceback" not in said
    assert code in (exit_codes.ENVIRONMENT, exit_codes.BAD_INPUT) or victim == "mariadb", said
    api = openstack.account(world.folder).connect()
    recovered = world.rempart("recover", *arguments)
    assert recovered.returncode == 0, recovered.stdout + recovered.stderr
    assert "Traceback" not in recovered.stdout + recovered.stderr
    _as_it_is_told(api, recovered.stderr)
    nothing = world.rempart("up", *arguments, "--format", "json")
    assert nothing.returncode == 0, nothing.stdout + nothing.stderr
    assert all(set(one["changes"]) <= {"same"} for one in json.loads(nothing.stdout)), nothing.stdout

    plan = planner.plan(loader.load(loader.find(PLATFORM)), target.load(world.target), world.name)
    made = counting.network(plan) if layer == "network" else counting.compute(plan)
    assert Counter(counting.subjects(api)) - before == made, recovered.stderr
    assert counting.ids(api, layer) == counting.held(world, layer), "what there is, and what the state holds"
    assert all(one.status == "ACTIVE" for one in counting.listed(api, "compute", "servers"))
    gone = world.rempart("destroy", *arguments, "--unprotect")
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert Counter(counting.subjects(api)) == before


def _kill(own: Cloud, victim: str) -> None:
    """Every process of the service at once, with what it started."""
    family: list[psutil.Process] = []
    for name in supervising.names(own):
        if name == victim or name.startswith(f"{victim}-"):
            leader = supervising.leader(own, name)
            assert leader is not None
            family += [leader, *leader.children(recursive=True)]
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def _as_it_is_told(api: Any, words: str) -> None:
    """What a person does about the disks that Nova forgot as it died, which bear no mark and are never removed."""
    for identifier in re.findall(r"volume attachment delete ([0-9a-f-]{36})", words):
        api.block_storage.delete_attachment(identifier)
    for identifier in re.findall(r"openstack volume delete ([0-9a-f-]{36})", words):
        disk = api.block_storage.get_volume(identifier)
        assert not disk.attachments and not disk.metadata
        api.block_storage.delete_volume(disk)
        api.block_storage.wait_for_delete(disk)
