"""Which policy pack the reviewer signed for: a digest in the folder that the platform's authors do not write."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import re

from blueprint import attestation, workspace
from policies.signing import TRUST_VARIABLE

FILE = "pack_digest"
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclasses.dataclass(frozen=True, slots=True)
class Manifest:
    """`running` is this pack's digest; `expected` the reviewer's, None where there is none that counts."""

    running: str
    expected: str | None
    problem: str = ""
    """Why nothing is expected: what a reader must be told."""


def read() -> Manifest:
    """The manifest of this run; never raises: what cannot be read is a problem that GOV-06 tells."""
    running = attestation.pack_digest()
    given = os.environ.get(TRUST_VARIABLE)
    if not given:
        return Manifest(running, None, f"no reviewer's folder is given ({TRUST_VARIABLE})")
    path = pathlib.Path(given, FILE)
    if not path.is_absolute() or path.resolve().is_relative_to(workspace.root()):
        return Manifest(running, None, f"{TRUST_VARIABLE} is not an absolute path outside the checkout")
    try:
        text = path.read_text(encoding="utf-8").strip().casefold()
    except (OSError, UnicodeDecodeError):
        return Manifest(running, None, f"the reviewer's folder holds no readable `{FILE}`")
    if not _DIGEST.fullmatch(text):
        return Manifest(running, None, f"`{FILE}` of the reviewer's folder is not a SHA-256 digest")
    return Manifest(running, text)
