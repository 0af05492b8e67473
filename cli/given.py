"""What people type on the command line: read the same way everywhere, and told them to type."""

from __future__ import annotations

import datetime as dt

from blueprint.errors import RempartError


class Misread(RempartError):
    """An option holds what it cannot hold: which, and how it is written."""


def text(value: str, option: str) -> str:
    if not value.strip():
        raise Misread(f"{option} is empty: a reviewer reads it")
    return value.strip()


def day(value: str, option: str) -> dt.date:
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        raise Misread(f"{option} {value!r} is not a day: write it as 2027-03-31") from None


def deployment(platform: str, target: str, environment: str) -> str:
    """How a command names one platform on one target in one environment."""
    return f"{platform} --target {target} --environment {environment}"
