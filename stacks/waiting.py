"""How the program waits, at its end, for what it registered: each output is looked at once, when it is done.

The SDK waits again for all that are left after each one that is done, so its work grows with the square of their
number: half of what the program itself does in `up` of 240 resources (ADR 0017).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

from pulumi.runtime import settings, stack


async def outputs() -> None:
    """Until none is left, those that are made meanwhile included. Raises what the first that failed raised."""
    done: asyncio.Queue[asyncio.Future[Any]] = asyncio.Queue()
    left = 0
    while True:
        for one in _new():
            one.add_done_callback(done.put_nowait)
            left += 1
        if not left:
            return
        ended = await done.get()
        left -= 1
        with contextlib.suppress(stack.ResourceRegistrationFailed):  # the engine has told of it, and goes on
            await ended


def _new() -> list[asyncio.Future[Any]]:
    """Taken out of the SDK's set, into which it puts each output that the program makes."""
    with settings.SETTINGS.lock:
        found = list(settings.SETTINGS.outputs)
        settings.SETTINGS.outputs.clear()
    return found


Wait = Callable[..., Coroutine[Any, Any, None]]


def by_outputs(calls: Wait) -> Wait:
    """The SDK's wait: its own for calls to the engine, with its errors, and `outputs`, until neither is left."""

    async def wait(await_all_outstanding_tasks: bool = True) -> None:
        while True:
            await calls(await_all_outstanding_tasks=False)
            if await_all_outstanding_tasks:
                await outputs()
            if not settings.SETTINGS.rpc_manager.rpcs:
                return

    return wait


def once_each() -> None:
    """From here on this program waits so."""
    stack.wait_for_rpcs = by_outputs(stack.wait_for_rpcs)
