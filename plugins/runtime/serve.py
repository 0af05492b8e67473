"""Run a plugin: a gRPC server on loopback, whose port is the first line of the standard output."""

from __future__ import annotations

import signal
import sys
import threading
from concurrent import futures
from typing import Any

import grpc

from blueprint import garbage
from plugins.runtime.declare import Plugin
from plugins.runtime.protocol import provider_pb2_grpc
from plugins.runtime.servicer import Servicer

# The engine's own limits: 400 MB messages, and no time limit for a request that waits its turn.
_OPTIONS = [
    ("grpc.max_receive_message_length", 400 << 20),
    ("grpc.max_send_message_length", 400 << 20),
    ("grpc.server_max_unrequested_time_in_server", 30 * 60),
]
_THREADS = 128  # the engine never has that many operations in flight; waiting ones cost nothing


def start(plugin: Plugin[Any], engine: str = "") -> tuple[grpc.Server, int]:
    """The running server and its port."""
    pool = futures.ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix=plugin.name)
    server = grpc.server(pool, options=_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(plugin, engine), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def serve(plugin: Plugin[Any]) -> None:
    """Serve until the engine ends this process. The engine's address is the first argument that is not an option."""
    engine = next((argument for argument in sys.argv[1:] if not argument.startswith("-")), "")
    # Ctrl-C reaches the whole process group; the engine then calls Cancel and decides when this process ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    garbage.seldom()
    server, port = start(plugin, engine)
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    stopped.wait()
    server.stop(grace=1).wait()
