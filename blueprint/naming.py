"""Names at the providers: short enough, in the allowed letters, stable, and different for different things."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

LOWER = "abcdefghijklmnopqrstuvwxyz0123456789-"
"""What every provider and S3 accept."""

MAX_LENGTH = 63
"""The shortest of the limits that a Name tag, a security group and a bucket have."""

HASH_LENGTH = 8
SEPARATOR = "-"


def fit(parts: Iterable[str], max_length: int, alphabet: str = LOWER) -> str:
    """`parts` joined into one name: first part (the prefix), readable middle, hash of the whole.

    The hash (39 bits) is always there, so that two subjects that shorten alike still differ. It depends on the exact
    parts only: the same parts give the same name on every machine, for ever.

    >>> fit(["emc2", "dev", "bubbles/warehouse"], 63)
    'emc2-dev-bubbles-warehouse-...'
    """
    originals = list(parts)
    if not originals or max_length < HASH_LENGTH + 2:
        raise ValueError(f"a name needs at least one part and {HASH_LENGTH + 2} characters")
    if any("\x00" in part for part in originals):
        raise ValueError("a name needs parts without the character that stands between them")
    digest = hashlib.sha256("\x00".join(originals).encode()).digest()
    tail = _spell(int.from_bytes(digest, "big"), HASH_LENGTH)
    separator = SEPARATOR if SEPARATOR in alphabet else ""
    readable = separator.join(filter(None, (_clean(part, alphabet, separator) for part in originals)))
    head = readable[: max_length - len(tail) - len(separator)].rstrip(SEPARATOR)
    return f"{head}{separator}{tail}" if head else tail


def of(platform: str, environment: str, *parts: str) -> str:
    """The name, at any provider, of what `parts` say in that platform and environment."""
    return fit((platform, environment, *parts), MAX_LENGTH)


def _clean(part: str, alphabet: str, separator: str) -> str:
    kept = "".join(c if c in alphabet else c.lower() if c.lower() in alphabet else SEPARATOR for c in part)
    return re.sub(f"{SEPARATOR}+", separator, kept).strip(SEPARATOR)


def _spell(number: int, length: int) -> str:
    """Base 32 without the letters that are read for digits; the first one is a letter, as some providers want."""
    letters, symbols = "abcdefghjkmnpqrstvwxyz", "0123456789abcdefghjkmnpqrstvwxyz"
    number, first = divmod(number, len(letters))
    spelled = letters[first]
    for _ in range(length - 1):
        number, digit = divmod(number, len(symbols))
        spelled += symbols[digit]
    return spelled
