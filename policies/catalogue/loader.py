"""The catalogue: everything that a reviewer reads and no code may decide.

`rules/<family>.yaml` (each entry has a function, or says why not), `requirements.yaml` (the 17 disclosed ones),
`bricks.yaml` (by which offers are rated), `states.yaml` (who blocks).

Validated when it is read: a mistake is a `BlueprintErrors` with file, line and what was expected.
"""

from __future__ import annotations

import datetime as dt
import functools
import pathlib
from collections.abc import Iterator, Mapping
from typing import Literal, TypeVar

from blueprint import validation, yaml_reader
from blueprint.model import Model
from blueprint.source_map import SourceMap
from policies.catalogue.texts import Bilingual, Pending, Requirement, RuleText, StateText
from policies.verdicts import Effect, Phase, State

FAMILIES = ("gov", "sov", "net", "bas", "kms", "sto", "iam", "k8s", "log", "cpt", "dat")
"""In the order of reports."""
OWN = frozenset({"EMC2", "Rempart"})
"""Who imposes what no text does: the project, or this toolkit."""
M = TypeVar("M", bound=Model)


class _Rules(Model):
    rules: dict[str, RuleText]


class _Requirements(Model):
    note: Bilingual
    read_on: dt.date
    requirements: dict[str, Requirement]


class _Bricks(Model):
    bricks: dict[str, Bilingual]


class _States(Model):
    states: dict[State, StateText]
    pending: Pending
    exit_codes: dict[Literal["pass", "warn", "block", "incomplete"], int]


class Catalogue(Model):
    rules: dict[str, RuleText]
    requirements: dict[str, Requirement]
    bricks: dict[str, Bilingual]
    states: dict[State, StateText]
    pending: Pending
    exit_codes: dict[str, int]

    def effect(self, state: State, simulated: bool, phase: Phase, *, pending: bool = False) -> Effect:
        """What a finding does to a run. `pending`: the engine does not know the value yet."""
        row = self.pending if pending else self.states[state]
        return (row.simulated if simulated else row.real)[phase]

    @property
    def parameters(self) -> Mapping[str, Mapping[str, object]]:
        return {rule: text.parameters for rule, text in self.rules.items()}

    @property
    def unjudged(self) -> tuple[str, ...]:
        """Rules that no function decides: each run answers for them by name."""
        return tuple(rule for rule, text in self.rules.items() if text.unjudged is not None)


def folder() -> pathlib.Path:
    return pathlib.Path(__file__).parent


@functools.lru_cache(maxsize=1)
def load() -> Catalogue:
    """The catalogue of this checkout."""
    return read(folder())


def read(place: pathlib.Path) -> Catalogue:
    """The catalogue of a folder. Raises `BlueprintErrors`, with file and line, for what is wrong in it."""
    bricks = _read(_Bricks, place / "bricks.yaml")[0].bricks
    disclosed, source_map = _read(_Requirements, place / "requirements.yaml")
    requirements = disclosed.requirements
    if missing := sorted({one.brick for one in requirements.values()} - set(bricks)):
        raise _undescribed(source_map, ("requirements",), missing)
    states, source_map = _read(_States, place / "states.yaml")
    if missing := [str(state) for state in State if state not in states.states]:
        raise _undescribed(source_map, ("states",), missing)
    for path, effects in _effects(states):
        if lacking := [str(phase) for phase in Phase if phase not in effects]:
            raise _undescribed(source_map, path, lacking)
    rules: dict[str, RuleText] = {}
    for family in FAMILIES:
        rules |= _family(place / "rules" / f"{family}.yaml", requirements)
    if stray := sorted({path.stem for path in (place / "rules").glob("*.yaml")} - set(FAMILIES)):
        _, source_map = _read(_Rules, place / "rules" / f"{stray[0]}.yaml")
        raise validation.failure(source_map, (), f"there is no family {stray[0]}", f"use one of {', '.join(FAMILIES)}")
    return Catalogue.model_construct(
        rules=rules,
        requirements=requirements,
        bricks=bricks,
        states=states.states,
        pending=states.pending,
        exit_codes=dict(states.exit_codes),
    )


def _effects(states: _States) -> Iterator[tuple[tuple[str, ...], Mapping[Phase, Effect]]]:
    rows: list[tuple[tuple[str, ...], StateText | Pending]] = [(("pending",), states.pending)]
    rows += [(("states", str(state)), row) for state, row in states.states.items()]
    for path, row in rows:
        yield (*path, "simulated"), row.simulated
        yield (*path, "real"), row.real


def _read(model: type[M], path: pathlib.Path) -> tuple[M, SourceMap]:
    data, source_map, _ = yaml_reader.read(path)
    return validation.validate(model, data, source_map), source_map


def _family(path: pathlib.Path, requirements: Mapping[str, Requirement]) -> dict[str, RuleText]:
    """The rules of one file. Each begins with the file's name, so none can stand in two."""
    if not path.exists():
        return {}
    rules, source_map = _read(_Rules, path)
    for identifier, text in rules.rules.items():
        at = ("rules", identifier)
        if not identifier.startswith(f"{path.stem.upper()}-"):
            raise validation.failure(
                source_map, at, f"{identifier} is not a rule of this family", f"begin it with {path.stem.upper()}-"
            )
        if missing := sorted(set(text.requirements) - set(requirements)):
            raise _undescribed(source_map, (*at, "requirements"), missing)
        if text.waivable and not set(text.mechanism_imposed_by) <= OWN:
            raise validation.failure(
                source_map,
                (*at, "waivable"),
                "a mechanism that a text imposes cannot be waived",
                "write `waivable: false`, or correct `mechanism_imposed_by`",
            )
    return rules.rules


def _undescribed(source_map: SourceMap, path: tuple[str, ...], names: list[str]) -> Exception:
    return validation.failure(
        source_map, path, f"{', '.join(names)} is named but not described", "describe it, or correct it"
    )
