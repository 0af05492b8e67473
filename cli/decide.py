"""`rempart decide`: sign that a requirement does not apply, and see who did."""

from __future__ import annotations

import datetime as dt
import json
import pathlib

import rich.markup
import rich.table

from blueprint.errors import RempartError, display, unknown
from cli import console, exit_codes
from policies import records, signing
from policies.records import decisions, files
from policies.records.decisions import FOLDER, Approval, Standing
from policies.signing import Namespace


class Refused(RempartError):
    """The decision cannot be signed so: why, and what to do."""


def sign(identifier: str, key: str) -> int:
    """Signs a decision; exit code 1, and the file as it was, where the signature would not hold."""
    folder = records.folder() / FOLDER
    known = sorted(path.stem for path in folder.glob("*.yaml"))
    if identifier not in known:
        raise Refused(unknown("decision", identifier, known))
    path = folder / f"{identifier}.yaml"
    decision, today = decisions.read(path), dt.date.today()
    signature = signing.sign(decision.signed_content(today), pathlib.Path(key).expanduser(), Namespace.DECISION)
    signed = decision.model_copy(update={"approval": Approval(on=today, signature=signature)})
    found = decisions.examine(signed, f"{display(path)}:1", signing.trust())
    if found.fault is not None:
        console.fail(f"not signed, {display(path)} is as it was: {found.fault}")
        return exit_codes.VIOLATION
    files.write(signed, path)
    trust = "" if found.independent else " (signers self-declared, simulated targets only)"
    console.out().print(rich.markup.escape(f"{identifier}: signed by {found.approver}{trust}"), soft_wrap=True)
    return exit_codes.OK


def show(format: str) -> int:
    """Every decision of the checkout."""
    if format not in ("table", "json"):
        raise Refused(f"--format {format!r} is unknown: use table, json")
    found = decisions.load(records.folder())
    if format == "json":
        console.out().file.write(json.dumps([_plain(one) for one in found], indent=2, ensure_ascii=False) + "\n")
    elif found:
        console.out().print(_table(found))
    else:
        console.out().print("no decision")
    return exit_codes.VIOLATION if any(one.fault for one in found) else exit_codes.OK


def _plain(standing: Standing) -> dict[str, object]:
    decision = standing.decision
    return {
        "id": decision.id,
        "platform": decision.platform,
        "requirements": sorted(decision.requirements),
        "review_by": decision.review_by.isoformat(),
        "signed_by": standing.approver,
        "independent": standing.independent,
        "fault": standing.fault,
    }


def _table(found: tuple[Standing, ...]) -> rich.table.Table:
    table = rich.table.Table(title="Decisions", title_justify="left")
    for name in ("Decision", "Platform", "Requirements", "Review by", "Signed by"):
        table.add_column(name)
    for one in found:
        who = one.fault or one.approver or "nobody yet: self-declared"
        cells = (one.decision.id, one.decision.platform, ", ".join(sorted(one.decision.requirements)))
        table.add_row(*map(rich.markup.escape, (*cells, one.decision.review_by.isoformat(), who)))
    return table
