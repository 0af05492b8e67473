"""Turns what pydantic says about plain data into problems with a line, an expectation and a remedy."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from blueprint.errors import BlueprintErrors, Problem, suggest
from blueprint.model import NAME_PATTERN
from blueprint.source_map import Path, SourceMap

M = TypeVar("M", bound=BaseModel)

SECRET_FIELDS = frozenset({"user_data"})
"""Fields whose value is never echoed."""


def validate(model: type[M], data: Any, source_map: SourceMap) -> M:
    """`data` as a `model`. Raises BlueprintErrors with every problem at once."""
    try:
        # Through JSON: its strict mode takes text for dates and lists for tuples, and refuses "5" for 5.
        return model.model_validate_json(json.dumps(data, allow_nan=True))
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise BlueprintErrors([_problem(model, detail, source_map) for detail in _causes(details)]) from None


def _causes(details: list[ErrorDetails]) -> list[ErrorDetails]:
    """Without what only follows: a list whose items are wrong is counted as empty too."""
    wrong = {detail["loc"][:-1] for detail in details}
    return [detail for detail in details if detail["type"] != "too_short" or detail["loc"] not in wrong]


def failure(source_map: SourceMap, path: Path, message: str, remedy: str) -> BlueprintErrors:
    return BlueprintErrors([problem(source_map, path, message, remedy)])


def problem(source_map: SourceMap, path: Path, message: str, remedy: str) -> Problem:
    """A problem at `path`, pointing at its value where it has one of its own on that line."""
    return Problem(source_map.at(path), ".".join(str(p) for p in path), message, remedy)


def _problem(model: type[BaseModel], detail: ErrorDetails, source_map: SourceMap) -> Problem:
    path = tuple(part for part in detail["loc"] if part != "[key]")
    kind = detail["type"]
    context: Mapping[str, Any] = detail.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_field(model, path, source_map)
    if kind == "missing":
        return problem(source_map, path, "this field is missing", f"add `{path[-1]}: ...` to this block")
    if "[key]" in detail["loc"]:
        return problem(source_map, path, f"{A_NAME} was expected", "rename it, for instance research-1")
    message, remedy = _EXPLAIN.get(kind, (detail["msg"], "see the schema: blueprint/schema/blueprint.schema.json"))
    if kind == "value_error":
        message, remedy = str(context["error"]), "correct this value"
    if kind == "string_pattern_mismatch" and context.get("pattern") == NAME_PATTERN:
        message, remedy = f"{A_NAME} was expected", "rename it, for instance research-1"
    if kind in ("enum", "literal_error") and isinstance(detail["input"], str):
        close = suggest(detail["input"], re.findall(r"'([^']*)'", str(context["expected"])))
        remedy = f"did you mean {close!r}?" if close else remedy
    found = "" if SECRET_FIELDS.intersection(map(str, path)) else _found(detail["input"])
    return problem(source_map, path, message.format(**context) + found, remedy.format(**context))


A_NAME = "a name of at most 32 lower-case letters, digits and single hyphens, a letter first,"

_EXPLAIN: dict[str, tuple[str, str]] = {
    "string_type": ("text was expected", "write text, in quotes if it looks like a number, a date or yes/no"),
    "string_too_short": ("text was expected", "write something, or remove the field"),
    "string_too_long": ("at most {max_length} characters were expected", "shorten it"),
    "string_pattern_mismatch": ("text of the form {pattern} was expected", "correct this value"),
    "int_type": ("a whole number was expected", "write a number without quotes"),
    "int_from_float": ("a whole number was expected", "round it"),
    "bool_type": ("true or false was expected", "write true or false, without quotes"),
    "dict_type": ("a block of `name: value` lines was expected", "indent its fields under it"),
    "model_type": ("a block of `name: value` lines was expected", "indent its fields under it"),
    "tuple_type": ("a list was expected", "write it as [one, two], or one `- item` per line"),
    "too_short": ("at least {min_length} entry was expected", "add one"),
    "greater_than_equal": ("a number of at least {ge} was expected", "write a larger number"),
    "less_than_equal": ("a number of at most {le} was expected", "write a smaller number"),
    "literal_error": ("one of {expected} was expected", "write one of them"),
    "enum": ("one of {expected} was expected", "write one of them"),
    "date_from_datetime_parsing": ("a day was expected", "write it as 2027-05-31"),
    "date_parsing": ("a day was expected", "write it as 2027-05-31"),
    "date_type": ("a day was expected", "write it as 2027-05-31, without quotes or with"),
}


def _found(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", a block was found"
    if isinstance(value, list):
        return ", a list was found"
    shown = json.dumps(value, ensure_ascii=False)
    return f", {shown} was found" if len(shown) <= 60 else ""


def _unknown_field(model: type[BaseModel], path: Path, source_map: SourceMap) -> Problem:
    known = fields_at(model, path[:-1])
    close = suggest(str(path[-1]), known)
    message = f"there is no field {path[-1]!r} here"
    if close:
        return problem(source_map, path, message, f"did you mean {close!r}?")
    return problem(source_map, path, message, f"remove it; this block knows: {', '.join(known)}")


def fields_at(model: type[BaseModel], path: Path) -> list[str]:
    """Names of the fields of the block at `path`, as the file writes them."""
    current: Any = model
    for part in path:
        if isinstance(current, type) and issubclass(current, BaseModel):
            by_name = {field.alias or name: field.annotation for name, field in current.model_fields.items()}
            current = _block_of(by_name.get(str(part)))
        else:
            current = _item_of(current)
    if isinstance(current, type) and issubclass(current, BaseModel):
        return [field.alias or name for name, field in current.model_fields.items()]
    return []


def _block_of(annotation: Any) -> Any:
    """`X` of `X | None` and `Annotated[X, ...]`."""
    for candidate in getattr(annotation, "__args__", ()) if _is_union(annotation) else ():
        if candidate is not type(None):
            return candidate
    return annotation


def _is_union(annotation: Any) -> bool:
    return type(None) in getattr(annotation, "__args__", ())


def _item_of(annotation: Any) -> Any:
    """The value type of a mapping, the item type of a tuple."""
    arguments = getattr(annotation, "__args__", ())
    if not arguments:
        return None
    return arguments[1] if annotation.__origin__ is dict else arguments[0]
