"""One layer through the engine: preview, up, destroy, with its events counted and its failures put into words."""

from __future__ import annotations

import dataclasses
import enum
import json
import pathlib
import re
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from blueprint import stack as stacks
from blueprint import workspace
from cli import exit_codes, wording

if TYPE_CHECKING:
    from pulumi import automation
    from pulumi.automation import events

Progress = Callable[[str, str], None]
"""(stack, what happens now) -> None; called from the engine's thread."""

AROUND = ("OSC_", "OOS_ENDPOINT", "sign-in", "onnection refused")
"""In a message of ours: what is wrong is around the program, not in its input."""
PROTECTED = "because it is protected"
LOCKED = "the stack is currently locked"
STACK = "pulumi:pulumi:Stack"
SHOWN = 5
"""Errors of one operation that are shown; the rest are counted."""
ENGINE_ECHO = (
    "an unhandled error occurred", "update failed", "preview failed", "failed to run remediation: context canceled",
)  # fmt: skip
"""What the engine adds after the message that matters; it also calls off what it was asking the policy pack."""
ANSI = re.compile(r"\x1b\[[0-9;]*m|<\{%[^%]*%\}>")


class Operation(enum.StrEnum):
    PREVIEW = "preview"
    UP = "up"
    DESTROY = "destroy"
    REFRESH = "refresh"


@dataclasses.dataclass(frozen=True)
class LayerResult:
    """What came of one operation on one layer.

    changes: operation -> number of resources ("create", "update", "replace", "delete", "same").
    violations: mandatory ones, as the reader sees them. error: what else went wrong, with what to do; None if nothing.
    """

    stack: str
    operation: Operation
    changes: Mapping[str, int]
    seconds: float
    violations: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    error: str | None = None
    code: int = exit_codes.OK

    @property
    def changed(self) -> int:
        """Resources that are not as they were."""
        return sum(count for kind, count in self.changes.items() if kind not in ("same", "read"))


@dataclasses.dataclass
class _Watch:
    """What the engine's events said, while it runs."""

    name: str
    progress: Progress
    changes: Counter[str] = dataclasses.field(default_factory=Counter)
    done: Counter[str] = dataclasses.field(default_factory=Counter)
    violations: list[str] = dataclasses.field(default_factory=list)
    warnings: list[str] = dataclasses.field(default_factory=list)
    errors: list[str] = dataclasses.field(default_factory=list)
    worded: dict[str, int] = dataclasses.field(default_factory=dict)
    """Errors that a provider's table has words for, and their exit codes."""

    def __call__(self, event: events.EngineEvent) -> None:
        if event.res_outputs_event is not None:
            meta = event.res_outputs_event.metadata
            operation = str(getattr(meta.op, "value", meta.op))
            self.done[operation] += 1
            if operation not in ("same", "read"):
                self.progress(self.name, f"{operation} {sum(self.done.values())}: {meta.urn.split('::')[-1]}")
        if event.policy_event is not None:
            self._policy(event.policy_event)
        if event.diagnostic_event is not None and event.diagnostic_event.severity == "error":
            self._error(event.diagnostic_event)
        if event.summary_event is not None:
            for kind, count in (event.summary_event.resource_changes or {}).items():
                self.changes[str(getattr(kind, "value", kind))] += count

    def _error(self, event: events.DiagnosticEvent) -> None:
        """As a provider's table words it, else as it is."""
        kind, _, name = (event.urn or "").partition("::")[2].rpartition("::")
        told = wording.told(event.message, "" if kind.endswith(STACK) else name)
        self._keep(self.errors, told.text if told else event.message)
        if told and told.text not in self.worded:
            self.worded[told.text] = told.code

    def _policy(self, event: events.PolicyEvent) -> None:
        mandatory = event.enforcement_level == "mandatory"
        # The SDK puts the policy's own description before the finding: the finding says it better.
        _, _, finding = event.message.partition("\n")
        self._keep(self.violations if mandatory else self.warnings, finding or event.message)

    @staticmethod
    def _keep(where: list[str], message: str) -> None:
        text = ANSI.sub("", message).strip()
        if text and text not in where:
            where.append(text)


def run(
    name: stacks.StackName,
    operation: Operation,
    env: Mapping[str, str],
    progress: Progress = lambda _stack, _what: None,
    refresh: bool = False,
) -> LayerResult:
    """Runs `operation` on one stack; with `refresh`, after a look at what is really there.

    Never raises for what the engine reports: the result says it.
    """
    from pulumi import automation

    started = time.monotonic()
    watch = _Watch(str(name), progress)

    def result(error: str | None = None, code: int = exit_codes.OK) -> LayerResult:
        return LayerResult(
            str(name),
            operation,
            dict(watch.changes or watch.done),
            time.monotonic() - started,
            tuple(watch.violations),
            tuple(watch.warnings),
            error,
            code,
        )

    try:
        stack = select(name, env, create=operation in (Operation.UP, Operation.PREVIEW))
        if stack is None:
            return result()
        _call(stack, operation, watch, refresh)
    except automation.CommandError as error:
        if watch.violations:
            return result(code=exit_codes.VIOLATION)
        return result(*explain(str(name), ANSI.sub("", str(error)), watch.errors, watch.worded))
    if watch.violations:
        return result(code=exit_codes.VIOLATION)
    return result()


