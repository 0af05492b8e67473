"""`endpoints.json`: where the sandbox's endpoints answer, and the processes behind them.

    {"outscale": {"url": "http://127.0.0.1:40001/api/v1", "port": 40001, "pid": 4242, "started": 1795000000.25,
                  "simulated": true}}

A port is chosen free at the first `up` and kept: stacks remember URLs. `pid` and `started` (seconds since the epoch)
are null while the endpoint is down.
"""

from __future__ import annotations

import json
import os
import pathlib
from dataclasses import asdict, dataclass

from blueprint import workspace


class Unreadable(RuntimeError):
    """endpoints.json is damaged; the message says what to do."""


@dataclass(frozen=True)
class Endpoint:
    """One endpoint as recorded."""

    url: str
    port: int
    pid: int | None = None
    started: float | None = None
    simulated: bool = True


def path() -> pathlib.Path:
    return workspace.sandbox_dir() / "endpoints.json"


def read() -> dict[str, Endpoint]:
    """The recorded endpoints by name; empty before the first `up`."""
    try:
        tree = json.loads(path().read_text(encoding="utf-8"))
        return {name: Endpoint(**entry) for name, entry in tree.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, AttributeError) as error:
        raise Unreadable(f"{path()} cannot be read ({error}): delete it, then `rempart sandbox up`") from error


def write(endpoints: dict[str, Endpoint]) -> None:
    """Replace the file at once: a reader sees the old one or the new one, never half of it."""
    replace_file(path(), json.dumps({name: asdict(endpoint) for name, endpoint in endpoints.items()}, indent=2) + "\n")


def replace_file(target: pathlib.Path, text: str, mode: int = 0o644) -> None:
    """Write `text` to `target` through a temporary file beside it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
    partial.replace(target)
