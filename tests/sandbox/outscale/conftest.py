"""One server per module, reset before each test: starting a process for each would take most of the time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.outscale.server import Server, running_server


@pytest.fixture(scope="module")
def module_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("outscale")) as server:
        yield server


@pytest.fixture
def server(module_server: Server) -> Server:
    """A running sandbox with nothing in it, whose states change by reads alone: a slow machine changes no result."""
    module_server.control.reset()
    timers = [name for name in module_server.control.settings() if name.endswith(".ms")]
    module_server.control.settings(**dict.fromkeys(timers, 0))
    return module_server


@pytest.fixture
def net_id(server: Server) -> str:
    """A Net of 10.0.0.0/16."""
    return str(server.call("CreateNet", IpRange="10.0.0.0/16")["Net"]["NetId"])
