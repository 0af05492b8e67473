"""One world per adapter and module. What an adapter cannot do is counted and printed: see tests/longer.py."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Iterator

import pytest
import yaml

from blueprint import loader, planner, target, workspace
from blueprint import plan as plans
from providers import capabilities, observation
from tests import longer
from tests.conformance import generated
from tests.conformance.adapters import ADAPTERS, LONGER, MARKS, Adapter, every_platform
from tests.engine.world import World

collect_ignore = longer.PLATFORMS.left_out()
"""Minutes for each adapter: the long form has it."""


@dataclasses.dataclass(frozen=True)
class Stand:
    """One platform, brought up by one adapter. Everything seen is read from the API, anew unless it is kept here."""

    adapter: Adapter
    world: World
    platform: str
    plan: plans.Plan

    @functools.cached_property
    def seen(self) -> observation.Observed:
        return self.look()

    @functools.cached_property
    def flows(self) -> observation.FlowObserver:
        return self.live.flows(self.account, self.plan)

    @property
    def offer(self) -> capabilities.Offer:
        return self.adapter.offer()

    @property
    def live(self) -> observation.LiveAdapter:
        return observation.load(self.plan.provider)

    @property
    def account(self) -> object:
        return self.live.account(self.world.env, self.plan.region)

    def look(self) -> observation.Observed:
        return self.live.observe(self.account, self.plan, tuple(loader.platforms()))

    def rempart(self, command: str, *arguments: str) -> tuple[int, str, str]:
        done = self.world.rempart(
            command, self.platform, "--target", self.adapter.target, "--environment", self.world.name, *arguments
        )
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        return done.returncode, done.stdout, done.stderr


def stand(adapter: Adapter, world: World, platform: str) -> Stand:
    where = target.load(adapter.target)
    return Stand(adapter, world, platform, planner.plan(loader.load(loader.find(platform)), where, world.name))


@pytest.fixture(scope="module")
def adapter(request: pytest.FixtureRequest) -> Adapter:
    """See `pytest_generate_tests`."""
    return ADAPTERS[request.param]


@pytest.fixture(scope="module")
def world(
    request: pytest.FixtureRequest, adapter: Adapter, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    for fixture in adapter.needs:
        request.getfixturevalue(fixture)
    drawn = tmp_path_factory.mktemp("platforms")
    (drawn / "front.yaml").write_text(yaml.safe_dump(generated.front()), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(workspace.PLATFORMS_VARIABLE, str(drawn))
        with adapter.start(f"c{os.getpid()}", tmp_path_factory.mktemp("world")) as made:
            yield made


@pytest.fixture(scope="module")
def platform(request: pytest.FixtureRequest) -> str:
    """See `pytest_generate_tests`."""
    return str(request.param)


@pytest.fixture(scope="module")
def up(platform: str, adapter: Adapter, world: World) -> Stand:
    """A platform of this checkout, whole."""
    made = stand(adapter, world, platform)
    code, out, err = made.rempart("up", "--yes")
    assert code == 0, out[-3000:] + err[-3000:]
    return made


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test of `up` runs on every platform of every adapter; one marked `only`, on that platform."""
    if "up" not in metafunc.fixturenames:
        if "adapter" in metafunc.fixturenames:
            drawing = [name for name, one in ADAPTERS.items() if one.drawn[every_platform()]]
            names = [pytest.param(name, marks=MARKS[name], id=name) for name in drawing]
            metafunc.parametrize("adapter", names, indirect=True, scope="module")
        return
    hand = any(metafunc.definition.iter_markers("hand"))
    only = [mark.args[0] for mark in metafunc.definition.iter_markers("only")]
    pairs = [
        pytest.param(
            name,
            platform,
            marks=(*MARKS[name], *((LONGER,) if platform in adapter.longer else ())),
            id=f"{name}-{platform}",
        )
        for name, adapter in ADAPTERS.items()
        for platform in adapter.brought()
        if (not only or platform in only) and (every_platform() or not (hand and adapter.hand_later))
    ]
    metafunc.parametrize(("adapter", "platform"), pairs, indirect=True, scope="module")
