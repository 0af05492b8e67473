"""Where the cloud keeps what it has: one cloud per user and machine, outside every checkout, for all sandboxes."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import secrets
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import filelock

from sandbox import endpoints
from sandbox.errors import SandboxError
from sandbox.ovh import description
from tools.preparation import places

HOST = "127.0.0.1"
FIRST_PORT, STEP, BLOCKS = 25000, 20, 250
LOCK_SECONDS = 900


@dataclass(frozen=True)
class Secrets:
    """Passwords of the cloud's own accounts, made once."""

    admin: str = field(repr=False)
    service: str = field(repr=False)
    rabbit: str = field(repr=False)
    key_encryption_key: str = field(repr=False)


@dataclass(frozen=True)
class Cloud:
    """Folders and ports of the cloud."""

    folder: Path
    venv: Path
    first_port: int

    @property
    def etc(self) -> Path:
        return self.folder / "etc"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def run(self) -> Path:
        return self.folder / "run"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def worlds(self) -> Path:
        return self.folder / "worlds"

    @property
    def socket(self) -> Path:
        return self.run / "mariadb.sock"

    def port(self, name: str) -> int:
        return self.first_port + description.ports()[name]

    def url(self, service: str) -> str:
        return f"http://{HOST}:{self.port(service)}"

    def words(self) -> Mapping[str, str]:
        """What commands of cloud.yaml have in braces."""
        return {
            "venv": str(self.venv),
            "bin": str(self.venv / "bin"),
            "etc": str(self.etc),
            "log": str(self.log),
            "inside": str(description.HERE / "inside"),
            "region": description.offer()["region"]["name"],
            "keystone": self.url("keystone"),
            **{f"port_{name}": str(self.port(name)) for name in description.ports()},
        }

    def command(self, template: tuple[str, ...]) -> list[str]:
        words = self.words()
        return [word.format_map(words) for word in template]


def root() -> Path:
    return places.cache() / "openstack"


def cloud() -> Cloud:
    """The machine's cloud; its ports are chosen at the first call and kept, since its own catalogue names them."""
    folder = root() / "cloud"
    requirements = (description.HERE / "requirements.txt").read_bytes()
    patches = (description.HERE / "inside" / "nova_driver.py").read_bytes()
    venv = root() / f"venv-{hashlib.sha256(requirements + patches).hexdigest()[:16]}"
    record = folder / "ports.json"
    if not record.exists():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        endpoints.replace_file(record, json.dumps({"first": _free_ports(folder)}) + "\n")
    return Cloud(folder, venv, json.loads(record.read_text(encoding="utf-8"))["first"])


def passwords(place: Cloud) -> Secrets:
    record = place.folder / "secrets.json"
    if not record.exists():
        names = ("admin", "service", "rabbit")
        made = {name: secrets.token_urlsafe(24) for name in names}
        made["key_encryption_key"] = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii")
        endpoints.replace_file(record, json.dumps(made, indent=2) + "\n", 0o600)
    return Secrets(**json.loads(record.read_text(encoding="utf-8")))


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """One at a time on this machine starts, stops or shares out the cloud."""
    root().mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(root() / "lock")
    try:
        lock.acquire(timeout=LOCK_SECONDS)
    except filelock.Timeout:
        raise SandboxError(
            f"another command has been starting or stopping OpenStack for {LOCK_SECONDS} s: wait for it, or stop it"
        ) from None
    try:
        yield
    finally:
        lock.release()


def _free_ports(folder: Path) -> int:
    """The first of a block of free ports. Each folder looks from a place of its own: two clouds that are started at the
    same moment find the same ports free."""
    last = max(description.ports().values())
    start = int(hashlib.sha256(str(folder).encode()).hexdigest(), 16)
    for number in range(BLOCKS):
        first = FIRST_PORT + (start + number) % BLOCKS * STEP
        if not any(taken(first + offset) for offset in range(last + 1)):
            return first
    raise SandboxError(f"no {last + 1} free ports in a row from {FIRST_PORT} on: stop what holds them")


def taken(port: int) -> bool:
    with socket.socket() as end:
        end.settimeout(1)
        return end.connect_ex((HOST, port)) == 0
