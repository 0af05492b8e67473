"""The endpoints that the sandbox can run: what to start, and what it takes."""

from __future__ import annotations

import pathlib
import sys
from dataclasses import dataclass

from blueprint import workspace

HOST = "127.0.0.1"
REGION = "cloudgouv-eu-west-1"
STORAGE_REGION = "eu-west-rbx-snc"
CLOUD = "rempart"
"""The name of the sandbox's OpenStack in its clouds.yaml: OS_CLOUD."""


@dataclass(frozen=True)
class Service:
    """An endpoint: a module run as `python -m MODULE --port P --data DIR --credentials FILE`.

    `path` is what the product's URL has after the port; `tls` says that it speaks HTTPS and takes `--tls DIR`; `tools`
    are the programs, beside Python, that it runs; `start_seconds` is how long it may take until its first answer;
    `options` are further ones of the module. A `shared` one has no process here: sandbox/ovh runs once for a machine.
    """

    name: str
    module: str
    what: str
    path: str = ""
    tls: bool = False
    tools: tuple[str, ...] = ()
    start_seconds: float = 60
    shared: bool = False
    options: tuple[str, ...] = ()
    region: str = REGION

    def url(self, port: int) -> str:
        return f"{self.root(port)}{self.path}"

    def root(self, port: int) -> str:
        return f"{'https' if self.tls else 'http'}://{HOST}:{port}"

    @property
    def data(self) -> pathlib.Path:
        """Everything that it keeps: `reset` deletes this folder."""
        return workspace.sandbox_dir() / self.name

    @property
    def log(self) -> pathlib.Path:
        return workspace.sandbox_dir() / "logs" / f"{self.name}.log"

    def command(self, port: int) -> list[str]:
        arguments = ["--port", str(port), "--data", str(self.data), "--credentials", str(credentials_path())]
        tls = ["--tls", str(tls_folder())] if self.tls else []
        return [sys.executable, "-m", self.module, *arguments, "--region", self.region, *tls, *self.options]

    def is_run_by(self, command_line: list[str]) -> bool:
        """Does this command line run this endpoint, with this data? Another checkout's sandbox is somebody else's."""
        return self.module in command_line and str(self.data) in command_line


SERVICES: dict[str, Service] = {
    service.name: service
    for service in (
        Service("outscale", "sandbox.outscale", "Outscale API (OAPI)", path="/api/v1"),
        Service("s3", "sandbox.s3", "Outscale object storage (OOS)", tls=True, tools=("versitygw",)),
        Service("ovh", "sandbox.ovh", "OVHcloud SNC Cloud Platform (OpenStack)", shared=True),
        Service(
            "rgw",
            "sandbox.s3",
            "OVHcloud SNC object storage (Ceph RGW)",
            tls=True,
            tools=("versitygw",),
            options=("--flavor", "rgw"),
            region=STORAGE_REGION,
        ),
    )
}
DEFAULT = ("outscale", "s3")
"""What `up` starts where nothing is named: neither minutes nor root rights are needed for it."""


def credentials_path() -> pathlib.Path:
    return workspace.sandbox_dir() / "credentials.json"


def tls_folder() -> pathlib.Path:
    return workspace.sandbox_dir() / "tls"
