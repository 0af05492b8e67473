"""What the plan says and no resource carries, as facts: the same rules judge it, before anything is created."""

from __future__ import annotations

from collections.abc import Iterator

from blueprint import facts
from blueprint import plan as plans
from blueprint.facts import Fact, Origin

TYPE = "rempart:plan:"
IN_HARDWARE = ("hsm", "external_hsm")
"""Protections that need a key module."""


def facts_of(plan: plans.Plan) -> Iterator[Fact]:
    """Keys and their module, transfers, gates, pseudonyms, administration, tiers; in the plan's order."""
    yield from (_key(key) for key in plan.keys)
    if plan.key_module is not None or any(key.protection in IN_HARDWARE for key in plan.keys):
        yield facts.KeyModule(_origin("KeyModule", "keys/module"), plan.key_module)
    yield from (facts.Transfer(_origin("Transfer", one.subject), one) for one in plan.transfers)
    yield from (facts.ExportGate(_origin("ExportGate", one.subject), one) for one in plan.gates)
    if plan.pseudonymisation is not None:
        yield facts.PseudonymService(_origin("PseudonymService", plan.pseudonymisation.subject), plan.pseudonymisation)
    if plan.bastion is not None:
        bastion = plan.bastion
        origin = _origin("Administration", bastion.subject)
        yield facts.Administration(origin, bastion.sign_in, bastion.recording, bastion.approvals)
    yield from _tiers(plan)


def _key(key: plans.Key) -> facts.Key:
    return facts.Key(
        _origin("Key", key.subject),
        key.kind,
        key.scope,
        key.receiver,
        key.owner,
        key.algorithm,
        key.protection,
        key.rotation,
        key.rotation_days,
        key.exportable,
        key.deletion_days,
        key.derived_from,
        key.administrators,
        key.users,
    )


def _tiers(plan: plans.Plan) -> Iterator[Fact]:
    counts: dict[str, tuple[int, int | None]] = {}
    for machine in plan.machines:
        subject = machine.subject.rpartition("/")[0]
        counts[subject] = (counts.get(subject, (0, None))[0] + 1, machine.peak_count)
    for subject, (count, peak) in counts.items():
        yield facts.Tier(_origin("Tier", subject), count, peak)


def _origin(kind: str, subject: str) -> Origin:
    return Origin("", f"{TYPE}{kind}", subject, subject)
