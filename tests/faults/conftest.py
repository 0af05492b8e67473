"""A world per process, with the sandbox's control client beside it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from blueprint import workspace
from sandbox.outscale.control import Control
from sandbox.ovh.layout import Cloud
from tests import longer
from tests.engine import world as worlds
from tests.faults import killing, telling

collect_ignore = longer.KILLS.left_out()
"""A cloud of its own to kill takes minutes: the long form (`make test-faults`) has it."""


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[worlds.World]:
    with worlds.world(f"f{os.getpid()}", tmp_path_factory.mktemp("faults")) as made:
        yield made


@pytest.fixture(scope="module")
def standing(world: worlds.World) -> worlds.World:
    """The network stands; machines are what fails. `world` is that of the test's own file."""
    telling.works(world, "up", "network")
    return world


@pytest.fixture
def control(world: worlds.World) -> Iterator[Control]:
    client = Control.from_credentials(world.env["OSC_ENDPOINT_API"], world.folder / "sandbox" / "credentials.json")
    client.clear_faults()
    client.reset()
    for left in ("pulumi-state", "intents"):  # a test that failed must not fail the next one too
        shutil.rmtree(world.folder / left, ignore_errors=True)
    (world.folder / "pulumi-state").mkdir()
    for path in (workspace.root() / "stacks").glob(f"Pulumi.*.{world.name}.*.yaml"):
        path.unlink()
    yield client
    client.clear_faults()


@pytest.fixture(scope="package")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud of its own, whose processes may be killed: one for all tests here, since it takes 3 GB."""
    from tests.engine import openstack  # its client is slow to import

    with openstack.alone(tmp_path_factory.mktemp("cache")) as found:
        yield found


@pytest.fixture(scope="module")
def network_only(own: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[worlds.World]:
    """A project in it while only keystone and neutron run: they are back in seconds."""
    name, folder = f"n{os.getpid()}", tmp_path_factory.mktemp("network")
    with worlds.world(name, folder, "ovh-sandbox", "--only", "neutron") as made:
        yield made


@pytest.fixture(scope="package")
def shared(request: pytest.FixtureRequest) -> Cloud:
    """A cloud in which only a project of one's own is touched: the machine's, or the one that is up to be killed."""
    from sandbox.ovh import layout

    request.getfixturevalue("own" if killing.every_kill() else "cloud")
    return layout.cloud()
