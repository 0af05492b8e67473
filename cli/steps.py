"""What the engine would do, resource by resource: for commands that must know more than how many."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cli import engine, exit_codes

if TYPE_CHECKING:
    from pulumi.automation import events

ENGINE_TYPES = ("pulumi:", "rempart:components:")
"""The engine's own and our groupings: nothing at a provider."""


class Stopped(Exception):
    """The engine could not say. `code` is the exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Step:
    """One resource and what would become of it; `properties` are the names that differ, never the values."""

    operation: str
    subject: str
    type: str
    identifier: str
    properties: tuple[str, ...]

    @property
    def native(self) -> bool:
        return not self.type.startswith(ENGINE_TYPES)


def collect(
    name: str, call: Callable[..., Any], also: Callable[[events.EngineEvent], None] | None = None, allowed: str = ""
) -> tuple[Step, ...]:
    """Runs `call` (a preview, an update, a refresh) and returns its steps that change something.

    `also` hears each event. An error that says `allowed` stops nothing: what it is about is among the steps.
    Raises `Stopped`, with what went wrong and what to do.
    """
    from pulumi import automation

    steps: dict[tuple[str, str], Step] = {}
    errors: list[str] = []
    refused: list[str] = []
    stopping: list[str] = []

    def on_event(event: events.EngineEvent) -> None:
        seen = event.res_outputs_event or event.resource_pre_event
        if seen is not None and (step := _step(seen.metadata)):
            steps[seen.metadata.urn, step.operation] = step  # an import may be followed by an update of the same
        policy = event.policy_event
        if policy is not None and policy.enforcement_level == "mandatory":
            refused.append(engine.ANSI.sub("", policy.message).strip().partition("\n")[2])
        told = event.diagnostic_event
        if told is not None and (told.severity == "error" or "import" in told.message):
            errors.append(engine.ANSI.sub("", told.message).strip())
            if told.severity == "error" and not errors[-1].startswith(engine.ENGINE_ECHO):
                stopping.append(errors[-1])
        if also is not None:
            also(event)

    try:
        call(on_event=on_event, color="never")
    except automation.CommandError as error:
        if refused:
            more = f" (and {len(refused) - 3} more)" if len(refused) > 3 else ""
            raise Stopped(
                f"{name}: the policy pack refuses: {'; '.join(refused[:3])}{more}", exit_codes.VIOLATION
            ) from None
        if not (allowed and stopping and all(allowed in one for one in stopping)):
            raise Stopped(*engine.explain(name, engine.ANSI.sub("", str(error)), errors)) from None
    return tuple(sorted(steps.values()))


def _step(meta: Any) -> Step | None:
    operation = str(getattr(meta.op, "value", meta.op))
    if operation in ("same", "read", "refresh", "create-replacement", "delete-replaced"):
        return None
    state = meta.old or meta.new
    return Step(
        operation,
        meta.urn.rsplit("::", 1)[-1],
        meta.type,
        str(getattr(state, "id", "") or ""),
        tuple(sorted(meta.diffs or meta.detailed_diff or ())),
    )
