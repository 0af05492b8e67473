"""From what the OpenAPI document finds wrong in a request to the error Outscale answers."""

from __future__ import annotations

import json
from typing import Any

from jsonschema.exceptions import ValidationError

from sandbox.outscale.document import Document
from sandbox.outscale.errors import ApiError

_NAMES = {
    "additionalProperties": "unknown-parameter",
    "required": "missing-parameter",
    "type": "invalid-parameter-type",
    "maxLength": "invalid-parameter-value-length",
}
_ORDER = {"unknown-parameter": 0, "missing-parameter": 1}


def parse_body(body: bytes, content_type: str) -> dict[str, Any]:
    """The request's JSON object; an empty body is an empty object."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise ApiError("malformed-body", "Content-Type must be application/json")
    try:
        tree = json.loads(body or b"{}")
    except ValueError as error:
        raise ApiError("malformed-body", "the body is not JSON") from error
    if not isinstance(tree, dict):
        raise ApiError("malformed-body", "the body must be a JSON object")
    return tree


def validate(document: Document, operation: str, request: dict[str, Any]) -> None:
    """Refuse a request that the document does not allow. DryRun is refused too: rights are not simulated."""
    errors = document.request_errors(operation, request)
    if errors:
        found = sorted(((_name(e), e) for e in errors), key=lambda pair: _ORDER.get(pair[0], 2))
        name, first = found[0]
        raise ApiError(name, _details(first))
    if request.get("DryRun"):
        raise ApiError("not-simulated", "DryRun is not simulated: there are no rights to check")


def _name(error: ValidationError) -> str:
    return _NAMES.get(str(error.validator), "invalid-parameter-value")


def _details(error: ValidationError) -> str:
    """Where and which rule, without the value: it may be a secret."""
    where = ".".join(str(part) for part in error.absolute_path) or "the request"
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        schema: Any = error.schema
        unknown = sorted(set(error.instance) - set(schema.get("properties", {})))
        return f"{where}: unknown parameter {', '.join(unknown)}"
    if error.validator == "required" and isinstance(error.instance, dict):
        required: Any = error.validator_value
        missing = [name for name in required if name not in error.instance]
        return f"{where}: missing parameter {', '.join(missing)}"
    return f"{where}: {error.validator} must be {error.validator_value}"
