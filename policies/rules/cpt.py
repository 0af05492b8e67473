# ruff: noqa: ARG001 - every rule has the one signature, whether or not it needs all of it
"""Compute: two zones for what must last, room for the peaks, and machines that are born from nothing unknown."""

from __future__ import annotations

import collections
import dataclasses
import math
from collections.abc import Iterator, Sequence

from blueprint import facts, values
from blueprint import plan as plans
from blueprint.facts import Fact
from blueprint.values import NOT_OBSERVABLE
from policies.context import Context
from policies.rules import userdata
from policies.rules.model import Rule
from policies.verdicts import CONFORM, State, Verdict, refused, unread

RESILIENCE = "F-066"
"""The requirement that zones serve: what stands in for `compute` may stand for another of its requirements."""


# CPT-01


def two_zones_planned(fact: facts.Machine, context: Context) -> Verdict:
    """A tier that must last has two machines in two availability zones, and this one is where the plan puts it."""
    if trouble := unread(fact, "az"):
        return trouble
    machine = context.index.machines.get(fact.origin.path)
    if machine is None:
        return refused("the plan has no such machine")
    if not _must_last(machine, context):
        return Verdict(State.NOT_APPLICABLE, "its tier is not declared highly available")
    if fact.az != machine.az:
        return refused(f"it is in availability zone {fact.az or 'unnamed'}, not in the planned {machine.az}")
    tier = context.index.tiers[context.index.tier_of(machine)]
    if fact.placement != machine.subject.rpartition("/")[0] and _shown(context) < context.parameter("CPT-01", "zones"):
        return refused("nothing keeps it on another host than the other machines of its tier")
    return _spread([one.az for one in tier], context)


def two_zones_made(everything: Sequence[Fact], context: Context) -> Iterator[Verdict]:
    """The same over what is really registered: all of the tier, and really apart."""
    found: dict[tuple[str, str], list[facts.Machine]] = collections.defaultdict(list)
    for fact in everything:
        if not isinstance(fact, facts.Machine):
            continue
        machine = context.index.machines.get(fact.origin.path)
        if machine is not None and _must_last(machine, context):
            found[context.index.tier_of(machine)].append(fact)
    for (bubble, tier), machines in found.items():
        subject = "bastion" if tier == "bastion" else f"bubbles/{bubble}/tiers/{tier}"
        trouble = next((problem for machine in machines if (problem := unread(machine, "az"))), None)
        verdict = trouble or _spread([str(machine.az) for machine in machines], context)
        yield dataclasses.replace(verdict, subject=subject, urn=machines[0].origin.urn)


def _must_last(machine: plans.Machine, context: Context) -> bool:
    return machine.highly_available or context.index.tier_of(machine)[1] in context.parameter("CPT-01", "always")


def _spread(azs: Sequence[str], context: Context) -> Verdict:
    least = context.parameter("CPT-01", "zones")
    shown = _shown(context)
    if shown < least <= len(azs) and len(set(azs)) == shown:
        return Verdict(
            State.EVIDENCE_REQUIRED,
            f"the offer shows {shown} availability zone(s) in this region; {least} are needed{_instead(context)}",
            scope=f"offers/{context.offer}/azs",
        )
    if len(set(azs)) < least:
        return refused(
            f"its tier has {len(azs)} machine(s) in {len(set(azs))} availability zone(s); {least} are needed"
        )
    return CONFORM


def _instead(context: Context) -> str:
    """What the offer's file accepts where a region has too few zones, and whether the blueprint declares it."""
    offer = context.capabilities.offer(context.offer) if context.capabilities else None
    compute = offer.bricks.get("compute") if offer else None
    its = compute.workaround if compute else None
    if its is None or its.requirement != RESILIENCE:
        return ""
    if context.workaround("compute") is None:
        return f"; in their place its file accepts {its.name}, which the blueprint does not declare"
    return f"; by the declared workaround: {its.name} ({its.complexity.replace('_', ' ')})"


def _shown(context: Context) -> int:
    """Availability zones that the offer's sources show in the region. An offer nobody described has what it takes."""
    offer = context.capabilities.offer(context.offer) if context.capabilities else None
    return len(offer.azs) if offer else int(context.parameter("CPT-01", "zones"))


def kept_apart(fact: facts.Placement, context: Context) -> Verdict:
    """Machines of a tier stand on different hosts."""
    if trouble := unread(fact, "apart"):
        return trouble
    return CONFORM if fact.apart else refused("it does not keep its machines on different hosts")


def two_zones(fact: facts.Machine | facts.Placement, context: Context) -> Verdict:
    return two_zones_planned(fact, context) if isinstance(fact, facts.Machine) else kept_apart(fact, context)


# CPT-02


def sized_for_the_peak(fact: facts.Tier | facts.Disk, context: Context) -> Verdict:
    """A tier with a yearly peak holds it with a margin: the accepted workaround where nothing grows by itself."""
    if isinstance(fact, facts.Disk):
        return _room(fact, context)
    if fact.peak_count is None:
        return Verdict(State.NOT_APPLICABLE, "no yearly peak is declared for it")
    margin = context.parameter("CPT-02", "margin_percent")
    needed = math.ceil(fact.peak_count * (100 + margin) / 100)
    if fact.count < needed:
        return refused(f"it has {fact.count} machines; its peak and {margin} % more need {needed}", field="count")
    wanted = context.parameter("CPT-02", "workaround")
    if not any(one.brick == "compute" and one.name == wanted for one in context.plan.workarounds):
        return refused(f"it is sized for its peak, and the workaround `{wanted}` for `compute` is not declared")
    return Verdict(State.WORKAROUND_ACCEPTED, f"by the declared workaround: {wanted} (complex)")


