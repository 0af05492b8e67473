"""Evidence: what a person attests where nothing can be observed, with the document that proves it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import pathlib
from typing import Annotated

from pydantic import StringConstraints

from blueprint import validation, workspace, yaml_reader
from blueprint.model import Model, Text
from blueprint.source_map import SourceMap
from policies.records import checks

DAYS = 366
"""The longest time for which a document is taken to stay true."""
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
OFFERS = "offers/"
"""How a scope begins that is about an offer: what it says is so for every platform on it."""
_BOUND = ("platform", "target", "environment")


@dataclasses.dataclass(frozen=True, slots=True)
class Deployment:
    """One platform, on one target, in one environment."""

    platform: str
    target: str
    environment: str


class Evidence(Model):
    """What a person attests, for one rule and one exact scope, between two days (both included)."""

    id: str
    rule: str
    scope: str
    """A subject (`bubbles/warehouse/...`), or what the rule calls its scope (`offers/<offer>`). No wildcard."""
    platform: Text | None = None
    """Where it was seen, with the next two: two platforms may have a bubble of one name. None about an offer."""
    target: Text | None = None
    environment: Text | None = None
    statement: str
    document: str
    """Where the proof itself can be read: a path from the project's folder, or an address of another system."""
    sha256: Digest
    """Of the document. Checked on every run where the document is a file of the project."""
    owner: str
    approver: str
    valid_from: dt.date
    valid_until: dt.date
    simulated: bool

    @property
    def of_offer(self) -> bool:
        return self.scope.startswith(OFFERS)

    @property
    def seen_on(self) -> Deployment | None:
        if self.platform is None or self.target is None or self.environment is None:
            return None
        return Deployment(self.platform, self.target, self.environment)

    def holds(self, rule: str, scopes: set[str], at: Deployment | None, as_of: dt.date, simulated: bool) -> bool:
        return (
            self.rule == rule
            and self.scope in scopes
            and (self.of_offer or (at is not None and self.seen_on == at))
            and self.valid_from <= as_of <= self.valid_until
            and self.simulated <= simulated
        )


def folder(place: pathlib.Path) -> pathlib.Path:
    return place / "evidence"


def read(path: pathlib.Path) -> Evidence:
    """One record. Raises `BlueprintErrors`, with file and line, for one that does not bind."""
    data, source_map, _ = yaml_reader.read(path)
    record = validation.validate(Evidence, data, source_map)
    if checks.same_person(record.owner, record.approver):
        raise validation.failure(source_map, ("approver",), "the owner approves alone", "name another person")
    if "*" in record.scope:
        raise validation.failure(source_map, ("scope",), "a scope has no wildcard", "write one record per subject")
    _bound(record, source_map)
    checks.span(record.valid_from, record.valid_until, DAYS, source_map)
    _document(record, source_map)
    return record


def is_address(document: str) -> bool:
    """Whether a document is kept by another system: `https://...`, `archive:1234`. Anything else is a file of ours."""
    return ":" in document


def _bound(record: Evidence, source_map: SourceMap) -> None:
    """What was seen on one platform says nothing of another; what an offer has, it has for all of them."""
    for field in _BOUND:
        given = getattr(record, field) is not None
        if given and record.of_offer:
            what, then = f"{record.scope} is about the offer, whichever platform is on it", f"take `{field}` out"
        elif not given and not record.of_offer:
            what, then = f"where {record.scope} was seen is missing", f"write `{field}: ...`"
        else:
            continue
        raise validation.failure(source_map, (field,) if given else ("scope",), what, then)


def _document(record: Evidence, source_map: SourceMap) -> None:
    if is_address(record.document):
        return
    document = (workspace.root() / record.document).resolve()
    if not (document.is_file() and document.is_relative_to(workspace.root().resolve())):
        raise validation.failure(
            source_map,
            ("document",),
            "no such file in this project: nobody can read what was accepted",
            "put the document back, or write the address under which it is kept, such as https://...",
        )
    digest = hashlib.sha256(document.read_bytes()).hexdigest()
    if digest != record.sha256:
        raise validation.failure(
            source_map,
            ("sha256",),
            f"the document was changed after it was accepted: its SHA-256 is {digest}",
            "have the owner and the approver read it again, then write the new digest",
        )
