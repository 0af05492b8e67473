"""The Pulumi program of `benchmarks.openstack`: registers what resources.json lists, in that order.

Run by the engine as __main__.py of a project folder; see `same_resources`.
"""

from __future__ import annotations

import json
import pathlib
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_openstack

from blueprint import garbage
from stacks import quiet, waiting


def filled(value: Any, made: Mapping[str, pulumi.CustomResource]) -> Any:
    """An argument with ids in place of `{"id_of": NAME}`."""
    if isinstance(value, dict):
        if set(value) == {"id_of"}:
            return made[value["id_of"]].id
        return {name: filled(inner, made) for name, inner in value.items()}
    return [filled(inner, made) for inner in value] if isinstance(value, list) else value


def register(folder: pathlib.Path) -> None:
    """As the OVHcloud adapter does it: an explicit provider, no second try of a write, rules go with their group."""
    listed = json.loads((folder / "resources.json").read_text(encoding="utf-8"))
    provider = pulumi_openstack.Provider("openstack", **listed["provider"])
    made: dict[str, pulumi.CustomResource] = {}
    for one in listed["resources"]:
        kind = getattr(getattr(pulumi_openstack, one["module"]), one["class"])
        group = one["arguments"].get("security_group_id")
        options = pulumi.ResourceOptions(provider=provider, deleted_with=made[group["id_of"]] if group else None)
        made[one["name"]] = kind(one["name"], opts=options, **filled(one["arguments"], made))


if __name__ == "__main__":
    garbage.seldom()  # as every stack of ours
    quiet.quieten()
    waiting.once_each()
    register(pathlib.Path.cwd())
