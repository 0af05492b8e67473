"""A folder of Terraform: what is written (python-hcl2) beside what it resolves to (tfparse, and nowhere else).

tfparse leaves null where it cannot resolve, and drops a file that it cannot read. So each value is compared with what
is written: a null that nobody wrote, a template with a hole in it, or a function over another resource is not
observable, and a resource that is written and missing is kept as such.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import pathlib
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeGuard

from blueprint.values import NOT_OBSERVABLE
from providers.terraform import calls, resolving, sources, written
from providers.terraform.blocks import HOLE, BadTerraform, Block, Reading, leaves
from providers.terraform.written import Written

_META = ("__tfmeta", "__start_line__", "__end_line__", "id", "count", "for_each", "provider", "depends_on", "lifecycle")
_AROUND = frozenset({"connection", "dynamic", "provisioner", "timeouts"})
"""What stands in any resource and is none of its own arguments. Programs are blocks of their own."""
_INDEX = re.compile(r"\[(?:\"(?:[^\"\\]|\\.)*\"|[^\]\"]*)\]")
"""`[0]`, or `["10.0.0.0/16"]`: a key may hold any character."""
_NAME = re.compile(rf"[\w-]+(?:{_INDEX.pattern})?")
_ADDRESS = re.compile(rf"((?:module\.[\w-]+(?:{_INDEX.pattern})?\.)*)(\w+)\.(.+)")
_WHOLE = re.compile(r"\$\{([a-z][a-z0-9]*_\w+\.[\w-]+(?:\[[^\]]*\])?)\.\w+(?:\[0\])?\}")
_OTHER = re.compile(r"(?<![\w.])(?!(?:var|local|each|count|path|self|terraform|module|data)\.)[a-z][a-z0-9]*_\w+\.\w")
_LOOKED_UP = re.compile(r"(?<![\w.])data\.\w+\.\w")
_ALONE = re.compile(r"\$\{data\.[\w.\-\[\]\"*]+\}")
_FALLBACK = re.compile(r"(?<![\w.])(?:try|can)\s*\(")
_DEPTH = 10


def read(folder: pathlib.Path) -> Reading:
    """As OpenTofu reads it. Raises `BadTerraform` for a folder without Terraform in it."""
    unread = written.unreadable(folder)
    if not unread and not written.files(folder):
        raise BadTerraform(f"{folder} holds no Terraform: no file in it ends in {', '.join(written.ENDINGS)}")
    left_out = written.shadowed(folder)
    with _without(folder, [*left_out, *unread]) as place, resolving.resolver() as resolve:
        reading = _read(place, resolve)
    blocks = [*reading.blocks, *(_unread(str(one.relative_to(folder))) for one in unread)]
    why = [f"{one.relative_to(folder)}: {what}" for one, what in unread.items()]
    twice = [
        f"{one.relative_to(folder)}: OpenTofu reads {twin.name} in its place, and that is judged; "
        "Terraform reads this one: review a plan"
        for one, twin in left_out.items()
    ]
    problems = (*reading.problems, *why, *twice)
    return dataclasses.replace(reading, source=folder.name, blocks=tuple(blocks), problems=problems)


def _unread(file: str) -> Block:
    """A file whose resources nobody has seen: something that no rule knows, so that it never passes."""
    return Block(f"file {file}", "unread_file", {}, {}, frozenset(), file, {})


@contextlib.contextmanager
def _without(folder: pathlib.Path, left_out: Iterable[pathlib.Path]) -> Iterator[pathlib.Path]:
    """A copy without some files, for a resolver that reads all that it finds; where there are none, the folder."""
    names = set(left_out)
    if not names:
        yield folder
        return

    def passed(at: str, inside: list[str]) -> set[str]:
        return {one for one in inside if one in written.SKIPPED or left(pathlib.Path(at) / one)}

    def left(path: pathlib.Path) -> bool:
        return path in names or not (path.is_symlink() or path.is_dir() or path.is_file())

    with tempfile.TemporaryDirectory() as temporary:
        copy = pathlib.Path(temporary) / "copy"
        try:
            shutil.copytree(folder, copy, symlinks=True, ignore=passed)
        except OSError:
            raise BadTerraform(
                f"{folder} cannot be read whole: check its permissions, and the room in {temporary}"
            ) from None
        yield copy


def _read(folder: pathlib.Path, resolve: resolving.Resolver) -> Reading:
    everything, broken = written.read(folder)
    problems = list(broken.values())
    said = [one for one in everything if one.type not in (written.MODULE, written.REQUIRED)]
    called = [one for one in everything if one.type == written.MODULE]
    required = sources.required(everything)
    problems.extend(calls.unused(folder))
    blocks: list[Block] = []
    covered: set[str] = set()
    paths: list[str] = []
    for root in _roots(folder):
        place = root.relative_to(folder)
        if any(str(path.relative_to(folder)) not in covered for path in _own(root)):
            try:
                resolved = resolve(root, calls.values(root))
            except resolving.Unresolved as error:
                problems.append(f"{place}: it cannot be resolved ({error}); what is written is judged")
                resolved = {}
            found = list(_Module(place, resolved, said, called, required).blocks())
            paths += [one["__tfmeta"].get("path", "") for ones in resolved.values() for one in ones]
            covered |= {one.location.rpartition(":")[0] for one in found} | _files(place, resolved)
            blocks.extend(found)
    blocks.extend(_missing(said, blocks, required))
    blocks = calls.overridden(blocks)
    blocks.extend(map(_unread, broken))
    for block, message in calls.elsewhere(called, folder, paths):
        blocks.append(block)
        problems.append(message)
    return Reading(folder.name, "files", tuple(blocks), tuple(problems))


def _roots(folder: pathlib.Path) -> list[pathlib.Path]:
    """Folders that hold files, the highest first: what one calls as a module is resolved with it."""
    return sorted({path.parent for path in written.files(folder)}, key=lambda path: (len(path.parts), path))


def _own(root: pathlib.Path) -> list[pathlib.Path]:
    return [path for path in written.files(root) if path.parent == root]


def _files(place: pathlib.Path, resolved: Mapping[str, Any]) -> set[str]:
    return {str(place / one["__tfmeta"]["filename"]) for ones in resolved.values() for one in ones}


@dataclasses.dataclass(frozen=True)
class _Module:
    """One root module and what it calls, as tfparse resolves it."""

    place: pathlib.Path
    resolved: Mapping[str, Any]
    said: list[Written]
    called: list[Written]
    required: sources.Required

    @functools.cached_property
    def providers(self) -> calls.Providers:
        return calls.Providers(self.resolved, self.called)

    @functools.cached_property
    def ids(self) -> dict[str, str]:
        """tfparse gives every resource an id of its own, and resolves `.id` to it."""
        return {
            one["id"]: self._address(one["__tfmeta"]["path"])
            for ones in self.resolved.values()
            for one in ones
            if one["__tfmeta"].get("type") == "resource" and isinstance(one.get("id"), str)
        }

    @functools.cached_property
    def bodies(self) -> dict[tuple[str, str, str], Mapping[str, Any]]:
        """(file, type, name) -> what is written there; of two of one name, the first."""
        return {(one.file, one.type, one.name): one.body for one in reversed(self.said)}

    @functools.cached_property
    def looked_up(self) -> frozenset[str]:
        """The same for data sources: such an id is nobody's, and what it stands for is not here."""
        return frozenset(
            one["id"]
            for ones in self.resolved.values()
            for one in ones
            if one["__tfmeta"].get("type") == "data" and isinstance(one.get("id"), str)
        )

    def blocks(self) -> Iterator[Block]:
        for ones in self.resolved.values():
            for one in ones:
                if one["__tfmeta"].get("type") == "resource":
                    yield from self._block(one)

    def _block(self, one: Mapping[str, Any]) -> Iterator[Block]:
        meta = one["__tfmeta"]
        address, file = meta["path"], str(self.place / meta["filename"])
        module, kind, name = _parts(address)
        body = self.bodies.get((file, kind, name), {})
        weave = _Weave(self, module)
        values = weave.mapping(one, body, "")
        named = body.get("provider") or _named(one.get("provider"))
        made = Block(
            self._address(address),
            kind,
            values,
            weave.references,
            frozenset(weave.unresolved),
            f"{file}:{meta['line_start']}",
            self.providers.of(kind, named, module),
            sources.of(kind, named, file, self.required),
            frozenset(values) - _AROUND,
        )
        yield made
        yield from calls.programs(made, {**one, **body})

    def _address(self, address: str) -> str:
        return address if self.place == pathlib.Path() else f"{self.place}/{address}"

    def follow(self, reference: str, module: str, depth: int = _DEPTH) -> str | None:
        """`outscale_net.main.net_id` or `var.net`, named inside `module` -> the address of a resource."""
        word, _, rest = reference.replace(".[", "[").partition(".")  # tfparse's own spelling of a key: `each.[a]`
        if not depth:
            return None
        if word == "var" and module:
            calls = [one for one in self.resolved.get("module", ()) if one["__tfmeta"].get("path") == module]
            parent = module.rpartition("module.")[0].rstrip(".")
            return self._given(calls, rest, parent, depth)
        if word == "local":
            return self._given(self.resolved.get("locals", ()), rest, module, depth)
        named = _NAME.match(rest)
        if named is None or "_" not in word or word in ("data", "module", "each", "count"):
            return None
        found = f"{module}.{word}.{named[0]}" if module else f"{word}.{named[0]}"
        known = [o["__tfmeta"]["path"] for o in self.resolved.get(_INDEX.sub("", word), ())]
        exact = [one for one in known if one.replace('"', "") == found.replace('"', "")]
        alike = exact or [one for one in known if _INDEX.sub("", one) == _INDEX.sub("", found)]
        return self._address(alike[0]) if len(alike) == 1 else None

    def _given(self, places: Iterable[Mapping[str, Any]], name: str, module: str, depth: int) -> str | None:
        """What a variable or a local stands for, where that is an attribute of a resource."""
        for one in places:
            given = one.get(name.split(".")[0])
            if _names(given):
                return self.follow(str(given["__attribute__"]), module, depth - 1)
        return None


