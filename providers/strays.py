"""What an API has under a platform's claim and no state holds: left by writes whose answers never came.

Our own plugins keep a note of each write and settle it themselves. A provider whose plugin keeps none has
`providers/<p>/strays.py`, which finds such things from outside and removes those that hold no data and serve nothing.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import importlib
import pathlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeAlias

from blueprint import plan as plans
from blueprint import stack as stacks


class Which(enum.StrEnum):
    """What makes a thing one to take away."""

    UNHELD = "no state holds it"
    NEVER_RAN = "it never ran"
    """A machine that the provider took and never started. A state may hold it: then it is refreshed afterwards."""
    CUT = "its creation was cut, nobody has done anything with it, and nobody can read back what it was born with"


@dataclasses.dataclass(frozen=True, slots=True)
class Stray:
    """One thing, by the id that the API gives it. `layer` is the layer whose state should hold it."""

    kind: str
    identifier: str
    subject: str
    layer: str
    which: Which = Which.UNHELD

    @property
    def named(self) -> str:
        """As a person is told of it: its kind without the package's name, its id, what it serves."""
        return f"{self.kind.rsplit(':', 1)[-1]} {self.identifier} ({self.subject})"


class Why(enum.StrEnum):
    """Why a stray is left where it is."""

    STATE_LOST = "the layer's state holds nothing: it may be lost"
    DATA = "it may hold data or serve somebody"
    TWIN = "another one says the same of itself, so that nobody can tell which is meant"
    USED = "it is in use"
    CHANGED = "it changed while it was looked at"
    UNMARKED = "it may be the system's disk of a machine that never ran: the provider keeps no mark on it"
    NAMED = "the provider keeps no mark on such a thing, so that only its name says whose it is"


@dataclasses.dataclass(frozen=True, slots=True)
class Kept:
    """`remedy`: the provider's own command for it, where none of ours will do. `more`: why not even taken over."""

    stray: Stray
    why: Why
    remedy: str = ""
    more: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Claim:
    """Whose strays are looked for: one platform and environment on one target."""

    plan: plans.Plan
    target: str

    @property
    def owner(self) -> tuple[str, str]:
        return self.plan.platform, self.plan.environment

    def stack(self, layer: str) -> str:
        """The name of the stack whose mark a layer's things bear."""
        return str(stacks.StackName(self.plan.platform, self.target, self.plan.environment, layer))


@dataclasses.dataclass(frozen=True, slots=True)
class Held:
    """What the states say. `ids`: everything that any state of the platform and environment holds, on any target.

    `layers`: those of this target whose state holds something. `begun`: those whose state holds nothing but who the
    engine spoke to, and since when: a run began there, and no answer ever came to it.
    """

    ids: frozenset[str]
    layers: frozenset[str]
    begun: Mapping[str, dt.datetime] = dataclasses.field(default_factory=dict)
    typed: frozenset[tuple[str, str]] = frozenset()
    """The same ids with their types: a router's interface has that of its port."""
    creating: Mapping[tuple[str, str], dt.datetime] = dataclasses.field(default_factory=dict)
    """(type, name) of what runs were making as they were cut -> since when its run ran; where the states say both."""


@dataclasses.dataclass(frozen=True, slots=True)
class Swept:
    removed: tuple[Stray, ...]
    kept: tuple[Kept, ...]


Told: TypeAlias = Callable[[Stray], None]
"""Called before each removal."""


class Sweeper(Protocol):
    """One provider, whose plugin keeps no notes."""

    def account(self, env: Mapping[str, str], region: str) -> Any:
        """The deployer's credentials, never the reader's. Raises `observation.Unreachable`."""
        ...

    def sweep(self, account: Any, claim: Claim, wanted: frozenset[str], held: Held, told: Told) -> Swept:
        """Removes what strays in the `wanted` layers, and machines that never ran.

        Raises `observation.Unreachable`: what was removed until then was a stray, and the next sweep goes on.
        """
        ...


def load(provider: str) -> Sweeper | None:
    """The provider's sweeper; None where its plugin keeps notes itself."""
    if not (pathlib.Path(__file__).parent / provider / "strays.py").exists():
        return None
    module: Sweeper = importlib.import_module(f"providers.{provider}.strays")
    return module
