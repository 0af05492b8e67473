"""Offers beside each other, as data: bricks, dates, workarounds, and what one platform becomes on each.

Everything comes from `providers/<p>/capabilities.yaml`, the targets, the plan and what the layers would register.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import pathlib
from collections.abc import Iterable, Mapping, Sequence

from blueprint import facts, loader, planner, private_links
from blueprint import plan as plans
from blueprint import target as targets
from blueprint.overview import Section
from policies import registry
from policies.catalogue import loader as catalogues
from policies.report import rates
from policies.session import FACTS
from providers import capabilities
from providers.capabilities import Brick, Offer
from stacks import planned

KINDS: Mapping[str, tuple[type, ...]] = {
    "networks": (facts.Network,),
    "segments": (facts.Segment,),
    "filter groups": (facts.FilterGroup,),
    "filter rules": (facts.FilterRule,),
    "ports": (facts.Interface,),
    "routes": (facts.Route,),
    "gateways": (facts.Gateway,),
    "peerings": (facts.Peering,),
    "public addresses": (facts.PublicAddress,),
    "machines": (facts.Machine,),
    "disks": (facts.Disk,),
    "buckets": (facts.Bucket,),
}
"""What is counted, in the words of facts: the same on every provider."""


@dataclasses.dataclass(frozen=True)
class Column:
    """One offer. `target` is None where no adapter brings anything up on it: then it is described, and nothing more."""

    key: str
    offer: Offer
    target: targets.Target | None
    plan: plans.Plan | None
    made: Mapping[str, int]
    """Kind, or `resources` -> how many the platform would have."""
    problem: str = ""
    """Why the platform cannot be planned there."""

    @property
    def title(self) -> str:
        return f"{self.offer.provider}: {self.offer.name}"


@dataclasses.dataclass(frozen=True)
class Comparison:
    platform: str
    title: str
    as_of: dt.date
    pinned: bool
    columns: tuple[Column, ...]
    declared: frozenset[str]
    """Workarounds that the blueprint declares."""
    azs: int
    """Availability zones that the blueprint wants."""

    @property
    def days(self) -> tuple[dt.date, ...]:
        return tuple(rates.later(self.as_of, months) for months in rates.MONTHS)


def compare(platform: str, environment: str, as_of: dt.date | None = None) -> Comparison:
    """Every offer that a capability file describes; those with a target also as what the platform becomes there."""
    loaded = loader.load(loader.find(platform))
    by_offer = {(where.provider, where.offer): where for where in map(targets.load, targets.names())}
    pins = {where.as_of for where in by_offer.values() if where.as_of}
    day = as_of or (min(pins) if pins else dt.date.today())
    found = []
    for provider in described():
        for key, offer in capabilities.load(provider).offers.items():
            found.append(_column(key, offer, by_offer.get((provider, key)), loaded, environment))
    return Comparison(
        platform,
        loaded.blueprint.title,
        day,
        as_of is None and bool(pins),
        tuple(found),
        frozenset(one.name for one in loaded.blueprint.workarounds.values()),
        loaded.blueprint.azs,
    )


def described() -> tuple[str, ...]:
    """Providers with a capability file, adapter or not."""
    return tuple(
        sorted(path.parent.name for path in pathlib.Path(capabilities.__file__).parent.glob("*/capabilities.yaml"))
    )


def _column(key: str, offer: Offer, where: targets.Target | None, loaded: loader.Loaded, environment: str) -> Column:
    if where is None:
        return Column(key, offer, None, None, {}, "no target: described, and brought up by nothing here")
    plan = planner.plan(loaded, where, environment)
    made: collections.Counter[str] = collections.Counter()
    for one in planned.resources(loaded.blueprint.platform, where, environment):
        if one.type.startswith(("pulumi:", "rempart:")):
            continue
        made["resources"] += 1
        fact = FACTS[where.provider](one.type, one.name, one.name, dict(one.inputs))
        for kind, types in KINDS.items():
            # A gateway's or an address's link is not one more of them.
            made[kind] += isinstance(fact, types) and not one.name.endswith(("/link", "/acceptation"))
    return Column(key, offer, where, plan, dict(made))


def state(offer: Offer, name: str, day: dt.date) -> str:
    """A brick's or feature's state on a day, the offer's roadmap and its qualification both applied."""
    part = offer.part(name)
    if part is None:
        return "not said"
    reached = [step for step in part.roadmap if step.date <= day]
    word = max(reached, key=lambda step: step.date).becomes if reached else _today(offer, name, part)
    if name in offer.bricks:
        standing = offer.judge(name, day).standing
        if standing in (capabilities.Standing.LAPSED, capabilities.Standing.NOT_YET):
            return f"{word}, qualification {standing}".replace("_", " ")
        if standing is capabilities.Standing.UNQUALIFIED:
            return f"{word}, unqualified"
    elif word == "native" and not part.qualified:
        return f"{word}, unqualified"
    return word


