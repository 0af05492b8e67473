"""What the program tells the engine of its own work: nothing that nobody reads.

The SDK sends four debug messages for each resource, whether or not they are shown, and waits for the answer to each: a
fifth of the program's work (ADR 0015). With each resource it sends the whole stack of Python's calls, which the engine
keeps in the state: two fifths of it, and paths of the machine that ran it (ADR 0024).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import Any

from pulumi.runtime import resource, settings
from pulumi.runtime.proto import engine_pb2, source_pb2

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
    """From here on the SDK's debug messages and stacks go nowhere, unless the environment asks for them."""
    engine = settings.get_engine()
    if engine is not None and environ.get(DEBUG_VARIABLE, "").lower() not in ("1", "true"):
        settings.SETTINGS.engine = Quiet(engine)
        _traceless()


@contextlib.contextmanager
def untraced() -> Iterator[None]:
    """No stacks either where no engine listens: looking for them is a sixth of the SDK's work."""
    before = resource._get_stack_trace
    _traceless()
    try:
        yield
    finally:
        resource._get_stack_trace = before


def _traceless() -> None:
    resource._get_stack_trace = source_pb2.StackTrace  # an empty one
