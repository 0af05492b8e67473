"""The public texts that rules refer to (`references.yaml`). A rule that names a point which is not there is wrong."""

from __future__ import annotations

import datetime as dt
import functools
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from blueprint import validation, yaml_reader
from blueprint.model import Model
from policies.catalogue import legal, loader
from policies.catalogue.loader import OWN
from policies.catalogue.texts import Bilingual


class PublicText(Model):
    title: Bilingual
    source: str
    read_on: dt.date
    second_hand: bool
    """A transcription or a library was read, not the issuer's file."""
    confidence: Literal["stated", "verified", "inferred"]
    legal: str | None = None
    """Its dates, in `legal.yaml`."""


class Reference(Bilingual):
    """One point of a text, in our own words."""

    text: str
    section_2024: str | None = None
    """For the SNDS: the section of 2024 that took over the number of 2017."""


class References(Model):
    texts: dict[str, PublicText]
    references: dict[str, Reference]


@functools.lru_cache(maxsize=1)
def load() -> References:
    """The references of this checkout, held against its rules."""
    return read(loader.folder())


def read(place: pathlib.Path) -> References:
    """The references of a folder. Raises `BlueprintErrors`, with file and line, for one that leads nowhere."""
    data, source_map, _ = yaml_reader.read(place / "references.yaml")
    found = validation.validate(References, data, source_map)
    dates = legal.read(place / "legal.yaml")
    for key, one in found.references.items():
        if one.text not in found.texts:
            raise validation.failure(source_map, ("references", key, "text"), "no such text", "describe it in `texts`")
    for key, text in found.texts.items():
        if text.legal is not None and text.legal not in dates.texts:
            at = ("texts", key, "legal")
            raise validation.failure(source_map, at, "no such text in legal.yaml", "describe it there, or correct it")
    for path in sorted((place / "rules").glob("*.yaml")):
        _held_against(found.references, path)
    return found


def _held_against(references: Mapping[str, Reference], path: pathlib.Path) -> None:
    data, source_map, _ = yaml_reader.read(path)
    for rule, entry in data["rules"].items():
        for field, name in named(entry):
            if name not in references:
                at = ("rules", rule, field)
                remedy = "describe it in policies/catalogue/references.yaml, or correct it"
                raise validation.failure(source_map, at, f"{name} leads nowhere", remedy)


def named(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(field, reference) of all that a rule refers to; who imposes something may also be the project itself."""
    for field in ("references", "objective_imposed_by", "mechanism_imposed_by"):
        for name in entry.get(field, ()):
            if field == "references" or name not in OWN:
                yield field, name
