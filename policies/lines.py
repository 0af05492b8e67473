"""A finding as one line of text, and that line read back: the engine gives programs texts and nothing else."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from policies.verdicts import ASKING, UNJUDGED, Finding

if TYPE_CHECKING:
    from policies.catalogue.loader import Catalogue

_LINE = re.compile(r"(?P<rule>\S+ · [^·]+) · (?P<place>\S+) — (?P<subject>\S+): (?P<said>.+)", re.S)


def write(finding: Finding, catalogue: Catalogue) -> str:
    """What the user sees: rule, requirements, place, what is wrong or wants a record, remedy. `read` reads it back."""
    text = catalogue.rules.get(finding.rule)
    requirements = ", ".join(finding.requirements) or "Rempart"
    if finding.rule == UNJUDGED:
        remedy = " Remedy: `rempart report` says why for each; add a dated record (policies/evidence)"
    else:
        remedy = f" Remedy: {text.remedy.en}" if text else ""
    state = f"{finding.state}: " if finding.state in ASKING and not finding.pending else ""
    place = f"{finding.location} — {finding.subject}"
    return f"{finding.rule} · {requirements} · {place}: {state}{finding.message}.{remedy}"


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """What `write` wrote."""

    rule: str
    """With its requirements: `CPT-01 · F-066`."""
    place: str
    subject: str
    said: str

    @property
    def asks(self) -> bool:
        """Whether a record would settle it."""
        return self.said.startswith(tuple(f"{state}: " for state in ASKING))

    @property
    def wanting(self) -> str:
        """What is said without the remedy: `rempart evidence needed` has it, beside what the record is to be about."""
        return self.said.rpartition(" Remedy: ")[0] or self.said


def read(text: str) -> Line | None:
    """None for what `write` did not write."""
    found = _LINE.fullmatch(text)
    return Line(**found.groupdict()) if found else None
