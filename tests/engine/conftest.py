"""One world for all engine tests of a process: EMC2 comes up once, and the tests look at it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.engine import world as worlds


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[worlds.World]:
    with worlds.world(f"t{os.getpid()}", tmp_path_factory.mktemp("world")) as made:
        yield made
