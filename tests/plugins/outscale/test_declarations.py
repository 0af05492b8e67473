"""Every declaration against the OpenAPI document that ships in osc-sdk-python: calls, fields, types, filters, paths."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from plugins.outscale.client import PAGE
from plugins.outscale.lookups import LOOKUPS
from plugins.outscale.plugin import SHAPES
from plugins.outscale.shapes import Attribute, Shape, pascal
from plugins.runtime.declare import ListOf, MapOf, Record

every_shape = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
# Answered by the plugin itself, from what it looks at besides the item.
OBSERVED = {
    "emptyDefaultSecurityGroup",
    "defaultSecurityGroupId",
    "defaultSecurityGroupEmptied",
    "implicitRulesRemoved",
}
# A rule is found by its own values inside a group, where they have another shape.
COMPUTED_BY_PICK = {"SecurityGroupRule"}


@cache
def document() -> dict[str, Any]:
    spec = importlib.util.find_spec("osc_sdk_python")
    assert spec is not None
    assert spec.submodule_search_locations
    path = Path(spec.submodule_search_locations[0]) / "resources" / "outscale.yaml"
    tree: dict[str, Any] = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    return tree


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    found: dict[str, Any] = document()["components"]["schemas"][name] if name else schema
    return found


def properties(name: str) -> dict[str, Any]:
    return {key: resolved(value) for key, value in document()["components"]["schemas"][name]["properties"].items()}


def exists(call: str) -> bool:
    return f"/{call}" in document()["paths"]


def along(schema: dict[str, Any], steps: str) -> dict[str, Any] | None:
    """The schema at the end of a path such as `SecurityGroups[].SecurityGroupId`."""
    for step in steps.split("."):
        name, _, index = step.partition("[")
        if name:
            schema = schema.get("properties", {}).get(name)
            if schema is None:
                return None
            schema = resolved(schema)
        if index:
            schema = resolved(schema["items"])
    return schema


def type_of(field: Any) -> str:
    if isinstance(field.type, ListOf):
        return "array"
    return "object" if isinstance(field.type, MapOf | Record) else str(field.type)


def sent_by_creation(shape: Shape) -> list[Attribute]:
    return [attribute for attribute in shape.attributes if not attribute.unsent]


@every_shape
def test_every_call_exists(shape: Shape) -> None:
    calls = [shape.create, shape.source.call, *(update.call for update in shape.updates)]
    assert all(exists(call) for call in [*calls, *([shape.delete.call] if shape.delete else [])])


@every_shape
def test_what_a_creation_sends_is_known_and_of_the_right_type_and_complete(shape: Shape) -> None:
    known = properties(f"{shape.create}Request")
    for attribute in sent_by_creation(shape):
        assert attribute.request_key() in known, attribute.name
        if attribute.encode is None:
            assert known[attribute.request_key()]["type"] == type_of(attribute), attribute.name
    required = document()["components"]["schemas"][f"{shape.create}Request"].get("required", [])
    given = {attribute.request_key() for attribute in sent_by_creation(shape) if attribute.required}
    assert set(required) <= given
    assert ("ClientToken" in known) is shape.token, "a token is used wherever the API has one"


@every_shape
def test_what_an_update_and_a_deletion_send_is_known_and_complete(shape: Shape) -> None:
    for update in shape.updates:
        known = properties(f"{update.call}Request")
        keys = {shape.attribute(name).request_key() for name in (*update.fields, *update.always)}
        assert keys <= set(known)
        required = set(document()["components"]["schemas"][f"{update.call}Request"].get("required", []))
        assert required <= keys
    if shape.delete:
        listed = shape.delete.listed or {}
        keys = {listed.get(name) or shape.attribute(name).request_key() for name in shape.delete.sends}
        schema = document()["components"]["schemas"][f"{shape.delete.call}Request"]
        assert set(schema.get("required", [])) <= keys <= set(schema["properties"])


@every_shape
def test_a_kind_is_read_by_a_filter_that_exists_and_page_by_page(shape: Shape) -> None:
    request = properties(f"{shape.source.call}Request")
    assert shape.source.filter in request["Filters"]["properties"]
    assert {"NextPageToken", "ResultsPerPage"} <= set(request)
    assert PAGE <= 1000
    answer = document()["components"]["schemas"][f"{shape.source.call}Response"]
    assert along(answer, f"{shape.source.items}[].{shape.source.key}") is not None


@every_shape
def test_what_is_taken_from_answers_is_there(shape: Shape) -> None:
    if shape.name in COMPUTED_BY_PICK:
        return
    item = along(document()["components"]["schemas"][f"{shape.source.call}Response"], f"{shape.source.items}[]")
    assert item is not None
    parts = [item, *(resolved(value["items"]) for value in item["properties"].values() if "items" in value)]
    for attribute in (*shape.attributes, *shape.outputs):
        if attribute.write_only or attribute.name in OBSERVED:
            continue
        where = attribute.take or pascal(attribute.name)
        found = [schema for schema in (along(part, where) for part in parts) if schema is not None]
        assert found, f"{shape.name}.{attribute.name}: {where}"
    if shape.answer:
        created = document()["components"]["schemas"][f"{shape.create}Response"]
        assert along(created, shape.answer.replace("[0]", "[]")) is not None
    if shape.wait:
        assert any(along(part, shape.wait.path) for part in parts)


@every_shape
def test_every_tagged_kind_and_no_other_has_tags(shape: Shape) -> None:
    item = along(document()["components"]["schemas"][f"{shape.source.call}Response"], f"{shape.source.items}[]")
    assert item is not None
    if shape.pick is None and shape.create.startswith("Create"):  # links and acceptations are no objects of their own
        assert ("Tags" in item["properties"]) is shape.tagged
    else:
        assert not shape.tagged


@every_shape
def test_every_kind_says_how_a_lost_creation_is_recognised(shape: Shape) -> None:
    """Nothing tells apart two Nets, public IPs, internet services, tables, cards: they are created one at a time."""
    alike = {"Net", "PublicIp", "InternetService", "RouteTable", "Nic"}
    assert (shape.unique or shape.token) is (shape.name not in alike)


@pytest.mark.parametrize("lookup", LOOKUPS, ids=lambda lookup: lookup.name)
def test_every_filter_and_field_of_a_lookup_exists(lookup: Any) -> None:
    call = pascal(lookup.name).replace("Get", "Read", 1)
    filters = properties(f"{call}Request")["Filters"]["properties"]
    assert {pascal(field.name) for field in lookup.inputs} <= set(filters)
    [output] = lookup.outputs
    schema = document()["components"]["schemas"]
    items = {"quotas": "QuotaTypes[].Quotas[]"}.get(output.name, f"{pascal(output.name)}[]")
    item = along(schema[f"{call}Response"], items)
    assert item is not None
    for field in output.type.item.fields:
        assert item["properties"][pascal(field.name)]["type"] == field.type
