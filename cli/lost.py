"""`rempart up` where a state holds nothing and the account has the layer already: a state that is lost, or elsewhere.

The engine knows only its state. With another `PULUMI_BACKEND_URL`, or after the loss of a file, it would bring up a
second platform beside the one that serves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from blueprint import target as targets
from blueprint.facts import Origin
from cli import adopt, console, engine, exit_codes, layers
from providers import observation
from stacks import planned

SHOWN = 3


def refusal(
    platform: layers.Platform, wanted: Sequence[str], env: Mapping[str, str], progress: engine.Progress
) -> list[engine.LayerResult]:
    """The layers among those wanted that are not to be brought up; none where each is new, or stands.

    Where the account cannot be read nothing is refused, and that is said: the engine tells better why.
    """
    empty = [layer for layer in wanted if not engine.stands(platform.stack(layer), env)]
    if not empty:
        return []
    progress(str(platform.stack(empty[0])), "look whether the account has it already")
    try:
        there = adopt.unheld(platform, env)
    except observation.Unreachable as error:
        console.err().print(f"{platform.name}: not looked whether the account has it already: {error}", soft_wrap=True)
        return []
    found = {layer: _of(layer, there, platform) for layer in empty} if there else {}
    return [_refused(platform, layer, things) for layer, things in found.items() if things]


def _of(layer: str, there: Sequence[Origin], platform: layers.Platform) -> list[Origin]:
    plan = planned.layer(platform.name, targets.load(platform.target), platform.environment, layer)
    subjects = {resource.name for resource in plan}
    return [origin for origin in there if origin.name in subjects]


def _refused(platform: layers.Platform, layer: str, things: Sequence[Origin]) -> engine.LayerResult:
    name = str(platform.stack(layer))
    told = ", ".join(str(origin.subject) for origin in things[:SHOWN]) + (", ..." if len(things) > SHOWN else "")
    options = f"{platform.name} --target {platform.target} --environment {platform.environment}"
    text = (
        f"{name}: its state holds nothing, and the account has {len(things)} things under its tags ({told}). Nothing "
        "is brought up beside what may be the platform itself. Is its state elsewhere (see PULUMI_BACKEND_URL)? If "
        f"it is lost, `rempart adopt {options}` takes them over; `rempart up --beside` makes others"
    )
    return engine.LayerResult(name, engine.Operation.UP, {}, 0.0, error=text, code=exit_codes.ENVIRONMENT)
