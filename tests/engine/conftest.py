"""A world for each file of engine tests: what one leaves behind never decides what another sees."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.engine import world as worlds


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[worlds.World]:
    with worlds.world(f"t{os.getpid()}", tmp_path_factory.mktemp("world")) as made:
        yield made
