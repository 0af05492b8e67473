"""`rempart waive`: ask for a waiver, approve one as another person, see which end soon."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import pathlib
from collections.abc import Iterable, Sequence

import rich.markup
import rich.table

from blueprint import loader, planner
from blueprint import target as targets
from blueprint.errors import RempartError, display, suggest, unknown
from cli import console, exit_codes, given, report
from policies import records, signing
from policies.catalogue import loader as catalogues
from policies.context import Index
from policies.records import approvals, files, standing, waivers
from policies.records.standing import Grounds, Standing
from policies.records.waivers import Waiver
from policies.report import model
from policies.signing import Namespace
from policies.verdicts import Finding, State

WARN_DAYS = 30
"""How many days ahead an end is announced."""


class Refused(RempartError):
    """The waiver would not hold: why, and what to do."""


@dataclasses.dataclass(frozen=True)
class Request:
    """What a person asks for, as the command line gives it."""

    rule: str
    subject: str
    platform: str
    target: str
    environment: str
    reason: str
    control: str
    owner: str
    until: str
    key: str | None = None
    replace: bool = False


def request(asked: Request) -> int:
    """Writes the waiver, which holds once another person has approved it. Raises `Refused` for one that never could."""
    grounds = _grounds(asked.platform, asked.target, asked.environment)
    where = (asked.platform, asked.target, asked.environment)
    identifier = waivers.identifier(*where, asked.rule, asked.subject)
    path = _path(identifier)
    if path.exists() and not asked.replace:
        raise Refused(f"{display(path)} waives this already; `--replace` writes it anew, to be approved anew")
    waiver = Waiver(
        id=identifier,
        platform=asked.platform,
        target=asked.target,
        environment=asked.environment,
        rule=asked.rule,
        subject=asked.subject,
        breaches=("to be found",),
        reason=given.text(asked.reason, "--reason"),
        control=given.text(asked.control, "--control"),
        owner=given.text(asked.owner, "--owner"),
        requested_on=grounds.as_of,
        until=given.day(asked.until, "--until"),
    )
    if grounds.signers.names and waiver.owner not in grounds.signers.names:
        raise Refused(unknown("owner", waiver.owner, grounds.signers.names) + f" {grounds.signers.place} lists them.")
    if faults := standing.examine(waiver, display(path), grounds).faults:
        raise Refused(_would_not_hold(asked, faults, grounds))
    waiver = waiver.model_copy(update={"breaches": _breaches(asked, identifier)})
    files.write(_own(waiver, asked.key, grounds), path)
    console.out().print(f"written: {rich.markup.escape(display(path))}", soft_wrap=True)
    for breach in waiver.breaches:
        console.out().print(f"  waives: {rich.markup.escape(breach)}", soft_wrap=True)
    console.out().print(
        "It holds once another person than its owner has run: "
        f"`rempart waive approve {waiver.id} --key <their SSH key>`",
        soft_wrap=True,
    )
    return exit_codes.OK


def approve(identifier: str, key: str) -> int:
    """Signs a waiver, and says whether it holds now: exit code 0 where it does, 1 where it does not."""
    path = _path(identifier)
    known = [one.stem for one in path.parent.glob("*.yaml")]
    if identifier not in known:
        raise Refused(unknown("waiver", identifier, known))
    waiver = waivers.read(path)
    grounds = _grounds(waiver.platform, waiver.target, waiver.environment)
    signed = waiver.approved(pathlib.Path(key).expanduser(), grounds.as_of)
    found = standing.examine(signed, f"{display(path)}:1", grounds)
    if not found.holds:
        console.fail(f"not approved, {display(path)} is as it was: {'; '.join(found.faults)}")
        return exit_codes.VIOLATION
    files.write(signed, path)
    trust = "signers self-declared, simulated targets only" if found.self_declared else grounds.signers.place
    console.out().print(rich.markup.escape(f"{waiver.id}: approved by {found.approver} ({trust})"), soft_wrap=True)
    return exit_codes.OK


def show(within: int | None, format: str) -> int:
    """Every waiver of the checkout. Exit code 1 where one does not hold any more, or ends within `within` days."""
    if format not in ("table", "json"):
        raise Refused(f"--format {format!r} is unknown: use table, json")
    found = [_standing(path, waiver) for path, waiver in waivers.load(records.folder())]
    shown = sorted(
        (one for one in found if within is None or one.faults or one.days_left <= within),
        key=lambda one: (one.waiver.until, one.waiver.id),
    )
    if format == "json":
        console.out().file.write(json.dumps([_plain(one) for one in shown], indent=2, ensure_ascii=False) + "\n")
    elif shown:
        console.out().print(_table(shown))
    else:
        console.out().print("no waiver" + (f" ends within {within} days" if within is not None else ""))
    alarming = [one for one in shown if one.faults or within is not None]
    return exit_codes.VIOLATION if alarming else exit_codes.OK


def _own(waiver: Waiver, key: str | None, grounds: Grounds) -> Waiver:
    """Signed by its owner, where a key is given: a real target needs it."""
    signed = waiver.requested(pathlib.Path(key).expanduser()) if key else waiver
    if key or not grounds.simulated:
        trouble = approvals.trouble(signed, grounds.signers, Namespace.WAIVER, simulated=grounds.simulated)
        if trouble:
            raise Refused(f"this waiver would not hold: {trouble}. Give the owner's SSH key: --key")
    return signed


def _standing(path: pathlib.Path, waiver: Waiver) -> Standing:
    """As a run would find it; one for a platform or target that is gone says so."""
    location = f"{display(path)}:1"
    try:
        return standing.examine(waiver, location, _grounds(waiver.platform, waiver.target, waiver.environment))
    except signing.SigningError:
        raise
    except RempartError as error:
        return Standing(waiver, location, (f"its platform or target cannot be read: {error}",), None, 0, True, "")


def _grounds(platform: str, target_name: str, environment: str) -> Grounds:
    target = targets.load(target_name, only_read=True)
    plan = planner.plan(loader.load(loader.find(platform)), target, environment)
    return Grounds(
        rules=catalogues.load().rules,
        subjects=Index(plan).subjects,
        signers=signing.trust(),
        as_of=target.as_of or dt.date.today(),
        simulated=target.simulated,
    )


def _breaches(asked: Request, identifier: str) -> tuple[str, ...]:
    """What the last runs found, word for word. A renewal keeps what its predecessor covers."""
    findings = model.merge(report.folders(f"{asked.platform}.{asked.target}.{asked.environment}")).findings
    mine = [one for one in findings if (one.rule, one.subject) == (asked.rule, asked.subject)]
    breaches = [one.message for one in mine if one.state is State.NON_CONFORM and not one.fault]
    if _path(identifier).exists() and any(one.record == identifier for one in mine):
        breaches += waivers.read(_path(identifier)).breaches
    if not breaches:
        raise Refused(_nothing_to_waive(asked, mine))
    return tuple(dict.fromkeys(breaches))


def _nothing_to_waive(asked: Request, found: Sequence[Finding]) -> str:
    states = sorted({str(one.state) for one in found})
    said = f"the last run says {', '.join(states)}" if states else "no run has judged it"
    return (
        f"{asked.rule} refuses nothing on {asked.subject} ({said}): there is nothing to waive. "
        f"`rempart preview {asked.platform} --target {asked.target}` judges again"
    )


def _would_not_hold(asked: Request, faults: Sequence[str], grounds: Grounds) -> str:
    hint = ""
    if asked.rule not in grounds.rules:
        hint = f"{_nearest(asked.rule, grounds.rules)}`rempart report {asked.platform}` lists the rules."
    elif asked.subject not in grounds.subjects:
        hint = f"{_nearest(asked.subject, grounds.subjects)}`rempart plan {asked.platform}` lists the subjects."
    return f"this waiver would not hold: {'; '.join(faults)}. {hint}".strip()


def _nearest(word: str, known: Iterable[str]) -> str:
    close = suggest(word, known)
    return f"Did you mean {close!r}? " if close else ""


def _path(identifier: str) -> pathlib.Path:
    if "/" in identifier or identifier.startswith("."):
        raise Refused("a waiver is named by its id, as `rempart waive list` shows it")
    return waivers.folder(records.folder()) / f"{identifier}.yaml"


def _status(one: Standing) -> str:
    if one.faults:
        return "; ".join(one.faults)
    if not one.holds:
        return "waits for approval"
    return f"approved by {one.approver}" + (" (self-declared)" if one.self_declared else "")


def _plain(one: Standing) -> dict[str, object]:
    waiver = one.waiver
    return {
        **waiver.model_dump(mode="json", exclude={"approval"}),
        "location": one.location,
        "days_left": one.days_left,
        "holds": one.holds,
        "approver": one.approver,
        "self_declared": one.self_declared,
        "faults": list(one.faults),
    }


def _table(found: Sequence[Standing]) -> rich.table.Table:
    table = rich.table.Table("id", "rule", "subject", "until", "days left", "owner", "state")
    table.columns[4].justify = "right"
    for one in found:
        waiver = one.waiver
        late = one.days_left <= WARN_DAYS or bool(one.faults)
        cells = (waiver.id, waiver.rule, waiver.subject, str(waiver.until), str(one.days_left), waiver.owner)
        table.add_row(*map(rich.markup.escape, cells), rich.markup.escape(_status(one)), style="yellow" if late else "")
    return table
