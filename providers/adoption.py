"""Ids that the next run takes over instead of creating: `rempart adopt` names them, for that one run."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Mapping

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