def select(name: stacks.StackName, env: Mapping[str, str], create: bool) -> automation.Stack | None:
    """The stack, made if `create`; None where it does not exist and is not to be made."""
    from pulumi import automation

    options = automation.LocalWorkspaceOptions(env_vars=dict(env))
    root = str(workspace.root())
    if create:
        return automation.create_or_select_stack(str(name), work_dir=root, opts=options)
    try:
        return automation.select_stack(str(name), work_dir=root, opts=options)
    except automation.StackNotFoundError:
        return None


def forget(name: stacks.StackName, env: Mapping[str, str]) -> None:
    """Removes an empty stack and its configuration file; the engine refuses where resources are left."""
    stack = select(name, env, create=False)
    if stack is not None:
        stack.workspace.remove_stack(str(name))


def stands(name: stacks.StackName, env: Mapping[str, str]) -> bool:
    """True where the state holds resources of the stack; read from a file backend without the engine."""
    folder = file_backend(env)
    if folder is None:
        stack = select(name, env, create=False)
        return stack is not None and bool((stack.export_stack().deployment or {}).get("resources"))
    path = folder / f"{name}.json"
    try:
        checkpoint = json.loads(path.read_text(encoding="utf-8"))["checkpoint"]
    except (FileNotFoundError, ValueError, KeyError):
        return False
    return bool((checkpoint.get("latest") or {}).get("resources"))


def file_backend(env: Mapping[str, str]) -> pathlib.Path | None:
    """The folder of the project's checkpoints; None where the state is kept elsewhere than in files."""
    url = urllib.parse.urlsplit(env.get("PULUMI_BACKEND_URL", ""))
    if url.scheme != "file":
        return None
    return pathlib.Path(urllib.parse.unquote(url.path)) / ".pulumi" / "stacks" / "rempart"


def _call(stack: automation.Stack, operation: Operation, watch: _Watch, refresh: bool) -> None:
    arguments: dict[str, Any] = {"on_event": watch, "color": "never"}
    if operation is Operation.PREVIEW:
        stack.preview(refresh=refresh or None, **arguments)
    elif operation is Operation.UP:
        stack.up(show_secrets=False, refresh=refresh or None, **arguments)
    elif operation is Operation.REFRESH:
        stack.refresh(show_secrets=False, **arguments)
    else:
        stack.destroy(show_secrets=False, **arguments)


def explain(stack: str, raw: str, errors: list[str], worded: Mapping[str, int] | None = None) -> tuple[str, int]:
    """The engine's failure as one message with what to do, and the exit code. `worded`: errors in words already."""
    if LOCKED in raw:
        return (
            f"{stack} is locked by another operation. If none runs any more (a kill, a crash): "
            "`rempart recover` unlocks it and finishes what was begun",
            exit_codes.LOCKED,
        )
    if "failed to load checkpoint" in raw:
        return f"{stack}: its state was cut short by a kill; `rempart recover` mends it", exit_codes.LOCKED
    if "incorrect passphrase" in raw or "passphrase must be set" in raw:
        return (
            f"{stack}: the passphrase does not open the stack's secrets; `make shell` sets it",
            exit_codes.ENVIRONMENT,
        )
    if PROTECTED in raw:
        names = sorted(
            {urn.rsplit("::", 1)[-1] for urn in re.findall(r'resource "(urn:[^"]+)" cannot be deleted', raw)}
        )
        listed = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
        return (
            f"{stack}: {len(names)} resources hold data and are protected ({listed}). "
            "`rempart destroy --unprotect` gives them up",
            exit_codes.BAD_INPUT,
        )
    if "no space left on device" in raw:
        return f"{stack}: the disk is full. Free some space, then run the same command again", exit_codes.ENVIRONMENT
    told = [error for error in errors if not error.startswith(ENGINE_ECHO)]
    more = f"; and {len(told) - SHOWN} more" if len(told) > SHOWN else ""
    text = "; ".join(told[:SHOWN]) + more or _last_words(raw)
    if any(word in text for word in AROUND) or exit_codes.ENVIRONMENT in (worded or {}).values():
        return text, exit_codes.ENVIRONMENT
    return text or f"{stack}: the engine stopped without a message", exit_codes.BAD_INPUT


def _last_words(raw: str) -> str:
    """The engine's own `error:` lines; the rest of its output is progress."""
    lines = [line.strip() for line in raw.splitlines() if "error:" in line]
    return "; ".join(dict.fromkeys(lines))[-2000:]
