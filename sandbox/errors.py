"""What can go wrong with the sandbox."""

from __future__ import annotations


class SandboxError(RuntimeError):
    """What is wrong with the sandbox, and what to do."""


class UnknownEndpoint(SandboxError):
    """A name that is no endpoint's."""
