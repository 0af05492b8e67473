"""From a provider's name to its adapters."""

from __future__ import annotations

import importlib
import pathlib
from typing import Any

from blueprint import errors
from providers import contracts


class UnknownProvider(errors.RempartError):
    """No folder of that name under `providers/`."""


def known() -> tuple[str, ...]:
    """The providers that can be named in a target: folders that hold a `session.py`."""
    return tuple(sorted(path.parent.name for path in pathlib.Path(__file__).parent.glob("*/session.py")))


def load(name: str) -> contracts.Adapters:
    """The adapters of `name`; raises `UnknownProvider` with the names that exist."""
    if name not in known():
        raise UnknownProvider(f"unknown provider {name!r}; known: {', '.join(known())}")

    def module(brick: str) -> Any:
        return importlib.import_module(f"providers.{name}.{brick}")

    return contracts.Adapters(
        session=module("session"),
        network=module("network"),
        compute=module("compute"),
        storage=module("storage"),
        bastion=module("bastion"),
    )
