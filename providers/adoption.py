"""Ids that the next run takes over instead of creating: `rempart adopt` names them, for that one run."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import json
import os
import pathlib
from collections.abc import Mapping
from typing import Any, Protocol

from blueprint import errors
from blueprint import plan as plans

VARIABLE = "REMPART_ADOPT"
"""JSON: subject -> the id by which the engine imports it."""


def identifier(subject: str) -> str | None:
    """The id to import for `subject`; None, in every run but an adoption."""
    text = os.environ.get(VARIABLE, "")
    return _parsed(text).get(subject) if text else None


def spell(wanted: Mapping[str, str]) -> dict[str, str]:
    """The variable, for the environment of the run that adopts."""
    return {VARIABLE: json.dumps(dict(wanted), sort_keys=True)}


@functools.lru_cache(maxsize=4)
def _parsed(text: str) -> dict[str, str]:
    return {str(subject): str(found) for subject, found in json.loads(text).items()}


class Unproven(errors.RempartError):
    """The provider's API does not show that a thing is as the plan says, or shows that it is not."""

    def __init__(self, message: str, refused: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.refused = dict(refused or {})
        """Name -> why, where it is about some of what was wanted."""


@dataclasses.dataclass(frozen=True, slots=True)
class Wanted:
    """One thing to adopt: its type, and the id by which the engine imports it."""

    type: str
    identifier: str


class Reading(Protocol):
    """One look at the account, for all layers of a command: it is listed once, as soon as something needs it."""

    def told(self, wanted: Mapping[str, Wanted]) -> Mapping[str, Mapping[str, Any]]:
        """Name -> the properties that the plugin leaves out, as the API shows them; nothing for what it reads whole.

        Raises `Unproven`, or `observation.Unreachable`.
        """
        ...


class Reader(Protocol):
    """One provider whose plugin does not read back all that it was told: `providers/<p>/unread.py`."""

    def reading(self, account: Any, plan: plans.Plan) -> Reading:
        """`account` is that of `providers.observation`. Asks nothing yet."""
        ...


def load(provider: str) -> Reader | None:
    """The provider's reader; None where its plugin reads back everything."""
    if not (pathlib.Path(__file__).parent / provider / "unread.py").exists():
        return None
    module: Reader = importlib.import_module(f"providers.{provider}.unread")
    return module
