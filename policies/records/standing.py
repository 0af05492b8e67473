"""Whether a waiver holds on a day, for a run: every reason why it does not is a violation of its own (GOV-05)."""

from __future__ import annotations

import dataclasses
import datetime as dt
import pathlib
from collections.abc import Callable, Iterable, Mapping, Sequence

from blueprint.errors import display
from policies.catalogue.texts import RuleText
from policies.records import approvals, checks, waivers
from policies.records.waivers import DAYS, Waiver
from policies.signing import BadSignature, Namespace, Signed, Signers

WILDCARDS = frozenset("*?[]")


@dataclasses.dataclass(frozen=True, slots=True)
class Standing:
    """One waiver as this run finds it."""

    waiver: Waiver
    location: str
    faults: tuple[str, ...]
    approver: str | None
    """Name of the person whose signature holds; None while it waits for one."""
    days_left: int
    """Days after today on which it still holds; negative once it has expired."""
    self_declared: bool
    """Its signers are a file that the authors of the platform can write."""
    signers_digest: str

    @property
    def holds(self) -> bool:
        return not self.faults and self.approver is not None

    def __str__(self) -> str:
        trust = "" if self.waiver.request else ", its owner has not signed"
        trust += ", signers self-declared" if self.self_declared else ""
        return f"waived until {self.waiver.until} by {self.waiver.id} (approved by {self.approver}{trust})"

    def covers(self, rule: str, subject: str, message: str) -> bool:
        waiver = self.waiver
        return self.holds and (waiver.rule, waiver.subject) == (rule, subject) and message in waiver.breaches


@dataclasses.dataclass(frozen=True)
class Grounds:
    """What a waiver is held against."""

    rules: Mapping[str, RuleText]
    subjects: frozenset[str]
    """Every subject of the plan."""
    signers: Signers
    as_of: dt.date
    simulated: bool


def of_run(
    records: pathlib.Path, platform: str, target: str, environment: str, grounds: Callable[[], Grounds]
) -> tuple[Standing, ...]:
    """The waivers of one platform on one target and environment. Without any, no trust root is needed."""
    mine = [
        (path, waiver)
        for path, waiver in waivers.load(records)
        if (waiver.platform, waiver.target, waiver.environment) == (platform, target, environment)
    ]
    if not mine:
        return ()
    known = grounds()
    return tuple(examine(waiver, f"{display(path)}:1", known) for path, waiver in mine)


def covering(standings: Sequence[Standing], rule: str, subject: str, message: str) -> Standing | None:
    """The waiver that lets this very breach through."""
    return next((one for one in standings if one.covers(rule, subject, message)), None)


def examine(waiver: Waiver, location: str, grounds: Grounds) -> Standing:
    """Every fault of a waiver at once, so that one correction is enough."""
    signed, fault = _signed(waiver, grounds.signers)
    faults = [*_form(waiver, grounds), *_days(waiver, grounds.as_of), *([fault] if fault else [])]
    if signed is not None:
        faults += _persons(waiver, signed, grounds)
    return Standing(
        waiver=waiver,
        location=location,
        faults=tuple(faults),
        approver=signed.names[0] if signed else None,
        days_left=(waiver.until - grounds.as_of).days,
        self_declared=not grounds.signers.independent,
        signers_digest=grounds.signers.digest,
    )


def _signed(waiver: Waiver, signers: Signers) -> tuple[Signed | None, str | None]:
    try:
        return waiver.approver(signers), None
    except BadSignature as error:
        return None, str(error)


def _form(waiver: Waiver, grounds: Grounds) -> Iterable[str]:
    text = grounds.rules.get(waiver.rule)
    if text is None:
        yield f"the rule {waiver.rule} does not exist"
    elif not text.waivable:
        imposed = ", ".join(dict.fromkeys((*text.objective_imposed_by, *text.mechanism_imposed_by)))
        yield f"{waiver.rule} cannot be waived: what it asks is imposed by {imposed}"
    if WILDCARDS.intersection(waiver.subject):
        yield "its subject has a wildcard: one waiver is for one exact subject"
    elif waiver.subject not in grounds.subjects:
        yield f"its subject {waiver.subject} is not in the plan any more"


def _days(waiver: Waiver, as_of: dt.date) -> Iterable[str]:
    if (waiver.until - waiver.requested_on).days > DAYS:
        yield f"it lasts more than {DAYS} days"
    if waiver.until < as_of:
        yield f"it ended on {waiver.until}"
    if max(waiver.requested_on, waiver.approval.on if waiver.approval else waiver.requested_on) > as_of:
        yield "it begins after the day of this run"


def _persons(waiver: Waiver, signed: Signed, grounds: Grounds) -> Iterable[str]:
    if trouble := approvals.trouble(waiver, grounds.signers, Namespace.WAIVER, simulated=grounds.simulated):
        yield trouble
    if any(checks.same_person(waiver.owner, name) for name in signed.names):
        yield f"its owner {waiver.owner} approved it: another person must"
    if not grounds.simulated and not grounds.signers.independent:
        yield "its signers are self-declared, which counts on simulated targets only"
