"""What the gate keeps on disk: documents of buckets, calls, faults, sign-ins and settings (SQLite)."""

from __future__ import annotations

from pathlib import Path

from sandbox.outscale.store import Store

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
  bucket TEXT NOT NULL, name TEXT NOT NULL, content BLOB NOT NULL, PRIMARY KEY (bucket, name));
"""


class GateStore(Store):
    """The sandbox's store, and a table of documents by bucket and name (policy, lifecycle, encryption)."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._db.executescript(_SCHEMA)

    def document(self, bucket: str, name: str) -> bytes | None:
        row = self._db.execute("SELECT content FROM documents WHERE bucket = ? AND name = ?", (bucket, name)).fetchone()
        return bytes(row[0]) if row else None

    def keep(self, bucket: str, name: str, content: bytes) -> None:
        with self.transaction():
            self._db.execute("INSERT OR REPLACE INTO documents VALUES (?, ?, ?)", (bucket, name, content))

    def drop(self, bucket: str, name: str) -> None:
        with self.transaction():
            self._db.execute("DELETE FROM documents WHERE bucket = ? AND name = ?", (bucket, name))

    def drop_all(self, bucket: str) -> None:
        """A bucket that goes, or a new one of the same name: nothing of the former one may remain."""
        with self.transaction():
            self._db.execute("DELETE FROM documents WHERE bucket = ?", (bucket,))

    def clear(self) -> None:
        super().clear()
        with self.transaction():
            self._db.execute("DELETE FROM documents")
