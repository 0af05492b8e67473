"""The account as one platform sees it, for `rempart adopt` and `drift`; `verify` reads it as a reviewer does."""

from __future__ import annotations

from collections.abc import Mapping

from blueprint import facts, loader, planner
from blueprint import target as targets
from cli import layers
from providers import observation


def listed(platform: layers.Platform, env: Mapping[str, str], loaded: loader.Loaded) -> tuple[facts.Fact, ...]:
    """Every resource that is the platform's or nobody's. Raises `observation.Unreachable`."""
    target = targets.load(platform.target)
    plan = planner.plan(loaded, target, platform.environment)
    adapter = observation.load(target.provider)
    seen = adapter.observe(adapter.account(env, target.region), plan, tuple(loader.platforms())).facts
    return tuple(fact for fact in seen if not isinstance(fact, facts.ProviderConfiguration))
