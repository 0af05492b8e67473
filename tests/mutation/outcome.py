"""What became of each mutant, and the score."""

from __future__ import annotations

import dataclasses
import fnmatch
import pathlib
from collections.abc import Sequence

from blueprint import validation, yaml_reader
from blueprint.model import Model

SURVIVORS = pathlib.Path(__file__).with_name("survivors.yaml")


@dataclasses.dataclass(frozen=True)
class Mutant:
    """One breach. `of`: a provider's kind, a part of the plan, or `file:function` of a rule."""

    of: str
    part: str
    """The property, the field, or the expression as it was."""
    what: str
    """What was done to it."""
    killed: bool
    place: str
    """A resource of that kind, or file:line."""

    def __str__(self) -> str:
        return f"{self.of}  {self.part}  {self.what}"


class Accepted(Model):
    """Mutants that nothing notices, and why that is right. `*` stands for anything."""

    of: str
    part: str
    what: str = "*"
    equivalent: bool = False
    """True where the change changes nothing that a rule could judge: it then stays out of the score."""
    why: str

    def covers(self, mutant: Mutant) -> bool:
        pairs = ((self.of, mutant.of), (self.part, mutant.part), (self.what, mutant.what))
        return all(fnmatch.fnmatchcase(got, given.replace("[", "[[]")) for given, got in pairs)


class _Survivors(Model):
    survivors: tuple[Accepted, ...]


def accepted() -> tuple[Accepted, ...]:
    """Raises `BlueprintErrors`, with file and line, for an entry without a reason."""
    data, source_map, _ = yaml_reader.read(SURVIVORS)
    return validation.validate(_Survivors, data, source_map).survivors


def score(mutants: Sequence[Mutant], reasons: Sequence[Accepted]) -> float:
    """Percent of mutants that were noticed. Equivalent ones stay out; other accepted survivors count against it."""
    counted = [
        one for one in mutants if one.killed or not any(known.equivalent and known.covers(one) for known in reasons)
    ]
    return 100 * sum(one.killed for one in counted) / len(counted) if counted else 100.0


def idle(mutants: Sequence[Mutant], reasons: Sequence[Accepted]) -> list[str]:
    """Reasons for mutants that something notices, or that there are no more: after all parts, each is one to drop."""
    left = [one for one in mutants if not one.killed]
    return [
        f"idle        {one.of}  {one.part}  {one.what}"
        for one in reasons
        if not any(one.covers(mutant) for mutant in left)
    ]


def report(mutants: Sequence[Mutant], reasons: Sequence[Accepted]) -> tuple[list[str], list[Mutant]]:
    """Lines to print, and the survivors that nobody accepted."""
    lines, strange = [], []
    for mutant in mutants:
        if mutant.killed:
            continue
        reason = next((one for one in reasons if one.covers(mutant)), None)
        if reason is None:
            strange.append(mutant)
            lines.append(f"survived    {mutant}  ({mutant.place})")
        else:
            word = "equivalent" if reason.equivalent else "accepted"
            lines.append(f"{word:<11} {mutant}  ({mutant.place}): {reason.why}")
    return lines, strange
