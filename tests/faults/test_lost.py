"""Throttling, refusals and lost answers, without a kill: the run goes on or stops cleanly, and converges."""

from __future__ import annotations

import pytest

from sandbox.outscale.control import Control
from tests.engine.world import World

pytestmark = pytest.mark.faults

PLATFORM = "minimal"


def test_throttling_is_waited_out(world: World, control: Control) -> None:
    for operation in ("CreateNet", "CreateSubnet", "CreateSecurityGroupRule", "ReadSubnets", "CreateTags"):
        control.fault("throttle", operation, count=3)
    done = world.rempart("up", PLATFORM, "-e", world.name, "--layer", "network", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert control.inventory()["Net"] == 2
    _down(world)


@pytest.mark.parametrize("kind", ["reset_after", "error_after", "reset_before"])
def test_a_lost_answer_never_makes_a_thing_twice(kind: str, world: World, control: Control) -> None:
    """The write may have been done: the plugin says so and stops, or finds what it made; the next run converges."""
    for operation in ("CreateNet", "CreateSubnet", "CreateSecurityGroup", "CreateRouteTable", "CreateNetPeering"):
        control.fault(kind, operation)
    for _ in range(8):
        done = world.rempart("up", PLATFORM, "-e", world.name, "--layer", "network", "--yes")
        assert "Traceback" not in done.stdout + done.stderr
        if done.returncode == 0:
            break
    assert done.returncode == 0, done.stdout + done.stderr
    assert control.inventory()["Net"] == 2
    assert control.inventory()["NetPeering"] == 1
    _down(world)


def test_a_refused_read_drops_nothing_from_the_state(world: World, control: Control) -> None:
    up = world.rempart("up", PLATFORM, "-e", world.name, "--layer", "network", "--yes")
    assert up.returncode == 0, up.stdout + up.stderr
    stack = world.stack(PLATFORM, "network")
    before = {r["urn"] for r in world.state(stack)["deployment"]["resources"]}
    control.fault("forbidden", "ReadNets", count=50)
    control.fault("error", "ReadSubnets", count=50)
    refreshed = world.pulumi("refresh", "--yes", "-s", stack)
    assert refreshed.returncode != 0
    control.clear_faults()
    assert {r["urn"] for r in world.state(stack)["deployment"]["resources"]} == before
    _down(world)


def _down(world: World) -> None:
    gone = world.rempart("destroy", PLATFORM, "-e", world.name, "--unprotect", "--yes")
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert world.things() == ()
