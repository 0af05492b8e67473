"""Serve one OpenStack API on 127.0.0.1: `wsgi.py NAME PORT THREADS (--module M | --paste FILE) [ARGUMENT...]`.

2026.1 has no nova-api or neutron-server program any more, only WSGI modules. Run by OpenStack's own Python.
"""

from __future__ import annotations

import importlib
import socket
import sys

# These load their policies at the first request; a second thread that comes meanwhile finds none, and is refused (403),
# or answered 500 by Barbican, which makes Cinder refuse the first encrypted volumes of a new cloud.
POLICIES = {
    "barbican": "barbican.common.policy",
    "neutron": "neutron.policy",
    "neutron-2": "neutron.policy",
    "nova": "nova.policy",
    "cinder": "cinder.policy",
}


def main() -> None:
    name, port, threads, how, what, *rest = sys.argv[1:]
    sys.argv = [name, *rest]  # the modules read their options there
    if how == "--paste":
        from paste import deploy

        application = deploy.loadapp(f"config:{what}")
    else:
        application = importlib.import_module(what).application
    if name in POLICIES:
        importlib.import_module(POLICIES[name]).init()
    import waitress

    end = socket.socket()
    end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if name.startswith("neutron"):  # its processes share the port; anywhere else a second one is a mistake, and ends
        end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    end.bind(("127.0.0.1", int(port)))
    waitress.serve(
        application,
        sockets=[end],
        threads=int(threads),
        ident=None,
        clear_untrusted_proxy_headers=False,
        channel_timeout=300,
    )


main()
