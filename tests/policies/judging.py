"""Judging an estate as an `up` on the simulated target does: one rule, one resource or the whole stack."""

from __future__ import annotations

import datetime as dt
import functools
from typing import Any

from blueprint import plan as plans
from policies import records
from policies.backend import Backend
from policies.catalogue import loader as catalogues
from policies.context import Context, Index
from policies.judge import Judge
from policies.verdicts import Finding
from providers import capabilities
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
        "layer": "network",
        "backend": Backend("file:///tmp/state"),
        "endpoints": estate.ENDPOINTS,
    }
    return Context(**{**base, **changes})


def judge_of(plan: plans.Plan, kept: records.Records | None = None, **changes: Any) -> Judge:
    return Judge(
        context_of(plan, **changes),
        catalogues.load(),
        _records() if kept is None else kept,
        lambda subject, field: "stacks/platforms/estate.yaml:1",
    )


@functools.lru_cache(maxsize=1)
def _records() -> records.Records:
    return records.load()


def say(judge: Judge, whole: Estate, rule: str, name: str) -> Finding:
    """What one rule says of one resource, before it is created."""
    return next(found for found in judge.resource(whole.fact(name)) if found.rule == rule)


def say_whole(judge: Judge, whole: Estate, rule: str) -> list[Finding]:
    """What one rule says of the whole stack."""
    return [found for found in judge.stack(whole.facts()) if found.rule == rule]
