"""`rempart recover`, second part: what the API made and no state holds, where the provider's plugin keeps no notes."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Mapping, Sequence

import rich.markup
from pulumi import automation

from blueprint import stack as stacks
from blueprint import target as targets
from cli import console, engine, exit_codes, layers
from providers import observation, strays
from providers.strays import Held, Kept, Stray, Why


def sweep(
    platform: layers.Platform, wanted: Sequence[str], env: Mapping[str, str], progress: engine.Progress
) -> list[engine.LayerResult]:
    """Removes what strays in the wanted layers, and says what is left; the results say what could not be looked at."""
    target = targets.load(platform.target)
    sweeper = strays.load(target.provider)
    if sweeper is None:
        return []
    first = str(platform.stack(wanted[0]))

    def told(stray: Stray) -> None:
        progress(str(platform.stack(stray.layer)), f"remove {_told(stray)}")
        console.err().print(
            f"recover: removing {rich.markup.escape(_told(stray))}, which no state holds", soft_wrap=True
        )

    def failed(text: str, code: int) -> list[engine.LayerResult]:
        return [engine.LayerResult(first, engine.Operation.REFRESH, {}, 0.0, error=text, code=code)]

    progress(first, "look for what no state holds")
    try:
        account = sweeper.account(env, target.region)
        claim = (platform.name, platform.environment)
        done = sweeper.sweep(account, claim, frozenset(wanted), held(platform, env), told)
    except observation.Unreachable as error:
        more = "nothing is brought up before what lost answers left is looked at: run `rempart recover` again"
        return failed(f"{error}; {more}", exit_codes.ENVIRONMENT)
    except automation.CommandError as error:
        return failed(*engine.explain(first, engine.ANSI.sub("", str(error)), []))
    if done.removed:
        console.err().print(f"recover: {len(done.removed)} things that no state held are removed")
    for line in left(platform, done.kept):
        console.err().print(f"[yellow]left[/] {rich.markup.escape(line)}", soft_wrap=True)
    return []


def held(platform: layers.Platform, env: Mapping[str, str]) -> Held:
    """Ids in every layer's state, on each target of the same provider: two targets may share a project."""
    provider = targets.load(platform.target).provider
    ids: set[str] = set()
    standing: set[str] = set()
    for name in targets.names():
        if targets.load(name).provider != provider:
            continue
        for layer in stacks.LAYERS:
            found = set(_ids(stacks.StackName(platform.name, name, platform.environment, layer), env))
            ids |= found
            if found and name == platform.target:
                standing.add(layer)
    return Held(frozenset(ids), frozenset(standing))


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
        more = f" --subject {one.stray.subject} --id {one.stray.identifier}" if one.why is Why.DATA else ""
        command = "adopt" if one.why is Why.DATA else "verify"
        lines.append(f"{_told(one.stray)}: no state holds it, and {one.why}. Next: `rempart {command} {options}{more}`")
    return lines


def _told(stray: Stray) -> str:
    return f"{stray.kind.rsplit(':', 1)[-1]} {stray.identifier} ({stray.subject})"


def _ids(name: stacks.StackName, env: Mapping[str, str]) -> Iterable[str]:
    """What a state holds at a provider. Unlike `engine.stands`, a state that cannot be read is an error here."""
    folder = engine.file_backend(env)
    if folder is not None and not (folder / f"{name}.json").exists():
        return ()
    stack = engine.select(name, env, create=False)
    resources = (stack.export_stack().deployment or {}).get("resources") or () if stack else ()
    return [str(one["id"]) for one in resources if one.get("id") and not str(one["type"]).startswith("pulumi:")]
