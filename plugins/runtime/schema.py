"""The Pulumi schema of a plugin, made from its declaration."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from plugins.runtime.declare import Field, Kind, ListOf, Lookup, MapOf, Plugin, Record, Type


def schema(plugin: Plugin[Any]) -> dict[str, Any]:
    """The package schema: https://www.pulumi.com/docs/iac/extending-pulumi/schema/."""
    return {
        "name": plugin.name,
        "version": plugin.version,
        "description": plugin.description,
        "license": "Apache-2.0",
        "language": {"python": _python(plugin)},
        "config": {"variables": _properties(plugin, plugin.configuration)},
        "provider": {
            "description": f"Configuration of {plugin.name}. Credentials are better left to the environment.",
            "inputProperties": _properties(plugin, plugin.configuration),
        },
        "types": _types(plugin),
        "resources": {plugin.token(kind.name): _resource(plugin, kind) for kind in plugin.kinds},
        "functions": {plugin.token(lookup.name): _function(plugin, lookup) for lookup in plugin.lookups},
    }


def _python(plugin: Plugin[Any]) -> dict[str, Any]:
    return {
        "packageName": plugin.python_package or f"pulumi_{plugin.name}",
        "inputTypes": "classes",
        "pyproject": {"enabled": True},
        "respectSchemaVersion": True,
        "requires": {"pulumi": ">=3.259.0,<4.0.0"},
    }


def _resource(plugin: Plugin[Any], kind: Kind[Any]) -> dict[str, Any]:
    everything = {field.name: field for field in (*kind.fields, *kind.outputs)}
    always = [field.name for field in kind.outputs] + [
        field.name for field in kind.fields if field.required or field.default is not None
    ]
    return {
        "description": kind.description,
        "inputProperties": {field.name: {**_property(plugin, field), **_replaces(field)} for field in kind.fields},
        "requiredInputs": sorted(field.name for field in kind.fields if field.required),
        "properties": _properties(plugin, everything.values()),
        "required": sorted(set(always)),
    }


def _replaces(field: Field) -> dict[str, Any]:
    return {"willReplaceOnChanges": True} if field.immutable else {}


def _function(plugin: Plugin[Any], lookup: Lookup[Any]) -> dict[str, Any]:
    return {
        "description": lookup.description,
        "inputs": {
            "type": "object",
            "properties": _properties(plugin, lookup.inputs),
            "required": sorted(field.name for field in lookup.inputs if field.required),
        },
        "outputs": {
            "type": "object",
            "properties": _properties(plugin, lookup.outputs),
            "required": sorted(field.name for field in lookup.outputs),
        },
    }


def _properties(plugin: Plugin[Any], fields: Iterable[Field]) -> dict[str, Any]:
    return {field.name: _property(plugin, field) for field in fields}


def _property(plugin: Plugin[Any], field: Field) -> dict[str, Any]:
    entry = _type(plugin, field.type)
    if field.description:
        entry["description"] = field.description
    if field.secret:
        entry["secret"] = True
    return entry


def _type(plugin: Plugin[Any], type_: Type) -> dict[str, Any]:
    if isinstance(type_, ListOf):
        return {"type": "array", "items": _type(plugin, type_.item)}
    if isinstance(type_, MapOf):
        return {"type": "object", "additionalProperties": _type(plugin, type_.item)}
    if isinstance(type_, Record):
        return {"$ref": f"#/types/{plugin.token(type_.name)}"}
    return {"$ref": "pulumi.json#/Any"} if type_ == "any" else {"type": type_}


def _types(plugin: Plugin[Any]) -> dict[str, Any]:
    fields: list[Field] = list(plugin.configuration)
    for kind in plugin.kinds:
        fields += [*kind.fields, *kind.outputs]
    for lookup in plugin.lookups:
        fields += [*lookup.inputs, *lookup.outputs]
    found: dict[str, Any] = {}
    for record in _records(fields):
        found[plugin.token(record.name)] = {
            "type": "object",
            "properties": _properties(plugin, record.fields),
            "required": sorted(field.name for field in record.fields if field.required),
        }
    return found


def _records(fields: Iterable[Field]) -> Iterable[Record]:
    for field in fields:
        type_ = field.type
        while isinstance(type_, ListOf | MapOf):
            type_ = type_.item
        if isinstance(type_, Record):
            yield type_
            yield from _records(type_.fields)
