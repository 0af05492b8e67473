"""A layer that is previewed before those it stands on exist: planned placeholders stand in for what they will give.

A rule that passes on a placeholder has seen nothing real: its finding is `not_observable` until the layer below is up.
One that refuses still refuses: what is wrong with a plan stays wrong.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from policies.verdicts import Effect, Finding, State

RULE = "provisional"
_PASSED = (State.CONFORM, State.WORKAROUND_ACCEPTED)


def soften(findings: Iterable[Finding], below: Sequence[str]) -> list[Finding]:
    """The same findings; with layers in `below` that do not exist yet, none of them passes."""
    if not below:
        return list(findings)
    return [
        dataclasses.replace(one, state=State.NOT_OBSERVABLE, effect=Effect.WARN, pending=True, message=_why(below))
        if one.state in _PASSED
        else one
        for one in findings
    ]


def loud(findings: Iterable[Finding], below: Sequence[str]) -> list[Finding]:
    """What the console tells of them one by one: `note` speaks for those that are softened."""
    return [one for one in findings if not (below and one.pending and one.message == _why(below))]


def note(layer: str, below: Sequence[str], location: str) -> list[Finding]:
    """One line for the console, where there is something to say."""
    if not below:
        return []
    message = f"{_why(below)}; what conforms here is recorded as not observable until then"
    return [
        Finding(
            rule=RULE,
            subject=layer,
            state=State.NOT_OBSERVABLE,
            effect=Effect.WARN,
            message=message,
            urn="",
            type="",
            location=location,
            requirements=(),
            stage="run",
            pending=True,
        )
    ]


def _why(below: Sequence[str]) -> str:
    one = len(below) == 1
    return f"judged on planned placeholders: {' and '.join(below)} {'does' if one else 'do'} not exist yet"
