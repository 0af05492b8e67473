from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from plugins.s3.plugin import PLUGIN
from sandbox.s3.control import Control
from sandbox.services import REGION
from tests.plugins.runtime.wire import Engine, engine
from tests.sandbox.s3.server import Server, free_port, need_versitygw


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    need_versitygw()
    server = Server(tmp_path_factory.mktemp("gate"), free_port()).start()
    yield server
    server.stop()


@dataclass
class Bench:
    """The plugin on an empty gate: `engine` speaks to the plugin, `s3` and `control` to the storage itself."""

    engine: Engine
    server: Server
    s3: Any

    @property
    def control(self) -> Control:
        return self.server.control

    @property
    def urn(self) -> str:
        return self.engine.urn("Bucket")

    def configuration(self, **changes: str) -> dict[str, str]:
        keys = self.server.keys
        return {
            "endpoint": self.server.url,
            "region": REGION,
            "accessKey": keys["access_key"],
            "secretKey": keys["secret_key"],
            "caBundle": self.server.ca,
            "flavor": "oos",
            **changes,
        }

    def checked(self, **inputs: Any) -> dict[str, Any]:
        news, failures = self.engine.check(self.urn, {"bucket": "kept", **inputs})
        assert failures == {}
        return dict(news.values)

    def create(self, **inputs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Inputs and outputs as the state has them."""
        news = self.checked(**inputs)
        _id, outputs = self.engine.create(self.urn, news)
        return news, dict(outputs.values)

    def update(
        self, state: tuple[dict[str, Any], dict[str, Any]], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        news = self.checked(**inputs)
        outputs = self.engine.update(self.urn, news["bucket"], state[0], state[1], news)
        return news, dict(outputs.values)

    def drift(self, state: tuple[dict[str, Any], dict[str, Any]]) -> list[str]:
        """What a refresh finds changed, then a preview would set right."""
        _id, inputs, outputs = self.engine.read(self.urn, state[0]["bucket"], *state)
        return sorted(self.engine.diff(self.urn, _id, inputs.values, outputs.values, state[0]).diffs)


@pytest.fixture
def bench(running: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setenv("REMPART_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("AWS_PROFILE", "nobody")  # profiles of the user are none of the plugin's business
    running.control.reset()
    with engine(PLUGIN) as served:
        made = Bench(served, running, None)
        served.configure(**made.configuration())
        monkeypatch.delenv("AWS_PROFILE")
        made.s3 = running.client()
        monkeypatch.setenv("AWS_PROFILE", "nobody")
        yield made
