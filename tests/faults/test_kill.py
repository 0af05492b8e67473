"""Killed at its writes, a platform recovers: it converges, nothing is made twice, nothing is orphaned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pytest

from blueprint import loader, planner, target
from blueprint import stack as stacks
from cli import recovery
from providers.outscale import live
from sandbox.outscale.control import Control
from tests.engine.world import World
from tests.faults import killing

pytestmark = pytest.mark.faults

PLATFORM = "every-kind"
CREATES = {
    "network": (
        "CreateNet",
        "CreateTags",
        "CreateSubnet",
        "CreateSecurityGroup",
        "DeleteSecurityGroupRule",
        "CreateSecurityGroupRule",
        "CreateRouteTable",
        "LinkRouteTable",
        "CreateRoute",
        "CreateInternetService",
        "LinkInternetService",
        "CreatePublicIp",
        "CreateNatService",
        "CreateNetPeering",
        "AcceptNetPeering",
    ),
    "compute": ("CreateNic", "CreateVms", "CreateVolume", "LinkVolume"),
    "bastion": ("CreateKeypair", "LinkPublicIp"),
}
DELETES = {
    "network": (
        "DeleteNet",
        "DeleteSubnet",
        "DeleteSecurityGroup",
        "DeleteSecurityGroupRule",
        "DeleteRouteTable",
        "UnlinkRouteTable",
        "DeleteRoute",
        "UnlinkInternetService",
        "DeleteInternetService",
        "DeletePublicIp",
        "DeleteNatService",
        "DeleteNetPeering",
    ),
    "compute": ("DeleteNic", "DeleteVms", "DeleteVolume", "UnlinkVolume"),
    "bastion": ("DeleteKeypair", "UnlinkPublicIp"),
}


PARTS = [(layer,) for layer in CREATES] if killing.every_kill() else [tuple(CREATES)]
"""The layers that are killed, test by test: the long form takes hours, and can be taken up again where it was left."""


@pytest.mark.timeout(7200 if killing.every_kill() else 900)  # the long form: a run of the engine for each write
@pytest.mark.parametrize("layers", PARTS, ids="-".join)
@pytest.mark.parametrize("kind", ["hang_after", "hang_before"] if killing.every_kill() else ["hang_after"])
def test_killed_at_each_write_it_recovers_whole(
    kind: str, layers: tuple[str, ...], world: World, control: Control
) -> None:
    """`hang_after`: the write was done and its answer is lost. `hang_before`: it was not done."""
    struck, gone = set[str](), set[str]()
    for layer, operations in CREATES.items():
        if layer not in layers:
            _works(world, "up", layer)
            continue
        world.initialise(world.stack(PLATFORM, layer))
        struck |= _storm(world, control, kind, operations, layer, "up")
    assert len(struck) >= _least(CREATES, layers, 2), f"too few operations were hit: {struck}"
    whole = world.rempart("recover", PLATFORM, "-e", world.name, "--yes")
    assert whole.returncode == 0, whole.stdout + whole.stderr
    _exact(world)
    for layer, operations in reversed(DELETES.items()):
        if layer not in layers:
            _works(world, "destroy", layer, "--unprotect")
            continue
        unprotected = world.pulumi("state", "unprotect", "--all", "--yes", "-s", world.stack(PLATFORM, layer))
        assert unprotected.returncode == 0, unprotected.stderr
        gone |= _storm(world, control, kind, operations, layer, "destroy")
    assert len(gone) >= _least(DELETES, layers, 3), f"too few operations were hit: {gone}"
    last = world.rempart("destroy", PLATFORM, "-e", world.name, "--unprotect", "--yes")
    assert last.returncode == 0, last.stdout + last.stderr
    assert world.things() == ()


def _least(operations: Mapping[str, tuple[str, ...]], layers: tuple[str, ...], spare: int) -> int:
    """How many must be hit: all but `spare`, and half of them in any case, since a single layer may have few."""
    wanted = sum(len(operations[layer]) for layer in layers)
    return max(wanted - spare, (wanted + 1) // 2)


def _works(world: World, verb: str, layer: str, *options: str) -> None:
    done = world.rempart(verb, PLATFORM, "-e", world.name, "--layer", layer, "--yes", *options)
    assert done.returncode == 0, done.stdout + done.stderr


def _storm(world: World, control: Control, kind: str, operations: tuple[str, ...], layer: str, verb: str) -> set[str]:
    """Runs the engine again and again, killing it at the first writes of operations not yet hit, until left alone.

    Between two runs it does the first half of `rempart recover`. In the long form an operation stays on the list, so
    that after `hang_after` every single write is hit once. What it prints says how far a run came that ends badly.
    """
    name = stacks.parse(world.stack(PLATFORM, layer))
    left, struck = set(operations), set[str]()
    for point in range(1, 401):
        command = ("pulumi", "--non-interactive", verb, "--yes", "--skip-preview", "-s", str(name))
        hit = killing.until_struck(world, control, kind, left, *command)
        if not hit:
            return struck
        print(f"{layer}, {verb}, {kind}: killed for the {point}. time, in {', '.join(sorted(hit))}", flush=True)
        struck |= hit
        if kind == "hang_before" or not killing.every_kill():
            left -= hit
        recovery.settle(name, world.env, lambda _stack, _what: None)
    raise AssertionError(f"never ends: {struck}")


def _exact(world: World) -> None:
    """What the API lists is the plan, each once: nothing missing, nothing twice."""
    plan = planner.plan(loader.load(loader.find(PLATFORM)), target.load("outscale-sandbox"), world.name)
    assert plan.bastion is not None
    things = world.things()
    subjects = Counter(
        tag["Value"] for thing in things for tag in thing.body.get("Tags", ()) if tag["Key"] == "rempart:subject"
    )
    twice = {subject: number for subject, number in subjects.items() if number > 1}
    assert twice == {}
    untagged = [(thing.kind, thing.identifier) for thing in things if live.orphan(thing, things)]
    assert untagged == []
    machines = {machine.subject for machine in (*plan.machines, *plan.bastion.machines)}
    assert {bubble.subject for bubble in plan.bubbles} | machines <= set(subjects)
    assert live.count(things)["SecurityGroupRule"] == len(plan.rules)
    assert sum(1 for thing in things if thing.kind == "Bucket") == len(plan.buckets)
