"""A sandbox of one's own for a test: `with running_server(tmp_path) as server: ...`.

The server is the real process (`python -m sandbox.outscale`) on a free port of 127.0.0.1. It has `url`, `access_key`,
`secret_key` and `control` (the client of the control API). `server.call("CreateNet", IpRange=...)` signs, posts and
returns the answer, or raises `Refused`; every answer is checked against the OpenAPI document.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.outscale import document, signatures
from sandbox.outscale.control import Control
from sandbox.outscale.credentials import Credentials, ensure

PATIENCE = 120  # seconds: a busy machine takes long to start a process
REGION = "cloudgouv-eu-west-1"
ROOT = Path(__file__).resolve().parents[3]


class Refused(AssertionError):
    """An answer other than 200: `status`, `code`, `type`, `details`."""

    def __init__(self, response: requests.Response) -> None:
        self.response = response
        self.status = response.status_code
        error = response.json()["Errors"][0]
        self.code, self.type, self.details = error["Code"], error["Type"], error["Details"]
        super().__init__(f"{self.status} {self.code} {self.type}: {self.details}")


@dataclass
class Server:
    """A running sandbox. `url` ends in /api/v1."""

    url: str
    credentials: Credentials
    control: Control
    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def access_key(self) -> str:
        return self.credentials.access_key

    @property
    def secret_key(self) -> str:
        return self.credentials.secret_key

    @cached_property
    def document(self) -> document.Document:
        """The document the server was driven by."""
        return document.load(self.folder)

    @property
    def log(self) -> str:
        """What the server wrote on its outputs."""
        return (self.folder / "server.log").read_text(encoding="utf-8")

    def call(self, operation: str, **request: Any) -> dict[str, Any]:
        response = self.post(operation, request)
        answer: dict[str, Any] = response.json()
        assert response.headers["X-Rempart-Simulated"] == "true"
        if response.status_code != 200:
            assert not self.document.error_response_errors(answer)
            raise Refused(response)
        assert not self.document.response_errors(operation, answer)
        return answer

    def post(self, operation: str, request: object, *, timeout: float = 30, **how: Any) -> requests.Response:
        """POST a signed request; `how` changes the signature: vendor, access_key, secret_key, region, at, service."""
        body = request if isinstance(request, bytes) else json.dumps(request).encode()
        headers = self.sign(operation, body, **how)
        return requests.post(f"{self.url}/{operation}", data=body, headers=headers, timeout=timeout)

    def sign(self, operation: str, body: bytes, **how: Any) -> dict[str, str]:
        """The headers of a signed call, for tests that then spoil something."""
        return signed_headers(self.credentials, self.url.split("/")[2], operation, body, **how)

    def kill(self) -> None:
        """SIGKILL: what a power cut leaves."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def refused(server: Server, operation: str, **request: Any) -> tuple[int, str]:
    """The status and the code of a call that must be refused."""
    with pytest.raises(Refused) as caught:
        server.call(operation, **request)
    return caught.value.status, caught.value.code


def signed_headers(
    keys: Credentials,
    host: str,
    operation: str,
    body: bytes,
    *,
    vendor: str = "OSC4",
    access_key: str | None = None,
    secret_key: str | None = None,
    region: str = REGION,
    at: datetime | None = None,
    service: str = "api",
    signed: tuple[str, ...] | None = None,
    method: str = "POST",
) -> dict[str, str]:
    """Headers that sign one call."""
    headers = {"host": host, "content-type": "application/json"}
    date = "x-osc-date" if vendor == "OSC4" else "x-amz-date"
    request = signatures.SignedRequest(method, f"/api/v1/{operation}", [], headers, body)
    extra = signatures.sign(
        vendor=vendor,
        access_key=access_key or keys.access_key,
        secret_key=secret_key or keys.secret_key,
        region=region,
        request=request,
        signed_headers=signed or ("content-type", "host", date),
        at=at or datetime.now(UTC),
        service=service,
    )
    return {**headers, **extra}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_server(folder: Path, *, port: int | None = None) -> Iterator[Server]:
    """Start a sandbox whose state is in `folder` (a second start on the same folder finds it), stop it at the end."""
    chosen = port or free_port()
    folder.mkdir(parents=True, exist_ok=True)
    credentials = ensure(folder / "credentials.json")
    command = [sys.executable, "-m", "sandbox.outscale", "--port", str(chosen)]
    command += ["--data", str(folder), "--credentials", str(folder / "credentials.json")]
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env={**os.environ})
    root = f"http://127.0.0.1:{chosen}"
    server = Server(f"{root}/api/v1", credentials, Control(root, credentials.control_token), folder, process)
    try:
        _wait(server)
        yield server
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(server: Server) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            raise AssertionError(f"the sandbox stopped at once:\n{server.log}")
        try:
            server.control.health()
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"the sandbox did not answer in {PATIENCE} s:\n{server.log}")
