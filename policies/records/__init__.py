"""Records that people write: evidence, continuity decisions, waivers. None makes anything conform.

`policies/evidence/*.yaml`, `policies/continuity/*.yaml` and `policies/waivers/*.yaml`: each says who answers for it,
why, and until when. A record marked `simulated: true` is valid on simulated targets only.
"""

from __future__ import annotations

import datetime as dt
import pathlib

from blueprint.model import Model
from policies.records import continuity, evidence
from policies.records.continuity import Continuity
from policies.records.evidence import Deployment, Evidence

__all__ = ["Continuity", "Deployment", "Evidence", "Records", "folder", "load"]


class Records(Model):
    evidence: tuple[Evidence, ...] = ()
    continuity: tuple[Continuity, ...] = ()

    def evidence_for(
        self, rule: str, scopes: set[str], at: Deployment | None, as_of: dt.date, simulated: bool
    ) -> Evidence | None:
        """The record that holds longest."""
        found = [record for record in self.evidence if record.holds(rule, scopes, at, as_of, simulated)]
        return max(found, key=lambda record: (record.valid_until, record.id), default=None)

    def continuity_for(self, offer: str, as_of: dt.date, simulated: bool) -> Continuity | None:
        found = [record for record in self.continuity if record.holds(offer, as_of, simulated)]
        return max(found, key=lambda record: (record.valid_until, record.id), default=None)


def folder() -> pathlib.Path:
    """Where this checkout keeps its records."""
    return pathlib.Path(__file__).parent.parent


def load(place: pathlib.Path | None = None) -> Records:
    """Every evidence and continuity record of a folder. Raises `BlueprintErrors`, with file and line."""
    where = place or folder()
    return Records(
        evidence=tuple(evidence.read(path) for path in sorted(evidence.folder(where).glob("*.yaml"))),
        continuity=tuple(continuity.read(path) for path in sorted((where / "continuity").glob("*.yaml"))),
    )
