"""The sandbox's object storage: `python -m sandbox.s3 --port P --data DIR --credentials FILE --tls DIR`."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from pathlib import Path

import uvicorn

from sandbox import certificates, services
from sandbox.outscale import credentials
from sandbox.outscale.connections import BreakableProtocol
from sandbox.s3 import app, table, versitygw
from sandbox.s3.store import GateStore
from sandbox.stopping import exit_on_signals

STOP_SECONDS = 3  # for requests under way; connections that clients keep open do not count


def main(arguments: list[str] | None = None) -> int:
    """Serve until stopped. Exit code 2 when the credentials cannot be used, 3 when versitygw does not start."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.s3", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder of objects and documents")
    parser.add_argument("--credentials", type=Path, required=True, help="JSON file, made when there is none")
    parser.add_argument("--tls", type=Path, required=True, help="folder of the certificates, made when there are none")
    parser.add_argument("--region", default=services.REGION)
    parser.add_argument("--flavor", default=table.OOS, choices=table.flavors(), help="what it stands for")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    try:
        keys = credentials.ensure(options.credentials)
    except credentials.BadCredentials as error:
        print(f"sandbox.s3: {error}", file=sys.stderr)
        return 2
    tls = certificates.ensure(options.tls)
    try:
        upstream = versitygw.start(options.data, keys, options.region)
    except versitygw.NotStarted as error:
        print(f"sandbox.s3: {error}", file=sys.stderr)
        return 3
    exit_on_signals()
    stopping = threading.Event()
    _stop_with(upstream, stopping)
    store = GateStore(options.data / "gate.sqlite")
    try:
        uvicorn.run(
            app.build(keys, options.region, store, upstream, options.flavor),
            host=services.HOST,
            port=options.port,
            http=BreakableProtocol,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=STOP_SECONDS,
            ssl_certfile=tls.server,
            ssl_keyfile=tls.server_key,
        )
    finally:
        stopping.set()
        store.close()
        upstream.stop()
    return 0


def _stop_with(upstream: versitygw.Upstream, stopping: threading.Event) -> None:
    """A gate without versitygw would answer errors for ever: it stops, and `rempart sandbox status` says so."""

    def watch() -> None:
        code = upstream.process.wait()
        if stopping.is_set():
            return
        logging.getLogger("sandbox.s3").error("versitygw ended with code %s: the endpoint stops", code)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="versitygw", daemon=True).start()


if __name__ == "__main__":
    raise SystemExit(main())
