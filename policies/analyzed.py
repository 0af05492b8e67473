"""`pulumi policy analyze`: a state, given as a run is, inputs one by one, then what came back.

The engine names no stack then; each URN does. What is found is what `rempart audit` finds in that state, in the same
file. Nothing attests such a run, so a program that an engine starts without naming its stack still registers nothing.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence

from blueprint import stack as stacks
from blueprint.facts import Fact
from policies import outside
from policies.judge import Judge
from policies.session import Session
from policies.verdicts import Finding

OPERATION = "audit"


class Analyzed(Session):
    """Judges as the pack does, by the rules that a state shows something of."""

    def __init__(self, stack: str) -> None:
        super().__init__(stack, preview=False)
        self._facts: list[Fact] = []

    @functools.cached_property
    def judge(self) -> Judge:
        """Raises `Unjudgeable`, with what is wrong and where."""
        made = super().judge
        shown = outside.shown(made, OPERATION)
        return dataclasses.replace(shown, context=dataclasses.replace(made.context, place=outside.PHASES[OPERATION]))

    def resource(self, fact: Fact) -> list[Finding]:
        """Findings on one resource's inputs; they are kept with those on the whole."""
        with self._lock:
            self._facts.append(fact)
            return self.judge.resource(fact)

    def whole(self, facts: Sequence[Fact]) -> list[Finding]:
        """Every finding, those on each resource again; leaves the record."""
        with self._lock:
            stamps = {"source": f"the state of {self.stack}", "resources": len(self._facts), "sealed": 0}
            name = stacks.parse(self.stack)
            return list(outside.judge(name, OPERATION, self._facts, stamps, settled=facts))
