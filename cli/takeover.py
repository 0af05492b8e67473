"""`rempart recover`, third part: what a cut run made, and what may hold data or serve somebody, is taken over.

Each thing that bears the stack's mark and that no state holds is adopted as `rempart adopt --partial` would, where it
is the only one for its subject and a run would then leave it as it is. Any other is left, with the reason.
"""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Mapping, Sequence

import rich.markup

from cli import adopt, console, engine, layers, steps
from providers import adoption, observation
from providers.strays import Kept, Why

HELD = "its stack holds another one under that name"
UNPLANNED = "the plan has none of that name"


def take(
    platform: layers.Platform, kept: Sequence[Kept], env: Mapping[str, str], progress: engine.Progress
) -> list[Kept]:
    """Takes over what it may, says so, and returns what is left, with why. Nothing changes at the provider."""
    fit = [one.stray for one in kept if one.why is Why.DATA]
    held = adopt.held_names(platform, env) if fit else set()
    names = collections.Counter(stray.subject for stray in fit)
    left = {stray.identifier: str(Why.TWIN) for stray in fit if names[stray.subject] > 1}
    left |= {stray.identifier: HELD for stray in fit if stray.subject in held}
    account = adopt.Account(platform, env)
    for layer in sorted({stray.layer for stray in fit}):
        wanted = {stray.subject: stray for stray in fit if stray.layer == layer and stray.identifier not in left}
        refused = _layer(account, layer, {name: stray.identifier for name, stray in wanted.items()}, progress)
        left |= {wanted[name].identifier: why for name, why in refused.items()}
        for name, stray in wanted.items():
            if name not in refused:
                console.err().print(
                    f"recover: took over {rich.markup.escape(stray.named)}, which is as the plan has it", soft_wrap=True
                )
    return [
        dataclasses.replace(one, more=left.get(one.stray.identifier, ""))
        for one in kept
        if one.why is not Why.DATA or one.stray.identifier in left
    ]


def _layer(account: adopt.Account, layer: str, asked: Mapping[str, str], progress: engine.Progress) -> dict[str, str]:
    """Name -> why it is left; the others are in the layer's state now. What is refused may hold others up: so again."""
    left: dict[str, str] = {}
    while rest := {name: found for name, found in asked.items() if name not in left}:
        try:
            done = adopt.take(account, layer, rest, progress)
        except (adopt.NotAdoptable, adoption.Unproven) as error:
            said = {name: why for name, why in error.refused.items() if name in rest}
            left |= said or dict.fromkeys(rest, str(error))
        except (steps.Stopped, observation.Unreachable) as error:
            left |= dict.fromkeys(rest, str(error))
        else:
            return left | dict.fromkeys(rest.keys() - (done.adopted.keys() if done else ()), UNPLANNED)
    return left
