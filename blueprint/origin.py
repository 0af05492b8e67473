"""Which resource a fact speaks of: what every fact has, whatever its kind."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from blueprint.options import Options
from blueprint.values import Value

UNBOUND = "*"
"""Where a resource belongs to no network because its provider binds that kind to none."""
OUTSIDE = "internet"
"""What a reference names where it points at the provider's own network to the Internet."""


@dataclasses.dataclass(frozen=True, slots=True)
class Origin:
    """Which resource a fact speaks of, and whom it serves."""

    urn: str
    type: str
    name: str
    subject: str | None
    """The blueprint path that the adapter wrote into the resource; None where it wrote none."""
    references: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Input property -> subject of the resource it should point at, as the adapter wrote it."""
    tags: Value[Mapping[str, str]] = dataclasses.field(default_factory=dict)
    taggable: bool = False
    provider: str = ""
    targets: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Input property -> type of the resource it points at: every id that the resource gives, whatever it declares."""
    dependencies: Mapping[str, tuple[str, ...]] | None = None
    """Input property -> URNs that the engine saw it come from. None before the whole stack is known."""
    options: Options | None = None
    """None where no engine says them: a provider's API, Terraform."""
    unread: tuple[str, ...] = ()
    """Arguments that were given and that no rule can read, whatever they open."""
    earlier: str = ""
    """URN of another resource of the same run that is of this type and says the same subject; "" where none does."""
    service: str = ""
    """The feature of the offer that it is of, in words of capability files, where its kind alone does not say it."""

    @property
    def path(self) -> str:
        """The subject, or "": none of the plan's."""
        return self.subject or ""
