"""A world per process, with the sandbox's control client beside it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from blueprint import workspace
from sandbox.outscale.control import Control
from tests.engine import world as worlds
from tests.faults import killing

collect_ignore = [] if killing.every_kill() else ["test_openstack_faults.py"]
"""A cloud of its own to kill takes minutes: the long form (`make test-faults`) has it."""


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[worlds.World]:
    with worlds.world(f"f{os.getpid()}", tmp_path_factory.mktemp("faults")) as made:
        yield made


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
