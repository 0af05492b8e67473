"""Decisions that a disclosed requirement does not apply to a platform: who took them, why, until when, and who signed.

`policies/decisions/*.yaml`. A decision never stands alone: a live guard (GOV-08) looks at what the blueprint declares.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import pathlib
from typing import Annotated

from pydantic import Field

from blueprint import validation, yaml_reader
from blueprint.errors import display
from blueprint.model import Model, Text
from policies import signing
from policies.catalogue.texts import Bilingual
from policies.signing import BadSignature, Namespace, Signers

DAYS = 366
"""A decision is looked at again after a year at most."""
FOLDER = "decisions"


class Approval(Model):
    on: dt.date
    signature: Text
    """By `ssh-keygen -Y sign`, namespace `rempart-decision`, over `signed_content`."""


class Decision(Model):
    """Requirements that do not apply to one platform, each with the reason."""

    id: Text
    platform: Text
    requirements: Annotated[dict[str, Bilingual], Field(min_length=1)]
    source: Text
    """Where the decision comes from."""
    decided_by: Text
    decided_on: dt.date
    review_by: dt.date
    """The last day, included, before it must be looked at again."""
    approval: Approval | None = None

    def signed_content(self, on: dt.date) -> bytes:
        """The canonical bytes that an approval given on that day covers."""
        content = {**self.model_dump(mode="json", exclude={"approval"}), "approved_on": on.isoformat()}
        return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@dataclasses.dataclass(frozen=True, slots=True)
class Standing:
    """One decision as this run finds it."""

    decision: Decision
    location: str
    approver: str | None
    """Name of the person whose signature holds; None while it is unsigned."""
    independent: bool
    """Whether the signers are kept where the authors of the platform do not write."""
    fault: str | None
    """Why its signature does not hold."""


def read(path: pathlib.Path) -> Decision:
    """One decision. Raises `BlueprintErrors`, with file and line, for what is wrong in it."""
    data, source_map, _ = yaml_reader.read(path)
    decision = validation.validate(Decision, data, source_map)
    if decision.id != path.stem:
        raise validation.failure(source_map, ("id",), f"the file is {path.name}", f"write `id: {path.stem}`")
    if not 0 <= (decision.review_by - decision.decided_on).days <= DAYS:
        raise validation.failure(
            source_map, ("review_by",), f"at most {DAYS} days are allowed, the first day first", "bring the end nearer"
        )
    return decision


def load(records: pathlib.Path) -> tuple[Standing, ...]:
    """Every decision of a folder of records. The trust root is read only where one of them is signed."""
    found = [(path, read(path)) for path in sorted((records / FOLDER).glob("*.yaml"))]
    return tuple(_examine(one, f"{display(path)}:1") for path, one in found)


def of_platform(records: pathlib.Path, platform: str) -> tuple[Standing, ...]:
    """The decisions about one platform."""
    return tuple(one for one in load(records) if one.decision.platform == platform)


def _examine(decision: Decision, location: str) -> Standing:
    if decision.approval is None:
        return Standing(decision, location, None, independent=False, fault=None)
    return examine(decision, location, signing.trust())


def examine(decision: Decision, location: str, signers: Signers) -> Standing:
    """A signed decision against the allowed signers."""
    approval = decision.approval
    if approval is None:
        return Standing(decision, location, None, signers.independent, None)
    try:
        content = decision.signed_content(approval.on)
        signed = signing.verify(content, approval.signature, signers, Namespace.DECISION)
    except BadSignature as error:
        return Standing(decision, location, None, signers.independent, str(error))
    return Standing(decision, location, signed.names[0], signers.independent, None)
