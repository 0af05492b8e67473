"""Faults on demand: what the client sees, and whether the write was done."""

from __future__ import annotations

import time

import pytest
import requests

from sandbox.outscale.control import Control, ControlRefused
from tests.sandbox.outscale import world
from tests.sandbox.outscale.server import Refused, Server


def nets(server: Server) -> int:
    return server.control.inventory().get("Net", 0)


@pytest.mark.parametrize(
    ("kind", "status", "error", "done"),
    [
        ("throttle", 503, "RequestLimitExceeded", 0),
        ("forbidden", 403, "AccessDenied", 0),
        ("error", 500, "InternalError", 0),
        ("capacity", 400, "InsufficientCapacity", 0),
        ("error_after", 500, "InternalError", 1),
    ],
)
def test_an_error_fault_strikes_as_often_as_asked(
    server: Server, kind: str, status: int, error: str, done: int
) -> None:
    server.control.fault(kind, "CreateNet", count=2)
    for _ in range(2):
        with pytest.raises(Refused) as caught:
            server.call("CreateNet", IpRange="10.0.0.0/16")
        assert (caught.value.status, caught.value.type) == (status, error)
    assert nets(server) == 2 * done
    server.call("CreateNet", IpRange="10.0.0.0/16")
    assert nets(server) == 2 * done + 1


@pytest.mark.parametrize(
    ("kind", "done"), [("reset_before", 0), ("reset_after", 1), ("hang_before", 0), ("hang_after", 1)]
)
def test_a_broken_connection_tells_nothing_of_the_write(server: Server, kind: str, done: int) -> None:
    server.control.fault(kind, "CreateNet", ms=200)
    started = time.monotonic()
    with pytest.raises(requests.ConnectionError) as caught:
        server.call("CreateNet", IpRange="10.0.0.0/16")
    assert ("reset by peer" in str(caught.value)) == kind.startswith("reset")
    assert (time.monotonic() - started >= 0.2) == kind.startswith("hang")
    assert nets(server) == done
    assert "Traceback" not in server.log


@pytest.mark.parametrize("kind", ["error_after", "reset_after", "hang_after"])
def test_a_lost_answer_is_that_of_a_write_that_was_done(server: Server, kind: str) -> None:
    """A harness that kills at each lost answer would else kill for ever at a delete that finds nothing."""
    net = server.call("CreateNet", IpRange="10.0.0.0/16")["Net"]["NetId"]
    server.control.fault(kind, "DeleteNet", ms=200)
    with pytest.raises(Refused) as caught:
        server.call("DeleteNet", NetId="vpc-00000000")
    assert caught.value.status == 400
    assert [fault["fired"] for fault in server.control.faults()] == [0]
    with pytest.raises((Refused, requests.ConnectionError)):
        server.call("DeleteNet", NetId=net)
    assert [fault["fired"] for fault in server.control.faults()] == [1]
    assert nets(server) == 0


def test_a_client_that_gives_up_during_a_hang_finds_the_write_done(server: Server) -> None:
    server.control.fault("hang_after", "CreateNet", ms=600)
    with pytest.raises(requests.ReadTimeout):
        server.post("CreateNet", {"IpRange": "10.0.0.0/16"}, timeout=0.3)
    assert nets(server) == 1
    time.sleep(0.5)
    assert "Traceback" not in server.log, "nobody is there any more to break the connection of"


def test_a_hang_does_not_stop_other_calls(server: Server) -> None:
    server.control.fault("hang_after", "CreateNet", ms=20_000)
    with pytest.raises(requests.ReadTimeout):
        server.post("CreateNet", {"IpRange": "10.0.0.0/16"}, timeout=0.1)
    started = time.monotonic()
    server.call("ReadNets")
    assert time.monotonic() - started < 10


def test_a_delay_gives_the_true_answer_late(server: Server) -> None:
    server.control.fault("delay", "ReadNets", ms=300)
    started = time.monotonic()
    server.call("ReadNets")
    assert time.monotonic() - started >= 0.3


def test_a_fault_can_wait_for_the_nth_call_of_any_operation(server: Server) -> None:
    server.control.fault("error", after=2)
    server.call("ReadNets")
    server.call("ReadSubnets")
    with pytest.raises(Refused):
        server.call("ReadVms")
    server.call("ReadVms")
    left = server.control.faults()
    assert [(f["fired"], f["count"]) for f in left] == [(1, 0)]


def test_a_fault_can_wait_for_writes_only(server: Server) -> None:
    server.control.fault("error_after", "writes", after=1)
    world.net(server)
    server.call("ReadNets")
    with pytest.raises(Refused):
        world.net(server, "10.1.0.0/16")
    assert nets(server) == 2


def test_a_slow_state_needs_the_polls_it_was_given(server: Server) -> None:
    server.control.fault("slow_state", "CreateNet", polls=3)
    net = server.call("CreateNet", IpRange="10.0.0.0/16")["Net"]
    assert net["State"] == "pending"
    states = [server.call("ReadNets")["Nets"][0]["State"] for _ in range(4)]
    assert states == ["pending", "pending", "pending", "available"]


def test_a_slow_state_can_be_in_time(server: Server) -> None:
    server.control.fault("slow_state", "CreateNet", ms=1500)
    server.call("CreateNet", IpRange="10.0.0.0/16")
    assert server.call("ReadNets")["Nets"][0]["State"] == "pending"
    time.sleep(1.6)
    assert server.call("ReadNets")["Nets"][0]["State"] == "available"


def test_a_hidden_resource_exists_before_it_is_seen(server: Server) -> None:
    server.control.fault("hidden", "CreateNet", polls=2)
    net = world.net(server)
    shown = [len(server.call("ReadNets")["Nets"]) for _ in range(3)]
    assert shown == [0, 0, 1]
    world.subnet(server, net)


def test_faults_do_not_lock_out_and_say_so_in_the_log(server: Server) -> None:
    server.control.fault("forbidden", count=10)
    for _ in range(10):
        with pytest.raises(Refused):
            server.call("ReadNets")
    server.call("ReadNets")
    assert [c["fault"] for c in server.control.calls()] == ["forbidden"] * 10 + [None]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "earthquake"},
        {"kind": "error", "operation": "MakeCoffee"},
        {"kind": "error", "count": -1},
        {"kind": "error", "colour": 1},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(server: Server, wrong: dict[str, object]) -> None:
    root = server.url.removesuffix("/api/v1")
    headers = {"X-Rempart-Control": server.credentials.control_token}
    answer = requests.post(f"{root}/_sandbox/faults", json=wrong, headers=headers, timeout=5)
    assert answer.status_code == 400
    assert server.control.faults() == []


def test_the_control_api_needs_its_token(server: Server) -> None:
    with pytest.raises(ControlRefused, match="403"):
        Control(server.url, "wrong").reset()
    assert Control(server.url, "wrong").health()["simulated"] is True
    root = server.url.removesuffix("/api/v1")
    assert requests.get(f"{root}/_sandbox/calls", timeout=5).status_code == 403


def test_an_unknown_setting_is_refused(server: Server) -> None:
    with pytest.raises(ControlRefused, match=r"rate\.requests"):
        server.control.settings(speed=1)
    with pytest.raises(ControlRefused, match="number"):
        server.control.settings(rate__requests=-1)


def test_a_reset_forgets_everything(server: Server) -> None:
    world.net(server)
    server.control.fault("error", "ReadNets")
    server.control.settings(rate__requests=1)
    server.control.reset()
    assert server.control.inventory() == {}
    assert server.control.calls() == []
    assert server.control.faults() == []
    server.call("ReadNets")
    server.call("ReadNets")
