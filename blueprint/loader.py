"""From a platform's file to a typed blueprint, or to the list of everything that is wrong in it."""

from __future__ import annotations

import dataclasses
import os
import pathlib
from typing import Any

from blueprint import consistency, flows, validation, workspace, yaml_reader
from blueprint.errors import BlueprintErrors, UnknownName, display, unknown
from blueprint.model import Blueprint
from blueprint.source_map import Path, SourceMap


@dataclasses.dataclass(frozen=True, slots=True)
class Loaded:
    blueprint: Blueprint
    source_map: SourceMap
    path: pathlib.Path


def load(path: pathlib.Path) -> Loaded:
    """Raises BlueprintErrors. Only the form is judged: a blueprint that breaks a rule of security loads."""
    data, source_map, _ = yaml_reader.read(path)
    return finish(data, source_map, path)


def finish(data: Any, source_map: SourceMap, path: pathlib.Path | None = None) -> Loaded:
    """Plain data as a blueprint whose form is right. Raises BlueprintErrors."""
    blueprint = validation.validate(Blueprint, data, source_map)
    problems = consistency.check(blueprint, source_map)
    if problems:
        raise BlueprintErrors(problems)
    source_map = dataclasses.replace(source_map, aliases=_aliases(blueprint))
    return Loaded(blueprint, source_map, path or pathlib.Path(source_map.file))


def folder() -> pathlib.Path:
    return workspace.root() / "stacks" / "platforms"


def platforms() -> dict[str, pathlib.Path]:
    """Every platform by name: the name is the file's. One of this checkout is never replaced from outside."""
    outside = os.environ.get(workspace.PLATFORMS_VARIABLE)
    more = {path.stem: path for path in sorted(pathlib.Path(outside).glob("*.yaml"))} if outside else {}
    return {**more, **{path.stem: path for path in sorted(folder().rglob("*.yaml"))}}


def find(platform: str) -> pathlib.Path:
    """The file of a platform. Raises UnknownName, with the platforms there are."""
    known = platforms()
    if platform not in known:
        raise UnknownName(unknown("platform", platform, known) + f" A platform is a file in {display(folder())}/.")
    return known[platform]


def resolve(file_or_platform: str) -> pathlib.Path:
    """What a person types: a path, or a platform's name. Raises UnknownName."""
    path = pathlib.Path(file_or_platform)
    if path.exists() or path.suffix or len(path.parts) > 1:
        return path
    return find(file_or_platform)


def _aliases(blueprint: Blueprint) -> dict[str, Path]:
    """Subjects that no line spells: generated flows, and the peerings and gateways that flows need."""
    paths = dict(flows.origins(blueprint))
    aliases = dict(paths)
    for flow in flows.all_flows(blueprint):
        ends = [end.split("/") for end in (flow.source, flow.destination)]
        inside = sorted({end[1] for end in ends if end[0] == "bubbles"})
        if len(inside) == 2:
            # A declared flow explains a peering better than a generated one.
            subject = f"peerings/{inside[0]}--{inside[1]}"
            if subject not in aliases or (not flow.generated and aliases[subject][0] != "flows"):
                aliases[subject] = paths[flow.subject]
        elif ends[0][0] != ends[1][0]:
            for via in ("internet", "nat"):
                aliases.setdefault(f"bubbles/{inside[0]}/gateways/{via}", paths[flow.subject])
    return aliases
