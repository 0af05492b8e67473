"""Does an endpoint answer, and does it say that it is simulated?"""

from __future__ import annotations

import json
import ssl
import time
import urllib.request
from collections.abc import Callable

from sandbox import services

PAUSE_SECONDS = 0.1
ANSWER_SECONDS = 5


def answers(root: str, go_on: Callable[[], bool]) -> bool:
    """Ask `GET /_sandbox/health` until it is well answered, as long as `go_on()`; at least once."""
    while True:
        if _simulated(f"{root}/_sandbox/health"):
            return True
        if not go_on():
            return False
        time.sleep(PAUSE_SECONDS)


def _simulated(url: str) -> bool:
    context = None
    try:
        if url.startswith("https:"):
            context = ssl.create_default_context(cafile=str(services.tls_folder() / "ca.pem"))
        # No proxy: whatever the environment says, loopback is reached directly.
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), *([urllib.request.HTTPSHandler(context=context)] if context else [])
        )
        with opener.open(url, timeout=ANSWER_SECONDS) as response:
            return json.load(response).get("simulated") is True
    except (OSError, ValueError, AttributeError):  # not there, not ours, or not yet
        return False
