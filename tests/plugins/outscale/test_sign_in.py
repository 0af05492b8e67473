"""Signatures, credentials, the breaker and the limit that processes share."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from osc_sdk_python.authentication import Authentication

from plugins.outscale.pacing import Pacer
from plugins.outscale.plugin import PLUGIN
from plugins.outscale.settings import Settings, settings
from plugins.outscale.signature import CONTENT_TYPE, signed_headers
from plugins.runtime.errors import Problem
from tests.plugins.outscale.conftest import connect_to
from tests.plugins.runtime.wire import Engine, Refused, engine
from tests.sandbox.outscale.server import REGION, Server, free_port

KEYS = {"OSC_ACCESS_KEY": "AK", "OSC_SECRET_KEY": "SK", "OSC_REGION": "cloudgouv-eu-west-1"}


@pytest.mark.parametrize("body", [b"{}", '{"Description": "é"}'.encode()])
@pytest.mark.parametrize("port", ["", ":8443"])
def test_the_signature_is_that_of_outscales_own_library(body: bytes, port: str) -> None:
    host = f"api.cloudgouv-eu-west-1.outscale.com{port}"
    at = datetime(2026, 11, 23, 9, 8, 7, tzinfo=UTC)
    keys: Any = SimpleNamespace(
        access_key="AK", secret_key="SK", login=None, password=None, region="cloudgouv-eu-west-1", x509_client_cert=None
    )
    theirs = Authentication(keys, host)
    theirs.build_dates = lambda: ("20261123T090807Z", "20261123")
    expected = theirs.forge_headers_signed("/api/v1/ReadNets", body.decode())
    ours = signed_headers(f"https://{host}/api/v1/ReadNets", body, "AK", "SK", "cloudgouv-eu-west-1", at)
    assert ours["Authorization"] == expected["Authorization"]
    assert ours["Content-Type"] == expected["Content-Type"] == CONTENT_TYPE


def test_settings_come_from_the_environment_and_missing_ones_are_all_named() -> None:
    assert settings({}, KEYS).endpoint == "https://api.cloudgouv-eu-west-1.outscale.com/api/v1"
    assert settings({"endpoint": "localhost:1"}, KEYS).endpoint == "https://localhost:1/api/v1"
    assert (
        settings({}, {**KEYS, "OSC_ENDPOINT_API": "http://127.0.0.1:1/api/v1/"}).endpoint == "http://127.0.0.1:1/api/v1"
    )
    with pytest.raises(Problem) as problem:
        settings({}, {})
    assert "no OSC_ACCESS_KEY, no OSC_SECRET_KEY, no OSC_REGION" in str(problem.value)


def test_settings_never_show_the_secret() -> None:
    assert "SK" not in repr(settings({}, {**KEYS, "OSC_ACCESS_KEY": "other"}))


@pytest.mark.contract
def test_a_wrong_secret_costs_one_sign_in_however_many_calls_wait(server: Server, state: Path) -> None:
    """Four refusals would lock the key out, for every other user of it too."""
    wrong = dataclasses.replace(PLUGIN, connect=connect_to(server, secretKey="wrong"))
    messages: list[str] = []

    def ask(cloud: Engine, number: int) -> None:
        with pytest.raises(Refused) as refused:
            cloud.create(cloud.urn("Net", f"net-{number}"), {"ipRange": "10.0.0.0/16"})
        messages.append(refused.value.message)

    mark = server.control.mark()
    with engine(wrong) as one, engine(wrong) as other, ThreadPoolExecutor(12) as pool:
        one.configure()
        other.configure()
        list(pool.map(lambda number: ask((one, other)[number % 2], number), range(12)))
    refused = [call for call in server.control.calls(mark) if call["status"] == 401]
    assert len(refused) == 1
    assert all("OSC_SECRET_KEY" in message and "Traceback" not in message for message in messages)
    with engine(dataclasses.replace(PLUGIN, connect=connect_to(server))) as right:
        right.configure()
        assert right.create(right.urn("Net"), {"ipRange": "10.0.0.0/16"})[0], "a mended secret is tried at once"


@pytest.mark.contract
def test_an_endpoint_that_is_down_is_told_with_its_address(server: Server, state: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}/api/v1"
    with engine(dataclasses.replace(PLUGIN, connect=connect_to(server, endpoint=nowhere))) as cloud:
        cloud.configure()
        with pytest.raises(Refused, match="OSC_ENDPOINT_API") as refused:
            cloud.create(cloud.urn("Net"), {"ipRange": "10.0.0.0/16"})
    assert nowhere in refused.value.message


@pytest.mark.contract
def test_no_secret_is_left_anywhere(cloud: Engine, server: Server, state: Path) -> None:
    canary = "canary-5f0e1c"
    server.control.fault("reset_after", "CreateVms")
    from tests.plugins.outscale.world import World

    world = World(cloud)
    vm = world.make("Vm", imageId=world.image(), subnetId=world.subnet(), userData=canary)
    assert "userData" in vm.secrets
    assert vm.outputs["userData"] == canary
    assert "userData" in world.refresh(vm)[1].secrets
    left = "".join(path.read_text(errors="replace") for path in state.rglob("*") if path.is_file())
    assert canary not in left
    assert server.secret_key not in left
    server.control.fault("capacity", "CreateVms", count=9)
    with pytest.raises(Refused) as refused:
        cloud.create(cloud.urn("Vm", "other"), {**vm.inputs, "userData": canary})
    assert canary not in refused.value.message
    assert "Outscale has no room" in refused.value.message


def pacers(folder: Path, count: int, rate: float) -> list[Pacer]:
    chosen = Settings("http://127.0.0.1:1/api/v1", REGION, "AK", "SK", rate)
    return [Pacer(chosen, folder) for _ in range(count)]


def spread(run: Callable[[int], None], count: int) -> float:
    """Seconds that `count` threads take."""
    begin = time.monotonic()
    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - begin


def test_processes_share_one_rate(tmp_path: Path) -> None:
    both = pacers(tmp_path, 2, 40)
    taken = spread(lambda number: [both[number % 2].turn() for _ in range(5)] and None, 4)
    assert taken >= 19 / 40 * 0.95


def test_a_throttle_slows_every_process_once_and_the_rate_comes_back(tmp_path: Path) -> None:
    one, other = pacers(tmp_path, 2, 100)
    one.turn()
    for _ in range(8):  # all the calls in flight are throttled by the same excess
        one.throttled()
    begin = time.monotonic()
    for _ in range(10):
        other.turn()
    assert 9 / 65 * 0.9 <= time.monotonic() - begin <= 1.5


def test_a_cut_file_of_limits_starts_afresh(tmp_path: Path) -> None:
    [pacer] = pacers(tmp_path, 1, 100)
    pacer.turn()
    [path] = tmp_path.glob("*.json")
    path.write_text('{"rate": 1')
    pacer.turn()
