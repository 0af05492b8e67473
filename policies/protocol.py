"""The engine's analyzer protocol: see `blueprint.messages`."""

from __future__ import annotations

from blueprint.messages import alone

with alone():
    from pulumi.runtime.proto import analyzer_pb2 as messages
    from pulumi.runtime.proto import plugin_pb2 as plugins

__all__ = ["messages", "plugins"]
