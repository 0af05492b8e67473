"""Terraform files as they are written: python-hcl2, with the line of every block."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import stat
from collections.abc import Iterator, Mapping
from typing import Any

import hcl2
import lark

MAX_BYTES = 4 << 20
"""Of one file: a larger one was made by a program, and would take minutes."""
SKIPPED = frozenset({".terraform", ".git", "node_modules"})
TWINS = {".tf": ".tofu", ".tf.json": ".tofu.json"}
"""How Terraform's files end -> how OpenTofu's end, which it reads in place of those of the same name."""
ENDINGS = (*TWINS, *TWINS.values())
_NO_HCL = "this is not HCL; the other files are judged without it"
MODULE, REQUIRED = "module", "required_providers"
"""Types of what is no resource."""


@dataclasses.dataclass(frozen=True, slots=True)
class Written:
    """One `resource` block, one call of a module, or one provider that is required: see `MODULE` and `REQUIRED`.

    Expressions are text (`${...}`).
    """

    file: str
    line: int
    type: str
    name: str
    body: Mapping[str, Any]


def files(folder: pathlib.Path) -> list[pathlib.Path]:
    """Every file of Terraform or OpenTofu below a folder, but for what `init` fetched, as OpenTofu reads them."""
    found = _all(folder)
    return sorted(found - set(_twins(found)) - set(unreadable(folder)))


def unreadable(folder: pathlib.Path) -> dict[pathlib.Path, str]:
    """Files that are never opened -> why: a pipe or a device never ends, and a file may be too large."""
    found: dict[pathlib.Path, str] = {}
    for path in sorted(_all(folder)):
        try:
            at = path.stat()
        except OSError as error:
            found[path] = f"it cannot be read ({error.strerror}); nothing in it is judged"
            continue
        if not stat.S_ISREG(at.st_mode):
            found[path] = "it is no file that ends; nothing in it is judged"
        elif at.st_size > MAX_BYTES:
            found[path] = f"it is larger than {MAX_BYTES >> 20} MiB; nothing in it is judged: review a plan"
    return found


def shadowed(folder: pathlib.Path) -> dict[pathlib.Path, pathlib.Path]:
    """Files that OpenTofu leaves out -> those that it reads in their place. Terraform reads the first ones."""
    return _twins(_all(folder))


def holds(folder: pathlib.Path) -> bool:
    """Whether a folder is a module: whether such a file lies in it, and not below it."""
    return any(path.is_file() and path.name.endswith(ENDINGS) for path in folder.glob("*"))


def _all(folder: pathlib.Path) -> set[pathlib.Path]:
    found = [one for ending in ENDINGS for one in folder.rglob(f"*{ending}")]
    return {one for one in found if not SKIPPED & set(one.relative_to(folder).parts) and not one.is_dir()}


def _twins(found: set[pathlib.Path]) -> dict[pathlib.Path, pathlib.Path]:
    named = [
        (one, one.with_name(one.name.removesuffix(ending) + twin))
        for one in sorted(found)
        for ending, twin in TWINS.items()
        if one.name.endswith(ending)
    ]
    return {one: twin for one, twin in named if twin in found}


def read(folder: pathlib.Path) -> tuple[list[Written], dict[str, str]]:
    """(resources, calls and required providers as written; each file that cannot be read -> one message)."""
    made: list[Written] = []
    problems: dict[str, str] = {}
    for path in files(folder):
        name = str(path.relative_to(folder))
        try:
            document = _document(path)
        except lark.exceptions.UnexpectedInput as error:
            # The parser's own message quotes the file.
            problems[name] = f"{name}:{max(error.line, 1)}: {_NO_HCL}"
        except (ValueError, RecursionError, lark.exceptions.LarkError):
            problems[name] = f"{name}:1: {_NO_HCL}"
        except OSError as error:
            problems[name] = f"{name}: it cannot be read ({error.strerror}); the other files are judged without it"
        else:
            made.extend(_blocks(document, name))
    return made, problems


def _document(path: pathlib.Path) -> Any:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return json.loads(text)
    return hcl2.loads(text if text.endswith("\n") else text + "\n", with_meta=True)  # type: ignore[attr-defined]


def _blocks(document: Any, file: str) -> Iterator[Written]:
    given = document if isinstance(document, Mapping) else {}
    for kind, named in _labelled(given.get("resource")):
        for name, body in _labelled(named):
            yield from _written(file, kind, name, body)
    for name, body in _labelled(given.get("module")):
        yield from _written(file, MODULE, name, body)
    for key, inner in _labelled(given.get("terraform")):
        for name, body in _labelled(inner) if key == REQUIRED else ():
            yield from _written(file, REQUIRED, name, body)


def _labelled(blocks: Any) -> Iterator[tuple[str, Any]]:
    """(label, what is under it). In JSON a list may stand at every level, or none."""
    for one in blocks if isinstance(blocks, list) else [blocks]:
        if isinstance(one, Mapping):
            yield from one.items()


def _written(file: str, kind: str, name: str, body: Any) -> Iterator[Written]:
    for one in body if isinstance(body, list) else [body]:
        if isinstance(one, Mapping):
            yield Written(file, int(one.get("__start_line__", 1)), kind, name, one)
