"""`terraform show -json` or `tofu show -json`, of a plan or of a state, and the raw state file of version 4."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from blueprint.values import UNKNOWN
from providers.terraform import calls, sources
from providers.terraform.blocks import BadTerraform, Block, Reading, leaves

_INDEX = re.compile(r"\[[^\]]*\]")
_RESOURCE = re.compile(r"(?P<address>[a-z][a-z0-9]*_[A-Za-z0-9_]+\.[\w-]+(\[[^\]]*\])?)")
MAX_BYTES = 256 << 20
_DEPTH = 10
"""How many modules a reference may cross."""


def read(path: pathlib.Path) -> Reading:
    """Raises `BadTerraform` for what is none of the three."""
    try:
        with path.open("rb") as opened:
            text = opened.read(MAX_BYTES + 1)
        if len(text) > MAX_BYTES:
            raise BadTerraform(
                f"{path} is larger than {MAX_BYTES >> 20} MiB: give the plan or state of one part at a time"
            )
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise BadTerraform(
            f"{path} is not JSON: give a folder, or what `terraform show -json PLAN` (or `tofu show -json`) prints"
        ) from None
    name = path.name
    try:
        if "resource_changes" in document or "planned_values" in document:
            left = _left_out(document)
            blocks = (*_planned(document, name), *(_unplanned(one, name) for one in left))
            return Reading(name, "plan", blocks, tuple(f"{name}: {why}" for why in left.values()))
        if "values" in document:
            return Reading(name, "state", tuple(_by_id(list(_module(document["values"]["root_module"], name)))))
        if document.get("version") == 4 and "resources" in document:
            return Reading(name, "state", tuple(_by_id(list(_raw(document, name)))))
    except (KeyError, TypeError, AttributeError):
        raise BadTerraform(f"{path} is not as Terraform writes it: make it again with `terraform show -json`") from None
    raise BadTerraform(f"{path} is neither a plan nor a state of Terraform: `terraform show -json PLAN` prints one")


def _left_out(document: Mapping[str, Any]) -> dict[str, str]:
    """What a plan says that is not in it -> why, in words. Formats before 1.2 say nothing of it."""
    found: dict[str, str] = {}
    for one in document.get("deferred_changes", ()):
        address = str(one["resource_change"]["address"])
        found[address] = f"{address} is put off ({one.get('reason', 'no reason given')}): nothing of it is judged"
    if document.get("errored") is True:
        found["plan"] = "the plan failed, and holds what was planned before: make it again"
    elif document.get("complete") is False and not found:
        found["plan"] = "the plan is of a part only (`-target`): make it of the whole"
    return found


def _unplanned(address: str, name: str) -> Block:
    """Something that no rule knows stands for what a plan leaves out: it never passes."""
    return Block(f"{address} (not planned)", "unread_plan", {}, {}, frozenset(), f"{name}#{address}", {})


def _planned(document: Mapping[str, Any], name: str) -> Iterator[Block]:
    configuration = document.get("configuration", {})
    written = dict(_configured(configuration.get("root_module", {}), ""))
    resolver = _Resolver(configuration.get("root_module", {}))
    addresses = [one["address"] for one in document.get("resource_changes", ())]
    variables = {key: one.get("value") for key, one in document.get("variables", {}).items()}
    for one in document.get("resource_changes", ()):
        change = one["change"]
        if one.get("mode") != "managed" or change.get("after") is None:
            continue
        address = one["address"]
        module, expressions, provider, runs = written.get(_INDEX.sub("", address), ("", {}, "", {}))
        values = _with_unknown(change["after"], change.get("after_unknown") or {}, expressions)
        references: dict[str, str] = {}
        unresolved: set[str] = set()
        for path, wanted in _references(expressions):
            found = [resolver.address([each], module, _DEPTH) for each in wanted]
            named = [_instance(each, address, addresses) for each in found if each is not None]
            targets = list(dict.fromkeys(each for each in named if each is not None))
            if path.endswith("_ids"):  # one expression stands for the whole list
                references |= {f"{path}[{n}]": each for n, each in enumerate(targets)}
            elif targets:
                references[path] = targets[0]
            if not targets and _value(values, path) is UNKNOWN:
                unresolved.add(path)
        given = _provider(configuration.get("provider_config", {}).get(provider, {}), variables)
        source = sources.told(one.get("provider_name"))
        place, said = f"{name}#{address}", _said(values, expressions, change)
        plain = {key: each["constant_value"] for key, each in expressions.items() if _is_constant(each)}
        hidden = frozenset(unresolved)
        made = Block(address, one["type"], values, references, hidden, place, given, source, said, plain)
        yield made
        yield from calls.programs(made, runs)


def _said(values: Mapping[str, Any], expressions: Mapping[str, Any], change: Mapping[str, Any]) -> frozenset[str]:
    """What its author gives: what is written there, and blocks that are made by `dynamic`, which is not.

    In a change of what exists, blocks may be what the provider told before.
    """
    made = {key for key, item in values.items() if isinstance(item, list) and item and isinstance(item[0], Mapping)}
    return frozenset({*expressions, *(made if change.get("actions") == ["create"] else ())} - {"timeouts"})


def _with_unknown(after: Any, unknown: Any, expressions: Mapping[str, Any]) -> dict[str, Any]:
    """The values after `apply`; an argument that nobody wrote and only the provider knows is left to its default."""
    made = _marked(after, unknown)
    missing = {key for key, value in unknown.items() if value is True and key not in expressions}
    found = {key: value for key, value in made.items() if value is not None and not (expressions and key in missing)}
    return {key: _blocks(value, expressions.get(key)) for key, value in found.items()}


def _blocks(value: Any, expressions: Any) -> Any:
    """The same inside blocks, which may stand in another order than they are written: what none of them says goes."""
    written = [one for one in expressions if isinstance(one, Mapping)] if isinstance(expressions, list) else []
    if not written or not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        return value
    said = [set(one) for one in written]
    constants = [{key: each["constant_value"] for key, each in one.items() if _is_constant(each)} for one in written]
    if len(written) != len(value) or not any(constants) or not all(map(_has, value, constants)):
        said = [{key for one in written for key in one}] * len(value)
    return [
        {key: item for key, item in one.items() if item is not UNKNOWN or key in keys}
        for one, keys in zip(value, said, strict=True)
    ]


def _has(block: Mapping[str, Any], constants: Mapping[str, Any]) -> bool:
    return all(block.get(key) == value for key, value in constants.items())


def _is_constant(expression: Any) -> bool:
    return isinstance(expression, Mapping) and "constant_value" in expression


def _marked(value: Any, unknown: Any) -> Any:
    if unknown is True:
        return UNKNOWN
    if isinstance(value, Mapping) or isinstance(unknown, Mapping):
        flags = unknown if isinstance(unknown, Mapping) else {}
        keys = {**(value or {}), **flags}
        made = {key: _marked((value or {}).get(key), flags.get(key)) for key in keys}
        return {key: item for key, item in made.items() if item is not None and item != {}}
    if isinstance(value, list):
        each = unknown if isinstance(unknown, list) else []
        return [_marked(item, each[n] if n < len(each) else None) for n, item in enumerate(value)]
    return value


_Configured: TypeAlias = tuple[str, Mapping[str, Any], str, Mapping[str, Any]]
"""(module, expressions, key of the provider, programs that are run)."""


def _configured(module: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, _Configured]]:
    """Address without index -> what is written there."""
    for one in module.get("resources", ()):
        runs = {calls.PROVISIONER: one.get("provisioners")}
        given = (prefix, one.get("expressions", {}), one.get("provider_config_key", ""), runs)
        yield f"{prefix}{one['address']}", given
    for name, call in module.get("module_calls", {}).items():
        yield from _configured(call.get("module", {}), f"{prefix}module.{name}.")


def _references(expressions: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """(path of an argument, what its expression names)."""
    if isinstance(expressions, Mapping):
        if isinstance(expressions.get("references"), list):
            yield path, expressions["references"]
        elif "constant_value" not in expressions:
            for key, item in expressions.items():
                yield from _references(item, f"{path}.{key}" if path else key)
    elif isinstance(expressions, list):
        for index, item in enumerate(expressions):
            yield from _references(item, f"{path}[{index}]")


class _Resolver:
    """From what an expression names to the address of a resource, across modules."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root

    def address(self, references: list[str], module: str, depth: int) -> str | None:
        for reference in references if depth else ():
            word, _, rest = reference.partition(".")
            if word == "module":
                name, _, output = rest.partition(".")
                called = self._module(f"{module}module.{_INDEX.sub('', name)}.")
                given = called.get("outputs", {}).get(output.split(".")[0].split("[")[0], {}) if called else {}
                found = self._follow(given, f"{module}module.{_INDEX.sub('', name)}.", depth)
            elif word == "var":
                parent, call = self._call(module)
                found = self._follow((call or {}).get("expressions", {}).get(rest.split(".")[0]), parent, depth)
            elif word in ("data", "local", "each", "count", "path", "terraform", "self"):
                found = None
            else:
                match = _RESOURCE.match(reference)
                found = module + match["address"] if match else None
            if found is not None:
                return found
        return None

    def _follow(self, expression: Any, module: str, depth: int) -> str | None:
        wanted = (expression or {}).get("expression", expression) or {}
        references = wanted.get("references") if isinstance(wanted, Mapping) else None
        return self.address(references, module, depth - 1) if references else None

    def _call(self, module: str) -> tuple[str, Mapping[str, Any] | None]:
        """(the parent's prefix, its call of `module`)."""
        parts = module.rstrip(".").split(".")
        parent = ".".join(parts[:-2]) + "." if len(parts) > 2 else ""
        found = self._module(parent)
        return parent, found.get("module_calls", {}).get(parts[-1]) if found and parts[-1] else None

    def _module(self, prefix: str) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = self._root
        for name in prefix.rstrip(".").split(".")[1::2]:
            found = (found or {}).get("module_calls", {}).get(name, {}).get("module")
        return found


