"""A small client of the control API (control_routes.py), for tests and for the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import requests


class ControlRefused(RuntimeError):
    """The sandbox did not do what was asked, and why."""


class Control:
    """`url` is the sandbox's root or its API (`http://127.0.0.1:PORT/api/v1`)."""

    def __init__(self, url: str, token: str) -> None:
        self._root = url.removesuffix("/").removesuffix("/api/v1") + "/_sandbox"
        self._session = requests.Session()
        self._session.headers["X-Rempart-Control"] = token

    @classmethod
    def from_credentials(cls, url: str, path: Path) -> Control:
        """A client with the token of a credentials file."""
        return cls(url, json.loads(path.read_text(encoding="utf-8"))["control_token"])

    def health(self) -> dict[str, Any]:
        return self._call("GET", "/health")

    def inventory(self) -> dict[str, int]:
        """Live resources by kind; a kind with none is absent."""
        counts: dict[str, int] = self._call("GET", "/inventory")["counts"]
        return counts

    def ids(self) -> dict[str, list[str]]:
        """Ids of live resources by kind."""
        ids: dict[str, list[str]] = self._call("GET", "/inventory?ids=1")["ids"]
        return ids

    def calls(self, since: int = 0) -> list[dict[str, Any]]:
        """The calls received after sequence number `since`."""
        found: list[dict[str, Any]] = self._call("GET", f"/calls?since={since}")["calls"]
        return found

    def counts(self, since: int = 0) -> dict[str, int]:
        """The number of calls by operation after sequence number `since`."""
        counts: dict[str, int] = self._call("GET", f"/calls?since={since}")["counts"]
        return counts

    def mark(self) -> int:
        """The sequence number of the last call: pass it as `since` later."""
        return int(self._call("GET", "/calls")["next"])

    def fault(self, kind: str, operation: str = "*", **how: int) -> int:
        """Add a fault: see faults.py for the kinds and for `count`, `after`, `ms`, `polls`."""
        return int(self._call("POST", "/faults", {"kind": kind, "operation": operation, **how})["id"])

    def faults(self) -> list[dict[str, Any]]:
        """The faults with what is left of them (`count`) and what they did (`fired`)."""
        found: list[dict[str, Any]] = self._call("GET", "/faults")["faults"]
        return found

    def clear_faults(self) -> None:
        self._call("DELETE", "/faults")

    def settings(self, **changes: float) -> dict[str, float]:
        """Change settings; `__` stands for the dot: `settings(rate__requests=5)`."""
        names = {name.replace("__", "."): value for name, value in changes.items()}
        return self._call("POST", "/settings", names)

    def reset(self) -> None:
        """Forget resources, calls, faults, lock-outs and changed settings."""
        self._call("POST", "/reset")

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        response = self._session.request(method, self._root + path, json=body, timeout=30)
        answer: dict[str, Any] = response.json()
        if response.status_code != 200:
            raise ControlRefused(f"{method} {path}: {response.status_code} {answer.get('error')}")
        return answer
