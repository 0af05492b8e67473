"""What the program tells the engine of its own work."""

from __future__ import annotations

import asyncio
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks, resource, settings
from pulumi.runtime.proto import engine_pb2

from stacks import quiet
from tests.components import registering


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
    monkeypatch.setattr(resource, "_get_stack_trace", resource._get_stack_trace)  # as it was, at the end
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


def test_no_stack_of_calls_is_sent(engine: Engine) -> None:
    """Through the SDK's own code: which lines made a resource is in its registration only where that is asked for."""
    assert _sent() == [(True, True)]
    quiet.quieten({"PULUMI_OPTION_DEBUG": "true"})
    assert _sent() == [(True, True)]
    with quiet.untraced():
        assert _sent() == [(False, False)]
    assert _sent() == [(True, True)]
    quiet.quieten({})
    assert _sent() == [(False, False)]


def _sent() -> list[tuple[bool, bool]]:
    """Of one registration: whether it says a place, and whether a stack."""
    sent: list[tuple[bool, bool]] = []

    class Monitor(mocks.MockMonitor):
        def RegisterResource(self, request: Any) -> Any:
            if request.custom:
                sent.append((request.HasField("sourcePosition"), bool(request.stackTrace.frames)))
            return super().RegisterResource(request)

    class Part(pulumi.CustomResource):
        def __init__(self) -> None:
            super().__init__("test:index:Part", "part")

    before, monitor = settings.SETTINGS.engine, Monitor(registering.Recorder())
    asyncio.set_event_loop(asyncio.new_event_loop())
    pulumi.runtime.set_mocks(monitor.mocks, monitor=monitor)
    settings.SETTINGS.engine = before
    pulumi.runtime.test(Part)()  # type: ignore[no-untyped-call]
    return sent


def test_the_rest_of_the_engines_client_is_as_it_was(engine: Engine) -> None:
    assert quiet.Quiet(engine).address == engine.address
    assert quiet.Quiet(engine).Log(engine_pb2.LogRequest(severity=engine_pb2.ERROR)) == "heard"


def test_without_an_engine_there_is_nothing_to_quieten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings.SETTINGS, "engine", None)
    quiet.quieten({})
    assert settings.get_engine() is None
