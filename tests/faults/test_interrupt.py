"""Ctrl-C, a disk that fills, EMC2 killed anywhere: state and cloud agree, and the next run finishes."""

from __future__ import annotations

import itertools
import random
import signal
import time

import psutil
import pytest

from blueprint import loader, planner, target
from cli import exit_codes
from policies import carried
from providers.outscale import live
from sandbox.outscale.control import Control
from tests.engine.world import World
from tests.faults import killing

pytestmark = pytest.mark.faults

SEED = 20231213  # the report's date
POINTS = 20 if killing.every_kill() else 1


def test_ctrl_c_leaves_state_and_cloud_in_agreement(world: World, control: Control) -> None:
    command = killing.rempart("up", "minimal", "-e", world.name, "--layer", "network", "--yes")
    deadline = time.monotonic() + 120
    with killing.running(world, *command, group=True) as one:
        while control.inventory().get("Subnet", 0) < 2:
            assert time.monotonic() < deadline, one.said()
            time.sleep(0.05)
        killing.interrupt(one.process, signal.SIGINT)
        assert one.process.wait(timeout=60) == exit_codes.INTERRUPTED, one.said()
        assert "Traceback" not in one.said()
        assert "Ctrl-C again ends at once" in one.told()
        assert "run the same command again" in one.told()
    made = {r["id"] for r in world.state(world.stack("minimal", "network"))["deployment"]["resources"] if "id" in r}
    there = {thing.identifier for thing in world.things() if thing.kind in ("Net", "Subnet", "RouteTable")}
    assert {t for t in there if not _born(t, world)} <= made, "something was made that the state does not know"
    again = world.rempart("up", "minimal", "-e", world.name, "--layer", "network", "--yes")
    assert again.returncode == 0, again.stdout + again.stderr
    gone = world.rempart("destroy", "minimal", "-e", world.name, "--unprotect", "--yes")
    assert gone.returncode == 0, gone.stdout + gone.stderr


def test_a_pack_that_dies_in_the_middle_ends_the_run_and_nothing_more_is_made(world: World, control: Control) -> None:
    command = ("up", "minimal", "-e", world.name, "--layer", "network", "--yes")
    deadline = time.monotonic() + 120
    with killing.running(world, *killing.rempart(*command), group=True) as one:
        while control.inventory().get("Subnet", 0) < 2:
            assert time.monotonic() < deadline, one.said()
            time.sleep(0.05)
        for child in psutil.Process(one.process.pid).children(recursive=True):
            if carried.OPTION in child.cmdline():
                child.kill()
        assert one.process.wait(timeout=60) not in (0, None), one.said()
        assert "the policy pack has ended" in " ".join(one.said().split())
        assert "Traceback" not in one.said()
    made = [r for r in world.state(world.stack("minimal", "network"))["deployment"]["resources"] if "id" in r]
    again = world.rempart(*command)
    assert again.returncode == 0, again.stdout + again.stderr
    whole = [r for r in world.state(world.stack("minimal", "network"))["deployment"]["resources"] if "id" in r]
    assert len(made) < len(whole)
    gone = world.rempart("destroy", "minimal", "-e", world.name, "--unprotect", "--yes")
    assert gone.returncode == 0, gone.stdout + gone.stderr


@pytest.mark.timeout(3600 if killing.every_kill() else 600)
def test_emc2_killed_at_seeded_writes_recovers_with_nothing_made_twice(world: World, control: Control) -> None:
    """The write was done, its answer is lost, everything dies; then `rempart recover`."""
    plan = planner.plan(loader.load(loader.find("emc2")), target.load("outscale-sandbox"), world.name)
    command = ("recover", "emc2", "-e", world.name, "--layer", "network", "--yes")
    points = sorted(random.Random(SEED).sample(range(5, 200), POINTS))
    for before, point in itertools.pairwise([0, *points]):
        assert killing.after_writes(world, control, point - before, *command), f"it ended before its write {point}"
        print(f"killed after write {point}", flush=True)
    done = world.rempart(*command)
    assert done.returncode == 0, done.stdout + done.stderr
    counts = control.inventory()
    assert counts["Net"] == len(plan.bubbles)
    assert counts["Subnet"] == sum(len(zone.subnets) for bubble in plan.bubbles for zone in bubble.zones)
    assert counts["NetPeering"] == len(plan.peerings)
    assert live.count(world.things())["SecurityGroupRule"] == len(plan.rules)
    assert not [thing for thing in world.things() if live.orphan(thing, world.things())]
    gone = world.rempart("destroy", "emc2", "-e", world.name, "--unprotect", "--yes")
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert world.things() == ()


def _born(identifier: str, world: World) -> bool:
    """The main table of a Net, which the provider makes by itself."""
    table = next((t for t in world.things() if t.identifier == identifier and t.kind == "RouteTable"), None)
    return table is not None and any(link.get("Main") for link in table.body["LinkRouteTables"])
