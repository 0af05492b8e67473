"""A gate with a real versitygw, in processes of its own, and clients for it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config

from sandbox import certificates, services, tools
from sandbox.outscale import credentials
from sandbox.s3.control import Control


def need_versitygw() -> None:
    """Skip, or fail where everything must run."""
    try:
        tools.find("versitygw")
    except tools.Missing as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(f"versitygw, {missing}")
        pytest.skip(f"versitygw, {missing}")


@dataclass
class Server:
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    flavor: str = "oos"

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def keys(self) -> dict[str, str]:
        return json.loads((self.folder / "credentials.json").read_text())

    @property
    def ca(self) -> str:
        return str(self.folder / "tls" / "ca.pem")

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    @property
    def control(self) -> Control:
        return Control(self.url, self.keys["control_token"], self.ca)

    def start(self) -> Server:
        credentials.ensure(self.folder / "credentials.json")
        certificates.ensure(self.folder / "tls")
        places = ["--data", self.folder / "data", "--credentials", self.folder / "credentials.json"]
        command = [sys.executable, "-m", "sandbox.s3", "--port", self.port, *places, "--tls", self.folder / "tls"]
        command += ["--flavor", self.flavor]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen([str(part) for part in command], stdout=log, stderr=log)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if self.control.health()["simulated"]:
                    return self
            except requests.ConnectionError:  # not yet; a certificate error is one too, and shows in the time-out
                time.sleep(0.05)
        self.stop()
        raise AssertionError(f"the gate did not start:\n{self.log}")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    def client(self, access_key: str | None = None, secret_key: str | None = None, **config: Any) -> Any:
        settings = {
            "s3": {"addressing_style": "path"},
            "retries": {"total_max_attempts": 1},
            "request_checksum_calculation": "when_required",
            "response_checksum_validation": "when_required",
            **config,
        }
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name=services.REGION,
            aws_access_key_id=access_key or self.keys["access_key"],
            aws_secret_access_key=secret_key or self.keys["secret_key"],
            verify=self.ca,
            config=Config(**settings),
        )


def free_port() -> int:
    with socket.socket() as end:
        end.bind(("127.0.0.1", 0))
        return int(end.getsockname()[1])
