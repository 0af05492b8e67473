"""What a call without a usable answer lets us conclude, whatever the provider; each adds what its own answers say."""

from __future__ import annotations


class NotSent(Exception):
    """No connection could be made."""


class Lost(Exception):
    """The call was sent and no answer says what became of it."""


class Throttled(Exception):
    """Too many calls: this one was not executed."""
