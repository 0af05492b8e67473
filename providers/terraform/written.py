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
    """One `resource` block, with its expressions as text (`${...}`)."""

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
    """(resources as written, one message for each file that cannot be read)."""
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
            made.extend(_resources(document, name))
    return made, problems


def _document(path: pathlib.Path) -> Any:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return json.loads(text)
    return hcl2.loads(text if text.endswith("\n") else text + "\n", with_meta=True)  # type: ignore[attr-defined]


def _resources(document: Any, file: str) -> Iterator[Written]:
    blocks = document.get("resource", []) if isinstance(document, Mapping) else []
    for kinds in blocks if isinstance(blocks, list) else [blocks]:
        for kind, named in kinds.items():
            for name, body in named.items():
                yield Written(file, int(body.get("__start_line__", 1)), kind, name, body)
