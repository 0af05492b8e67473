"""One breaker per (endpoint, access key), for all processes: refused keys are not tried again and again.

Outscale locks an access key out after 4 failed sign-ins; layers run in parallel, each with its own plugin process.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock

from plugins.runtime.errors import Problem
from plugins.s3.failures import SignInRefused
from plugins.s3.settings import Settings

SECONDS = 60.0


class Breaker:
    """Wrap each request in `passing()`. Until a sign-in was accepted, requests of all processes go one by one."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._endpoint = settings.endpoint
        self._path = folder / f"s3-{settings.account}.json"
        # A keyed digest tells a mended secret from the refused one without holding either.
        self._secret = hmac.new(settings.access_key.encode(), settings.secret_key.encode(), hashlib.sha256).hexdigest()
        self._accepted = threading.Event()
        self._mutex = threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Problem(f"The folder {folder} cannot be made ({error.strerror})", "Mend it, run again") from error
        self._lock = FileLock(self._path.with_suffix(".lock"), thread_local=False)

    @contextlib.contextmanager
    def passing(self) -> Iterator[None]:
        """One request. A SignInRefused raised inside opens the breaker; anything else that is answered closes it."""
        if self._accepted.is_set():
            with self._opening_when_refused():
                yield
            return
        with self._mutex, self._lock:
            if not self._accepted.is_set():
                self._check()
            with self._opening_when_refused():
                yield

    def accepted(self) -> None:
        """The storage answered a signed call."""
        if not self._accepted.is_set():
            self._path.unlink(missing_ok=True)
            self._accepted.set()

    @contextlib.contextmanager
    def _opening_when_refused(self) -> Iterator[None]:
        try:
            yield
        except SignInRefused:
            self._accepted.clear()
            self._path.write_text(json.dumps({"at": time.time(), "secret": self._secret[:16]}), encoding="utf-8")
            raise

    def _check(self) -> None:
        try:
            state = json.loads(self._path.read_text(encoding="utf-8"))
            left = float(state["at"]) + SECONDS - time.time()
        except (OSError, ValueError, KeyError, TypeError):  # none, or cut by a kill: the next refusal writes it anew
            return
        if state.get("secret") == self._secret[:16] and left > 0:
            raise SignInRefused(
                f"The object storage at {self._endpoint} refused the sign-in; nothing is sent for {left:.0f} s more, "
                "because four refusals lock the key out",
                "Check OOS_ACCESS_KEY and OOS_SECRET_KEY; a changed secret is tried at once",
            )