@dataclasses.dataclass
class _Weave:
    """What one resource resolves to, laid over what is written of it."""

    module: _Module
    inside: str
    references: dict[str, str] = dataclasses.field(default_factory=dict)
    unresolved: set[str] = dataclasses.field(default_factory=set)

    def mapping(self, resolved: Mapping[str, Any], said: Any, path: str) -> dict[str, Any]:
        texts = said if isinstance(said, Mapping) else {}
        made = {}
        for key, value in resolved.items():
            if key not in _META:
                made[key] = self.value(value, texts.get(key), f"{path}.{key}" if path else key)
        for key in _made_anew(texts):
            if key not in resolved:  # blocks over what does not resolve: how many, and what is in them, nobody knows
                place = f"{path}.{key}" if path else key
                self.unresolved.add(place)
                made[key] = NOT_OBSERVABLE
        return {key: value for key, value in made.items() if value is not None}

    def value(self, resolved: Any, said: Any, path: str) -> Any:
        if _names(resolved):
            return self._reference(resolved["__attribute__"], path)
        if isinstance(resolved, Mapping) and "__tfmeta" in resolved:
            resolved = [resolved]  # the only block of its kind
            said = said if isinstance(said, list) else [said]
        if isinstance(resolved, list):
            return self._items(resolved, said, path)
        if isinstance(resolved, Mapping):
            return self.mapping(resolved, said, path)
        if resolved is None:
            whole = _WHOLE.fullmatch(said) if isinstance(said, str) else None
            if whole:
                return self._reference(whole[1], path)
            if said is None and "[" not in path:
                return None
            self.unresolved.add(path)
            return NOT_OBSERVABLE
        if isinstance(resolved, str) and resolved in self.module.ids:
            self.references[path] = self.module.ids[resolved]
            return NOT_OBSERVABLE
        if isinstance(resolved, str) and any(made_up in resolved for made_up in self.module.looked_up):
            self.unresolved |= {path} if resolved in self.module.looked_up else set()
            return NOT_OBSERVABLE
        if isinstance(said, str) and (whole := _WHOLE.fullmatch(said)):
            found = self.module.follow(f"{whole[1]}.id", self.inside)
            self.references |= {path: found} if found else {}
            return resolved
        if isinstance(resolved, str) and (HOLE.search(resolved) or _over_another(said)):
            return NOT_OBSERVABLE
        return resolved

    def _items(self, resolved: list[Any], said: Any, path: str) -> list[Any]:
        """Values or blocks, each beside its text where there are as many texts."""
        texts = said if isinstance(said, list) and len(said) == len(resolved) else [None] * len(resolved)
        made = []
        for number, (item, text) in enumerate(zip(resolved, texts, strict=True)):
            place = f"{path}[{number}]"
            block = isinstance(item, Mapping) and "__tfmeta" in item
            made.append(self.mapping(item, text, place) if block else self.value(item, text, place))
        return made

    def _reference(self, reference: str, path: str) -> Any:
        found = self.module.follow(reference, self.inside)
        if found is None:
            self.unresolved.add(path)
        else:
            self.references[path] = found
        return NOT_OBSERVABLE


