"""Evidence: what a person attests where nothing can be observed, with the document that proves it."""

from __future__ import annotations

import datetime as dt
import hashlib
import pathlib
from typing import Annotated

from pydantic import StringConstraints

from blueprint import validation, workspace, yaml_reader
from blueprint.model import Model
from blueprint.source_map import SourceMap
from policies.records import checks

DAYS = 366
"""The longest time for which a document is taken to stay true."""
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Evidence(Model):
    """What a person attests, for one rule and one exact scope, between two days (both included)."""

    id: str
    rule: str
    scope: str
    """A subject (`bubbles/warehouse/...`), or what the rule calls its scope (`offers/<offer>`). No wildcard."""
    statement: str
    document: str
    """Where the proof itself can be read: a path from the project's folder, or an address of another system."""
    sha256: Digest
    """Of the document. Checked on every run where the file is there."""
    owner: str
    approver: str
    valid_from: dt.date
    valid_until: dt.date
    simulated: bool

    def holds(self, rule: str, scopes: set[str], as_of: dt.date, simulated: bool) -> bool:
        return (
            self.rule == rule
            and self.scope in scopes
            and self.valid_from <= as_of <= self.valid_until
            and self.simulated <= simulated
        )


def read(path: pathlib.Path) -> Evidence:
    """One record. Raises `BlueprintErrors`, with file and line, for one that does not bind."""
    data, source_map, _ = yaml_reader.read(path)
    record = validation.validate(Evidence, data, source_map)
    if checks.same_person(record.owner, record.approver):
        raise validation.failure(source_map, ("approver",), "the owner approves alone", "name another person")
    if "*" in record.scope:
        raise validation.failure(source_map, ("scope",), "a scope has no wildcard", "write one record per subject")
    checks.span(record.valid_from, record.valid_until, DAYS, source_map)
    _document(record, source_map)
    return record


def _document(record: Evidence, source_map: SourceMap) -> None:
    document = workspace.root() / record.document
    if not document.is_file():
        return
    digest = hashlib.sha256(document.read_bytes()).hexdigest()
    if digest != record.sha256:
        raise validation.failure(
            source_map,
            ("sha256",),
            f"the document was changed after it was accepted: its SHA-256 is {digest}",
            "have the owner and the approver read it again, then write the new digest",
        )
