"""How failures and differences travel to the engine.

A half-made resource is told by an `ErrorResourceInitFailed` inside a `Status` in the trailing metadata
`grpc-status-details-bin`. The `Status` is the SDK's own: importing grpcio-status or googleapis-common-protos in the
same process registers google.rpc.Status twice and breaks protobuf.
"""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

import grpc
from google.protobuf import struct_pb2

from blueprint import workspace
from plugins.runtime.diffing import Change
from plugins.runtime.errors import Problem
from plugins.runtime.protocol import engine_pb2, engine_pb2_grpc, provider_pb2, status_pb2

_KINDS = {
    ("add", False): provider_pb2.PropertyDiff.ADD,
    ("add", True): provider_pb2.PropertyDiff.ADD_REPLACE,
    ("update", False): provider_pb2.PropertyDiff.UPDATE,
    ("update", True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
    ("delete", False): provider_pb2.PropertyDiff.DELETE,
    ("delete", True): provider_pb2.PropertyDiff.DELETE_REPLACE,
}


@dataclass
class Unfinished(Exception):
    """A `Partial` with everything that the state must hold, ready for the wire."""

    id: str
    outputs: struct_pb2.Struct
    inputs: struct_pb2.Struct
    reasons: tuple[str, ...]


class _Status(grpc.Status):
    """What `abort_with_status` wants."""

    def __init__(self, code: grpc.StatusCode, details: str, trailing_metadata: Any = None) -> None:
        self.code = code
        self.details = details
        self.trailing_metadata = trailing_metadata


def answered(handler: Callable[[Any, Any], Any]) -> Callable[[Any, Any, grpc.ServicerContext], Any]:
    """Turn what a handler raises into one message for the user; a defect of ours goes to a log file in full."""

    @functools.wraps(handler)
    def handle(self: Any, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return handler(self, request)
        except Problem as problem:
            code = grpc.StatusCode.UNKNOWN if problem.uncertain else grpc.StatusCode.FAILED_PRECONDITION
            context.abort(code, str(problem))
        except Unfinished as unfinished:
            _abort_unfinished(context, unfinished)
        except Exception as defect:
            # abort() itself raises a bare Exception: the two branches above have left by then.
            log = _note_defect(self.plugin.name, handler.__name__, getattr(request, "urn", ""))
            context.abort(
                grpc.StatusCode.UNKNOWN,
                f"The plugin {self.plugin.name} failed in {handler.__name__} ({type(defect).__name__}): a defect of "
                f"the plugin. Details are in {log}; run the same command again to go on",
            )

    return handle


def _abort_unfinished(context: grpc.ServicerContext, unfinished: Unfinished) -> NoReturn:
    detail = provider_pb2.ErrorResourceInitFailed(
        id=unfinished.id,
        properties=unfinished.outputs,
        inputs=unfinished.inputs,
        reasons=list(unfinished.reasons),
    )
    code, message = grpc.StatusCode.UNKNOWN, "; ".join(unfinished.reasons)
    status = status_pb2.Status(code=code.value[0], message=message)
    status.details.add().Pack(detail)
    metadata = (("grpc-status-details-bin", status.SerializeToString()),)
    context.abort_with_status(_Status(code, message, metadata))
    raise AssertionError("abort_with_status returned")


def _note_defect(plugin: str, where: str, urn: str) -> str:
    path = workspace.state_dir() / "logs" / f"plugin-{plugin}.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as log:
            log.write(f"{where} {urn}\n{traceback.format_exc()}\n")
    except OSError as error:
        return f"no file ({error.strerror})"
    return str(path)


def detailed_diff(changes: Iterable[Change]) -> dict[str, Any]:
    return {
        change.field.name: provider_pb2.PropertyDiff(
            kind=_KINDS[change.kind, change.field.immutable], inputDiff=not change.field.local
        )
        for change in changes
    }


def log_to(engine: str, urn: str) -> Callable[[str], None]:
    """A function that shows a warning to the user through the engine."""

    def warn(message: str) -> None:
        if not engine:
            return
        with grpc.insecure_channel(engine) as channel:
            request = engine_pb2.LogRequest(severity=engine_pb2.WARNING, message=message, urn=urn)
            engine_pb2_grpc.EngineStub(channel).Log(request, timeout=5)

    return warn
