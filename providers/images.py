"""The images that an offer's machines may start from: `providers/<provider>/images.yaml`, read."""

from __future__ import annotations

import datetime as dt
import functools
import pathlib
from collections.abc import Mapping

from pydantic import Field

from blueprint import validation, yaml_reader
from blueprint.model import Model


class Image(Model):
    """One image, under the blueprint's word for it."""

    name: str
    """Exact name in the region."""
    created: dt.date | None = None
    """None where its list does not say."""
    ids: dict[str, str] = Field(default_factory=dict)
    """Region -> the id that the region's list gives it."""
    source: str
    read_on: dt.date


class _Images(Model):
    images: dict[str, Image]


def path(provider: str) -> pathlib.Path:
    return pathlib.Path(__file__).parent / provider / "images.yaml"


@functools.lru_cache(maxsize=8)
def load(provider: str) -> Mapping[str, Image]:
    """The blueprint's word -> image; empty for a provider that lists none.

    Raises `BlueprintErrors`, with file and line, for a file that is wrong.
    """
    if not path(provider).exists():
        return {}
    data, source_map, _ = yaml_reader.read(path(provider))
    return validation.validate(_Images, data, source_map).images


def name(provider: str, word: str) -> str:
    """The exact name that images.yaml gives for the blueprint's word; a word that is not there is one itself."""
    listed = load(provider)
    return listed[word].name if word in listed else word
