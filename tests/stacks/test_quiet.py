"""What the program tells the engine of its own work."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pulumi.runtime import settings
from pulumi.runtime.proto import engine_pb2

from stacks import quiet


class Engine:
    """Keeps what it is told."""

    address = "127.0.0.1:1"

    def __init__(self) -> None:
        self.told: list[Any] = []

    def Log(self, request: Any) -> str:
        self.told.append((request.severity, request.message))
        return "heard"


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    made = Engine()
    monkeypatch.setattr(settings.SETTINGS, "engine", made)
    return made


def test_debug_messages_are_not_sent(engine: Engine) -> None:
    quiet.quieten({})
    pulumi.log.debug("registering resource: ty=outscale:index:Net")
    assert engine.told == []


def test_whatever_a_person_reads_is_sent(engine: Engine) -> None:
    quiet.quieten({})
    pulumi.log.info("started")
    pulumi.log.warn("look")
    pulumi.log.error("stopped")
    severities = [engine_pb2.INFO, engine_pb2.WARNING, engine_pb2.ERROR]
    assert engine.told == list(zip(severities, ["started", "look", "stopped"], strict=True))


@pytest.mark.parametrize("asked", ["true", "True", "1"])
def test_debug_messages_are_sent_where_the_environment_asks_for_them(engine: Engine, asked: str) -> None:
    quiet.quieten({"PULUMI_OPTION_DEBUG": asked})
    pulumi.log.debug("registering")
    assert engine.told == [(engine_pb2.DEBUG, "registering")]


def test_the_rest_of_the_engines_client_is_as_it_was(engine: Engine) -> None:
    assert quiet.Quiet(engine).address == engine.address
    assert quiet.Quiet(engine).Log(engine_pb2.LogRequest(severity=engine_pb2.ERROR)) == "heard"


def test_without_an_engine_there_is_nothing_to_quieten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings.SETTINGS, "engine", None)
    quiet.quieten({})
    assert settings.get_engine() is None
