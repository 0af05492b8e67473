"""Facts that no resource carries: what the blueprint declares and the plan alone says. `facts` has all of them."""

from __future__ import annotations

import dataclasses

from blueprint import data_plan
from blueprint.origin import Origin


@dataclasses.dataclass(frozen=True, slots=True)
class KeyModule:
    """The hardware that protects keys, as the blueprint declares it; `says` is None where it does not."""

    origin: Origin
    says: data_plan.KeyModule | None


@dataclasses.dataclass(frozen=True, slots=True)
class Transfer:
    """Data that pass from a bubble to another, or out, as the blueprint declares it."""

    origin: Origin
    says: data_plan.Transfer


@dataclasses.dataclass(frozen=True, slots=True)
class ExportGate:
    """The way out of a bubble, as the blueprint declares it."""

    origin: Origin
    says: data_plan.Gate


@dataclasses.dataclass(frozen=True, slots=True)
class PseudonymService:
    """How pseudonyms are made, and by which plan they are made anew, as the blueprint declares it."""

    origin: Origin
    says: data_plan.Pseudonymisation


@dataclasses.dataclass(frozen=True, slots=True)
class Administration:
    """How the bastion is used, as the blueprint declares it; None where it does not say."""

    origin: Origin
    sign_in: data_plan.SignIn | None
    recording: data_plan.Recording | None
    approvals: tuple[data_plan.Approval, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Tier:
    """Machines of one kind, as they are declared."""

    origin: Origin
    count: int
    peak_count: int | None
