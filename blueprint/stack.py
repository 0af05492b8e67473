"""Stack names: `<platform>.<target>.<environment>.<layer>[.<bubble>]`."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

from blueprint.errors import UnknownName, unknown
from blueprint.model import NAME_PATTERN

LAYERS = ("network", "storage", "compute", "bastion")
"""In the order in which they are brought up."""
STANDS_ON = {"compute": ("network",), "bastion": ("network",)}
"""Layer -> the layers whose outputs it takes."""
REFERENCE = "pulumi:pulumi:StackReference"
"""Type of what the engine reads another stack by."""
PROVISIONAL = "REMPART_PROVISIONAL_LAYERS"
"""Environment variable: layers that do not exist yet, comma-separated. A preview may stand on planned placeholders."""


def provisional(layer: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The layers that `layer` stands on and that do not exist yet, as the environment says."""
    named = environment.get(PROVISIONAL, "").split(",")
    return tuple(below for below in STANDS_ON.get(layer, ()) if below in named)


@dataclasses.dataclass(frozen=True, slots=True)
class StackName:
    platform: str
    target: str
    environment: str
    layer: str
    bubble: str | None = None

    def __str__(self) -> str:
        parts = [self.platform, self.target, self.environment, self.layer]
        return ".".join([*parts, self.bubble] if self.bubble else parts)

    def sibling(self, layer: str) -> StackName:
        """The stack of another layer of the same platform, target and environment."""
        check_layer(layer)
        return StackName(self.platform, self.target, self.environment, layer)


def check_layer(layer: str) -> None:
    """Raises UnknownName for a layer that does not exist."""
    if layer not in LAYERS:
        raise UnknownName(unknown("layer", layer, LAYERS))


def parse(name: str) -> StackName:
    """Raises UnknownName, with what a name looks like, for one of another form or an unknown layer."""
    parts = name.split(".")
    if len(parts) not in (4, 5) or not all(re.match(NAME_PATTERN, part) for part in parts):
        raise UnknownName(
            f"{name!r} is not a stack name: <platform>.<target>.<environment>.<layer> was expected, "
            "such as emc2.outscale-sandbox.dev.network (lower case, digits, single hyphens)."
        )
    check_layer(parts[3])
    return StackName(*parts)


def check_whole(name: StackName) -> None:
    """Raises UnknownName for a stack of one bubble: no layer is made bubble by bubble, it would be made twice."""
    if name.bubble is not None:
        whole = dataclasses.replace(name, bubble=None)
        raise UnknownName(f"each layer is one stack: use {whole}, without `.{name.bubble}`.")


def of_urn(urn: str) -> str:
    """The stack's name in `urn:pulumi:<stack>::<project>::<type>::<name>`, as it stands there."""
    return urn.removeprefix("urn:pulumi:").partition("::")[0]
