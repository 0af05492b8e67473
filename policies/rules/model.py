"""What a rule is: an identifier, the facts it judges, and one or two pure functions."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from blueprint.facts import Fact
from policies.context import Context
from policies.verdicts import Verdict

ResourceRule: TypeAlias = Callable[[Any, Context], Verdict]
"""Judges one fact before its resource is created."""
StackRule: TypeAlias = Callable[[Sequence[Fact], Context], Iterable[Verdict]]
"""Judges all facts together, once they are known. It cannot stop a creation: it needs a resource twin."""
RunRule: TypeAlias = Callable[[Context], Verdict | tuple[Verdict, ...]]
"""Judges the run itself, or each record that it leans on, before anything is created."""


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    id: str
    kinds: tuple[type, ...] = ()
    """Facts that `resource` judges."""
    resource: ResourceRule | None = None
    stack: StackRule | None = None
    run: RunRule | None = None
    instead: tuple[str, ...] = ()
    """Bricks and features of which it judges what stands in for them (`rempart compare` names it there)."""
