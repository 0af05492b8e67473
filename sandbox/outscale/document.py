"""The OpenAPI document of the Outscale API: which operations exist and what each takes and answers.

The document ships in `osc-sdk-python`. It is read as a file: importing that package costs seconds of YAML
and is not needed. Parsed and turned into JSON Schema once, then cached as JSON under the document's digest.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import importlib.util
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

# A change in how schemas are converted must not meet a cache written by an older conversion.
CACHE_FORMAT = 1
_DROPPED = frozenset({"description", "example", "examples", "deprecated"})
_FORMATS = FormatChecker(formats=[])


@_FORMATS.checks("date-time")
def _is_date_time(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return "T" in value


@_FORMATS.checks("byte")
def _is_base64(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


@dataclass(frozen=True)
class Document:
    """`operations` maps an operation to its (request, response) schema names; `schemas` is JSON Schema 2020-12."""

    version: str
    digest: str
    operations: dict[str, tuple[str, str]]
    schemas: dict[str, Any]
    _validators: dict[str, Draft202012Validator] = field(default_factory=dict, repr=False, compare=False)

    def request_errors(self, operation: str, body: object) -> list[ValidationError]:
        """What is wrong with a request, in document order; empty when it conforms."""
        return self._errors(self.operations[operation][0], body)

    def response_errors(self, operation: str, body: object) -> list[ValidationError]:
        """What is wrong with an answer of status 200."""
        return self._errors(self.operations[operation][1], body)

    def error_response_errors(self, body: object) -> list[ValidationError]:
        """What is wrong with an error answer."""
        return self._errors("ErrorResponse", body)

    def properties(self, schema: str) -> dict[str, Any]:
        """The properties of a named schema (references left as they are)."""
        found: dict[str, Any] = self.schemas[schema].get("properties", {})
        return found

    def _errors(self, schema: str, body: object) -> list[ValidationError]:
        validator = self._validators.get(schema)
        if validator is None:
            wanted = {"$ref": f"#/$defs/{schema}", "$defs": self.schemas}
            validator = Draft202012Validator(wanted, format_checker=_FORMATS)
            self._validators[schema] = validator
        return list(_leaves(validator.iter_errors(body)))


def source_path() -> Path:
    """Where the installed SDK keeps the document."""
    spec = importlib.util.find_spec("osc_sdk_python")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("osc-sdk-python is not installed: run `uv sync`")
    return Path(spec.submodule_search_locations[0]) / "resources" / "outscale.yaml"


def load(cache_dir: Path) -> Document:
    """Read the document, from the cache in `cache_dir` when that was made from the same bytes."""
    raw = source_path().read_bytes()
    digest = hashlib.sha256(raw).hexdigest()
    cache = cache_dir / f"openapi-{CACHE_FORMAT}-{digest[:16]}.json"
    if cache.exists():
        return _from_json(cache.read_text(encoding="utf-8"))
    document = _parse(raw, digest)
    cache_dir.mkdir(parents=True, exist_ok=True)
    partial = cache.with_suffix(".partial")
    partial.write_text(_to_json(document), encoding="utf-8")
    partial.replace(cache)
    return document


def _parse(raw: bytes, digest: str) -> Document:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    tree = yaml.load(raw, Loader=loader)
    operations = {}
    for path, item in tree["paths"].items():
        post = item["post"]
        operations[path.lstrip("/")] = (
            _reference(post["requestBody"]["content"]["application/json"]["schema"]),
            _reference(post["responses"]["200"]["content"]["application/json"]["schema"]),
        )
    schemas = {name: _convert(schema) for name, schema in tree["components"]["schemas"].items()}
    return Document(str(tree["info"]["version"]), digest, operations, schemas)


def _reference(schema: dict[str, str]) -> str:
    return schema["$ref"].rsplit("/", 1)[-1]


def _convert(node: Any, *, properties: bool = False) -> Any:
    """OpenAPI 3.0 to JSON Schema: `nullable` becomes a type, references move to `$defs`, prose goes.

    `properties` is true for a mapping of property names, where "description" is a field and not prose.
    """
    if isinstance(node, list):
        return [_convert(item) for item in node]
    if not isinstance(node, dict):
        return node
    if properties:
        return {name: _convert(schema) for name, schema in node.items()}
    if "$ref" in node:
        return {"$ref": f"#/$defs/{_reference(node)}"}
    out = {
        key: _convert(value, properties=key == "properties")
        for key, value in node.items()
        if key not in _DROPPED and key != "nullable"
    }
    if node.get("nullable") and "type" in out:
        out["type"] = [out["type"], "null"]
    return out


def _leaves(errors: Iterator[ValidationError]) -> Iterator[ValidationError]:
    for error in errors:
        if error.context:
            yield from _leaves(iter(error.context))
        else:
            yield error


def _to_json(document: Document) -> str:
    return json.dumps(
        {
            "version": document.version,
            "digest": document.digest,
            "operations": document.operations,
            "schemas": document.schemas,
        },
        separators=(",", ":"),
    )


def _from_json(text: str) -> Document:
    tree = json.loads(text)
    operations = {name: (pair[0], pair[1]) for name, pair in tree["operations"].items()}
    return Document(tree["version"], tree["digest"], operations, tree["schemas"])
