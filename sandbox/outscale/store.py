"""What exists, on disk: one SQLite file in WAL mode, one transaction per call.

A resource is a `Record`: `body` holds fields with the API's names, `meta` what the API never shows (a transition
under way, when a terminated thing disappears). A process that is killed in the middle of a call leaves nothing of it.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sandbox.outscale.errors import ApiError
from sandbox.outscale.kinds import kind

_SCHEMA = """
CREATE TABLE IF NOT EXISTS resources (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL UNIQUE,
  body TEXT NOT NULL, meta TEXT NOT NULL, pending INTEGER NOT NULL, gone INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS resources_kind ON resources (kind, gone);
CREATE INDEX IF NOT EXISTS resources_net ON resources (kind, json_extract(body, '$.NetId'));
CREATE INDEX IF NOT EXISTS resources_nic ON resources (kind, json_extract(body, '$.NicId'));
CREATE INDEX IF NOT EXISTS resources_vm ON resources (kind, json_extract(meta, '$.link.VmId'));
CREATE TABLE IF NOT EXISTS tokens (
  operation TEXT NOT NULL, token TEXT NOT NULL, request TEXT NOT NULL, made TEXT NOT NULL,
  PRIMARY KEY (operation, token));
CREATE TABLE IF NOT EXISTS calls (seq INTEGER PRIMARY KEY AUTOINCREMENT, operation TEXT NOT NULL, at TEXT NOT NULL,
  status INTEGER NOT NULL, line TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS signins (
  access_key TEXT PRIMARY KEY, failures INTEGER NOT NULL, locks INTEGER NOT NULL, until REAL NOT NULL);
CREATE TABLE IF NOT EXISTS faults (seq INTEGER PRIMARY KEY AUTOINCREMENT, fault TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_TABLES = ("resources", "tokens", "calls", "signins", "faults", "settings")


@dataclass(frozen=True)
class Record:
    """A resource as stored. `seq` grows with creation and orders every list."""

    seq: int
    kind: str
    id: str
    body: dict[str, Any]
    meta: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.body[name]

    @property
    def gone(self) -> bool:
        """Terminated or deleted, still shown for a while, no longer in anyone's way."""
        return bool(self.meta.get("gone"))


class Store:
    """The file, opened once per process. Calls are served one at a time, so one connection is enough."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        path.chmod(0o600)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # a full disk makes SQLite roll back by itself
                self._db.execute("ROLLBACK")
            raise

    def execute(self, sql: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        """For the modules that own one of the other tables."""
        return self._db.execute(sql, values)

    def clear(self) -> None:
        """Forget everything."""
        with self.transaction():
            for table in _TABLES:
                self._db.execute(f"DELETE FROM {table}")

    # Resources -------------------------------------------------------------------------------------------------

    def insert(self, kind_name: str, body: Mapping[str, Any], **meta: Any) -> Record:
        """Create a resource under a new id, which goes into its own id field."""
        spec = kind(kind_name)
        new_id = self.new_id(spec.prefix, spec.digits)
        full = {**{name: value for name, value in body.items() if value is not None}, spec.id: new_id}
        cursor = self._db.execute(
            "INSERT INTO resources (kind, id, body, meta, pending, gone) VALUES (?, ?, ?, ?, 0, 0)",
            (kind_name, new_id, json.dumps(full), "{}"),
        )
        record = Record(int(cursor.lastrowid or 0), kind_name, new_id, full, {})
        return self.note(record, **meta) if meta else record

    def update(self, record: Record, **fields: Any) -> Record:
        """Change fields of the body; a value of None takes the field away."""
        body = {name: value for name, value in {**record.body, **fields}.items() if value is not None}
        return self._save(replace(record, body=body))

    def note(self, record: Record, **meta: Any) -> Record:
        """Change what is not shown; a value of None takes the entry away."""
        kept = {name: value for name, value in {**record.meta, **meta}.items() if value is not None}
        return self._save(replace(record, meta=kept))

    def delete(self, record: Record) -> None:
        self._db.execute("DELETE FROM resources WHERE id = ?", (record.id,))

    def get(self, resource_id: str, kind_name: str | None = None) -> Record | None:
        """A resource by id, of one kind when named."""
        row = self._db.execute(f"{_SELECT} WHERE id = ?", (resource_id,)).fetchone()
        record = _record(row) if row else None
        return record if record is None or kind_name in (None, record.kind) else None

    def require(self, kind_name: str, resource_id: str, *, gone: bool = False) -> Record:
        """A resource that a request refers to: a malformed id or an absent resource refuses the request."""
        spec = kind(kind_name)
        check_id(resource_id, spec.prefix, spec.digits)
        record = self.get(resource_id, kind_name)
        if record is None or (record.gone and not gone):
            raise ApiError(spec.missing, f"{resource_id} does not exist")
        return record

    def all(self, kind_name: str, *, gone: bool = False, ids: list[str] | None = None) -> list[Record]:
        """Every resource of a kind, oldest first; `gone` includes those that are only still shown."""
        sql, values = f"{_SELECT} WHERE kind = ?", [kind_name]
        if not gone:
            sql += " AND gone = 0"
        if ids is not None:
            sql += f" AND id IN ({','.join('?' * len(ids))})"
            values += ids
        return [_record(row) for row in self._db.execute(sql + " ORDER BY seq", tuple(values))]

    def where(self, kind_name: str, **fields: Any) -> list[Record]:
        """The live resources of a kind whose body has these values."""
        tests = "".join(f" AND json_extract(body, '$.{name}') = ?" for name in fields)
        values = (kind_name, *fields.values())
        return [
            _record(row)
            for row in self._db.execute(f"{_SELECT} WHERE kind = ? AND gone = 0{tests} ORDER BY seq", values)
        ]

    def linked(self, kind_name: str, vm_id: str) -> list[Record]:
        """The NICs or volumes whose link (`meta["link"]`) is to this VM."""
        sql = f"{_SELECT} WHERE kind = ? AND json_extract(meta, '$.link.VmId') = ? ORDER BY seq"
        return [_record(row) for row in self._db.execute(sql, (kind_name, vm_id))]

    def pending(self) -> list[Record]:
        """Resources with a transition under way or an end to their display."""
        return [_record(row) for row in self._db.execute(f"{_SELECT} WHERE pending = 1 ORDER BY seq")]

    def new_id(self, prefix: str, digits: int = 8) -> str:
        while True:
            candidate = f"{prefix}-{secrets.token_hex(digits // 2)}"
            if self.get(candidate) is None:
                return candidate

    def counts(self) -> dict[str, int]:
        """How many live resources there are, by kind; what every account has from the start is not counted."""
        rows = self._db.execute(
            "SELECT kind, COUNT(*) FROM resources WHERE gone = 0 AND json_extract(meta, '$.of_account') IS NULL"
            " GROUP BY kind ORDER BY kind"
        )
        return {kind(name).title: count for name, count in rows}

    def _save(self, record: Record) -> Record:
        waiting = "pending" in record.meta or "purge_at" in record.meta
        self._db.execute(
            "UPDATE resources SET body = ?, meta = ?, pending = ?, gone = ? WHERE id = ?",
            (json.dumps(record.body), json.dumps(record.meta), int(waiting), int(record.gone), record.id),
        )
        return record


_SELECT = "SELECT seq, kind, id, body, meta FROM resources"


def _record(row: tuple[int, str, str, str, str]) -> Record:
    return Record(row[0], row[1], row[2], json.loads(row[3]), json.loads(row[4]))


def check_id(resource_id: str, prefix: str, digits: int = 8) -> None:
    """Refuse an id that could not be one: another kind's prefix, or not hexadecimal."""
    head, _, tail = resource_id.rpartition("-")
    if head != prefix:
        raise ApiError("invalid-id-prefix", f"{resource_id} does not start with {prefix}-")
    if len(tail) != digits or not set(tail) <= set("0123456789abcdef"):
        raise ApiError("malformed-id", f"{resource_id}: expected {prefix}- and {digits} hexadecimal digits")
