"""The pack behind a gRPC server of its own, where no language host carries its calls (see `policies.carried`)."""

from __future__ import annotations

import concurrent.futures
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

import grpc

from policies import answers

# The engine's own limits: 400 MB messages, and no time limit for a request that waits its turn.
_OPTIONS = [
    ("grpc.max_receive_message_length", 400 << 20),
    ("grpc.max_send_message_length", 400 << 20),
]
_THREADS = 4
_ORPHANED_SECONDS = 5.0
"""How often the process looks whether whoever started it is still there."""
_CODES = {code.value[0]: code for code in grpc.StatusCode}


def offered(servicer: answers.Servicer) -> grpc.GenericRpcHandler[Any, Any]:
    """The calls that `servicer` answers."""
    return grpc.method_handlers_generic_handler(
        answers.SERVICE.full_name,
        {
            name: grpc.unary_unary_rpc_method_handler(
                _answered(call.answer), request_deserializer=call.read, response_serializer=call.write
            )
            for name, call in answers.calls(servicer).items()
        },
    )


def _answered(answer: Callable[[Any], Any]) -> Callable[[Any, grpc.ServicerContext], Any]:
    def answered(request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return answer(request)
        except answers.Refused as refused:
            context.abort(_CODES[refused.code], str(refused))

    return answered


def start(say: Callable[[str], object]) -> grpc.Server:
    """The running server; `say` gets its port."""
    pool = concurrent.futures.ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="pack")
    server = grpc.server(pool, options=_OPTIONS)
    server.add_generic_rpc_handlers((offered(answers.Servicer()),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    say(f"{port}\n")
    return server


def serve() -> None:
    """Serves until the engine ends this process, or is gone."""
    # Ctrl-C reaches the whole process group; the engine decides when this process ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    parent = os.getppid()
    server = start(sys.stdout.write)
    sys.stdout.flush()
    while not stopped.wait(_ORPHANED_SECONDS) and os.getppid() == parent:
        pass
    server.stop(grace=None)
