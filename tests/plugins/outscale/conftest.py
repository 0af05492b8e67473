"""The plugin, spoken to over gRPC, in front of a sandbox endpoint of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from plugins.outscale.plugin import PLUGIN
from plugins.outscale.session import Session, session
from plugins.outscale.settings import settings
from tests.plugins.runtime.wire import Engine, engine
from tests.sandbox.outscale.server import REGION, Server, running_server

PAUSES = 0.05  # of the real waits


@pytest.fixture(scope="module")
def module_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("outscale")) as server:
        yield server


@pytest.fixture
def server(module_server: Server) -> Server:
    """A running sandbox with nothing in it."""
    module_server.control.reset()
    return module_server


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state folder."""
    monkeypatch.setenv("REMPART_STATE_DIR", str(tmp_path))
    return tmp_path


def connect_to(server: Server, **more: Any) -> Callable[[Any], Session]:
    def connect(_configuration: Any) -> Session:
        chosen = settings(
            {
                "endpoint": server.url,
                "region": REGION,
                "accessKey": server.access_key,
                "secretKey": server.secret_key,
                "requestsPerSecond": 1000,
                **more,
            },
            {},
        )
        return session(chosen, pauses=PAUSES)

    return connect


@pytest.fixture
def start(server: Server, state: Path) -> Iterator[Callable[[], Engine]]:
    """Starts a plugin process of its own (as far as memory goes): `start()` again is what follows a kill."""
    opened: list[Any] = []

    def start() -> Engine:
        context = engine(dataclasses.replace(PLUGIN, connect=connect_to(server)))
        served = context.__enter__()
        opened.append(context)
        served.configure()
        return served

    yield start
    for context in opened:
        context.__exit__(None, None, None)


@pytest.fixture
def cloud(start: Callable[[], Engine]) -> Engine:
    return start()
