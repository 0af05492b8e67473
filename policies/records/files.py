"""Records as files, the way a person would have written them."""

from __future__ import annotations

import pathlib

import yaml

from blueprint.model import Model


def write(record: Model, path: pathlib.Path) -> None:
    """One record as YAML, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    content = record.model_dump(mode="json", exclude_none=True)
    draft.write_text(yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110), "utf-8")
    draft.replace(path)


class _Dumper(yaml.SafeDumper):
    """Text of several lines as it reads."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)
