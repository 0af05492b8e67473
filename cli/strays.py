"""`rempart recover`, second part: what the API made and no state holds, where the provider's plugin keeps no notes."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import rich.markup
from pulumi import automation

from blueprint import loader, planner
from blueprint import stack as stacks
from blueprint import target as targets
from cli import console, engine, exit_codes, layers, takeover
from providers import observation, strays
from providers.strays import Claim, Held, Kept, Stray, Why

PROVIDER = "pulumi:providers:"
LOST = (
    "nothing is brought up beside what may be the platform itself: find its state (PULUMI_BACKEND_URL), or adopt "
    "what is left; where none of it serves anybody, `rempart up` makes it anew"
)


def sweep(
    platform: layers.Platform,
    wanted: Sequence[str],
    env: Mapping[str, str],
    progress: engine.Progress,
    creating: Mapping[tuple[str, str], dt.datetime] | None = None,
) -> list[engine.LayerResult]:
    """Removes what strays in the wanted layers or takes it over, and says what is left.

    `creating`: what runs were making as they were cut. The results say what could not be looked at.

    A layer that held something of it, a machine that never ran, is refreshed: then its next run makes it.
    """
    target = targets.load(platform.target)
    sweeper = strays.load(target.provider)
    if sweeper is None:
        return []
    first = str(platform.stack(wanted[0]))

    def told(stray: Stray) -> None:
        progress(str(platform.stack(stray.layer)), f"remove {stray.named}")
        console.err().print(f"recover: removing {rich.markup.escape(stray.named)}: {stray.which}", soft_wrap=True)

    def failed(text: str, code: int) -> list[engine.LayerResult]:
        return [engine.LayerResult(first, engine.Operation.REFRESH, {}, 0.0, error=text, code=code)]

    progress(first, "look for what no state holds")
    try:
        known = dataclasses.replace(held(platform, env), creating=creating or {})
        account = sweeper.account(env, target.region)
        plan = planner.plan(loader.load(loader.find(platform.name)), target, platform.environment)
        claim = Claim(plan, platform.target)
        done = sweeper.sweep(account, claim, frozenset(wanted), known, told)
        kept = takeover.take(platform, done.kept, env, progress)
    except observation.Unreachable as error:
        more = "nothing is brought up before what lost answers left is looked at: run `rempart recover` again"
        return failed(f"{error}; {more}", exit_codes.ENVIRONMENT)
    except automation.CommandError as error:
        return failed(*engine.explain(first, engine.ANSI.sub("", str(error)), []))
    if done.removed:
        console.err().print(f"recover: {len(done.removed)} things that an interrupted run left are removed")
    for line in left(platform, kept):
        console.err().print(f"[yellow]left[/] {rich.markup.escape(line)}", soft_wrap=True)
    if any(one.why is Why.STATE_LOST for one in done.kept):
        return failed(LOST, exit_codes.ENVIRONMENT)
    changed = sorted({one.layer for one in done.removed if one.identifier in known.ids})
    return [engine.run(platform.stack(layer), engine.Operation.REFRESH, env, progress) for layer in changed]


def look_again(
    platform: layers.Platform, wanted: Iterable[str], env: Mapping[str, str], progress: engine.Progress
) -> list[engine.LayerResult]:
    """Refreshes the layers in which something was made and could not be read back; the results say what could not be.

    The engine would update it unseen, and Terraform's plugin refuses that for kinds that can only be replaced.
    """
    if strays.load(targets.load(platform.target).provider) is None:
        return []
    names = [platform.stack(layer) for layer in wanted]
    half_made = [name for name in names if any(one.get("initErrors") for one in _resources(name, env))]
    return [engine.run(name, engine.Operation.REFRESH, env, progress) for name in half_made]


def held(platform: layers.Platform, env: Mapping[str, str]) -> Held:
    """Ids in every layer's state, on each target of the same provider: two targets may share a project."""
    provider = targets.load(platform.target).provider
    typed: set[tuple[str, str]] = set()
    standing: set[str] = set()
    begun: dict[str, dt.datetime] = {}
    for name in targets.names():
        if targets.load(name).provider != provider:
            continue
        for layer in stacks.LAYERS:
            resources = _resources(stacks.StackName(platform.name, name, platform.environment, layer), env)
            found = {(str(one["type"]), str(one["id"])) for one in resources if one.get("id") and not _engines(one)}
            typed |= found
            if found and name == platform.target:
                standing.add(layer)
            elif name == platform.target and (since := _begun(resources)):
                begun[layer] = since
    return Held(frozenset(one for _, one in typed), frozenset(standing), begun, frozenset(typed))


def left(platform: layers.Platform, kept: Iterable[Kept]) -> list[str]:
    """A line for each thing that is left, or for each layer whose state is lost, with what to do next."""
    options = f"{platform.name} --target {platform.target} --environment {platform.environment}"
    lost = collections.Counter(one.stray.layer for one in kept if one.why is Why.STATE_LOST)
    lines = [
        f"{platform.stack(layer)}: {count} things claim to be of it, and its state holds nothing; nothing was removed. "
        f"If the state is lost, `rempart adopt {options}` takes them over"
        for layer, count in sorted(lost.items())
    ]
    for one in kept:
        if one.why is Why.STATE_LOST:
            continue
        # A run that was cut made a part of the plan only.
        adoptable = one.why in (Why.DATA, Why.TWIN)
        more = f" --partial --subject {one.stray.subject} --id {one.stray.identifier}" if adoptable else ""
        command = f"`rempart {'adopt' if adoptable else 'verify'} {options}{more}`"
        why = f"{one.why}; it is not taken over: {one.more}" if one.more else one.why
        lines.append(f"{one.stray.named}: {one.stray.which}, and {why}. Next: {one.remedy or command}")
    return lines


def _resources(name: stacks.StackName, env: Mapping[str, str]) -> Sequence[Mapping[str, Any]]:
    """What a state holds. Unlike `engine.stands`, a state that cannot be read is an error here."""
    folder = engine.file_backend(env)
    if folder is not None and not (folder / f"{name}.json").exists():
        return ()
    stack = engine.select(name, env, create=False)
    resources = (stack.export_stack().deployment or {}).get("resources") or () if stack else ()
    return list(resources)


def _engines(resource: Mapping[str, Any]) -> bool:
    """The engine's own: the stack, references, and providers (whom it speaks to)."""
    return str(resource["type"]).startswith("pulumi:")


def _begun(resources: Iterable[Mapping[str, Any]]) -> dt.datetime | None:
    """When the engine first noted whom it speaks to in a state: before it sent anything."""
    said = [one["created"] for one in resources if one["type"].startswith(PROVIDER) and one.get("created")]
    return min((dt.datetime.fromisoformat(str(one)) for one in said), default=None)
