"""The sandbox's Outscale endpoint on 127.0.0.1.

`python -m sandbox.outscale --port P --data DIR --credentials FILE`
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

import uvicorn

from sandbox import services
from sandbox.outscale import app, credentials, document
from sandbox.outscale.connections import BreakableProtocol
from sandbox.outscale.store import Store
from sandbox.stopping import exit_on_signals


def main(arguments: list[str] | None = None) -> int:
    """Serve until stopped. Exit code 2 when the credentials file cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.outscale", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder of the state and of the parsed document")
    parser.add_argument("--credentials", type=Path, required=True, help="JSON file, made when there is none")
    parser.add_argument("--region", default=services.REGION)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    try:
        keys = credentials.ensure(options.credentials)
    except credentials.BadCredentials as error:
        print(f"sandbox.outscale: {error}", file=sys.stderr)
        return 2
    exit_on_signals()
    store = Store(options.data / "outscale.sqlite")
    application = app.build(document.load(options.data), keys, options.region, store)
    try:
        uvicorn.run(
            application,
            host=services.HOST,
            port=options.port,
            http=BreakableProtocol,
            lifespan="off",
            timeout_graceful_shutdown=1,  # a call held by a fault must not hold the stop
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
        )
    finally:
        store.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
