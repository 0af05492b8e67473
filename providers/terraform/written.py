"""Terraform files as they are written: python-hcl2, with the line of every block."""

from __future__ import annotations

import dataclasses
import json
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

import hcl2
import lark

SKIPPED = frozenset({".terraform", ".git", "node_modules"})


@dataclasses.dataclass(frozen=True, slots=True)
class Written:
    """One `resource` block, or one call of a module (whose type is `module`), with expressions as text (`${...}`)."""

    file: str
    line: int
    type: str
    name: str
    body: Mapping[str, Any]


def files(folder: pathlib.Path) -> list[pathlib.Path]:
    """Every Terraform file below a folder, but for what `terraform init` fetched."""
    found = [*folder.rglob("*.tf"), *folder.rglob("*.tf.json")]
    return sorted(one for one in found if not SKIPPED & set(one.relative_to(folder).parts))


def read(folder: pathlib.Path) -> tuple[list[Written], list[str]]:
    """(resources and calls as written, one message for each file that cannot be read)."""
    made: list[Written] = []
    problems: list[str] = []
    for path in files(folder):
        name = str(path.relative_to(folder))
        try:
            document = _document(path)
        except lark.exceptions.UnexpectedInput as error:
            # The parser's own message quotes the file.
            problems.append(f"{name}:{max(error.line, 1)}: this is not HCL; the other files are judged without it")
        except (ValueError, RecursionError, lark.exceptions.LarkError):
            problems.append(f"{name}:1: this is not HCL; the other files are judged without it")
        except OSError as error:
            problems.append(f"{name}: it cannot be read ({error.strerror}); the other files are judged without it")
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
        yield from _written(file, "module", name, body)


def _labelled(blocks: Any) -> Iterator[tuple[str, Any]]:
    """(label, what is under it). In JSON a list may stand at every level, or none."""
    for one in blocks if isinstance(blocks, list) else [blocks]:
        if isinstance(one, Mapping):
            yield from one.items()


def _written(file: str, kind: str, name: str, body: Any) -> Iterator[Written]:
    for one in body if isinstance(body, list) else [body]:
        if isinstance(one, Mapping):
            yield Written(file, int(one.get("__start_line__", 1)), kind, name, one)