def _room(fact: facts.Disk, context: Context) -> Verdict:
    """What is planned on a disk fits: LOG-07 counts the collectors' room in the plan."""
    if trouble := unread(fact, "size_gib"):
        return trouble
    planned, _ = context.index.disks.get(fact.origin.path, (None, None))
    if planned is None:
        return refused("the plan has no such disk")
    if values.read(fact.size_gib) < planned.size_gib:
        return refused(f"it has {fact.size_gib} GiB of the planned {planned.size_gib}", field="size_gib")
    return CONFORM


def peaks_have_a_size(context: Context) -> Verdict:
    """Declared peaks are somebody's: at least one tier says what it needs then."""
    if not context.plan.peaks:
        return Verdict(State.NOT_APPLICABLE, "no yearly peak is declared")
    if not any(machine.peak_count for machine in context.plan.machines):
        return refused("yearly peaks are declared, and no tier says what it needs then", subject="peaks")
    return Verdict(State.CONFORM, subject="peaks")


# CPT-03


def listed_image(fact: facts.Machine, context: Context) -> Verdict:
    """It starts from the image that the offer's list gives for the blueprint's word, made less than a season ago."""
    if trouble := unread(fact, "image"):
        return trouble
    machine = context.index.machines.get(fact.origin.path)
    if machine is None:
        return refused("the plan has no such machine")
    listed = context.images.get(machine.image)
    if listed is None:
        return refused("its image is not in the offer's list of images", field="image")
    wanted = listed.ids.get(context.region)
    if wanted is not None and fact.image != wanted:
        return refused(f"it starts from another image than {listed.name}")
    if not fact.image:
        return refused("it does not say from which image it starts", field="image")
    most = context.parameter("CPT-03", "days")
    age = (context.as_of - listed.created).days if listed.created else None
    if age is not None and age > most:
        return refused(f"its image is {age} days old; at most {most} are allowed", field="image")
    if wanted is None or listed.created is None:
        missing = "id for its image in this region" if wanted is None else "day on which its image was made"
        return Verdict(State.EVIDENCE_REQUIRED, f"the offer's list gives no {missing}", scope=f"images/{listed.name}")
    return CONFORM


# CPT-04


def closed(fact: facts.Machine, context: Context) -> Verdict:
    """It asks the network for nothing at its birth, and its own disk is encrypted and goes with it.

    No provider's API says whether a console is open: a machine that is closed as far as can be seen needs a record.
    """
    seen = fact.boot is not NOT_OBSERVABLE and fact.asks_network is not NOT_OBSERVABLE
    if seen and (trouble := unread(fact, "asks_network", "boot") or _opened(fact)):
        return trouble
    hidden = "console" if seen else "console, metadata and own disk"
    return Verdict(
        State.EVIDENCE_REQUIRED,
        f"the provider's API says nothing of a machine's {hidden}",
        scope=f"offers/{context.offer}/machines",
    )


def _opened(fact: facts.Machine) -> Verdict | None:
    """What can be seen to be wrong with how it is born."""
    if fact.asks_network:
        return refused("it asks a service of the network for what it is born with")
    boot = values.read(fact.boot)
    if boot is None:
        return refused("it starts from no volume of its own")
    if trouble := unread(boot, "encrypted"):
        return trouble
    if not boot.encrypted:
        return refused("the disk that it starts from is not encrypted")
    if boot.outlives is NOT_OBSERVABLE:
        return None  # a live reading: the pack saw it
    if trouble := unread(boot, "outlives"):
        return trouble
    return refused("the disk that it starts from stays when it goes") if boot.outlives else None


# CPT-05


def no_secret_in_user_data(fact: facts.Machine, context: Context) -> Verdict:
    """User data is the blueprint's, holds no secret, however encoded, and fetches nothing from undeclared hosts."""
    allowed = set(context.parameter("CPT-05", "hosts"))

    def declared(host: str) -> bool:
        return host in allowed or userdata.is_address_in(host, context.plan.cidr)

    given = (fact.user_data, *fact.also)
    found = [what for text in given if values.known(text) for what in userdata.inspect(text, declared)]
    if found:  # in what can be read, whatever else cannot
        return refused("; ".join(list(dict.fromkeys(found))[:4]), field="user_data")
    for text in given:
        if trouble := unread(dataclasses.replace(fact, user_data=text), "user_data"):
            return dataclasses.replace(trouble, scope=f"offers/{context.offer}/user-data")
    planned = context.index.machines.get(fact.origin.path)
    if planned is not None and not userdata.same(str(fact.user_data), planned.user_data):
        return refused("its user data is not what the blueprint says", field="user_data")
    return CONFORM


RULES = (
    Rule("CPT-01", (facts.Machine, facts.Placement), two_zones, two_zones_made, instead=("compute",)),
    Rule("CPT-02", (facts.Tier, facts.Disk), sized_for_the_peak, run=peaks_have_a_size),
    Rule("CPT-03", (facts.Machine,), listed_image),
    Rule("CPT-04", (facts.Machine,), closed),
    Rule("CPT-05", (facts.Machine,), no_secret_in_user_data),
)
