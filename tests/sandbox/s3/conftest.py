from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.s3.server import Server, free_port, need_versitygw


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    need_versitygw()
    server = Server(tmp_path_factory.mktemp("gate"), free_port()).start()
    yield server
    server.stop()


@pytest.fixture
def gate(running: Server) -> Server:
    """A gate that holds nothing."""
    running.control.reset()
    return running


@pytest.fixture
def s3(gate: Server) -> Any:
    return gate.client()
