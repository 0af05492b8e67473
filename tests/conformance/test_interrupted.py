"""Killed again and again while its network comes up, a platform recovers: it is whole, and each thing is there once."""

from __future__ import annotations

import json
import time

import pytest

from blueprint import facts
from blueprint import stack as stacks
from cli import exit_codes
from providers import observation
from tests.components import registering
from tests.conformance import matrix
from tests.conformance.adapters import Adapter
from tests.conformance.conftest import Stand, stand
from tests.engine.world import World
from tests.faults import killing

pytestmark = [pytest.mark.engine, pytest.mark.timeout(3600)]

SHARES = (0.3, 0.6, 0.85)
"""How much of the network layer is there when it is killed. Filters come first, what joins networks last."""
LIMIT_SECONDS = 900


def test_killed_in_the_middle_it_recovers_whole(adapter: Adapter, world: World) -> None:
    adapter.room(world)
    made = stand(adapter, world, adapter.platforms[0])
    place = made.platform, "--target", adapter.target, "--environment", world.name, "--layer", "network", "--yes"
    wanted = _network(made)
    for number, share in enumerate(SHARES):
        with killing.running(world, *killing.rempart("recover" if number else "up", *place)) as one:
            _until(made, int(share * wanted), one)
    code, out, err = made.rempart("recover", "--yes")
    assert code == exit_codes.OK, out[-3000:] + err[-3000:]
    code, out, err = made.rempart("verify", "--format", "json")
    assert code == exit_codes.OK, out[-3000:] + err
    assert json.loads(out)["unmanaged"] == []
    code, out, err = made.rempart("preview", "--format", "json")
    assert code == exit_codes.OK, out + err
    assert [one["changes"].keys() - {"same"} for one in json.loads(out)] == [set()] * len(stacks.LAYERS)
    beyond = matrix.beyond(made.plan, made.offer)
    assert matrix.declared_but_closed(made.plan, made.flows, beyond) == []
    assert matrix.denied_but_open(made.plan, made.flows) == []
    code, out, err = made.rempart("destroy", "--unprotect", "--yes")
    assert code == exit_codes.OK, out[-3000:] + err[-3000:]
    assert _there(made) == 0


def _network(made: Stand) -> int:
    """How many things the network layer is on that offer."""
    native = dict.fromkeys(made.adapter.native, True)
    layer = registering.register(made.platform, "network", made.adapter.target, **native).resources
    return sum(1 for kind, _, _ in layer if not kind.startswith(("pulumi:", "rempart:")))


def _there(made: Stand) -> int:
    """How many things of the platform the API shows; what cannot be read in the middle of a change counts for none."""
    try:
        seen = made.look().facts
    except observation.Unreachable:
        return 0
    return sum(1 for fact in seen if not isinstance(fact, facts.ProviderConfiguration | facts.Bucket))


def _until(made: Stand, number: int, one: killing.Running) -> None:
    """Returns as soon as there are so many things, while the command still runs."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while _there(made) < number:
        assert one.process.poll() is None, f"it ended before: {one.said()[-3000:]}"
        assert time.monotonic() < deadline, one.said()[-3000:]
        time.sleep(0.2)
