"""A client of the gate's control API: the Outscale endpoint's client, over TLS."""

from __future__ import annotations

import json
from pathlib import Path

from sandbox.outscale import control


class Control(control.Control):
    """`url` is the endpoint's root (`https://127.0.0.1:PORT`), `ca_bundle` the file of the authority that signs it."""

    def __init__(self, url: str, token: str, ca_bundle: str) -> None:
        super().__init__(url, token)
        self._session.verify = ca_bundle
        self._session.trust_env = False  # REQUESTS_CA_BUNDLE and proxies are meant for elsewhere

    @classmethod
    def from_credentials(cls, url: str, path: Path) -> Control:
        """A client with the token and the authority of a credentials file."""
        content = json.loads(path.read_text(encoding="utf-8"))
        return cls(url, content["control_token"], content["ca_bundle"])
