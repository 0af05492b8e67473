"""Talk to a plugin as the engine does, over gRPC, without an engine."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from plugins.runtime.declare import Plugin
from plugins.runtime.serve import start
from plugins.runtime.values import Properties, from_wire, to_wire


@dataclass
class Halfway(Exception):
    """What the engine stores after an ErrorResourceInitFailed."""

    id: str
    outputs: Properties
    inputs: Properties
    reasons: list[str]


@dataclass
class Refused(Exception):
    code: grpc.StatusCode
    message: str

    def __str__(self) -> str:
        return self.message


class Engine:
    """The engine's side: one method per call, plain Python in and out."""

    def __init__(self, plugin: Plugin[Any], channel: grpc.Channel) -> None:
        self.plugin = plugin
        self.stub = provider_pb2_grpc.ResourceProviderStub(channel)

    def urn(self, kind: str, name: str = "it", stack: str = "dev") -> str:
        return f"urn:pulumi:{stack}::project::{self.plugin.token(kind)}::{name}"

    def configure(self, **configuration: Any) -> None:
        self._ask(self.stub.Configure, provider_pb2.ConfigureRequest(args=to_wire(configuration)))

    def check(
        self, urn: str, news: Mapping[str, Any], secrets: tuple[str, ...] = ()
    ) -> tuple[Properties, dict[str, str]]:
        request = provider_pb2.CheckRequest(urn=urn, news=to_wire(news, secrets))
        answer = self._ask(self.stub.Check, request)
        return from_wire(answer.inputs), {failure.property: failure.reason for failure in answer.failures}

    def diff(
        self, urn: str, id: str, old_inputs: Mapping[str, Any], olds: Mapping[str, Any], news: Mapping[str, Any]
    ) -> Any:
        return self._ask(
            self.stub.Diff,
            provider_pb2.DiffRequest(
                urn=urn, id=id, old_inputs=to_wire(old_inputs), olds=to_wire(olds), news=to_wire(news)
            ),
        )

    def create(
        self,
        urn: str,
        inputs: Mapping[str, Any],
        *,
        preview: bool = False,
        timeout: float = 30,
        secrets: tuple[str, ...] = (),
    ) -> tuple[str, Properties]:
        request = provider_pb2.CreateRequest(
            urn=urn, properties=to_wire(inputs, secrets), preview=preview, timeout=timeout
        )
        answer = self._ask(self.stub.Create, request)
        return answer.id, from_wire(answer.properties)

    def read(
        self, urn: str, id: str, inputs: Mapping[str, Any] | None = None, outputs: Mapping[str, Any] | None = None
    ) -> tuple[str, Properties, Properties]:
        """(id, inputs, outputs); the id is empty when it is gone."""
        request = provider_pb2.ReadRequest(
            urn=urn, id=id, inputs=to_wire(inputs or {}), properties=to_wire(outputs or {})
        )
        answer = self._ask(self.stub.Read, request)
        return answer.id, from_wire(answer.inputs), from_wire(answer.properties)

    def update(
        self, urn: str, id: str, old_inputs: Mapping[str, Any], olds: Mapping[str, Any], news: Mapping[str, Any],
        *, preview: bool = False, timeout: float = 30,
    ) -> Properties:  # fmt: skip
        request = provider_pb2.UpdateRequest(
            urn=urn, id=id, old_inputs=to_wire(old_inputs), olds=to_wire(olds), news=to_wire(news),
            preview=preview, timeout=timeout,
        )  # fmt: skip
        return from_wire(self._ask(self.stub.Update, request).properties)

    def delete(self, urn: str, id: str, outputs: Mapping[str, Any] | None = None, timeout: float = 30) -> None:
        request = provider_pb2.DeleteRequest(urn=urn, id=id, properties=to_wire(outputs or {}), timeout=timeout)
        self._ask(self.stub.Delete, request)

    def invoke(self, name: str, **args: Any) -> dict[str, Any]:
        request = provider_pb2.InvokeRequest(tok=self.plugin.token(name), args=to_wire(args))
        answer = self._ask(self.stub.Invoke, request)
        assert not answer.failures, answer.failures
        return from_wire(getattr(answer, "return")).values

    def cancel(self) -> None:
        self._ask(self.stub.Cancel, empty_pb2.Empty())

    @staticmethod
    def _ask(method: Any, request: Any) -> Any:
        try:
            return method(request)
        except grpc.RpcError as error:
            raise _understood(error) from None


def _understood(error: grpc.RpcError) -> Exception:
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            status = status_pb2.Status.FromString(value)
            for detail in status.details:
                failed = provider_pb2.ErrorResourceInitFailed()
                if detail.Unpack(failed):
                    return Halfway(
                        failed.id, from_wire(failed.properties), from_wire(failed.inputs), list(failed.reasons)
                    )
    return Refused(error.code(), error.details())


@contextlib.contextmanager
def engine(plugin: Plugin[Any]) -> Iterator[Engine]:
    """A served plugin and an engine's side that talks to it."""
    server, port = start(plugin)
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        try:
            yield Engine(plugin, channel)
        finally:
            server.stop(grace=None).wait()
