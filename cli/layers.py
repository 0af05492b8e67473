"""`rempart preview|up|destroy`: every layer of a platform, in dependency order, in parallel where it can."""

from __future__ import annotations

import concurrent.futures
import dataclasses
from collections.abc import Callable, Iterable, Mapping

from blueprint import stack as stacks
from cli import console, engine, exit_codes

WAVES = (("network", "storage"), ("compute", "bastion"))
"""Layers of one wave stand on earlier waves only."""
STOPPING = (
    "stopping: what the provider has been asked for ends first, which may take minutes. Ctrl-C again ends at once; "
    "`rempart recover` then finds what was lost"
)


@dataclasses.dataclass(frozen=True)
class Platform:
    """What a command speaks of: one platform on one target in one environment."""

    name: str
    target: str
    environment: str

    def stack(self, layer: str) -> stacks.StackName:
        return stacks.StackName(self.name, self.target, self.environment, layer, None)


def preview(
    platform: Platform, layers: Iterable[str], env: Mapping[str, str], progress: engine.Progress
) -> list[engine.LayerResult]:
    """What would change. Layers whose network does not exist yet are previewed on planned placeholders."""
    if provisional(platform, env):
        env = {**env, stacks.PROVISIONAL: "network"}

    def one(name: stacks.StackName) -> engine.LayerResult:
        return engine.run(name, engine.Operation.PREVIEW, env, progress)

    return _waves(platform, layers, WAVES, one)


def provisional(platform: Platform, env: Mapping[str, str]) -> bool:
    """True where the network layer does not exist yet: what stands on it can be previewed, not judged for good."""
    return not engine.stands(platform.stack("network"), env)


def up(
    platform: Platform,
    layers: Iterable[str],
    env: Mapping[str, str],
    progress: engine.Progress,
    refresh: bool = False,
) -> list[engine.LayerResult]:
    """Brings the layers up. Each is previewed first, under the pack: a violation anywhere stops before it creates.

    With `refresh`, what another hand changed is seen, and brought back.
    """

    def one(name: stacks.StackName) -> engine.LayerResult:
        seen = engine.run(name, engine.Operation.PREVIEW, env, progress, refresh)
        if seen.code or not seen.changed:
            return seen
        return engine.run(name, engine.Operation.UP, env, progress, refresh)

    return _waves(platform, layers, WAVES, one)


def destroy(
    platform: Platform, layers: Iterable[str], env: Mapping[str, str], progress: engine.Progress, unprotect: bool
) -> list[engine.LayerResult]:
    """Takes the layers down, last first. Protected data is given up only with `unprotect`."""

    def one(name: stacks.StackName) -> engine.LayerResult:
        if unprotect and (stack := engine.select(name, env, create=False)) is not None:
            stack.workspace.pulumi_command.run(
                ["state", "unprotect", "--all", "--yes", "--stack", str(name)], stack.workspace.work_dir, dict(env)
            )
        return engine.run(name, engine.Operation.DESTROY, env, progress)

    return _waves(platform, layers, tuple(reversed(WAVES)), one)


def _waves(
    platform: Platform,
    layers: Iterable[str],
    waves: tuple[tuple[str, ...], ...],
    one: Callable[[stacks.StackName], engine.LayerResult],
) -> list[engine.LayerResult]:
    wanted = set(layers)
    results: list[engine.LayerResult] = []
    for wave in waves:
        names = [platform.stack(layer) for layer in wave if layer in wanted]
        with concurrent.futures.ThreadPoolExecutor(max_workers=max(len(names), 1)) as pool:
            try:
                results += pool.map(one, names)
            except KeyboardInterrupt:
                console.err().print(STOPPING, soft_wrap=True)
                raise
        if any(result.code for result in results):
            break
    return results


def exit_code(results: Iterable[engine.LayerResult]) -> int:
    """The worst of the layers': anything else comes before a violation, which comes before success."""
    codes = {result.code for result in results} - {exit_codes.OK}
    return max(codes) if codes else exit_codes.OK
