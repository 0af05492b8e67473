"""Limits per access key: the lock-out after bad sign-ins (kept on disk) and the rate of calls (in memory)."""

from __future__ import annotations

from collections import defaultdict, deque

from sandbox.outscale.errors import ApiError
from sandbox.outscale.settings import Settings
from sandbox.outscale.store import Store


class LockOut:
    """After `lockout.failures` bad sign-ins an access key is refused, even well signed, for a time that doubles."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings

    def check(self, access_key: str, now: float) -> None:
        until = self._state(access_key)[2]
        if until > now:
            raise ApiError(
                "locked-out",
                f"too many failed sign-ins: this access key is locked for {until - now:.0f} s",
                retry_after=f"{until - now:.0f}",
            )

    def failed(self, access_key: str, now: float) -> None:
        failures, locks, until = self._state(access_key)
        failures += 1
        if failures >= self._settings["lockout.failures"]:
            seconds = min(self._settings["lockout.seconds"] * 2**locks, self._settings["lockout.max_seconds"])
            failures, locks, until = 0, locks + 1, now + seconds
        with self._store.transaction():
            self._store.execute(
                "INSERT OR REPLACE INTO signins VALUES (?, ?, ?, ?)", (access_key, failures, locks, until)
            )

    def succeeded(self, access_key: str) -> None:
        if self._state(access_key) != (0, 0, 0.0):
            with self._store.transaction():
                self._store.execute("DELETE FROM signins WHERE access_key = ?", (access_key,))

    def _state(self, access_key: str) -> tuple[int, int, float]:
        row = self._store.execute(
            "SELECT failures, locks, until FROM signins WHERE access_key = ?", (access_key,)
        ).fetchone()
        return (int(row[0]), int(row[1]), float(row[2])) if row else (0, 0, 0.0)


class RateLimit:
    """Sliding window of calls per access key: of all calls, and of identical ones."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._seen: dict[tuple[str, ...], deque[float]] = defaultdict(deque)

    def check(self, access_key: str, operation: str, payload_digest: str, now: float) -> None:
        self._count((access_key,), "rate.requests", now)
        self._count((access_key, operation, payload_digest), "rate.identical", now)

    def clear(self) -> None:
        self._seen.clear()

    def _count(self, key: tuple[str, ...], setting: str, now: float) -> None:
        limit = self._settings[setting]
        if not limit:
            return
        window = self._settings["rate.window_ms"] / 1000
        seen = self._seen[key]
        while seen and seen[0] <= now - window:
            seen.popleft()
        if len(seen) >= limit:
            raise ApiError("request-limit-exceeded", f"more than {limit:.0f} calls in {window:g} s ({setting})")
        seen.append(now)
        if len(self._seen) > 10_000:  # identical calls make many keys; forgetting them only forgives
            self._seen.clear()
