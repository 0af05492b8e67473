"""The program of every stack, with one property that the engine cannot know before `up`: the range of a filter rule.

A tampered program would do so to slip past a preview. The value comes from the environment.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

import pulumi

from providers.outscale import session
from stacks import program

SUBJECT, VALUE = os.environ["UNKNOWN_SUBJECT"], os.environ["UNKNOWN_VALUE"]


def hide(kind: str, subject: str, args: dict[str, Any]) -> dict[str, Any]:
    return {**args, "ip_range": late(VALUE)} if subject == SUBJECT else args


def late(value: str) -> pulumi.Output[str]:
    """A value that is unknown while the engine previews, as an output of a resource that is not there yet is."""

    async def later(what: Any) -> Any:
        return what

    known = not pulumi.runtime.is_dry_run()
    return pulumi.Output(set(), asyncio.ensure_future(later(value)), asyncio.ensure_future(later(known)))


real = session.connect
session.connect = lambda plan, place, transform=None: real(plan, place, hide)
program.run()