def _today(offer: Offer, name: str, part: Brick) -> str:
    return "native" if offer.has(name) else part.state


def sections(comparison: Comparison) -> list[Section]:
    """The whole comparison, table by table."""
    return [
        _offers(comparison),
        _bricks(comparison),
        _roadmap(comparison),
        _constraints(comparison),
        _workarounds(comparison),
        _matrix(comparison),
    ]


def _offers(comparison: Comparison) -> Section:
    rows = []
    for column in comparison.columns:
        offer, decision = column.offer, column.offer.qualification
        rows.append(
            (
                column.title,
                f"{offer.region} ({', '.join(offer.azs)})",
                f"{decision.scheme} {decision.version}, {decision.decision}" if decision else "none",
                f"{decision.valid_from} to {decision.valid_until}" if decision else "",
                decision.judge(comparison.as_of).message if decision else "inside no decision",
                offer.in_2023_report or "not judged in 2023",
            )
        )
    headers = ("offer", "region (zones)", "decision", "valid", "standing", "in the 2023 report")
    note = f"As of {comparison.as_of}" + (" (pinned)." if comparison.pinned else ".")
    return Section("Offers", headers, tuple(rows), note)


def _parts(comparison: Comparison, *, features: bool = True) -> list[str]:
    names: dict[str, None] = {}
    for column in comparison.columns:
        names |= dict.fromkeys(column.offer.bricks)
    for column in comparison.columns if features else ():
        names |= dict.fromkeys(column.offer.features)
    return list(names)


def _bricks(comparison: Comparison) -> Section:
    rows = []
    for name in _parts(comparison):
        cells = [state(column.offer, name, comparison.as_of) for column in comparison.columns]
        rows.append((name, *cells))
    headers = ("brick", *(column.title for column in comparison.columns))
    note = "native, workaround, external (run by the customer or another) or absent; each line is one brick or feature."
    return Section("Brick by brick", headers, tuple(rows), note)


def _roadmap(comparison: Comparison) -> Section:
    """What a provider announces, and what ends: only lines on which something changes within six months."""
    rows = []
    for name in _parts(comparison):
        for column in comparison.columns:
            states = [state(column.offer, name, day) for day in comparison.days]
            if len(set(states)) > 1:
                rows.append((name, column.title, *states))
    catalogue = catalogues.load()
    for column in comparison.columns:
        horizons = rates.horizons((), column.offer, comparison.as_of, catalogue)
        shares = [rates.share(one.declared.all) if one.declared else "" for one in horizons]
        rows.append(("requirements declared conform", column.title, *shares))
    headers = ("brick", "offer", *(f"{day}" for day in comparison.days))
    note = "Today, +3 and +6 months: roadmaps and ends of qualification both applied. Declared is the provider's word."
    return Section("Roadmap", headers, tuple(rows), note)


