"""`rempart adopt`: what exists already comes under a stack, by its id, and nothing at the provider changes."""

from __future__ import annotations

import collections
import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import rich.table

from blueprint import facts, loader
from blueprint import stack as stacks
from blueprint.errors import RempartError
from cli import account, console, engine, environment, exit_codes, layers, report, steps
from providers import adoption, observation


class NotAdoptable(RempartError):
    """Taking it over would change something, or nobody can tell which thing is meant."""


@dataclasses.dataclass(frozen=True, slots=True)
class Adopted:
    """What one layer took over: subject -> id."""

    stack: str
    adopted: Mapping[str, str]


def adopt(
    platform: layers.Platform,
    wanted: Sequence[str],
    subject: str | None,
    identifier: str | None,
    format: str = "table",
    only_show: bool = False,
) -> int:
    """Without a subject, everything that the account has, that carries the platform's tags, and that no state holds.

    Exit codes: 0 adopted (or nothing to adopt), 2 it cannot be adopted as it is, 3 the API cannot be read.
    """
    if bool(subject) != bool(identifier):
        raise NotAdoptable("give both --subject and --id, or neither: then everything that is tagged is looked for")
    env = environment.enter()
    try:
        with console.progress("adopt") as progress:
            asked = {subject: identifier} if subject and identifier else candidates(platform, env)
            done = [one for layer in wanted if (one := _layer(platform, layer, asked, env, progress, only_show))]
    except (observation.Unreachable, steps.Stopped) as error:
        console.fail(str(error))
        return error.code if isinstance(error, steps.Stopped) else exit_codes.ENVIRONMENT
    left = set(asked) - {found for one in done for found in one.adopted}
    if format == "json":
        report.write(json.dumps([dataclasses.asdict(one) for one in done], indent=2) + "\n", None)
    else:
        _print(done, only_show)
    if subject and left:
        console.fail(f"{subject} is in no layer of the plan ({', '.join(wanted)}), or its stack has it already")
        return exit_codes.BAD_INPUT
    return exit_codes.OK


def candidates(platform: layers.Platform, env: Mapping[str, str]) -> dict[str, str]:
    """Subject -> id of what the account has under the platform's tags and no layer's state holds."""
    found = unheld(platform, env)
    claims = collections.Counter((origin.type, origin.subject) for origin in found)
    for origin in found:
        if claims[origin.type, origin.subject] > 1:
            raise NotAdoptable(
                f"{origin.subject}: {claims[origin.type, origin.subject]} things claim to be it. "
                "`rempart drift` lists them; adopt the right one with --subject and --id"
            )
    return {str(origin.subject): origin.urn.split(":", 2)[2] for origin in found}


def unheld(platform: layers.Platform, env: Mapping[str, str]) -> list[facts.Origin]:
    """All that claims to be of the platform, by the account, and that no layer's state holds, by its subject.

    Raises `observation.Unreachable` where the account cannot be read.
    """
    seen = account.listed(platform, env, loader.load(loader.find(platform.name)))
    held = _held(platform, env)
    return [one.origin for one in seen if one.origin.subject is not None and one.origin.subject not in held]


def _held(platform: layers.Platform, env: Mapping[str, str]) -> set[str]:
    """Subjects that some layer's state holds: a resource's name is its subject."""
    held: set[str] = set()
    for layer in stacks.LAYERS:
        name = platform.stack(layer)
        if not engine.stands(name, env):
            continue
        stack = engine.select(name, env, create=False)
        resources: Iterable[Any] = (stack.export_stack().deployment or {}).get("resources", ()) if stack else ()
        held |= {str(one["urn"]).rsplit("::", 1)[-1] for one in resources}
    return held


def _layer(
    platform: layers.Platform,
    layer: str,
    asked: Mapping[str, str],
    env: Mapping[str, str],
    progress: engine.Progress,
    only_show: bool,
) -> Adopted | None:
    """Previews the adoption, refuses it where anything else would move, adopts, and proves that nothing is left."""
    if not asked:
        return None
    name = platform.stack(layer)
    fresh = not engine.stands(name, env)
    taking = {**env, **adoption.spell(asked)}
    stack = engine.select(name, taking, create=True)
    if stack is None:
        return None
    progress(str(name), "preview the adoption")
    planned = steps.collect(str(name), stack.preview)
    mine = {step.subject: asked[step.subject] for step in planned if step.operation == "import"}
    moved = [step for step in planned if step.native and step.operation not in ("import", "same")]
    if not mine:
        if fresh:
            engine.forget(name, env)
        return None
    if moved:
        told = ", ".join(f"{step.operation} {step.subject} ({', '.join(step.properties)})" for step in moved[:4])
        raise NotAdoptable(
            f"{name}: adopting {len(mine)} things would also {told}{', ...' if len(moved) > 4 else ''}. An adoption "
            "changes nothing at the provider: run `rempart up` for the rest first, or mend what differs"
        )
    if only_show:
        return Adopted(str(name), mine)
    progress(str(name), f"adopt {len(mine)}")
    steps.collect(str(name), stack.up)
    after = engine.select(name, env, create=False)
    progress(str(name), "prove that nothing is left to change")
    rest = [step for step in steps.collect(str(name), after.preview) if step.native] if after else []
    if rest:
        raise NotAdoptable(f"{name}: adopted, and a preview still shows {rest[0].operation} {rest[0].subject}")
    return Adopted(str(name), mine)


def _print(done: Sequence[Adopted], only_show: bool) -> None:
    if not done:
        console.out().print("Nothing to adopt: every thing under the platform's tags is in a state already.")
        return
    table = rich.table.Table("stack", "subject", "id", title="To be adopted" if only_show else "Adopted")
    for one in done:
        for subject, identifier in sorted(one.adopted.items()):
            table.add_row(one.stack, subject, identifier)
    console.out().print(table)
    if not only_show:
        console.out().print("[green]A preview shows nothing to change.[/]")
