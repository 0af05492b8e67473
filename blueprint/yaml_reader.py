"""Reads one YAML file as plain data, with the position of every entry, and refuses what could hurt.

Anchors, aliases, merge keys and tags are refused: they can load code or blow up in memory, and a value that is written
in one place and used in another has no line of its own for a finding to point at.
"""

from __future__ import annotations

import datetime as dt
import functools
import pathlib
from collections.abc import Iterator, Mapping
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
    walker = _Walker(text, file)
    try:
        data = walker.document()
    except yaml.YAMLError as error:
        raise BlueprintErrors([_syntax_problem(error, file)]) from None
    if problems := walker.refused or walker.problems:
        raise BlueprintErrors(problems)
    return data, SourceMap(file, walker.keys, walker.values)


def _text(path: pathlib.Path) -> str:
    file = display(path)
    if path.is_dir():
        raise _failure(file, "this is a folder: a YAML file was expected", "name one of the files in it")
    try:
        with path.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)  # what has no end is not waited for
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


class _Walker:
    """Builds plain data from YAML's events, in one pass, and notes where each entry is.

    Events come before anything is built from them: nothing that hurts is ever expanded, nor nested too deep.
    """

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.keys: dict[Path, tuple[int, int]] = {}
        self.values: dict[Path, tuple[int, int]] = {}
        self.refused: list[Problem] = []
        """What could hurt: told alone, since the rest was read without it."""
        self.problems: list[Problem] = []
        self._events: Iterator[Any] = iter(yaml.parse(text, Loader=yaml.CSafeLoader))

    def document(self) -> Any:
        """The data of the one document. Raises BlueprintErrors where there is none."""
        data, documents = None, 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                found = self._value(next(self._events), ())
                if documents == 1:
                    data = found
                else:
                    self._refuse(event, "a second document starts here", "keep one document per file")
        if not documents:
            remedy = "start from stacks/platforms/minimal.yaml"
            raise _failure(self.file, "the file is empty: a blueprint was expected", remedy)
        return data

    def _refuse(self, event: Any, message: str, remedy: str) -> None:
        self.refused.append(Problem(_at(event.start_mark, self.file), "", message, remedy))

    def _look(self, event: Any) -> None:
        """Refuses what could hurt in one event."""
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            self._refuse(event, "anchors and aliases (& and *) are not read", "write the value out in full here")
        elif event.tag not in (None, "!"):
            self._refuse(event, f"the tag {event.tag!r} is not read", "remove it")

    def _value(self, event: Any, path: Path) -> Any:
        self.values[path] = position = _position(event)
        self.keys.setdefault(path, position)
        self._look(event)
        if isinstance(event, yaml.ScalarEvent):
            return _plain(event.value) if event.implicit[0] else event.value  # else quoted, or a block of text
        if isinstance(event, yaml.AliasEvent):
            return None
        if len(path) >= MAX_DEPTH:
            location = _at(event.start_mark, self.file)
            problem = Problem(location, "", f"nested deeper than {MAX_DEPTH} levels", "flatten this part")
            raise BlueprintErrors([problem])
        return self._mapping(path) if isinstance(event, yaml.MappingStartEvent) else self._sequence(path)

    def _sequence(self, path: Path) -> list[Any]:
        result: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            result.append(self._value(event, (*path, len(result))))
        return result

    def _mapping(self, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, path)
            here: Path = (*path, key)
            wrong = self._wrong_key(event, path, key, result)
            if wrong is None:
                self.keys[here] = _position(event)
                result[key] = self._value(next(self._events), here)
            else:
                self.problems.append(wrong)
                self._value(next(self._events), here)  # read, for what is wrong in it too, then dropped
        return result

    def _key(self, event: Any, path: Path) -> str:
        """The text of a key; "" for one that is no plain word."""
        if not isinstance(event, yaml.ScalarEvent):
            self._value(event, (*path, ""))
            return ""
        self._look(event)
        return str(event.value)

    def _wrong_key(self, event: Any, path: Path, key: str, before: Mapping[str, Any]) -> Problem | None:
        if isinstance(event, yaml.ScalarEvent) and key != "<<" and key not in before:
            return None
        location = Location(self.file, *_position(event))
        if not isinstance(event, yaml.ScalarEvent):
            return Problem(location, _dotted(path), "a key must be a plain word", "write `name: value`")
        if key == "<<":
            return Problem(location, _dotted(path), "merge keys (<<) are not read", "write the fields out here")
        here: Path = (*path, key)
        message = f"{key!r} is already given at line {self.keys[here][0]}"
        return Problem(location, _dotted(here), message, "keep one of the two, or rename one")


_SCALARS = yaml.constructor.SafeConstructor()
_RESOLVER: Any = yaml.resolver.Resolver()


@functools.lru_cache(maxsize=1 << 12)
def _plain(text: str) -> Any:
    """The value of an unquoted scalar. A file says the same few words again and again: each is looked at once."""
    tag = _RESOLVER.resolve(yaml.ScalarNode, text, (True, False)).removeprefix("tag:yaml.org,2002:")
    if tag == "timestamp":
        try:
            value = _SCALARS.construct_yaml_timestamp(_node(tag, text))
        except ValueError:
            return text  # such as 2026-02-30: left as text, which the model refuses where it wants a date
        plain = isinstance(value, dt.date) and not isinstance(value, dt.datetime)
        return value.isoformat() if plain else text
    if tag == "int" and ":" in text:
        return text  # YAML 1.1 reads 12:30 as 750
    if tag not in ("int", "float", "bool", "null"):
        return text
    try:
        return getattr(_SCALARS, f"construct_yaml_{tag}")(_node(tag, text))
    except ValueError:
        return text


def _node(tag: str, text: str) -> yaml.ScalarNode:
    return yaml.ScalarNode(f"tag:yaml.org,2002:{tag}", text)


def _position(event: Any) -> tuple[int, int]:
    mark = event.start_mark
    return mark.line + 1, mark.column + 1


def _dotted(path: Path) -> str:
    return ".".join(str(p) for p in path)