def _names(value: Any) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, Mapping) and isinstance(value.get("__attribute__"), str)


def _named(provider: Any) -> str | None:
    """The configuration that a resource names, as tfparse says it."""
    return str(provider["__attribute__"]) if _names(provider) else None


def _made_anew(said: Mapping[str, Any]) -> list[str]:
    """Names of blocks that are made by `dynamic`, but for those over an empty list."""
    blocks = said.get("dynamic", [])
    listed = blocks if isinstance(blocks, list) else [blocks]
    return [
        name
        for one in listed
        if isinstance(one, Mapping)
        for name, body in one.items()
        if not (isinstance(body, Mapping) and body.get("for_each") in ([], {}))
    ]


def _over_another(said: Any) -> bool:
    """Whether an expression is worked out from another resource: its value is then nobody's to know yet.

    Nor is one that is chosen by what a data source gives, or for want of an error.
    """
    if not isinstance(said, str) or not said.startswith("${"):
        return False
    looked_up = _LOOKED_UP.search(said) and not _ALONE.fullmatch(said)
    return bool(_OTHER.search(said) or looked_up or _FALLBACK.search(said))


def _parts(address: str) -> tuple[str, str, str]:
    """(module, type, name without index)."""
    found = _ADDRESS.fullmatch(address)
    module, kind, name = found.groups() if found else ("", "", address)
    return module.rstrip("."), kind, _INDEX.sub("", name)


def _name(address: str) -> str:
    """The name alone, whatever the folder, the module and the key."""
    return _parts(_INDEX.sub("", address).rpartition("/")[2])[2]


def _missing(said: Iterable[Written], blocks: Iterable[Block], required: sources.Required) -> Iterator[Block]:
    """What is written and was not resolved: all that is known of it are the literals."""
    seen = {(one.location.rpartition(":")[0], one.type, _name(one.address)) for one in blocks}
    for one in said:
        if (one.file, one.type, one.name) not in seen and one.body.get("count") != 0:
            values = {key: _literal(item) for key, item in one.body.items() if key not in _META}
            address = f"{one.type}.{one.name}"
            holes = frozenset(path for path, item in leaves(values) if item is NOT_OBSERVABLE)
            given = sources.of(one.type, one.body.get("provider"), one.file, required)
            own = frozenset(key for key in values if not key.startswith("__")) - _AROUND
            yield Block(address, one.type, values, {}, holes, f"{one.file}:{one.line}", {}, given, own)


def _literal(value: Any) -> Any:
    if isinstance(value, str):
        return NOT_OBSERVABLE if HOLE.search(value) else value
    if isinstance(value, list):
        return [_literal(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _literal(item) for key, item in value.items() if key not in _META}
    return value
