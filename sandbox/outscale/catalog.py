"""What the Region offers (`data/catalog.yaml`): images and VM types."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

TABLE = Path(__file__).parent / "data" / "catalog.yaml"
_TINA = re.compile(r"tinav[1-9]\.c([1-9]\d*)r([1-9]\d*)(?:p([123]))?")
_PERFORMANCE = {"1": "highest", "2": "high", "3": "medium"}


@dataclass(frozen=True)
class VmType:
    """`memory` in GiB; `performance` is None when the name carries no performance flag."""

    name: str
    cores: int
    memory: float
    performance: str | None


@cache
def tree() -> dict[str, Any]:
    """The table as written."""
    content: dict[str, Any] = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    return content


def image(image_id: str) -> dict[str, Any] | None:
    """The line of an image."""
    return next((line for line in tree()["images"] if line["id"] == image_id), None)


def vm_type(name: str) -> VmType | None:
    """A VM type that is listed, or any well-formed TINA type."""
    found = _TINA.fullmatch(name)
    if found:
        performance = _PERFORMANCE.get(found[3]) if found[3] else None
        return VmType(name, int(found[1]), int(found[2]), performance)
    listed = tree()["vm_types"].get(name)
    return VmType(name, listed[0], listed[1], None) if listed else None
