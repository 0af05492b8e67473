"""Request bodies: kept in memory when small, on disk when not, with their digest."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from typing import IO

from starlette.requests import Request

MEMORY_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Body:
    """`file` stands at its start. Size in bytes; `digest` is the SHA-256 in hexadecimal."""

    file: IO[bytes]
    size: int
    digest: str

    def read(self) -> bytes:
        """All of it: for documents, which are small."""
        self.file.seek(0)
        content = self.file.read()
        self.file.seek(0)
        return content


async def receive(request: Request) -> Body:
    """Read the whole body: what is forwarded must have a length, and some of it is judged first."""
    file: IO[bytes] = tempfile.SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115 - closed with the response
    digest = hashlib.sha256()
    size = 0
    async for chunk in request.stream():
        digest.update(chunk)
        size += len(chunk)
        file.write(chunk)
    file.seek(0)
    return Body(file, size, digest.hexdigest())
