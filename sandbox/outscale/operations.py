"""The operations with real behaviour: a registry of functions, and what such a function is given."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.outscale.settings import Settings
from sandbox.outscale.store import Store


@dataclass(frozen=True)
class Slow:
    """A fault in force for this call: how long what it creates takes to settle, or to appear in reads."""

    polls: int = 0
    ms: int = 0
    hidden_polls: int = 0


@dataclass(frozen=True)
class Call:
    """One call under way, inside its transaction. `request` was checked against the OpenAPI document."""

    operation: str
    request: Mapping[str, Any]
    store: Store
    settings: Settings
    region: str
    account_id: str
    now: datetime
    slow: Slow | None = None


Answer = dict[str, Any]
Handler = Callable[[Call], Answer]
_HANDLERS: dict[str, Handler] = {}


def operation(name: str) -> Callable[[Handler], Handler]:
    """Register the function that carries out an operation of the API."""

    def register(function: Handler) -> Handler:
        if name in _HANDLERS:
            raise ValueError(f"{name} is registered twice")
        _HANDLERS[name] = function
        return function

    return register


def handlers() -> Mapping[str, Handler]:
    """Every registered operation: importing a module of `resources` registers its own."""
    from sandbox.outscale import resources

    for module in pkgutil.iter_modules(resources.__path__, resources.__name__ + "."):
        importlib.import_module(module.name)
    return _HANDLERS
