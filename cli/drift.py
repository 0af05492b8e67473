"""`rempart drift`: what another hand changed, took away or added, seen through the provider's API."""

from __future__ import annotations

import collections
import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence

import rich.console
import rich.table

from blueprint import loader
from blueprint.source_map import SourceMap
from cli import account, console, engine, environment, exit_codes, layers, report, steps
from cli.report import BadOption
from providers import observation

FORMATS = ("table", "json")
WORDS = {"update": "changed", "delete": "gone", "replace": "changed"}


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Drift:
    """One difference. `properties` are the names of what changed; values are not told: one could be secret."""

    subject: str
    what: str  # "changed" | "gone" | "added" | "doubled"
    identifier: str
    properties: tuple[str, ...]
    place: str
    """file:line of the blueprint."""


def drift(platform: layers.Platform, wanted: Sequence[str], format: str = "table", output: str | None = None) -> int:
    """Exit codes: 0 nothing differs, 1 something does, 3 the API cannot be read, 4 a layer is locked."""
    if format not in FORMATS:
        raise BadOption(f"--format {format!r} is unknown: use {', '.join(FORMATS)}")
    env = environment.enter()
    try:
        with console.progress("drift") as progress:
            found = seek(platform, wanted, env, progress)
    except (observation.Unreachable, steps.Stopped) as error:
        console.fail(str(error))
        return error.code if isinstance(error, steps.Stopped) else exit_codes.ENVIRONMENT
    if format == "json":
        report.write(json.dumps([dataclasses.asdict(one) for one in found], indent=2) + "\n", output)
    else:
        with console.sheet(output) as out:
            _print(platform, found, out)
    return exit_codes.VIOLATION if found else exit_codes.OK


def seek(
    platform: layers.Platform, wanted: Sequence[str], env: Mapping[str, str], progress: engine.Progress
) -> tuple[Drift, ...]:
    """What the state of each layer would learn from a refresh, and what the account has that nobody declared."""
    loaded = loader.load(loader.find(platform.name))
    found: list[Drift] = []
    for layer in wanted:
        name = platform.stack(layer)
        stack = engine.select(name, env, create=False) if engine.stands(name, env) else None
        if stack is None:
            continue
        progress(str(name), "refresh, without writing")
        for step in steps.collect(str(name), stack.preview_refresh):
            if step.native and step.operation in WORDS:
                place = _place(loaded.source_map, step.subject)
                found.append(Drift(step.subject, WORDS[step.operation], step.identifier, step.properties, place))
    progress(str(platform.stack(wanted[0])), "read the account")
    found += _undeclared(platform, env, loaded)
    return tuple(sorted(found))


def _undeclared(platform: layers.Platform, env: Mapping[str, str], loaded: loader.Loaded) -> Iterator[Drift]:
    seen = account.listed(platform, env, loaded)
    counted = collections.Counter((fact.origin.type, fact.origin.name) for fact in seen)
    for fact in seen:
        origin = fact.origin
        what = "added" if origin.subject is None else "doubled" if counted[origin.type, origin.name] > 1 else ""
        if what:
            place = _place(loaded.source_map, origin.subject or origin.name)
            yield Drift(origin.subject or origin.name, what, origin.urn, (), place)


def _place(source_map: SourceMap, subject: str) -> str:
    found = source_map.locate(subject)
    return f"{found.file}:{found.line}"


def _print(platform: layers.Platform, found: Sequence[Drift], out: rich.console.Console) -> None:
    where = f"{platform.name} on {platform.target} ({platform.environment})"
    if not found:
        out.print(f"[green]Nothing differs[/]: {where} is as it was brought up, and nothing else is there.")
        return
    table = rich.table.Table("subject", "what", "id", "properties", "declared at", title=f"Drift of {where}")
    for one in found:
        table.add_row(one.subject, one.what, one.identifier, ", ".join(one.properties), one.place)
    out.print(table)
    out.print(
        "Next: `rempart up --refresh` brings back what changed or is gone; what was added goes by the hand that added "
        "it, or into the blueprint, and then `rempart adopt`."
    )
