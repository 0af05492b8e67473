"""Targets: where a platform is brought up. One file each in `stacks/targets/`."""

from __future__ import annotations

import dataclasses
import datetime as dt
import pathlib
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from blueprint import validation, workspace, yaml_reader
from blueprint.errors import UnknownName, display, unknown
from blueprint.model import Model, Name, Text


@dataclasses.dataclass(frozen=True, slots=True)
class Target:
    """A provider's offer in one region, and the names of the environment variables that hold its endpoints."""

    name: str
    provider: str
    offer: str
    region: str
    azs: tuple[str, ...]
    endpoints: Mapping[str, str]
    """Service -> name of the environment variable with its URL."""
    simulated: bool
    as_of: dt.date | None
    """The day on which dates are judged, where it is pinned; None for today."""
    file: str
    settings: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """What this provider's adapter must know beside, such as the name that an API gives to the region."""
    fewer_azs: bool = False
    """True where the offer shows fewer availability zones than a platform may want: it is then planned in those."""


class _TargetFile(Model):
    name: Name
    provider: Name
    offer: Text
    region: Text
    azs: Annotated[tuple[Text, ...], Field(min_length=1)]
    endpoints: dict[Name, Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]]
    simulated: bool
    as_of: dt.date | None = None
    settings: dict[Name, Text] = Field(default_factory=dict)
    fewer_azs: bool = False


def folder() -> pathlib.Path:
    return workspace.root() / "stacks" / "targets"


def names() -> list[str]:
    return sorted(path.stem for path in folder().glob("*.yaml"))


def only_reviewed() -> list[str]:
    """Names of targets that no adapter brings anything up on: Terraform for them is judged, and nothing more."""
    return sorted(path.stem for path in _reviewed().glob("*.yaml"))


def _reviewed() -> pathlib.Path:
    return folder().parent / "reviewed"


def load(name: str, *, only_read: bool = False) -> Target:
    """Raises UnknownName for a target that has no file, BlueprintErrors for a file that is wrong.

    `only_read`: whether one will do that has no adapter.
    """
    known, place = names(), folder()
    if name not in known and name in only_reviewed():
        if not only_read:
            raise UnknownName(
                f"target {name!r} has no adapter: `rempart review` judges Terraform for it, and nothing is brought "
                f"up there. Targets with an adapter: {', '.join(known)}."
            )
        place = _reviewed()
    elif name not in known:
        listed = [*known, *only_reviewed()] if only_read else known
        raise UnknownName(unknown("target", name, listed) + f" A target is a file in {display(folder())}/.")
    path = place / f"{name}.yaml"
    data, source_map, _ = yaml_reader.read(path)
    model = validation.validate(_TargetFile, data, source_map)
    if model.name != name:
        raise validation.failure(source_map, ("name",), f"the file is {name}.yaml", f"write `name: {name}`")
    return Target(
        name=model.name,
        provider=model.provider,
        offer=model.offer,
        region=model.region,
        azs=model.azs,
        endpoints=dict(model.endpoints),
        simulated=model.simulated,
        as_of=model.as_of,
        file=display(path),
        settings=dict(model.settings),
        fewer_azs=model.fewer_azs,
    )
