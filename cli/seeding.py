"""A state written for what exists already, where the engine's own import cannot take it over.

An import asks the plugin what a thing is, and where the plugin does not read back all that it was told, the engine
would replace the thing. So the state is written whole, in one write: what the engine's preview of the import learned
from the plugin, and what the provider's API says of the rest. It is a claim as any state is: a preview then proves it.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pulumi.automation import events

IMPORT = "import"
REPLACED = "previously-imported resources that still specify an ID may not be replaced"
"""How the engine ends a preview of an import after which it would replace the thing."""
NO_ID_YET = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine writes in a preview for an id that a provider of its own has not got yet."""
SECRET = "4dabf18193072939515e22adb298388d"
"""The key by which the engine marks a value that is kept encrypted: a preview shows none of those."""
RAW = "__pulumi_raw_state_delta"
"""The bridge's note of how its own state differs from the outputs: it holds no more once something is added to them."""


@dataclasses.dataclass(frozen=True, slots=True)
class Sight:
    """What a preview said of one resource. `read` is what the plugin answered for an import; None for another step."""

    urn: str
    type: str
    parent: str
    provider: str
    """URN of the provider and its id, joined by `::`; "" for what has none."""
    custom: bool
    protect: bool
    identifier: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    imported: bool = False

    @property
    def name(self) -> str:
        return self.urn.rsplit("::", 1)[-1]


class Sights:
    """Listens to a preview. Of each resource the last is kept that says most: an import's answer, else its plan."""

    def __init__(self) -> None:
        self.by_urn: dict[str, Sight] = {}

    def __call__(self, event: events.EngineEvent) -> None:
        answered = event.res_outputs_event
        seen = answered or event.resource_pre_event
        if seen is None:
            return
        meta = seen.metadata
        operation = str(getattr(meta.op, "value", meta.op))
        imported = operation == IMPORT and answered is not None and meta.old is not None
        state = meta.old if imported else meta.new
        known = self.by_urn.get(meta.urn)
        if state is None or (known is not None and known.imported):
            return
        asked = meta.new or state
        self.by_urn[meta.urn] = Sight(
            urn=meta.urn,
            type=meta.type,
            parent=state.parent or "",
            provider=state.provider or "",
            custom=bool(state.custom),
            protect=bool(asked.protect),
            identifier=state.id or "",
            inputs=state.inputs or {},
            outputs=state.outputs or {},
            imported=imported,
        )

    @property
    def imported(self) -> tuple[Sight, ...]:
        return tuple(one for one in self.by_urn.values() if one.imported)


def written(
    deployment: Mapping[str, Any], sights: Mapping[str, Sight], told: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """The deployment with every imported resource in it, and what each stands on: groupings and its provider.

    `told`: name -> properties that the plugin does not read back. What the deployment holds already stays as it is.
    """
    resources = list(deployment.get("resources") or ())
    held = {str(one["urn"]) for one in resources}
    wanted = [one for one in sights.values() if one.imported and one.urn not in held]
    ids = {str(one["urn"]): str(one["id"]) for one in resources if one.get("id")}
    needed = {urn for one in wanted for urn in (*_above(one, sights), _provider(one))}
    for urn, sight in sights.items():  # in the order of registration: what is stood on comes first
        if urn in held or not (urn in needed or sight in wanted):
            continue
        if not sight.imported and sight.custom:
            ids[urn] = str(uuid.uuid4())
        resources.append(_resource(sight, ids, told.get(sight.name, {})))
    return {**deployment, "resources": resources}


def unproven(made: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The same deployment while nobody knows yet whether it is true: no run deletes what it holds more than before."""
    known = {str(one["urn"]) for one in before.get("resources") or ()}
    return {
        **made,
        "resources": [one if one["urn"] in known else {**one, "retainOnDelete": True} for one in made["resources"]],
    }


def _above(sight: Sight, sights: Mapping[str, Sight]) -> Iterator[str]:
    """URNs of the groupings that it is in, the stack's among them."""
    parent = sight.parent
    while parent:
        yield parent
        parent = sights[parent].parent if parent in sights else ""


def _provider(sight: Sight) -> str:
    return sight.provider.rpartition("::")[0]


def _resource(sight: Sight, ids: Mapping[str, str], told: Mapping[str, Any]) -> dict[str, Any]:
    """One resource as a checkpoint has it. The engine adds what depends on what at its next run."""
    made: dict[str, Any] = {"urn": sight.urn, "custom": sight.custom, "type": sight.type}
    if sight.custom:
        made["id"] = sight.identifier if sight.imported else ids[sight.urn]
    made["inputs"] = {**_shown(sight.inputs), **told}
    made["outputs"] = {**_shown(sight.outputs), **told}
    if told:
        made["outputs"].pop(RAW, None)
    if sight.parent:
        made["parent"] = sight.parent
    if sight.provider:
        made["provider"] = f"{_provider(sight)}::{ids[_provider(sight)]}"
    if sight.protect:
        made["protect"] = True
    return made


def _shown(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Without secrets, which events only name: the plugin gives none of a thing that it did not make."""
    return {key: value for key, value in properties.items() if not (isinstance(value, Mapping) and SECRET in value)}
