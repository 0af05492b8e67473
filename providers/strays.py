"""What an API has under a platform's claim and no state holds: left by writes whose answers never came.

Our own plugins keep a note of each write and settle it themselves. A provider whose plugin keeps none has
`providers/<p>/strays.py`, which finds such things from outside and removes those that hold no data and serve nothing.
"""

from __future__ import annotations

import dataclasses
import enum
import importlib
import pathlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeAlias


@dataclasses.dataclass(frozen=True, slots=True)
class Stray:
    """One thing, by the id that the API gives it. `layer` is the layer whose state should hold it."""

    kind: str
    identifier: str
    subject: str
    layer: str


class Why(enum.StrEnum):
    """Why a stray is left where it is."""

    STATE_LOST = "the layer's state holds nothing: it may be lost"
    DATA = "it may hold data or serve somebody"
    USED = "it is in use"
    CHANGED = "it changed while it was looked at"


@dataclasses.dataclass(frozen=True, slots=True)
class Kept:
    stray: Stray
    why: Why


@dataclasses.dataclass(frozen=True, slots=True)
class Held:
    """What the states say. `ids`: everything that any state of the platform and environment holds, on any target.

    `layers`: those of this target that may be swept, because their state holds something.
    """

    ids: frozenset[str]
    layers: frozenset[str]


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

    def sweep(self, account: Any, claim: tuple[str, str], wanted: frozenset[str], held: Held, told: Told) -> Swept:
        """Removes what strays in the `wanted` layers. `claim` is platform and environment.

        Raises `observation.Unreachable`: what was removed until then was a stray, and the next sweep goes on.
        """
        ...


def load(provider: str) -> Sweeper | None:
    """The provider's sweeper; None where its plugin keeps notes itself."""
    if not (pathlib.Path(__file__).parent / provider / "strays.py").exists():
        return None
    module: Sweeper = importlib.import_module(f"providers.{provider}.strays")
    return module
