"""`rempart adopt`: what exists already comes under a stack, by its id, and nothing at the provider changes."""

from __future__ import annotations

import collections
import dataclasses
import functools
import json
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import rich.table

from blueprint import facts, loader, planner
from blueprint import stack as stacks
from blueprint import target as targets
from blueprint.errors import RempartError
from cli import account as accounts
from cli import console, engine, environment, exit_codes, layers, report, seeding, steps
from policies.report import fold
from providers import adoption, observation

if TYPE_CHECKING:
    from pulumi import automation

SHOWN = 4


class NotAdoptable(RempartError):
    """Taking it over would change something, or nobody can tell which thing is meant."""

    def __init__(self, message: str, refused: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.refused = dict(refused or {})
        """Name -> why, where it is about some of what was asked for."""


@dataclasses.dataclass(frozen=True, slots=True)
class Adopted:
    """What one layer took over: subject -> id."""

    stack: str
    adopted: Mapping[str, str]
    missing: tuple[str, ...] = ()
    """Names of what the plan has and the account has not: the next `rempart up` makes it."""


@dataclasses.dataclass(frozen=True, slots=True)
class _How:
    only_show: bool = False
    partial: bool = False
    beside: bool = False
    """What else a run would change is that run's own matter, and it follows at once: with `partial` only."""


@dataclasses.dataclass
class Account:
    """One command's look at the account: the plan and what plugins do not read back, once for all layers."""

    platform: layers.Platform
    env: Mapping[str, str]

    @functools.cached_property
    def reader(self) -> adoption.Reader | None:
        return adoption.load(targets.load(self.platform.target).provider)

    def unread(self, sights: seeding.Sights) -> Mapping[str, Mapping[str, Any]]:
        """What the API says of the things to adopt, and their plugin does not read. Raises where nobody can know."""
        return self._reading.told({one.name: adoption.Wanted(one.type, one.identifier) for one in sights.imported})

    @functools.cached_property
    def _reading(self) -> adoption.Reading:
        target = targets.load(self.platform.target)
        plan = planner.plan(loader.load(loader.find(self.platform.name)), target, self.platform.environment)
        assert self.reader is not None
        return self.reader.reading(observation.load(target.provider).account(self.env, target.region), plan)


def adopt(
    platform: layers.Platform,
    wanted: Sequence[str],
    subject: str | None,
    identifier: str | None,
    format: str = "table",
    only_show: bool = False,
    partial: bool = False,
) -> int:
    """Without a subject, everything that the account has, that carries the platform's tags, and that no state holds.

    With `partial`, also where the plan has more than there is.

    Exit codes: 0 adopted (or nothing to adopt), 2 it cannot be adopted as it is, 3 the API cannot be read.
    """
    if bool(subject) != bool(identifier):
        raise NotAdoptable("give both --subject and --id, or neither: then everything that is tagged is looked for")
    env = environment.enter()
    try:
        with console.progress("adopt") as progress:
            asked = {subject: identifier} if subject and identifier else candidates(platform, env)
            how, seen = _How(only_show, partial), Account(platform, env)
            done = [one for layer in wanted if (one := _layer(seen, layer, asked, progress, how))]
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
    """Name -> id of what the account has under the platform's tags and no layer's state holds.

    A resource's name is its subject, save where several serve one subject.
    """
    found = unheld(platform, env)
    claims = collections.Counter((origin.type, origin.name) for origin in found)
    for origin in found:
        if claims[origin.type, origin.name] > 1:
            raise NotAdoptable(
                f"{origin.name}: {claims[origin.type, origin.name]} things claim to be it. "
                "`rempart drift` lists them; adopt the right one with --subject and --id"
            )
    return {origin.name: origin.urn.split(":", 2)[2] for origin in found}


def unheld(platform: layers.Platform, env: Mapping[str, str]) -> list[facts.Origin]:
    """All that claims to be of the platform, by the account, and that no layer's state holds, by its name.

    Raises `observation.Unreachable` where the account cannot be read.
    """
    seen = accounts.listed(platform, env, loader.load(loader.find(platform.name)))
    held = held_names(platform, env)
    return [one.origin for one in seen if one.origin.subject is not None and one.origin.name not in held]


def held_names(platform: layers.Platform, env: Mapping[str, str]) -> set[str]:
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


def take(account: Account, layer: str, asked: Mapping[str, str], progress: engine.Progress) -> Adopted | None:
    """Takes over what an interrupted run left: nothing of it may change, and the rest is for the run that follows.

    Raises as a command would be refused: `NotAdoptable`, `adoption.Unproven`, `steps.Stopped`, `Unreachable`.
    """
    return _layer(account, layer, asked, progress, _How(partial=True, beside=True))


def _layer(
    account: Account, layer: str, asked: Mapping[str, str], progress: engine.Progress, how: _How
) -> Adopted | None:
    """Previews the adoption, refuses it where anything else would move, adopts, and proves that nothing is left."""
    if not asked:
        return None
    name, env = account.platform.stack(layer), account.env
    fresh = not engine.stands(name, env)
    stack = engine.select(name, {**env, **adoption.spell(asked)}, create=True)
    if stack is None:
        return None
    taken: Adopted | None = None
    try:
        progress(str(name), "preview the adoption")
        sights = seeding.Sights()
        allowed = seeding.REPLACED if account.reader else ""
        planned = steps.collect(str(name), stack.preview, also=sights, allowed=allowed)
        mine = {step.subject: asked[step.subject] for step in planned if step.operation == seeding.IMPORT}
        told = account.unread(sights) if account.reader and mine else {}
        if told or (mine and how.partial):
            progress(str(name), "write what exists into the state, and prove it")
            missing = _written(name, stack, env, sights, told, how)
            taken = Adopted(str(name), mine, missing)
        elif mine:
            _refuse_what_moves(str(name), planned, f"adopting {len(mine)} things would also")
            if not how.only_show:
                _imported(name, stack, env, progress, len(mine))
            taken = Adopted(str(name), mine)
        return taken
    finally:
        if fresh and (taken is None or how.only_show) and not engine.stands(name, env):
            engine.forget(name, env)


def _refuse_what_moves(
    name: str, found: Iterable[steps.Step], what: str, partial: bool = False, only: Container[str] | None = None
) -> tuple[str, ...]:
    """Names of what would be made, with `partial`. Raises `NotAdoptable` where anything would not stay as it is.

    `only`: names of what must stay; without it, all of the layer.
    """
    moved = [step for step in found if step.native and step.operation not in (seeding.IMPORT, "same")]
    made = tuple(step.subject for step in moved if step.operation == "create")
    if only is not None:
        moved = [step for step in moved if step.subject in only]
        if not moved:
            return made
    elif len(made) == len(moved) and (partial or not made):
        return made
    told = fold.some([_said(step) for step in moved], SHOWN)
    remedy = "`--partial` adopts what is there" if len(made) == len(moved) else "mend there what differs"
    refused = {step.subject: f"a run would then {_said(step)}" for step in moved}
    raise NotAdoptable(f"{name}: {what} {told}. An adoption changes nothing at the provider: {remedy}", refused)


def _said(step: steps.Step) -> str:
    changed = f" ({', '.join(step.properties)})" if step.properties else ""
    return f"{step.operation} {step.subject}{changed}"


def _imported(
    name: stacks.StackName, stack: automation.Stack, env: Mapping[str, str], progress: engine.Progress, count: int
) -> None:
    """The engine takes the things over itself, and a preview proves that nothing is left to change."""
    progress(str(name), f"adopt {count}")
    steps.collect(str(name), stack.up)
    after = engine.select(name, env, create=False)
    progress(str(name), "prove that nothing is left to change")
    rest = [step for step in steps.collect(str(name), after.preview) if step.native] if after else []
    if rest:
        raise NotAdoptable(f"{name}: adopted, and a preview still shows {rest[0].operation} {rest[0].subject}")


def _written(
    name: stacks.StackName,
    stack: automation.Stack,
    env: Mapping[str, str],
    sights: seeding.Sights,
    told: Mapping[str, Mapping[str, Any]],
    how: _How,
) -> tuple[str, ...]:
    """Writes the state; a preview must then show nothing, else the state is put back as it was.

    Returns what the plan has and the account has not: the run that adds what depends on what is then left to `up`.
    """
    from pulumi import automation

    before = stack.export_stack()
    made = seeding.written(before.deployment or {}, sights.by_urn, told)
    claimed = automation.Deployment(before.version, seeding.unproven(made, before.deployment or {}))
    plain = engine.select(name, env, create=True)
    assert plain is not None
    kept = False
    try:
        stack.import_stack(claimed)
        shown = steps.collect(str(name), plain.preview)
        only = {one.name for one in sights.imported} if how.beside else None
        missing = _refuse_what_moves(str(name), shown, "once they are adopted, a run would", how.partial, only)
        kept = not how.only_show
    finally:
        stack.import_stack(automation.Deployment(before.version, made) if kept else before)
    if kept and not missing and not how.beside:
        steps.collect(str(name), plain.up)
    return missing


def _print(done: Sequence[Adopted], only_show: bool) -> None:
    if not done:
        console.out().print("Nothing to adopt: every thing under the platform's tags is in a state already.")
        return
    table = rich.table.Table("stack", "subject", "id", title="To be adopted" if only_show else "Adopted")
    for one in done:
        for subject, identifier in sorted(one.adopted.items()):
            table.add_row(one.stack, subject, identifier)
    console.out().print(table)
    for one in done:
        if one.missing:
            names = fold.some(one.missing, SHOWN)
            console.out().print(f"{one.stack}: {len(one.missing)} of the plan are not there ({names}): `rempart up`")
    if not only_show and not any(one.missing for one in done):
        console.out().print("[green]A preview shows nothing to change.[/]")
