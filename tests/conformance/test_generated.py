"""The same questions on platforms that nobody wrote: what is declared passes, nothing else does."""

from __future__ import annotations

import itertools
import pathlib
from typing import Any

import hypothesis
import pytest
import yaml

from blueprint import plan as plans
from blueprint import planner, target, workspace
from providers import observation
from tests.blueprint import worlds
from tests.conformance import generated, matrix
from tests.conformance.adapters import ADAPTERS, Adapter, every_platform
from tests.conformance.conftest import stand
from tests.engine.world import World

pytestmark = pytest.mark.engine

EXAMPLES = 24
DRAWN = hypothesis.settings(
    max_examples=EXAMPLES,
    derandomize=True,  # the same platforms on every machine and day
    database=None,
    deadline=None,
    phases=[hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
)


def test_what_is_drawn_joins_two_inhabited_zones() -> None:
    """Else a suite that compares nothing with nothing would pass."""
    found: list[tuple[plans.FilterRule, ...]] = []

    @DRAWN
    @hypothesis.given(generated.platforms("drawn"))
    def look(data: dict[str, Any]) -> None:
        where = target.load(next(iter(ADAPTERS.values())).target)
        plan = planner.plan(worlds.load_data(data), where, "dev")
        inhabited = {machine.zone for machine in plan.machines}
        flows = [f for f in plan.flows if not f.generated and {f.source, f.destination} <= inhabited]
        assert flows
        found.append(plan.rules)

    look()
    assert len(found) == EXAMPLES
    assert len(set(found)) > EXAMPLES // 2, "they differ"


@pytest.mark.timeout(3600)  # the long form draws a dozen, a minute each
def test_platforms_drawn_at_random_are_as_declared(adapter: Adapter, world: World) -> None:
    """Each in an account that still holds the earlier ones: nothing of theirs is taken for its own."""
    examples = adapter.drawn[every_platform()]
    number = itertools.count()
    folder = pathlib.Path(world.env[workspace.PLATFORMS_VARIABLE])
    adapter.room(world)

    @hypothesis.settings(DRAWN, max_examples=examples)
    @hypothesis.given(generated.platforms("drawn"))
    def bring(data: dict[str, Any]) -> None:
        name = f"drawn-{next(number)}"
        (folder / f"{name}.yaml").write_text(yaml.safe_dump({**data, "platform": name}), encoding="utf-8")
        made = stand(adapter, world, name)
        stack = f"{name}.{adapter.target}.{world.name}.network"
        assert world.pulumi("stack", "init", stack).returncode == 0
        done = world.pulumi("up", "--yes", "--skip-preview", "-s", stack)
        assert done.returncode == 0, done.stdout[-3000:]
        assert matrix.declared_but_closed(made.plan, made.flows, matrix.beyond(made.plan, made.offer)) == []
        assert matrix.denied_but_open(made.plan, made.flows) == []
        seen: observation.Observed = made.seen
        assert seen.unmanaged == ()
        assert len(seen.others) == len(list(folder.glob("drawn-*.yaml"))) - 1

    bring()
    assert next(number) == examples
