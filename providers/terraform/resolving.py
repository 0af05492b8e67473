"""tfparse, in a process of its own.

What it reads decides how long it takes and how much memory it holds (a module that calls itself, `count = 100000000`),
and nothing in its own process can stop it. So another one asks it, and ends it when it has had enough.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import resource
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

SECONDS = 120.0
"""For all that one review asks."""
BYTES = 3 << 30
_CHUNK = 1 << 20


class Unresolved(Exception):
    """Why a module cannot be resolved, in words."""


class Resolver:
    """Asks one process after another: one that was ended, or ended by itself, is started anew while there is time."""

    def __init__(self) -> None:
        self._seconds = SECONDS
        self._end = time.monotonic() + self._seconds
        self._child: subprocess.Popen[bytes] | None = None

    def __call__(self, root: pathlib.Path, values: Sequence[str]) -> Mapping[str, Any]:
        """What the files of `root` resolve to, with those files of values beside them. Raises `Unresolved`."""
        if time.monotonic() >= self._end:
            raise self._late()
        child = self._running()
        try:
            answer = self._asked(child, {"root": str(root), "values": list(values)})
            found: dict[str, Any] = json.loads(answer)
        except (OSError, ValueError, RecursionError) as error:
            self.stop()
            late = isinstance(error, TimeoutError)
            raise self._late() if late else Unresolved("it takes too much memory, or is nested too deep") from None
        if "error" in found:
            raise Unresolved(str(found["error"]))
        resolved: Mapping[str, Any] = found["resolved"]
        return resolved

    def stop(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()

    def _late(self) -> Unresolved:
        return Unresolved(f"that takes longer than {self._seconds:.0f} s")

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            # `-P`: what is reviewed is no place to take modules from, and a folder of it may be the current one.
            command = [sys.executable, "-P", "-m", "providers.terraform.resolving"]
            self._child = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        return self._child

    def _asked(self, child: subprocess.Popen[bytes], question: Mapping[str, Any]) -> bytes:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps(question).encode() + b"\n")
        child.stdin.flush()
        parts: list[bytes] = []
        with selectors.DefaultSelector() as waiting:  # `select` knows no file beyond the 1024th
            waiting.register(child.stdout, selectors.EVENT_READ)
            while not (parts and parts[-1].endswith(b"\n")):
                if not waiting.select(max(0.0, self._end - time.monotonic())):
                    raise TimeoutError
                part = os.read(child.stdout.fileno(), _CHUNK)
                if not part:
                    raise OSError("it has ended")
                parts.append(part)
        return b"".join(parts)


@contextlib.contextmanager
def resolver() -> Iterator[Resolver]:
    made = Resolver()
    try:
        yield made
    finally:
        made.stop()


def _serve() -> None:
    """One JSON document a line, questions in, answers out; whatever else wants to write there is not heard."""
    import tfparse

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (BYTES, BYTES))
    answers = os.fdopen(os.dup(1), "wb")
    with pathlib.Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    for line in sys.stdin.buffer:
        question = json.loads(line)
        try:
            said = json.dumps(
                {"resolved": tfparse.load_from_path(question["root"], vars_paths=question["values"])}
            ).encode()
        except (tfparse.ParseError, ValueError) as error:
            said = json.dumps({"error": type(error).__name__}).encode()
        except (RecursionError, MemoryError):
            said = json.dumps({"error": "it is nested too deep, or too large"}).encode()
        answers.write(said + b"\n")
        answers.flush()


if __name__ == "__main__":
    _serve()