def _instance(found: str, by: str, addresses: list[str]) -> str | None:
    """Which instance: the one that is named, the only one, or the one with the same key."""
    if found in addresses:
        return found
    alike = [one for one in addresses if _INDEX.sub("", one) == _INDEX.sub("", found)]
    if len(alike) == 1:
        return alike[0]
    keys = _INDEX.findall(by)
    same = [one for one in alike if keys and _INDEX.findall(one) == keys]
    return same[0] if len(same) == 1 else None


def _value(values: Mapping[str, Any], path: str) -> Any:
    """The value at an argument's path; `UNKNOWN` under an unknown parent."""
    found: Any = values
    for key, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path):
        if isinstance(found, Mapping) and key:
            found = found.get(key)
        elif isinstance(found, list) and index:
            found = found[int(index)] if int(index) < len(found) else None
        if found is UNKNOWN:
            return UNKNOWN
    return UNKNOWN if any(leaf is UNKNOWN for _, leaf in leaves(found)) else found


def _provider(configuration: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    """What a provider is given, where it is a constant or a variable of the root."""

    def plain(expression: Any) -> Any:
        if isinstance(expression, list):
            return [plain(item) for item in expression]
        if not isinstance(expression, Mapping):
            return expression
        if "constant_value" in expression:
            return expression["constant_value"]
        references = expression.get("references")
        if references is None:
            return {key: plain(item) for key, item in expression.items()}
        name = str(references[0]).removeprefix("var.").split(".")[0]
        return variables.get(name, UNKNOWN) if str(references[0]).startswith("var.") else UNKNOWN

    alias = {"alias": configuration["alias"]} if configuration.get("alias") else {}
    given = {key: plain(item) for key, item in configuration.get("expressions", {}).items()}
    for key in calls.CREDENTIALS & set(given):  # what a variable gave for this plan is written in no file
        given[key] = (configuration["expressions"][key] or {}).get("constant_value", UNKNOWN)
    return {**alias, **given}


def _module(module: Mapping[str, Any], name: str) -> Iterator[Block]:
    for one in module.get("resources", ()):
        if one.get("mode") == "managed":
            values = {key: value for key, value in one["values"].items() if value is not None}
            source = sources.told(one.get("provider_name"))
            yield Block(one["address"], one["type"], values, {}, frozenset(), f"{name}#{one['address']}", {}, source)
    for child in module.get("child_modules", ()):
        yield from _module(child, name)


def _raw(document: Mapping[str, Any], name: str) -> Iterator[Block]:
    for one in document["resources"]:
        if one.get("mode") != "managed":
            continue
        base = ".".join(part for part in (one.get("module"), one["type"], one["name"]) if part)
        for instance in one["instances"]:
            key = instance.get("index_key")
            address = base if key is None else f"{base}[{json.dumps(key)}]"
            values = {k: value for k, value in instance["attributes"].items() if value is not None}
            source = sources.told(one.get("provider"))
            yield Block(address, one["type"], values, {}, frozenset(), f"{name}#{address}", {}, source)


def _by_id(blocks: list[Block]) -> Iterator[Block]:
    """In a state every id is known: an attribute that holds another resource's id comes from it."""
    owners = {str(one.values["id"]): one.address for one in blocks if one.values.get("id")}
    for one in blocks:
        found = {
            path: owners[value]
            for path, value in leaves(one.values)
            if isinstance(value, str) and value in owners and owners[value] != one.address
        }
        yield dataclasses.replace(one, references=found)
