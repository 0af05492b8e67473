"""Judging an estate as an `up` on the simulated target does: one rule, one resource or the whole stack."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
from collections.abc import Iterable
from typing import Any

from blueprint import loader, planner
from blueprint import plan as plans
from blueprint import target as targets
from blueprint.facts import Fact
from policies import planned, records
from policies.backend import Backend
from policies.catalogue import legal
from policies.catalogue import loader as catalogues
from policies.context import Context, Index
from policies.judge import Judge
from policies.verdicts import Finding
from providers import capabilities, images
from tests.components import registering
from tests.policies import estate
from tests.policies.estate import Estate


def context_of(plan: plans.Plan, **changes: Any) -> Context:
    """The context of an `up` on the simulated target, on 23 November 2026."""
    base: dict[str, Any] = {
        "index": Index(plan),
        "parameters": catalogues.load().parameters,
        "capabilities": capabilities.load("outscale"),
        "target": "outscale-sandbox",
        "offer": "iaas-cloud-on-demand",
        "region": estate.REGION,
        "simulated": True,
        "as_of": dt.date(2026, 11, 23),
        "preview": False,
        "layer": "estate",  # all layers at once: what a run's own layer changes has cases that name one
        "backend": Backend("file:///tmp/state"),
        "images": images.load("outscale"),
        "endpoints": estate.ENDPOINTS,
        "legal": legal.load(),
    }
    return Context(**{**base, **changes})


def judge_at(place: str, platform: str, /, **changes: Any) -> Judge:
    """The judge of an `up` of a platform on any simulated target."""
    target, plan = _planned(place, platform)
    endpoints = tuple(registering.ENDPOINTS[name] for name in target.endpoints)
    where = {"capabilities": capabilities.load(target.provider), "target": target.name, "offer": target.offer}
    lists = {"images": images.load(target.provider), "region": target.region, "endpoints": endpoints}
    return judge_of(plan, **{**where, **lists, **changes})


def judge_of(plan: plans.Plan, kept: records.Records | None = None, **changes: Any) -> Judge:
    return Judge(
        context_of(plan, **changes),
        catalogues.load(),
        _records() if kept is None else kept,
        lambda subject, field: "stacks/platforms/estate.yaml:1",
    )


@functools.lru_cache(maxsize=8)
def _planned(place: str, platform: str) -> tuple[targets.Target, plans.Plan]:
    """Planned once: an index of it is made for each judge, since what rules remember there is of one run."""
    target = targets.load(place)
    return target, planner.plan(loader.load(loader.find(platform)), target, "dev")


@functools.lru_cache(maxsize=1)
def _records() -> records.Records:
    return records.load()


def say(judge: Judge, whole: Estate, rule: str, name: str) -> Finding:
    """What one rule says of one resource, before it is created."""
    return ask(judge, rule, whole.fact(name))


def say_whole(judge: Judge, whole: Estate, rule: str) -> list[Finding]:
    """What one rule says of the whole stack."""
    return _judged(judge.stack(whole.facts()), rule)


def say_run(judge: Judge, rule: str) -> list[Finding]:
    """What one rule says of the run itself."""
    return _judged(judge.run(), rule)


def ask(judge: Judge, rule: str, fact: Fact) -> Finding:
    """What one rule says of one fact."""
    alone = dataclasses.replace(judge, rules=[one for one in judge.rules if one.id == rule])
    return next(iter(_judged(alone.resource(fact), rule)))


def _judged(findings: Iterable[Finding], rule: str) -> list[Finding]:
    """Those of one rule. None is a fault: a rule that fails refuses too, and would pass for one that sees a breach."""
    found = [one for one in findings if one.rule == rule]
    assert not [one for one in found if one.fault], found
    return found


def declared(plan: plans.Plan, subject: str) -> Any:
    """The fact of what a plan declares under that subject, and no resource carries."""
    return next(fact for fact in planned.facts_of(plan) if fact.origin.subject == subject)
