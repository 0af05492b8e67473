"""`pulumi policy analyze`: a state, given as a run is, inputs one by one, then what came back.

The engine names no stack then; each URN does. What is found is what `rempart audit` finds in that state, in the same
file. Nothing attests such a run, so a program that an engine starts without naming its stack still registers nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

from blueprint import stack as stacks
from blueprint.facts import Fact
from policies import outside
from policies.judge import Judge
from policies.session import Session
from policies.verdicts import AUDIT, Finding


class Analyzed(Session):
    """Judges as the pack does, by the rules that a state shows something of."""

    def __init__(self, stack: str) -> None:
        super().__init__(stack, preview=False)
        self._facts: list[Fact] = []

    @functools.cached_property
    def judge(self) -> Judge:
        """Raises `Unjudgeable`, with what is wrong and where."""
        self._placed = outside.placed(super().judge, AUDIT)
        return outside.shown(self._placed, AUDIT)

    def resource(self, fact: Fact) -> list[Finding]:
        """Findings on one resource's inputs; they are kept with those on the whole."""
        with self._lock:
            self._facts.append(fact)
            return self.judge.resource(fact)

    def whole(self, facts: Sequence[Fact]) -> list[Finding]:
        """Every finding, those on each resource again, and why rules that a state does not show have none."""
        with self._lock:
            _ = self.judge  # prepared once, with every rule in `_placed`
            stamps = {"source": f"the state of {self.stack}", "resources": len(self._facts), "sealed": 0}
            name = stacks.parse(self.stack)
            found = outside.record(self._placed, self._stamps, name, AUDIT, self._facts, stamps, settled=facts)
            return list(found)
