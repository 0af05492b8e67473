"""What a rule, a requirement and a state say, field by field; `loader` reads and checks the files."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from blueprint.model import Model
from policies.verdicts import Effect, Phase

Level = Literal["mandatory", "advisory"]
Place = Literal["pack", "state", "live", "hcl"]


_CODE = re.compile(r"(`[^`]*`)")
_BEFORE, _AFTER = re.compile(r" (?=[;:?!»%])"), re.compile(r"(?<=«) ")


def typeset(text: str) -> str:
    """French as it is printed: curved apostrophes, no line break before `;:?!»%` or after `«`. Code is left alone."""
    parts = _CODE.split(text)
    parts[::2] = [_AFTER.sub("\u00a0", _BEFORE.sub("\u00a0", part.replace("'", "\u2019"))) for part in parts[::2]]
    return "".join(parts)


class Bilingual(Model):
    """French is the legal reference, English is for reuse. Files hold plain apostrophes and spaces."""

    fr: Annotated[str, AfterValidator(typeset)]
    en: str

    def in_(self, language: str) -> str:
        return self.fr if language == "fr" else self.en


class Unjudged(Model):
    """What every run answers for a rule that no function decides: never a pass."""

    state: Literal["evidence_required", "not_observable"]
    why: Bilingual
    brick: str | None = None
    """Brick without which there is nothing to judge: where the blueprint does not need it, the rule does not apply."""


class RuleText(Model):
    """One rule, as it is read."""

    family: str
    title: Bilingual
    """Says the compliant state."""
    objective: Bilingual
    mechanism: Bilingual
    objective_imposed_by: tuple[str, ...]
    mechanism_imposed_by: tuple[str, ...]
    requirements: tuple[str, ...]
    """Identifiers of disclosed requirements; the first is the one that messages name. Empty where it serves none."""
    references: tuple[str, ...]
    level: Level
    """What an advisory rule finds warns at most."""
    severity: Literal["medium", "high", "critical"]
    waivable: bool
    """Whether its mechanism may be waived, for a time, on one subject. An objective that a text imposes never is."""
    evidence: bool = True
    """Whether a record of evidence answers it where it asks for one: not where it asks for a signature."""
    remedy: Bilingual
    observability: dict[Place, Literal["full", "partial", "none"]]
    """How much of it each place shows (`rules/README.md`)."""
    parameters: dict[str, int | str | tuple[int, ...] | tuple[str, ...]] = Field(default_factory=dict)
    unjudged: Unjudged | None = None


class Feedback(Model):
    """What the CNIL answered on the requirement."""

    objective: Bilingual
    mechanism_imposed: bool


class Source(Model):
    text: str
    version: str
    confidence: Literal["stated", "verified", "inferred"]


class WorkaroundText(Model):
    name: Bilingual
    complexity: Literal["low", "complex", "very_complex"]


class Requirement(Model):
    """One of the 17 disclosed requirements, in our own words."""

    type: Literal["regulatory", "functional", "technical"]
    brick: str
    """Key of one of the report's bricks."""
    title: Bilingual
    text: Bilingual
    applicable: bool
    coverage: Literal["full", "partial", "none"]
    """How much of it the rules judge. What they do not judge needs evidence, however well the rest does."""
    reason: Bilingual | None = None
    """Why it does not apply, where it does not."""
    source: Source
    feedback: Feedback | None = None
    impact: Bilingual | None = None
    workarounds: tuple[WorkaroundText, ...] = ()
    evidence: Bilingual | None = None
    """What no rule can prove, and a person must attach."""


class StateText(Model):
    title: Bilingual
    meaning: Bilingual
    counts: bool
    """Whether it counts as conform in a rate: only `conform` does."""
    simulated: dict[Phase, Effect]
    real: dict[Phase, Effect]


class Pending(Model):
    """What a value that the engine does not know yet does."""

    simulated: dict[Phase, Effect]
    real: dict[Phase, Effect]