def _constraints(comparison: Comparison) -> Section:
    rows: list[tuple[str, ...]] = []
    for column in comparison.columns:
        if column.plan is None or column.target is None:
            rows.append((column.title, "adapter", "none", "", column.problem))
            continue
        problems = capabilities.check(column.offer, column.plan.needs, comparison.as_of, comparison.declared)
        lacking = {problem.brick: str(problem) for problem in problems}
        outside = private_links.to_settle(private_links.of(column.plan))
        for need in column.plan.needs:
            word = state(column.offer, need, comparison.as_of)
            part = column.offer.part(need)
            met: str = "no" if need in lacking else "yes" if column.offer.has(need) else part.state if part else "no"
            if need == private_links.NEED and need not in lacking:  # the offer may have one, and nothing here makes it
                met, lacking[need] = "outside", outside
            rows.append((column.title, need, word, met, lacking.get(need, "")))
        rows += _limits(column, comparison.azs)
    headers = ("offer", "constraint", "the offer has", "met", "otherwise")
    return Section("Constraints", headers, tuple(rows), f"What {comparison.platform} needs, against each offer.")


def _limits(column: Column, wanted_zones: int) -> Iterable[tuple[str, ...]]:
    """Numbers that the offer gives, beside the platform's own."""
    if column.plan is None:
        return
    zones = collections.Counter(rule.zone for rule in column.plan.rules)
    wanted = {"rules_per_group": max(zones.values(), default=0)}
    for name, brick in column.offer.bricks.items():
        for constraint, limit in brick.constraints.items():
            if constraint in wanted and isinstance(limit, int):
                met = "yes" if wanted[constraint] <= limit else "no"
                needed = f"{wanted[constraint]} at most are needed"
                yield (column.title, f"{name}: {constraint}", str(limit), met, needed)
    there = len(column.offer.azs)
    met = "yes" if there >= wanted_zones else "no"
    yield (column.title, "availability zones", str(there), met, f"{wanted_zones} are wanted")


def _workarounds(comparison: Comparison) -> Section:
    rows = []
    for column in comparison.columns:
        for name in _parts(comparison):
            part = column.offer.part(name)
            if part is None or part.workaround is None or (column.offer.has(name) and name in column.offer.features):
                continue
            its = part.workaround
            used = "declared" if its.name in comparison.declared else "not declared"
            rows.append(
                (
                    column.title,
                    name,
                    its.name,
                    its.requirement,
                    its.complexity.replace("_", " "),
                    its.impact.security,
                    its.impact.functional,
                    f"{used}; {judged(name, its)}",
                )
            )
    headers = ("offer", "brick", "workaround", "requirement", "complexity", "security", "functional", "here")
    return Section("Workarounds", headers, tuple(rows))


def judged(name: str, its: capabilities.Workaround) -> str:
    """Which rules judge what stands in for a brick or a feature; where only a record can, which rules ask for it."""
    found = [rule.id for rule in registry.RULES if name in rule.instead]
    if found:
        return f"judged by {', '.join(found)}"
    texts = catalogues.load().rules
    asked = [
        rule
        for rule, text in texts.items()
        if text.unjudged is not None and text.unjudged.brick == name and its.requirement in text.requirements
    ]
    return f"no rule judges it: a record for {', '.join(asked)}" if asked else "no rule judges it"


def _beyond(plan: plans.Plan) -> str:
    """How many flows have rules and no route, and with whom."""
    links = private_links.of(plan)
    count = sum(len(one.flows) for one in links)
    return f"{count}: {', '.join(one.external.name for one in links)}" if links else "0"


def _matrix(comparison: Comparison) -> Section:
    columns: Sequence[Column] = [column for column in comparison.columns if column.plan is not None]
    rows = [
        ("flows of the matrix", *(str(len(column.plan.flows)) for column in columns if column.plan)),
        ("flows that only a private link carries", *(_beyond(column.plan) for column in columns if column.plan)),
        *((kind, *(str(column.made.get(kind, 0)) for column in columns)) for kind in (*KINDS, "resources")),
    ]
    headers = ("what", *(column.title for column in columns))
    note = "What the same flow matrix becomes: resources that the layers would register, counted as neutral facts."
    return Section("The same matrix", headers, tuple(rows), note)
