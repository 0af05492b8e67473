"""`rempart check`: is this blueprint well-formed? Everything that is not, at once, each with its line."""

from __future__ import annotations

import json
import pathlib
import tempfile

import rich.markup

from blueprint import fixing, loader, yaml_reader
from blueprint.errors import BlueprintErrors, Problem, UnknownName, display
from cli import console, exit_codes


def check(file: str, *, fix: bool = False, format: str = "text") -> int:
    """Exit code 0 for a well-formed blueprint, 2 for anything else. Conformity is the policy pack's question."""
    if format not in ("text", "json"):
        console.fail(f"unknown format {format!r}: text or json")
        return exit_codes.BAD_INPUT
    changes: list[fixing.Change] = []
    try:
        path = loader.resolve(file)
        if fix:
            changes = _fix(path)
        loaded = loader.load(path)
    except OSError as error:
        console.fail(f"{file} cannot be rewritten ({error.strerror}): it is as it was. Free some space, or its folder.")
        return exit_codes.ENVIRONMENT
    except UnknownName as error:
        return _report(file, changes, [], format, refusal=str(error))
    except BlueprintErrors as error:
        return _report(file, changes, list(error.problems), format)
    return _report(display(loaded.path), changes, [], format)


def _fix(path: pathlib.Path) -> list[fixing.Change]:
    """Rewrites the file in one step, or not at all."""
    _, _, text = yaml_reader.read(path)
    fixed, changes = fixing.fix(text, display(path))
    if not changes:
        return []
    real = path.resolve()  # a link stays a link
    handle, name = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name}.")
    temporary = pathlib.Path(name)
    try:
        with open(handle, "w", encoding="utf-8", newline="") as file:  # noqa: PTH123 - it is open already
            file.write(fixed)
        temporary.chmod(real.stat().st_mode)
        temporary.replace(real)
    finally:
        temporary.unlink(missing_ok=True)
    return changes


def _report(
    file: str, changes: list[fixing.Change], problems: list[Problem], format: str, refusal: str | None = None
) -> int:
    code = exit_codes.BAD_INPUT if problems or refusal else exit_codes.OK
    if format == "json":
        document = {
            "file": file,
            "well_formed": code == exit_codes.OK,
            "error": refusal,
            "fixed": [{"path": change.path, "what": change.what} for change in changes],
            "problems": [
                {
                    "file": problem.location.file,
                    "line": problem.location.line,
                    "column": problem.location.column,
                    "path": problem.path,
                    "message": problem.message,
                    "remedy": problem.remedy,
                }
                for problem in problems
            ],
        }
        print(json.dumps(document, indent=2, ensure_ascii=False))
        return code
    for change in changes:
        console.out().print(f"fixed [bold]{rich.markup.escape(change.path)}[/]: {change.what}", soft_wrap=True)
    if refusal:
        console.fail(refusal)
    for problem in problems:
        console.err().print(_line(problem), soft_wrap=True)
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        console.err().print(f"[bold red]{count}[/] in {rich.markup.escape(file)}", soft_wrap=True)
    elif code == exit_codes.OK:
        console.out().print(f"{file}: well-formed. Whether it conforms is the policy pack's question.", soft_wrap=True)
    return code


def _line(problem: Problem) -> str:
    where = rich.markup.escape(f"{problem.path}: " if problem.path else "")
    message, remedy = rich.markup.escape(problem.message), rich.markup.escape(problem.remedy)
    return f"[bold]{rich.markup.escape(str(problem.location))}[/] {where}[red]{message}[/]\n    -> {remedy}"
