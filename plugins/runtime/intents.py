"""Notes about creations whose outcome nobody has recorded yet: written and fsynced before the call.

A creation is in one of three states:

    pending   the call may have been sent; what it made, if anything, is unknown
    made      the API gave an id; the engine may not have written it in its state yet
    (absent)  the engine has shown that it knows the id, or nothing was created

A note is a small JSON file beside the state: `<state dir>/intents/<stack>-<hash>/<hash of the URN>.json`. It never
holds a secret: only the properties by which a resource can be recognised, the ids that matched before, the id made.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from plugins.runtime.errors import Problem


@dataclass(frozen=True)
class Intent:
    """`traits` are the properties that recognise the resource, `present` the ids that already matched them.

    `before` is the id that the engine's state held for this URN, when the creation is a replacement.
    """

    urn: str
    traits: Mapping[str, Any]
    tags: Mapping[str, str] = field(default_factory=dict)
    present: tuple[str, ...] = ()
    before: str = ""
    token: str = ""
    id: str = ""
    started: float = field(default_factory=time.time)


@dataclass(frozen=True)
class Candidate:
    """Something in the cloud that has the traits of an intent."""

    id: str
    tags: Mapping[str, str] = field(default_factory=dict)


def adoptable(intent: Intent, candidates: Iterable[Candidate]) -> list[Candidate]:
    """Those that can only come from this intent: not there before, and untagged or tagged exactly as intended."""
    return [
        candidate
        for candidate in candidates
        if candidate.id not in (*intent.present, intent.before)
        and (not candidate.tags or dict(candidate.tags) == dict(intent.tags))
    ]


def unclaimed(candidates: Iterable[Candidate], others: Iterable[Intent]) -> list[Candidate]:
    """Those that no other unfinished creation accounts for.

    What another note names is that one's. Where several are left, what another pending creation could have made is
    left to it: creations that look alike are made one after the other, and the later one's `present` names the earlier.
    """
    noted = tuple(others)
    named = {intent.id for intent in noted if intent.id}
    left = [candidate for candidate in candidates if candidate.id not in named]
    if len(left) < 2:
        return left
    pending = [intent for intent in noted if not intent.id]
    return [one for one in left if not any(adoptable(intent, [one]) for intent in pending)] or left


class Journal:
    """The notes of one plugin process. `account` keeps apart the same stack on two accounts or endpoints."""

    def __init__(self, folder: Path, account: str) -> None:
        self._folder = folder
        self._account = account
        self._lock = threading.Lock()
        self._known: dict[str, str] = {}
        self._written: set[str] = set()

    def get(self, urn: str) -> Intent | None:
        try:
            return self._read(self.path(urn))
        except FileNotFoundError:
            return None

    def _read(self, path: Path) -> Intent:
        try:
            tree = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise
        except (OSError, ValueError) as error:
            raise Problem(
                f"The note of an unfinished creation cannot be read: {path} ({error})",
                "Look in the cloud for what the last run created, then remove this file",
            ) from error
        return Intent(**{**tree, "present": tuple(tree["present"])})

    def others(self, urn: str, traits: Mapping[str, Any]) -> list[Intent]:
        """Notes of the same stack about other creations that are recognised by the same properties."""
        mine = self.path(urn)
        found = []
        for path in sorted(mine.parent.glob("*.json")):
            if path != mine:
                with contextlib.suppress(FileNotFoundError):  # its creation has just been recorded
                    found.append(self._read(path))
        return [intent for intent in found if intent.traits == traits]

    def write(self, intent: Intent) -> None:
        """Durable when this returns: nothing may be sent before."""
        path = self.path(intent.urn)
        draft = path.with_suffix(".draft")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with draft.open("w", encoding="utf-8") as file:
                json.dump(asdict(intent), file)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
            self._written.add(intent.urn)
        except OSError as error:
            raise Problem(
                f"Nothing was sent: the intent cannot be written to {path} ({error.strerror})",
                "Make room or mend the permissions, then run again",
            ) from error

    def made(self, intent: Intent, id: str) -> Intent:
        """Remember the id that the API gave."""
        done = replace(intent, id=id)
        self.write(done)
        return done

    def forget(self, urn: str) -> None:
        self.path(urn).unlink(missing_ok=True)

    def deleted(self, urn: str, id: str) -> str:
        """This id is gone. Returns what an earlier run may have left under the same URN, else an empty string."""
        intent = self.get(urn)
        if intent is None:
            return ""
        if intent.id == id or (not intent.id and intent.before != id):
            self.forget(urn)
            return ""
        if urn in self._written:
            return ""  # the replacement that this run has just made
        return intent.id or "something that was being created"

    def known(self, urn: str) -> str:
        """The id that the engine last named for this URN in this process, else an empty string."""
        with self._lock:
            return self._known.get(urn, "")

    def recorded(self, urn: str, id: str) -> None:
        """The engine named this id for this URN: its state has it, so the note that led to it has served."""
        with self._lock:
            if self._known.get(urn) == id:
                return
            self._known[urn] = id
        with contextlib.suppress(Problem):  # an unreadable note is told when something is created
            intent = self.get(urn)
            if intent is not None and (intent.id == id if intent.id else id != intent.before):
                self.forget(urn)

    def path(self, urn: str) -> Path:
        parts = urn.split("::")
        stack = parts[0].removeprefix("urn:pulumi:")
        where = _digest(self._account, *parts[:2])[:12]
        readable = "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in stack)[:80]
        return self._folder / f"{readable}-{where}" / f"{_digest(urn)[:32]}.json"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
