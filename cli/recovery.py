"""`rempart recover`, first half: what a person would do after a kill, before running `up` again."""

from __future__ import annotations

import datetime as dt
import json
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pulumi import automation

from blueprint import stack as stacks
from cli import engine, layers


def creating(
    platform: layers.Platform, wanted: Iterable[str], env: Mapping[str, str]
) -> dict[tuple[str, str], dt.datetime]:
    """(type, name) of what runs were making as they were cut -> since when its run ran, by its lock.

    To be asked before anything is settled. Nothing where the state is kept elsewhere than in files, or does not say.
    """
    folder = engine.file_backend(env)
    if folder is None:
        return {}
    found: dict[tuple[str, str], dt.datetime] = {}
    for name in [str(platform.stack(layer)) for layer in wanted]:
        since = _locked_since(folder.parents[1] / "locks", name)
        for one in _pending(folder / f"{name}.json") if since else ():
            if since and one.get("type") == "creating":
                resource = one["resource"]
                found[str(resource["type"]), str(resource["urn"]).rsplit("::", 1)[-1]] = since
    return found


def _locked_since(locks: pathlib.Path, stack: str) -> dt.datetime | None:
    """When the run began that holds a stack; None where none does, or where it is not to be told which one."""
    held = list(locks.glob(f"**/{stack}/*.json"))
    if len(held) != 1:
        return None
    try:
        said = dt.datetime.fromisoformat(json.loads(held[0].read_text(encoding="utf-8"))["timestamp"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return said if said.tzinfo else None


def _pending(checkpoint: pathlib.Path) -> Sequence[Mapping[str, Any]]:
    try:
        latest = json.loads(checkpoint.read_text(encoding="utf-8"))["checkpoint"]["latest"] or {}
    except (OSError, ValueError, KeyError):
        return ()
    return latest.get("pending_operations") or ()


def settle_all(
    platform: layers.Platform, wanted: Iterable[str], env: Mapping[str, str], progress: engine.Progress
) -> list[engine.LayerResult]:
    """Unlocks each layer that exists and settles its pending operations; the results say what could not be.

    A pending create is dropped from the state only: the provider plugin kept its own intent for it on disk, and the
    next `up` adopts what the provider had made, or makes it. Where a plugin keeps none, `strays` looks for it.
    """
    problems: list[engine.LayerResult] = []
    for layer in wanted:
        name = platform.stack(layer)
        try:
            settle(name, env, progress)
        except automation.CommandError as error:
            text, code = engine.explain(str(name), engine.ANSI.sub("", str(error)), [])
            problems.append(engine.LayerResult(str(name), engine.Operation.REFRESH, {}, 0.0, error=text, code=code))
    return problems


def settle(name: stacks.StackName, env: Mapping[str, str], progress: engine.Progress) -> bool:
    """`pulumi cancel`, then clears pending creates. True if there was anything to settle."""
    mend(name, env)
    stack = engine.select(name, env, create=False)
    if stack is None:
        return False
    progress(str(name), "unlock")
    stack.cancel()
    state = stack.export_stack()
    deployment = dict(state.deployment or {})
    pending = deployment.get("pending_operations") or []
    if not pending:
        return False
    progress(str(name), f"settle {len(pending)} pending operations")
    deployment["pending_operations"] = [one for one in pending if one.get("type") != "creating"]
    stack.import_stack(automation.Deployment(version=state.version, deployment=deployment))
    return True


def mend(name: stacks.StackName, env: Mapping[str, str]) -> list[str]:
    """What a kill inside a write left in a file backend: an empty side file, which makes the engine fail to load.

    Only that is removed; checkpoints themselves are written beside their place and renamed. Returns the files' names.
    """
    folder = engine.file_backend(env)
    if folder is None:
        return []
    empty = [path for path in folder.glob(f"{name}.json*.attrs") if path.stat().st_size == 0]
    for path in empty:
        path.unlink()
    return [path.name for path in empty]
