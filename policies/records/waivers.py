"""Waivers: one breach, by one rule, of one exact subject, let through for a time by two persons.

The file holds what was found, word for word: another breach by the same rule on the same subject is not covered. The
approver signs everything but the signature itself.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import pathlib
from typing import Annotated

from pydantic import Field

from blueprint import validation, yaml_reader
from blueprint.errors import RempartError
from blueprint.model import Text
from policies.records import approvals
from policies.records.approvals import Approvable
from policies.signing import Namespace, Signed, Signers

DAYS = 180
"""The longest time for which a breach may be let through."""
FOLDER_VARIABLE = "REMPART_WAIVERS"
"""An absolute path, for waivers that people other than the platform's authors keep."""


class Waiver(Approvable):
    """A dated, signed exception for one exact subject and one rule."""

    id: Text
    platform: Text
    target: Text
    environment: Text
    rule: Text
    subject: Text
    breaches: Annotated[tuple[Text, ...], Field(min_length=1)]
    """What the rule found, word for word."""
    reason: Text
    control: Text
    """What meets the objective meanwhile: the compensating control."""
    requested_on: dt.date
    until: dt.date
    """The last day, included."""

    def signed_content(self) -> bytes:
        """What an approval covers, with its day where it has one."""
        return approvals.content(self, self.approval.on if self.approval else self.requested_on)

    def requested(self, key: pathlib.Path) -> Waiver:
        """The same, signed by its owner."""
        return approvals.requested(self, key, Namespace.WAIVER)

    def approved(self, key: pathlib.Path, on: dt.date) -> Waiver:
        """The same, signed."""
        return approvals.approved(self, key, on, Namespace.WAIVER)

    def approver(self, signers: Signers) -> Signed | None:
        """Who approved; None for nobody yet. Raises `BadSignature`."""
        return approvals.approver(self, signers, Namespace.WAIVER)


def identifier(platform: str, target: str, environment: str, rule: str, subject: str) -> str:
    """`cpt-02-1f0c9a2b`: the same for the same breach, so that two waivers of it cannot stand side by side."""
    digest = hashlib.sha256("\0".join((platform, target, environment, rule, subject)).encode()).hexdigest()
    return f"{rule.lower()}-{digest[:8]}"


def read(path: pathlib.Path) -> Waiver:
    """One waiver as it is written, whether or not it holds. Raises `BlueprintErrors` where it cannot be read."""
    data, source_map, _ = yaml_reader.read(path)
    waiver = validation.validate(Waiver, data, source_map)
    if waiver.id != path.stem:
        raise validation.failure(source_map, ("id",), f"the file is {path.name}", f"write `id: {path.stem}`")
    return waiver


def folder(records: pathlib.Path) -> pathlib.Path:
    """`$REMPART_WAIVERS`, else `waivers/` among the records. Raises `RempartError` for a folder that is not there."""
    given = os.environ.get(FOLDER_VARIABLE)
    if not given:
        return records / "waivers"
    place = pathlib.Path(given)
    if not place.is_absolute() or not place.is_dir():
        raise RempartError(f"{FOLDER_VARIABLE} is not the absolute path of a folder: waivers are read from there")
    return place


def load(records: pathlib.Path) -> tuple[tuple[pathlib.Path, Waiver], ...]:
    """Every waiver of a folder of records, with its file."""
    return tuple((path, read(path)) for path in sorted(folder(records).glob("*.yaml")))
