"""A judge for resources that no blueprint describes: rules that need the plan say so, the others answer."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
from typing import Any, cast

from blueprint import plan as plans
from blueprint import target as targets
from blueprint.values import Unobservable
from policies import records
from policies.backend import Backend
from policies.catalogue import legal
from policies.catalogue import loader as catalogues
from policies.context import Context, Index
from policies.judge import Judge
from policies.verdicts import Phase
from providers import capabilities, images

LAYER = "terraform"
NEEDS_PLAN = "only a blueprint says what is allowed here: name one with --platform"


@dataclasses.dataclass(frozen=True)
class NoPlan:
    """Stands where a plan would; asking it for anything is an answer by itself."""

    platform: str
    provider: str
    needs: tuple[str, ...]
    title: str = ""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise Unobservable(NEEDS_PLAN)


def prepare(target: targets.Target, source: str) -> tuple[Judge, dict[str, object]]:
    """The judge of what `source` holds, against a target's offer; and the stamps of its findings."""
    catalogue = catalogues.load()
    as_of = target.as_of or dt.date.today()
    context = Context(
        index=Index(cast(plans.Plan, NoPlan("", target.provider, tuple(catalogue.bricks)))),
        parameters=catalogue.parameters,
        capabilities=capabilities.find(target.provider),
        target=target.name,
        offer=target.offer,
        region=target.region,
        simulated=target.simulated,
        as_of=as_of,
        preview=False,
        layer=LAYER,
        backend=Backend(None),
        images=images.load(target.provider),
        endpoints=tuple(os.environ[name] for name in target.endpoints.values() if os.environ.get(name)),
        legal=legal.load(),
        place=Phase.HCL,
    )
    stamps = {
        "platform": source,
        "title": f"Terraform: {source}",
        "environment": "",
        "layer": LAYER,
        "target": target.name,
        "provider": target.provider,
        "offer": target.offer,
        "region": target.region,
        "simulated": target.simulated,
        "as_of": as_of.isoformat(),
        "as_of_pinned": target.as_of is not None,
    }
    return Judge(context, catalogue, records.load(), lambda _subject, _field: source), stamps
