"""A world per process, with the sandbox's control client beside it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from sandbox.outscale.control import Control
from tests.engine import world as worlds


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[worlds.World]:
    with worlds.world(f"f{os.getpid()}", tmp_path_factory.mktemp("faults")) as made:
        yield made


@pytest.fixture
def control(world: worlds.World) -> Iterator[Control]:
    client = Control.from_credentials(world.env["OSC_ENDPOINT_API"], world.folder / "sandbox" / "credentials.json")
    client.clear_faults()
    client.reset()
    yield client
    client.clear_faults()
