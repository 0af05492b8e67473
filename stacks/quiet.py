"""What the program tells the engine of its own work: all but the SDK's debug messages, which nobody reads.

The SDK sends four for each resource, whether or not they are shown, and waits for the answer to each: a fifth of the
program's work (ADR 0015).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from pulumi.runtime import settings
from pulumi.runtime.proto import engine_pb2

DEBUG_VARIABLE = "PULUMI_OPTION_DEBUG"
"""The engine's own way to say `--debug` in the environment: it and the program both see it."""


class Quiet:
    """The engine's client, without debug messages."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def Log(self, request: Any) -> Any:
        return None if request.severity == engine_pb2.DEBUG else self._engine.Log(request)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


def quieten(environ: Mapping[str, str] = os.environ) -> None:
    """From here on the SDK's debug messages go nowhere, unless the environment asks for them."""
    engine = settings.get_engine()
    if engine is not None and environ.get(DEBUG_VARIABLE, "").lower() not in ("1", "true"):
        settings.SETTINGS.engine = Quiet(engine)
