"""How the preparation speaks: one line per step, and one message when it cannot go on."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator

BUNDLE = "REMPART_TOOLCHAIN_BUNDLE"
CACHE = "REMPART_CACHE"
NEEDED_MIB = 6000
"""Free space of a first build: modules, Go's build cache, binaries."""

_NO_NETWORK = (
    "dial tcp",
    "no such host",
    "i/o timeout",
    "connection refused",
    "Connection refused",
    "Failed to establish a new connection",
    "Temporary failure in name resolution",
    "Could not find a version",
    "Failed to fetch",
    "dns error",
)
_NO_TRUST = ("x509", "UnknownIssuer", "CERTIFICATE_VERIFY_FAILED", "self-signed certificate")


class Trouble(Exception):
    """What stands in the way, and what to do about it."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(text: str, expected: str) -> Iterator[None]:
    """One line when a step starts, with the time it should take, and one when it is done, with the time it took."""
    say(f"  {text} ({expected}) ...")
    started = time.monotonic()
    yield
    say(f"  {text}: done in {time.monotonic() - started:.0f} s")


def remedy(words: str, mirror: str) -> str:
    """What to do about a program that failed with these words; `mirror` names the setting for another source."""
    if "No space left" in words or "no space left" in words:
        return f"The disk is full: free {NEEDED_MIB} MiB, or set {CACHE} to a folder on another disk."
    if "checksum mismatch" in words or "missing go.sum" in words or "DO NOT MATCH THE HASHES" in words:
        return "What was downloaded is not what is pinned, and was not used: check the mirror, then `make toolchain`."
    if any(word in words for word in _NO_TRUST):
        return (
            "The network answers with a certificate that is not trusted here: apt install ca-certificates, or export "
            "SSL_CERT_FILE=<the authority of your network>, then `make toolchain`."
        )
    if any(word in words for word in _NO_NETWORK):
        return f"The network does not answer: {mirror}, then `make toolchain`."
    return "Run `make toolchain` again; if it fails in the same way, the lines above say what to look at."


def last_lines(words: str) -> str:
    """The end of a program's output, without the lines that only say what was downloaded."""
    lines = [line for line in words.splitlines() if line.strip() and "downloading" not in line]
    return "\n".join(f"    {line}" for line in lines[-12:])
