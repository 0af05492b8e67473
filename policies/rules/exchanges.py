"""Data on the move: transfers under a key of their own, pseudonyms, and the one way out."""

from __future__ import annotations

import re
from typing import TypeGuard

from blueprint import facts
from blueprint import plan as plans
from policies.context import Context
from policies.rules.model import Rule
from policies.rules.words import empty, folded
from policies.verdicts import CONFORM, State, Verdict, refused, unread

TECHNICAL = plans.BubbleKind.ADMINISTRATION
"""Bubbles of this kind serve the others and hold no data of theirs."""


def _holds_data(bubble: plans.Bubble | None) -> TypeGuard[plans.Bubble]:
    return bubble is not None and bubble.kind is not TECHNICAL


# DAT-03


def declared_transfer(fact: facts.Transfer | facts.Network, context: Context) -> Verdict:
    """Each passage of data is declared with its subset, its approver, and a key that serves this pair alone."""
    if isinstance(fact, facts.Network):
        return _all_declared(fact, context)
    one = fact.says
    if trouble := _badly_described(fact, context):
        return trouble
    if one.target in context.index.externals:
        return CONFORM
    key = next((key for key in context.plan.keys if key.subject == one.key), None)
    if key is None:
        return refused("it names no pseudonymisation key of the inventory", field="key")
    if (key.kind, key.scope, key.receiver) != ("pseudonymisation", one.source, one.target):
        return refused("its key is not the pseudonymisation key of this pair of bubbles", field="key")
    if key.derived_from:
        return refused("its key is computed from another one", field="key")
    if sum(other.key == one.key for other in context.plan.transfers) > 1:
        return refused("its key serves another transfer too", field="key")
    return CONFORM


def _badly_described(fact: facts.Transfer, context: Context) -> Verdict | None:
    one, index = fact.says, context.index
    source, target = index.bubbles.get(one.source), index.bubbles.get(one.target)
    if source is None or (target is None and one.target not in index.externals):
        return refused("one end is nothing of the plan")
    if target is not None and {source.kind, target.kind} == {plans.BubbleKind.PROJECT}:
        return refused("it joins two project bubbles")
    idle = [name for name, value in (("dataset", one.dataset), ("approver", one.approver)) if empty(value)]
    if idle:
        return refused(f"it does not say its {', '.join(idle)}", field=idle[0])
    flow = index.flows.get(one.flow)
    if flow is None or (_place(flow.source), _place(flow.destination)) != (one.source, one.target):
        return refused("its flow does not run between its two ends", field="flow")
    return None


def _place(subject: str) -> str:
    """The bubble of a zone; what is no zone is itself."""
    return "/".join(subject.split("/")[:2])


def _all_declared(fact: facts.Network, context: Context) -> Verdict:
    """A bubble that sends data to another one declares it."""
    home = fact.origin.path
    if not _holds_data(context.index.bubbles.get(home)):
        return Verdict(State.NOT_APPLICABLE, "no data leave it: it is no bubble of data")
    declared = {(one.source, one.target) for one in context.plan.transfers}
    sent = {
        _place(flow.destination): flow.name
        for flow in context.plan.flows
        if _place(flow.source) == home
        and _place(flow.destination) != home
        and _holds_data(context.index.bubbles.get(_place(flow.destination)))
    }
    missing = sorted(target for target in sent if (home, target) not in declared)
    if missing:
        return refused(f"flow {sent[missing[0]]} carries data to {missing[0]}, and no transfer declares it")
    return CONFORM


# DAT-04


def keyed_pseudonyms(fact: facts.PseudonymService, context: Context) -> Verdict:
    """Pseudonyms come from a keyed, deterministic function of the state of the art, under keys of the inventory."""
    one = fact.says
    if not one.deterministic:
        return refused("pseudonyms would change at each run", field="deterministic")
    if not one.redone_at_each_transfer:
        return refused("two bubbles would share pseudonyms", field="redone_at_each_transfer")
    if one.function is None or one.version is None:
        return Verdict(State.EVIDENCE_REQUIRED, "the blueprint does not say its function and its version")
    spelled = re.sub(r"[^A-Z0-9]", "", one.function.upper())
    if not any(re.fullmatch(known, spelled) for known in context.parameter("DAT-04", "functions")):
        return refused("its function is not a keyed one of the catalogue", field="function")
    if empty(one.version):
        return refused("its version is not recorded", field="version")
    keys = [key for key in context.plan.keys if key.kind == "pseudonymisation"]
    if context.plan.transfers and not keys:
        return refused("no key of the inventory serves it")
    if any(key.exportable for key in keys):
        return refused("one of its keys can be exported")
    return Verdict(State.EVIDENCE_REQUIRED, f"{one.function} is declared; no resource shows that the service does so")


# DAT-05


