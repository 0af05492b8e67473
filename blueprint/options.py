"""What the engine was told to do with a resource beside its properties: options, which no provider ever sees."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True)
class Options:
    """Options of one resource, as the engine shows them before it creates the resource, or keeps them in a state."""

    protect: bool
    """Whether the engine refuses to delete or replace it."""
    ignored: tuple[str, ...]
    """Paths of the properties whose changes are left out: what stands there then stays, whatever the program says."""
    retained: bool | None = None
    """Whether it stays at the provider once the stack gives it up; None where the engine does not show that."""
    taken_over: tuple[str, ...] = ()
    """URNs of what stood under another name and becomes this resource."""
