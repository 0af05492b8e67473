"""What a folder of Terraform says around its resources: which provider each one is of, calls of modules, values.

A resource may name one of several configurations of its provider, under whatever name its module gives it. A module may
come from elsewhere: what it makes is then not here. And values may stand in files of their own.
"""

from __future__ import annotations

import dataclasses
import pathlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from blueprint.values import NOT_OBSERVABLE
from providers.terraform import written
from providers.terraform.blocks import HOLE, Block
from providers.terraform.written import MODULE, SKIPPED, Written

PROVISIONER = "provisioner"
"""Types of what is no resource and has effects all the same: no rule knows them."""
CREDENTIALS = frozenset(
    {"application_credential_secret", "client_secret", "password", "secret_id", "secret_key", "secret_key_id", "token"}
)
"""Arguments of providers that hold the secret half of a credential."""
_INDEX = re.compile(r"\[[^\]]*\]")


def values(root: pathlib.Path) -> list[str]:
    """Files whose values Terraform takes by itself, the last word last; relative to `root`."""
    alone = [name for name in ("terraform.tfvars", "terraform.tfvars.json") if (root / name).is_file()]
    found = [*root.glob("*.auto.tfvars"), *root.glob("*.auto.tfvars.json")]
    return [*alone, *sorted(path.name for path in found)]


def unused(folder: pathlib.Path) -> Iterator[str]:
    """One message for each file of values that Terraform takes only when it is told to."""
    for path in sorted([*folder.rglob("*.tfvars"), *folder.rglob("*.tfvars.json")]):
        place = path.relative_to(folder)
        if path.name not in values(path.parent) and not SKIPPED & set(place.parts):
            yield f"{place}: what `-var-file` gives is not applied to files; review the plan that is made with it"


def overrides(file: str) -> bool:
    """Whether what a file says replaces what the others say of the same block."""
    return re.search(r"(?:^|[/_])override\.(?:tf|tofu)(?:\.json)?$", file) is not None


def overridden(blocks: Sequence[Block]) -> list[Block]:
    """The same, each with what override files say of it: an argument there replaces the whole argument."""
    made: dict[str, Block] = {}
    for block in sorted(blocks, key=lambda one: overrides(one.location.rpartition(":")[0])):
        base = made.get(block.address)
        if base is None or not overrides(block.location.rpartition(":")[0]):
            made[block.address if base is None else f"{block.address} {block.location}"] = block
            continue
        made[block.address] = dataclasses.replace(
            base,
            values={**base.values, **block.values},
            references={**_without(base.references, block.values), **block.references},
            unresolved=frozenset(_without(dict.fromkeys(base.unresolved), block.values)) | block.unresolved,
        )
    return list(made.values())


def _without(paths: Mapping[str, Any], replaced: Mapping[str, Any]) -> dict[str, Any]:
    return {path: one for path, one in paths.items() if re.split(r"[.\[]", path)[0] not in replaced}


@dataclasses.dataclass(frozen=True)
class Providers:
    """Configurations of providers, as tfparse resolves them in each module."""

    resolved: Mapping[str, Any]
    calls: Sequence[Written]

    def of(self, kind: str, named: Any, module: str) -> Mapping[str, Any]:
        """What a resource of type `kind` is under, which names `named` (`aws.west`), or none, in `module`."""
        return self._configured(*local(kind, named), module)

    def _configured(self, name: str, alias: str, module: str) -> Mapping[str, Any]:
        found: dict[str, Any] = {}
        for one in sorted(self.resolved.get("provider", ()), key=lambda one: overrides(one["__tfmeta"]["filename"])):
            place = one["__tfmeta"].get("path", "").rpartition("provider.")[0].rstrip(".")
            if (place, one["__tfmeta"].get("label"), one.get("alias") or "") == (module, name, alias):
                found |= _said(one)
        if found or not module:
            return found
        given = self._handed(module)
        wanted = f"{name}.{alias}" if alias else name
        if alias and wanted not in given:
            return {}
        outer, _, of = _bare(given.get(wanted, name)).partition(".")
        return self._configured(outer, of, module.rpartition("module.")[0].rstrip("."))

    def _handed(self, module: str) -> Mapping[str, Any]:
        """`providers` of the call, as it is written."""
        name = _INDEX.sub("", module).rpartition("module.")[2]
        places = [
            one["__tfmeta"].get("filename")
            for one in self.resolved.get(MODULE, ())
            if one["__tfmeta"].get("path") == module
        ]
        for call in self.calls:
            given = call.body.get("providers")
            if call.name == name and any(place and call.file.endswith(place) for place in places):
                return {_bare(key): value for key, value in given.items()} if isinstance(given, Mapping) else {}
        return {}


def _said(block: Mapping[str, Any]) -> dict[str, Any]:
    """What a provider's block, or one inside it, gives: what does not resolve is no text, and not absent either."""
    return {key: _resolved(value) for key, value in block.items() if not key.startswith("__") and key != "id"}


def _resolved(value: Any) -> Any:
    if isinstance(value, list):
        return [_resolved(item) for item in value]
    if value is None or (isinstance(value, str) and HOLE.search(value)):
        return NOT_OBSERVABLE
    if isinstance(value, Mapping):
        return NOT_OBSERVABLE if "__attribute__" in value else _said(value)
    return value


def elsewhere(calls: Iterable[Written], folder: pathlib.Path, paths: Iterable[str]) -> Iterator[tuple[Block, str]]:
    """(a block that no rule knows, a message) for each call of a module whose files are not here.

    `paths` are addresses of everything that was resolved.
    """
    known = [_INDEX.sub("", path) for path in paths]
    for call in calls:
        name = re.compile(rf"(?:^|\.)module\.{re.escape(call.name)}\.")
        if call.body.get("count") == 0 or any(name.search(path) for path in known) or _beside(call, folder):
            continue
        place = f"{call.file}:{call.line}"
        yield (
            Block(f"{MODULE}.{call.name}", MODULE, {}, {}, frozenset(), place, {}),
            f"{place}: module {call.name} comes from elsewhere, and nothing that it makes is read; review a plan",
        )


def _beside(call: Written, folder: pathlib.Path) -> bool:
    """Whether its files are in the folder: where they are not resolved by the call, they are read for themselves."""
    source = call.body.get("source")
    if not isinstance(source, str) or not source.startswith(("./", "../")):
        return False
    place = ((folder / call.file).parent / source).resolve()
    inside = place.is_relative_to(folder.resolve()) and not SKIPPED & set(place.relative_to(folder.resolve()).parts)
    return inside and written.holds(place)


def credential(provider: Mapping[str, Any]) -> str | None:
    """The argument in which a provider is given a credential that can be read here. Its value goes nowhere."""
    written = (key for key in sorted(CREDENTIALS & set(provider)) if isinstance(provider[key], str) and provider[key])
    return next(written, None)


def programs(block: Block, said: Mapping[str, Any]) -> Iterator[Block]:
    """A block that no rule knows where a resource runs programs as it is made."""
    if said.get(PROVISIONER):
        yield dataclasses.replace(block, address=f"{block.address}.{PROVISIONER}", type=PROVISIONER, values={})


def local(kind: str, named: Any) -> tuple[str, str]:
    """(local name, alias) of the provider of a resource of type `kind`, which names one (`aws.west`), or none."""
    name, _, alias = _bare(named).partition(".") if named else (kind.split("_")[0], "", "")
    return name, alias


def _bare(text: Any) -> str:
    """`${aws.west}`, or `"aws.west"`, without its signs."""
    return str(text).strip("\"'").removeprefix("${").removesuffix("}").strip()
