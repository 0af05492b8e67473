"""The engine's protocols: the SDK's generated messages and stubs, without the SDK around them.

The engine starts the pack and each plugin and waits for them, and importing `pulumi` takes longer than all that they do
before they listen. The messages need nothing of it, so empty packages stand above them while they are imported. They
are taken away again: whoever imports `pulumi` later gets the real one, with these same messages.
"""

from __future__ import annotations

import contextlib
import importlib.util
import pathlib
import sys
import types
from collections.abc import Iterator

_ABOVE = {"pulumi": "", "pulumi.runtime": "runtime", "pulumi.runtime.proto": "runtime/proto"}


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Nothing of `pulumi` runs inside but what is asked for by its full name."""
    found = importlib.util.find_spec("pulumi")
    if "pulumi" in sys.modules or found is None or not found.submodule_search_locations:
        yield
        return
    root = pathlib.Path(found.submodule_search_locations[0])
    for name, folder in _ABOVE.items():
        empty = types.ModuleType(name)
        empty.__path__ = [str(root / folder)]
        sys.modules[name] = empty
    try:
        yield
    finally:
        for name in _ABOVE:
            del sys.modules[name]
