"""What surrounds one operation: who asks, until when, and whether the user has pressed Ctrl-C."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from plugins.runtime.errors import Problem

S = TypeVar("S")


def _no_log(_message: str) -> None:
    return None


@dataclass(frozen=True)
class Call(Generic[S]):
    """One operation on one resource. `deadline` is a `time.monotonic()` value."""

    session: S
    urn: str = ""
    deadline: float = float("inf")
    cancelled: threading.Event = field(default_factory=threading.Event)
    warn: Callable[[str], None] = _no_log

    def left(self) -> float:
        """Seconds until the deadline."""
        return self.deadline - time.monotonic()

    def check(self, doing: str) -> None:
        """Stop here if the operation was cancelled or its time is up; `doing` ends the sentence."""
        if self.cancelled.is_set():
            raise Problem(f"Cancelled while {doing}", "Run the same command again: it goes on from here")
        if self.left() <= 0:
            raise Problem(
                f"Time is up while {doing}", "Run the same command again, or give more time with custom_timeouts"
            )

    def pause(self, seconds: float, doing: str) -> None:
        """Sleep, with jitter, but never past the deadline nor through a cancellation."""
        self.sleep(seconds * random.uniform(0.75, 1.25), doing)

    def sleep(self, seconds: float, doing: str) -> None:
        """The same for exactly `seconds`."""
        self.check(doing)
        self.cancelled.wait(max(0.0, min(seconds, self.left())))
        self.check(doing)


def deadline_after(seconds: float) -> float:
    return time.monotonic() + seconds
