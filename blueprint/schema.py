"""The JSON Schema of a platform file, for editors. `python -m blueprint.schema` writes it, a test keeps it fresh."""

from __future__ import annotations

import json
import pathlib

from blueprint.model import Blueprint

PATH = pathlib.Path(__file__).resolve().parent / "schema" / "blueprint.schema.json"


def text() -> str:
    """The schema as it must stand in the file."""
    schema = Blueprint.model_json_schema()
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Rempart blueprint"}
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def write() -> None:
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    write()
