"""Reads one YAML file as plain data, with the position of every entry, and refuses what could hurt.

Anchors, aliases, merge keys and tags are refused: they can load code or blow up in memory, and a value that is written
in one place and used in another has no line of its own for a finding to point at.
"""

from __future__ import annotations

import datetime as dt
import pathlib
from typing import Any

import yaml

from blueprint.errors import BlueprintErrors, Location, Problem, display
from blueprint.source_map import Path, SourceMap

MAX_BYTES = 1 << 20
MAX_DEPTH = 32


def read(path: pathlib.Path) -> tuple[Any, SourceMap, str]:
    """Plain data, source map and text of the file. Raises BlueprintErrors for a file that cannot be read as YAML."""
    text = _text(path)
    data, source_map = parse(text, display(path))
    return data, source_map, text


def parse(text: str, file: str) -> tuple[Any, SourceMap]:
    """Same as `read`, from text; `file` is only what locations say."""
    try:
        _refuse_what_hurts(text, file)
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise BlueprintErrors([_syntax_problem(error, file)]) from None
    if node is None:
        raise _failure(file, "the file is empty: a blueprint was expected", "start from stacks/platforms/minimal.yaml")
    walker = _Walker(file)
    data = walker.value(node, ())
    if walker.problems:
        raise BlueprintErrors(walker.problems)
    return data, SourceMap(file, walker.keys, walker.values)


def _text(path: pathlib.Path) -> str:
    file = display(path)
    if path.is_dir():
        raise _failure(file, "this is a folder: a YAML file was expected", "name one of the files in it")
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise _failure(file, "no such file", "check the name; `ls stacks/platforms` lists the platforms") from None
    except OSError as error:
        raise _failure(file, f"the file cannot be read ({error.strerror})", "check its permissions") from None
    if len(raw) > MAX_BYTES:
        raise _failure(file, f"the file is larger than {MAX_BYTES >> 20} MiB", "split it into several platforms")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        column = error.start - (raw.rfind(b"\n", 0, error.start) + 1) + 1
        problem = Problem(
            Location(file, line, column), "", "the file is not UTF-8 text", "save it as UTF-8 in your editor"
        )
        raise BlueprintErrors([problem]) from None


def _failure(file: str, message: str, remedy: str) -> BlueprintErrors:
    return BlueprintErrors([Problem(Location(file, 1, 1), "", message, remedy)])


def _syntax_problem(error: yaml.YAMLError, file: str) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
    return Problem(
        _at(mark, file),
        "",
        f"this is not YAML: {what}",
        "look at this line and the one above: indentation by spaces, a space after each colon, closed quotes",
    )


def _at(mark: Any, file: str) -> Location:
    return Location(file, mark.line + 1, mark.column + 1) if mark else Location(file, 1, 1)


def _refuse_what_hurts(text: str, file: str) -> None:
    """One pass over the events, before anything is built in memory."""
    depth = 0
    documents = 0
    problems = []
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        location = _at(event.start_mark, file)
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                problems.append(Problem(location, "", "a second document starts here", "keep one document per file"))
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                problem = Problem(location, "", f"nested deeper than {MAX_DEPTH} levels", "flatten this part")
                raise BlueprintErrors([problem])
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            problems.append(
                Problem(location, "", "anchors and aliases (& and *) are not read", "write the value out in full here")
            )
        elif (tag := getattr(event, "tag", None)) not in (None, "!"):
            problems.append(Problem(location, "", f"the tag {tag!r} is not read", "remove it"))
    if problems:
        raise BlueprintErrors(problems)


class _Walker:
    """Builds plain data from YAML nodes and notes where each entry is."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.keys: dict[Path, tuple[int, int]] = {}
        self.values: dict[Path, tuple[int, int]] = {}
        self.problems: list[Problem] = []
        self._scalars = yaml.constructor.SafeConstructor()

    def value(self, node: yaml.Node, path: Path) -> Any:
        self.values[path] = _position(node)
        self.keys.setdefault(path, self.values[path])
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            location = Location(self.file, *_position(key_node))
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(
                    Problem(location, _dotted(path), "a key must be a plain word", "write `name: value`")
                )
                continue
            key = str(key_node.value)
            if key == "<<":
                self.problems.append(
                    Problem(location, _dotted(path), "merge keys (<<) are not read", "write the fields out here")
                )
                continue
            if key in result:
                first = self.keys[(*path, key)][0]
                self.problems.append(
                    Problem(
                        location,
                        _dotted((*path, key)),
                        f"{key!r} is already given at line {first}",
                        "keep one of the two, or rename one",
                    )
                )
                continue
            self.keys[(*path, key)] = _position(key_node)
            result[key] = self.value(value_node, (*path, key))
        return result

    def _scalar(self, node: Any) -> Any:
        tag = node.tag
        if tag == "tag:yaml.org,2002:timestamp":
            try:
                value = self._scalars.construct_yaml_timestamp(node)
            except ValueError:
                return node.value  # such as 2026-02-30: left as text, which the model refuses where it wants a date
            plain = isinstance(value, dt.date) and not isinstance(value, dt.datetime)
            return value.isoformat() if plain else node.value
        if tag == "tag:yaml.org,2002:int" and ":" in node.value:
            return node.value  # YAML 1.1 reads 12:30 as 750
        if tag in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float"):
            try:
                return self._scalars.construct_object(node)
            except ValueError:
                return node.value
        if tag in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:null"):
            return self._scalars.construct_object(node)
        return node.value


def _position(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _dotted(path: Path) -> str:
    return ".".join(str(p) for p in path)
