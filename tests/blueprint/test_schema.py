from __future__ import annotations

import json
import pathlib
from typing import Any

import jsonschema
import pytest

from blueprint import loader, schema, yaml_reader

GOLDEN = pathlib.Path(__file__).parent / "golden" / "errors"


@pytest.fixture(scope="module")
def validator() -> Any:
    document = json.loads(schema.PATH.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(document)
    return jsonschema.Draft202012Validator(document)


def plain(path: pathlib.Path) -> Any:
    """As an editor reads it: dates are text."""
    return yaml_reader.read(path)[0]


def test_the_schema_file_is_fresh() -> None:
    """If not: python -m blueprint.schema"""
    assert schema.PATH.read_text(encoding="utf-8") == schema.text()


@pytest.mark.parametrize("path", loader.platforms().values(), ids=lambda path: path.stem)
def test_every_platform_meets_the_schema_that_editors_use(path: pathlib.Path, validator: Any) -> None:
    assert [error.message for error in validator.iter_errors(plain(path))] == []


@pytest.mark.parametrize("case", ["wrong-types", "missing"])
def test_the_schema_refuses_what_the_loader_refuses(case: str, validator: Any) -> None:
    assert list(validator.iter_errors(plain(GOLDEN / f"{case}.yaml")))


def test_fields_are_explained_to_the_person_who_writes(validator: Any) -> None:
    definitions = validator.schema["$defs"]
    assert "generated" in definitions["Service"]["description"]
    assert definitions["Flow"]["properties"]["from"]
    assert "slot" in definitions["Zone"]["properties"]["slot"]["anyOf"][0]["description"]
