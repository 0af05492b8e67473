"""Killed at its writes, a platform recovers: it converges, nothing is made twice, nothing is orphaned."""

from __future__ import annotations

from collections import Counter

import pytest

from blueprint import loader, planner, target
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


@pytest.mark.parametrize("kind", ["hang_after", "hang_before"])
def test_killed_at_each_write_it_recovers_whole(kind: str, world: World, control: Control) -> None:
    """`hang_after`: the write was done and its answer is lost. `hang_before`: it was not done."""
    struck = set()
    for layer, operations in CREATES.items():
        recover = ("recover", PLATFORM, "-e", world.name, "--layer", layer, "--yes")
        struck |= _storm(world, control, kind, operations, recover)
    assert len(struck) >= sum(map(len, CREATES.values())) - 2, f"too few operations were hit: {struck}"
    whole = world.rempart("recover", PLATFORM, "-e", world.name, "--yes")
    assert whole.returncode == 0, whole.stdout + whole.stderr
    _exact(world)
    gone = set()
    for layer, operations in reversed(DELETES.items()):
        settle = ("recover", PLATFORM, "-e", world.name, "--layer", layer, "--only-settle", "--yes")
        destroy = ("destroy", PLATFORM, "-e", world.name, "--layer", layer, "--unprotect", "--yes")
        gone |= _storm(world, control, kind, operations, destroy, settle)
    assert len(gone) >= sum(map(len, DELETES.values())) - 3, f"too few operations were hit: {gone}"
    last = world.rempart("destroy", PLATFORM, "-e", world.name, "--unprotect", "--yes")
    assert last.returncode == 0, last.stdout + last.stderr
    assert world.things() == ()


def _storm(
    world: World,
    control: Control,
    kind: str,
    operations: tuple[str, ...],
    command: tuple[str, ...],
    between: tuple[str, ...] = (),
) -> set[str]:
    """Runs `command` again and again, killing at the first write of an operation not yet hit, until it is left alone.

    In the long form an operation stays on the list, so that after `hang_after` every single write is hit once.
    """
    left, struck = set(operations), set[str]()
    for _ in range(400):
        hit = killing.until_struck(world, control, kind, left, *command)
        if hit is None:
            return struck
        struck.add(hit)
        if kind == "hang_before" or not killing.every_kill():
            left.discard(hit)
        if between:
            settled = world.rempart(*between)
            assert settled.returncode == 0, settled.stdout + settled.stderr
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
    untagged = [
        (thing.kind, thing.identifier)
        for thing in things
        if thing.kind != "Bucket" and not thing.platform and not _born_with_its_net(thing.kind, thing.body)
    ]
    assert untagged == []
    machines = {machine.subject for machine in (*plan.machines, *plan.bastion.machines)}
    assert {bubble.subject for bubble in plan.bubbles} | machines <= set(subjects)
    rules = sum(
        len(rule["IpRanges"])
        for thing in things
        if thing.kind == "SecurityGroup"
        for side in ("InboundRules", "OutboundRules")
        for rule in thing.body[side]
    )
    assert rules == len(plan.rules)
    assert sum(1 for thing in things if thing.kind == "Bucket") == len(plan.buckets)


def _born_with_its_net(kind: str, body: object) -> bool:
    """The default group and the main table, which the provider makes by itself."""
    assert isinstance(body, dict)
    if kind == "SecurityGroup":
        return body["SecurityGroupName"] == "default"
    return kind == "RouteTable" and any(link.get("Main") for link in body["LinkRouteTables"])
