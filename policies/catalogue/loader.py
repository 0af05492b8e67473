"""The catalogue: everything that a reviewer reads and no code may decide.

`rules.yaml` (one to one with the functions), `requirements.yaml` (the 17 disclosed ones), `states.yaml` (who blocks).

Validated when it is read: a mistake is a `BlueprintErrors` with file, line and what was expected.
"""

from __future__ import annotations

import datetime as dt
import functools
import pathlib
from collections.abc import Mapping
from typing import Literal, TypeVar

from pydantic import Field

from blueprint import validation, yaml_reader
from blueprint.model import Model
from policies.verdicts import Effect, State

Level = Literal["mandatory", "advisory"]
Place = Literal["pack", "state", "live", "hcl"]
M = TypeVar("M", bound=Model)


class Bilingual(Model):
    """French is the legal reference, English is for reuse."""

    fr: str
    en: str

    def in_(self, language: str) -> str:
        return self.fr if language == "fr" else self.en


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
    """Identifiers of disclosed requirements; the first is the one that messages name."""
    references: tuple[str, ...]
    level: Level
    severity: Literal["medium", "high", "critical"]
    remedy: Bilingual
    observability: dict[Place, Literal["full", "partial", "none", "planned"]]
    parameters: dict[str, int | str | tuple[int, ...] | tuple[str, ...]] = Field(default_factory=dict)


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
    brick: Bilingual
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
    simulated: Effect
    real: Effect


class _Rules(Model):
    rules: dict[str, RuleText]


class _Requirements(Model):
    note: Bilingual
    read_on: dt.date
    requirements: dict[str, Requirement]


class _States(Model):
    states: dict[State, StateText]
    exit_codes: dict[Literal["pass", "warn", "block", "incomplete"], int]


class Catalogue(Model):
    rules: dict[str, RuleText]
    requirements: dict[str, Requirement]
    states: dict[State, StateText]
    exit_codes: dict[str, int]

    def effect(self, state: State, simulated: bool) -> Effect:
        row = self.states[state]
        return row.simulated if simulated else row.real

    @property
    def parameters(self) -> Mapping[str, Mapping[str, object]]:
        return {rule: text.parameters for rule, text in self.rules.items()}


def folder() -> pathlib.Path:
    return pathlib.Path(__file__).parent


@functools.lru_cache(maxsize=1)
def load() -> Catalogue:
    """The catalogue of this checkout."""
    return read(folder())


def read(place: pathlib.Path) -> Catalogue:
    """The catalogue of a folder. Raises `BlueprintErrors`, with file and line, for what is wrong in it."""
    rules = _read(_Rules, place / "rules.yaml").rules
    requirements = _read(_Requirements, place / "requirements.yaml").requirements
    states = _read(_States, place / "states.yaml")
    catalogue = Catalogue.model_construct(
        rules=rules, requirements=requirements, states=states.states, exit_codes=dict(states.exit_codes)
    )
    _cross_check(place, catalogue)
    return catalogue


def _read(model: type[M], path: pathlib.Path) -> M:
    data, source_map, _ = yaml_reader.read(path)
    return validation.validate(model, data, source_map)


def _cross_check(place: pathlib.Path, catalogue: Catalogue) -> None:
    """Names that one file uses and another declares."""
    for name, path, missing in (
        (
            "states",
            place / "states.yaml",
            [str(state) for state in State if state not in catalogue.states],
        ),
        (
            "rules",
            place / "rules.yaml",
            sorted(
                {one for rule in catalogue.rules.values() for one in rule.requirements} - set(catalogue.requirements)
            ),
        ),
    ):
        if missing:
            _, source_map, _ = yaml_reader.read(path)
            raise validation.failure(
                source_map, (name,), f"{', '.join(missing)} is named but not described", "describe it, or correct it"
            )