def repseudonymisation_planned(fact: facts.PseudonymService, context: Context) -> Verdict:
    """A plan says when pseudonyms are made anew, by whom, where, and when the table of both is destroyed."""
    one = fact.says
    if empty(one.plan) or empty(one.plan_owner) or not one.plan_triggers or one.mapping_destroyed_days is None:
        return refused("no complete plan says how pseudonyms are made anew", field="plan")
    if any(empty(trigger) for trigger in one.plan_triggers):
        return refused("one of its plan's triggers is a placeholder", field="plan")
    touched = {end for key in context.plan.keys if key.kind == "pseudonymisation" for end in (key.scope, key.receiver)}
    forgotten = sorted(str(end) for end in touched - set(one.plan_bubbles))
    if forgotten:
        return refused(f"its plan says nothing of {', '.join(forgotten)}", field="plan")
    most = context.parameter("DAT-05", "days")
    if one.mapping_destroyed_days > most:
        return refused(f"its table of old and new pseudonyms stays more than {most} days", field="plan")
    return CONFORM


# DAT-06


def one_way_out(fact: facts.ExportGate | facts.FilterRule, context: Context) -> Verdict:
    """Data leave through a gate only: somebody else says yes, a machine checks, traces and a record stay."""
    return _gate(fact, context) if isinstance(fact, facts.ExportGate) else _leaves(fact, context)


def _gate(fact: facts.ExportGate, context: Context) -> Verdict:
    one, index = fact.says, context.index
    bubble = index.bubbles.get(one.bubble)
    if bubble is None or bubble.kind is not plans.BubbleKind.EXPORT:
        return refused("it is in no export bubble", field="bubble")
    quarantine = index.buckets.get(one.quarantine)
    if quarantine is None or quarantine.bubble != bubble.name:
        return refused("its quarantine is no bucket of its bubble", field="quarantine")
    if not one.requesters or not folded(one.approvers) - folded(one.requesters):
        return refused("who asks says yes", field="approvers")
    if not one.automatic_check:
        return refused("no machine checks what leaves", field="automatic_check")
    if empty(one.anonymity_record):
        return refused("no record says why results are anonymous", field="anonymity_record")
    if one.maximum_mib > context.parameter("DAT-06", "maximum_mib"):
        return refused("its limit is no limit", field="maximum_mib")
    if one.logs not in index.buckets and one.logs not in index.zones:
        return refused("its traces go nowhere", field="logs")
    opened = sorted(set(context.parameter("DAT-06", "channels")) - set(one.disabled_channels))
    if opened:
        return refused(f"{', '.join(opened)} of the workspaces stay open beside it", field="disabled_channels")
    return Verdict(State.EVIDENCE_REQUIRED, "its checks are declared; no resource shows that they are made")


def _leaves(fact: facts.FilterRule, context: Context) -> Verdict:
    if trouble := unread(fact, "direction"):
        return trouble
    planned = context.index.rules.get(fact.origin.path)
    if fact.direction == "ingress" or planned is None:
        return Verdict(State.NOT_APPLICABLE, "it lets no data of the plan out")
    # A rule that does not say its zone lets out what the plan's zone holds.
    bubble = context.index.bubble_of(fact.group or planned.zone)
    external = context.index.externals.get(context.index.flows[planned.flow].destination)
    if external is None or external.via != "internet" or not _holds_data(bubble):
        return Verdict(State.NOT_APPLICABLE, "it lets no data out of the platform")
    gates = {gate.bubble for gate in context.plan.gates}
    if bubble.subject not in gates:
        return refused(f"it lets data out to {external.name} beside every gate")
    if not any(one.flow == planned.flow for one in context.plan.transfers):
        return refused(f"no transfer declares what leaves to {external.name}")
    return CONFORM


# DAT-07


def lawful_recipient(fact: facts.Transfer, context: Context) -> Verdict:
    """A system outside the platform is homologated, bound by a convention, and reached through a mutual channel."""
    one = fact.says
    if one.target not in context.index.externals:
        return Verdict(State.NOT_APPLICABLE, "it stays inside the platform")
    if empty(one.homologation) or empty(one.convention) or one.homologation_date is None:
        return refused("its recipient has no dated homologation or no convention", field="recipient")
    if one.homologation_date > context.as_of:
        return refused(f"its recipient is homologated from {one.homologation_date} only", field="recipient")
    flow = context.index.flows.get(one.flow)
    if flow is None or flow.encryption not in context.parameter("DAT-07", "channels"):
        return refused("its channel does not prove who both ends are", field="flow")
    return CONFORM


RULES = (
    Rule("DAT-03", (facts.Transfer, facts.Network), declared_transfer),
    Rule("DAT-04", (facts.PseudonymService,), keyed_pseudonyms),
    Rule("DAT-05", (facts.PseudonymService,), repseudonymisation_planned),
    Rule("DAT-06", (facts.ExportGate, facts.FilterRule), one_way_out),
    Rule("DAT-07", (facts.Transfer,), lawful_recipient),
)
