"""One rate limit and one breaker per (endpoint, access key), for all processes: a small JSON file behind a lock file.

Layers run in parallel, each with its own plugin process. Outscale throttles per account and locks an access key out for
1 to 10 minutes after 4 failed sign-ins, so what one process learns the others must know.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from filelock import FileLock

from plugins.outscale.failures import SignInRefused
from plugins.outscale.settings import Settings
from plugins.runtime.errors import Problem

FLOOR = 1.0  # calls a second, however much is throttled
RECOVERY = 1.02  # each paced call that follows a throttle gives 2% of the rate back
BREAK_SECONDS = 60.0  # one refusal closes the door for that long: three more would lock the key out
TRUST_SECONDS = 600.0  # how long an accepted sign-in lets calls go in parallel


@dataclass(frozen=True)
class _Shared:
    """Times are `time.time()`; `secret` is a keyed digest that tells a mended secret from the refused one."""

    rate: float = 0.0
    next_at: float = 0.0
    throttled_at: float = 0.0
    refused_at: float = 0.0
    refused_secret: str = ""
    accepted_at: float = 0.0
    accepted_secret: str = ""


class Pacer:
    """Call `turn()` before each request, then tell what came of it."""

    def __init__(self, settings: Settings, folder: Path, sleep: Callable[[float], None] = time.sleep) -> None:
        self._settings = settings
        self._path = folder / f"outscale-{settings.account}.json"
        self._sleep = sleep
        self._mutex = threading.Lock()
        self._secret = hmac.new(settings.access_key.encode(), settings.secret_key.encode(), hashlib.sha256).hexdigest()[
            :16
        ]
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Problem(
                f"The folder {folder} cannot be made ({error.strerror})", "Mend it, then run again"
            ) from error
        self._lock = FileLock(self._path.with_suffix(".lock"), thread_local=False)
        self._first = FileLock(self._path.with_suffix(".first.lock"), thread_local=False)
        self._first_mutex = threading.Lock()

    def turn(self) -> None:
        """Wait for this request's place in the queue; raise when the last sign-in with this secret was refused."""
        with self._state() as (state, save):
            self._check_breaker(state)
            now = time.time()
            rate = min(self._settings.requests_per_second, max(FLOOR, state.rate or self._settings.requests_per_second))
            at = max(now, state.next_at)
            save(replace(state, rate=rate * RECOVERY, next_at=at + 1 / rate))
        if at > now:
            self._sleep(at - now)

    @contextmanager
    def first_alone(self) -> Iterator[None]:
        """Until a sign-in was accepted lately, requests go one by one: a wrong secret must fail once, not 8 times."""
        if self._trusted():
            with nullcontext():
                yield
            return
        with self._first_mutex, self._first:
            with self._state() as (state, _):
                self._check_breaker(state)
            yield

    def throttled(self) -> None:
        """Halve the rate, once a second at most: the calls in flight are all throttled by the same excess."""
        with self._state() as (state, save):
            if time.time() - state.throttled_at < 1:
                return
            rate = max(FLOOR, (state.rate or self._settings.requests_per_second) / 2)
            save(replace(state, rate=rate, throttled_at=time.time()))

    def accepted(self) -> None:
        if self._trusted():
            return
        with self._state() as (state, save):
            save(replace(state, accepted_at=time.time(), accepted_secret=self._secret, refused_secret=""))
            self._trusted_until = time.time() + TRUST_SECONDS

    def refused(self) -> None:
        self._trusted_until = 0.0
        with self._state() as (state, save):
            save(replace(state, refused_at=time.time(), refused_secret=self._secret, accepted_secret=""))

    _trusted_until = 0.0

    def _trusted(self) -> bool:
        if time.time() < self._trusted_until:
            return True
        with self._state() as (state, _):
            fresh = state.accepted_secret == self._secret and time.time() - state.accepted_at < TRUST_SECONDS
            if fresh:
                self._trusted_until = state.accepted_at + TRUST_SECONDS
            return fresh

    def _check_breaker(self, state: _Shared) -> None:
        left = state.refused_at + BREAK_SECONDS - time.time()
        if state.refused_secret == self._secret and left > 0:
            raise SignInRefused(
                f"Outscale refused the sign-in of this access key at {self._settings.endpoint}; no call is made for "
                f"{left:.0f} s more, because four refusals lock the key out",
                "Check OSC_ACCESS_KEY, OSC_SECRET_KEY, OSC_REGION and OSC_ENDPOINT_API; a changed secret is tried",
            )

    @contextmanager
    def _state(self) -> Iterator[tuple[_Shared, Callable[[_Shared], None]]]:
        with self._mutex, self._lock:
            try:
                state = _Shared(**json.loads(self._path.read_text(encoding="utf-8")))
            except (OSError, ValueError, TypeError):
                state = _Shared()  # absent, or cut by a kill: limits start afresh
            yield state, self._save

    def _save(self, state: _Shared) -> None:
        try:
            self._path.write_text(json.dumps(asdict(state)), encoding="utf-8")
        except OSError as error:
            raise Problem(
                f"The file {self._path} cannot be written ({error.strerror})", "Make room, run again"
            ) from error
