"""`rempart evidence record`: one document that answers one rule, as a dated record of two persons."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import pathlib

import rich.markup

from blueprint import target as targets
from blueprint import workspace
from blueprint.errors import RempartError, display, unknown
from cli import console, exit_codes, given, report
from cli.evidence import needed
from policies import records
from policies.catalogue import loader as catalogues
from policies.records import checks, evidence, files
from policies.records.evidence import Evidence
from policies.report import model
from policies.verdicts import State


class Refused(RempartError):
    """The record would answer nothing, or would not hold: why, and what to do."""


@dataclasses.dataclass(frozen=True)
class Asked:
    """What a person attests, as the command line gives it."""

    rule: str
    scope: str
    platform: str
    target: str
    environment: str
    document: str
    statement: str
    owner: str
    approver: str
    until: str
    since: str | None = None
    kept_at: str | None = None
    replace: bool = False


def record(asked: Asked) -> int:
    """Writes the record that the next run reads. Raises `Refused` for one that would change nothing."""
    target = targets.load(asked.target, only_read=True)
    today = target.as_of or dt.date.today()
    settled = _settled(asked)
    made = _made(asked, target.simulated, today)
    path = evidence.folder(records.folder()) / f"{made.id}.yaml"
    if path.exists() and not asked.replace:
        raise Refused(f"{display(path)} answers this already; `--replace` writes it anew")
    files.write(made, path)
    out = console.out()
    out.print(rich.markup.escape(f"written: {display(path)}"), soft_wrap=True)
    out.print(rich.markup.escape(f"  settles until {made.valid_until}: {settled}"), soft_wrap=True)
    if not made.valid_from <= today <= made.valid_until:
        out.print(f"  [yellow]not today[/]: it holds from {made.valid_from} to {made.valid_until}, runs judge {today}")
    where = given.deployment(asked.platform, asked.target, asked.environment)
    out.print(f"Commit it with its document; `rempart preview {where}` judges again.", soft_wrap=True, markup=False)
    return exit_codes.OK


def _settled(asked: Asked) -> str:
    """The subjects that the last runs asked it for."""
    name = f"{asked.platform}.{asked.target}.{asked.environment}"
    findings = model.merge(report.folders(name)).findings
    needs = {(one.rule, one.scope): one for one in needed.needed(findings, catalogues.load()) if one.recordable}
    for one in findings:  # a renewal: what it settles is settled
        if one.state is State.EVIDENCE_ACCEPTED_UNTIL:
            key = (one.rule, one.scope or one.subject)
            needs.setdefault(key, needed.Need(*key, (one,), recordable=True))
    found = needs.get((asked.rule, asked.scope))
    if found is None:
        found = next((n for n in needs.values() if n.rule == asked.rule and asked.scope in n.subjects), None)
    if found is not None:
        return asked.scope if asked.scope != found.scope else ", ".join(found.subjects)
    where = given.deployment(asked.platform, asked.target, asked.environment)
    scopes = [scope for rule, scope in needs if rule == asked.rule]
    if scopes:
        raise Refused(unknown(f"scope of {asked.rule}", asked.scope, scopes))
    rules = {rule for rule, _ in needs}
    hint = unknown("rule that asks for a record", asked.rule, rules) if rules else "the last runs ask for no record."
    raise Refused(f"{hint} `rempart evidence needed {where}` lists what is asked for")


def _made(asked: Asked, simulated: bool, today: dt.date) -> Evidence:
    document, digest = _document(asked)
    first, last = _days(asked, today)
    if checks.same_person(asked.owner, asked.approver):
        raise Refused("--approver is the owner: another person has read the document too; name them")
    of_offer = asked.scope.startswith(evidence.OFFERS)
    where = (str(simulated),) if of_offer else (asked.platform, asked.target, asked.environment)
    same = hashlib.sha256("\0".join((asked.rule, asked.scope, *where)).encode()).hexdigest()
    return Evidence(
        id=f"ev-{asked.rule.lower()}-{same[:8]}",
        rule=asked.rule,
        scope=asked.scope,
        platform=None if of_offer else asked.platform,
        target=None if of_offer else asked.target,
        environment=None if of_offer else asked.environment,
        statement=given.text(asked.statement, "--statement"),
        document=document,
        sha256=digest,
        owner=given.text(asked.owner, "--owner"),
        approver=given.text(asked.approver, "--approver"),
        valid_from=first,
        valid_until=last,
        simulated=simulated,
    )


def _document(asked: Asked) -> tuple[str, str]:
    """Where the proof is kept, and its SHA-256."""
    path = pathlib.Path(asked.document).expanduser()
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise Refused(
            f"--document {asked.document} cannot be read ({error.strerror}): give the proof as a file"
        ) from None
    if asked.kept_at:
        if not evidence.is_address(asked.kept_at):
            raise Refused(f"--kept-at {asked.kept_at} is no address: write https://..., or a name such as archive:1234")
        return asked.kept_at, digest
    inside = path.resolve()
    if not inside.is_relative_to(workspace.root()):
        raise Refused(
            f"{asked.document} is outside this checkout: copy it to policies/evidence/documents/, or say where the "
            "others find it with --kept-at ADDRESS; only its digest is then kept here"
        )
    return inside.relative_to(workspace.root()).as_posix(), digest


def _days(asked: Asked, today: dt.date) -> tuple[dt.date, dt.date]:
    first = given.day(asked.since, "--from") if asked.since else today
    last = given.day(asked.until, "--until")
    if not 0 <= (last - first).days <= evidence.DAYS:
        raise Refused(
            f"--until {last} is not within {evidence.DAYS} days after {first}: a document ages; renew it then"
        )
    return first, last
