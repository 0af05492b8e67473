"""Every rule on many facts: on each of them, then on all together. No engine, no process start."""

from __future__ import annotations

import dataclasses
import itertools
import statistics
import time

from benchmarks import figures
from blueprint import loader, planner
from blueprint import stack as stacks
from blueprint import target as targets
from blueprint.facts import Fact, FilterRule, Network, Origin, Segment
from policies import session
from policies.context import Index
from policies.judge import Judge

TIMES = 5


def main() -> None:
    figures.show("rules_1000_facts_seconds", small := measure(1_000))
    figures.show("rules_10000_facts_seconds", large := measure(10_000))
    figures.show("rules_10000_over_1000_facts", large / small)


def measure(count: int) -> float:
    """Median seconds over a few runs, each with a fresh memory of the plan."""
    facts = sample(count)
    return statistics.median(once(facts) for _ in range(TIMES))


def once(facts: list[Fact]) -> float:
    judge = pack()
    started = time.perf_counter()
    for fact in facts:
        judge.resource(fact)
    judge.stack(facts)
    return time.perf_counter() - started


def pack() -> Judge:
    """A judge of the sample platform, as the pack prepares one."""
    judge, _stamps = session.prepare(stacks.parse("emc2.outscale-sandbox.dev.network"), preview=False)
    return judge


def sample(count: int) -> list[Fact]:
    """Networks, segments and filter rules of the sample platform, over and over, in the plan's proportions."""
    plan = planner.plan(loader.load(loader.find("emc2")), targets.load("outscale-sandbox"), "dev")
    made: list[Fact] = [
        Network(_origin(bubble.subject, "Net"), bubble.cidr, plan.region, True) for bubble in plan.bubbles
    ]
    for subnet, zone in Index(plan).subnets.values():
        origin = _origin(subnet.subject, "Subnet")
        made.append(Segment(origin, subnet.cidr, subnet.region, subnet.az, f"bubbles/{zone.bubble}", False))
    for rule in plan.rules:
        made.append(
            FilterRule(
                _origin(rule.subject, "SecurityGroupRule"),
                str(rule.direction),
                rule.protocol,
                rule.from_port,
                rule.to_port,
                (rule.cidr,),
                rule.zone,
                rule.flow,
            )
        )
    repeated = itertools.islice(itertools.cycle(made), count)
    return [_again(fact, number) for number, fact in enumerate(repeated)]


def _origin(subject: str, kind: str) -> Origin:
    return Origin(f"urn::{subject}", f"outscale:index:{kind}", subject, subject)


def _again(fact: Fact, number: int) -> Fact:
    return dataclasses.replace(fact, origin=dataclasses.replace(fact.origin, urn=f"{fact.origin.urn}::{number}"))


if __name__ == "__main__":
    main()
