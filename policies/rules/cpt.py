"""Compute: two availability zones for what must last, no secret in what a machine is born with."""

from __future__ import annotations

import collections
from collections.abc import Iterator, Sequence

from blueprint import facts
from blueprint import plan as plans
from blueprint.facts import Fact
from policies.context import Context
from policies.rules import userdata
from policies.rules.model import Rule
from policies.verdicts import CONFORM, State, Verdict, refused, unread

# CPT-01


def two_zones_planned(fact: facts.Machine, context: Context) -> Verdict:
    """A tier that must last has two machines in two availability zones, and this one is where the plan puts it."""
    if trouble := unread(fact, "az"):
        return trouble
    machine = context.index.machines.get(fact.origin.subject or "")
    if machine is None:
        return refused("the plan has no such machine")
    if not _must_last(machine, context):
        return Verdict(State.NOT_APPLICABLE, "its tier is not declared highly available")
    if fact.az != machine.az:
        return refused(f"it is in availability zone {fact.az or 'unnamed'}, not in the planned {machine.az}")
    tier = context.index.tiers[context.index.tier_of(machine)]
    return _spread([one.az for one in tier], context)


def two_zones_made(everything: Sequence[Fact], context: Context) -> Iterator[Verdict]:
    """The same over what is really registered: all of the tier, and really apart."""
    found: dict[tuple[str, str], list[facts.Machine]] = collections.defaultdict(list)
    for fact in everything:
        machine = context.index.machines.get(fact.origin.subject or "") if isinstance(fact, facts.Machine) else None
        if machine is not None and isinstance(fact, facts.Machine) and _must_last(machine, context):
            found[context.index.tier_of(machine)].append(fact)
    for (bubble, tier), machines in found.items():
        subject = "bastion" if tier == "bastion" else f"bubbles/{bubble}/tiers/{tier}"
        trouble = next((problem for machine in machines if (problem := unread(machine, "az"))), None)
        verdict = trouble or _spread([str(machine.az) for machine in machines], context)
        yield Verdict(verdict.state, verdict.message, subject, machines[0].origin.urn, verdict.pending)


def _must_last(machine: plans.Machine, context: Context) -> bool:
    return machine.highly_available or context.index.tier_of(machine)[1] in context.parameter("CPT-01", "always")


def _spread(azs: Sequence[str], context: Context) -> Verdict:
    least = context.parameter("CPT-01", "zones")
    if len(azs) < least or len(set(azs)) < least:
        return refused(
            f"its tier has {len(azs)} machine(s) in {len(set(azs))} availability zone(s); {least} are needed"
        )
    return CONFORM


# CPT-05


def no_secret_in_user_data(fact: facts.Machine, context: Context) -> Verdict:
    """User data holds no secret, however encoded, and fetches nothing from a host that nobody declared."""
    if trouble := unread(fact, "user_data"):
        return trouble
    if not fact.user_data:
        return CONFORM
    allowed = set(context.parameter("CPT-05", "hosts"))

    def declared(host: str) -> bool:
        return host in allowed or userdata.is_address_in(host, context.plan.cidr)

    found = userdata.inspect(str(fact.user_data), declared)
    return refused("; ".join(found[:4]), field="user_data") if found else CONFORM


RULES = (
    Rule("CPT-01", (facts.Machine,), two_zones_planned, two_zones_made),
    Rule("CPT-05", (facts.Machine,), no_secret_in_user_data),
)
