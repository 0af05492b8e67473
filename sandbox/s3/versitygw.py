"""versitygw behind the gate: a child process on a UNIX socket that only the gate's user can open.

No TCP port: nothing gets to it but through the gate. It has the gate's own keys, so a signature that names the gate's
host holds there too.
"""

from __future__ import annotations

import contextlib
import ctypes
import http.client
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox import tools
from sandbox.outscale.credentials import Credentials

START_SECONDS = 30
ANSWER_SECONDS = 120
_HEALTH = "/-rempart-health"  # no bucket can have this name
_PR_SET_PDEATHSIG = 1


class NotStarted(RuntimeError):
    """versitygw could not be started: why."""


@dataclass
class Upstream:
    """The running child and its socket."""

    process: subprocess.Popen[bytes]
    socket_path: Path
    objects: Path
    versions: Path

    def connect(self) -> http.client.HTTPConnection:
        return _UnixConnection(self.socket_path)

    def request(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> tuple[int, bytes]:
        """One small request: status and body."""
        connection = self.connect()
        try:
            send(connection, method, target, headers)
            connection.endheaders(body or None)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def forget(self) -> None:
        """Delete every bucket and object, locked ones too."""
        for folder in (self.objects, self.versions):
            for entry in folder.iterdir():
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.socket_path.parent, ignore_errors=True)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=ANSWER_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def send(connection: http.client.HTTPConnection, method: str, target: str, headers: Mapping[str, str]) -> None:
    """The request line and the headers exactly as given: a signature covers them."""
    connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value.encode("latin-1"))


def start(data: Path, keys: Credentials, region: str) -> Upstream:
    """Start it and wait until it answers. It changes folder, so it is given absolute paths only."""
    try:
        program = tools.find("versitygw")
    except tools.Missing as missing:
        raise NotStarted(f"the endpoint s3 needs versitygw, {missing}") from missing
    folders = {name: (data / name).resolve() for name in ("objects", "versions", "metadata")}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    # The name of a socket is 107 bytes at most, and data folders are where the user wants them.
    socket_path = Path(tempfile.mkdtemp(prefix="rempart-s3-")) / "gate.sock"
    beside = [] if _keeps_attributes(folders["objects"]) else ["--sidecar", str(folders["metadata"])]
    process = subprocess.Popen(
        [
            *(str(program), "--port", str(socket_path), "--socket-perm", "0600", "--region", region),
            *("--quiet", "--health", _HEALTH),
            *("posix", "--versioning-dir", str(folders["versions"]), *beside, str(folders["objects"])),
        ],
        env={**os.environ, "ROOT_ACCESS_KEY": keys.access_key, "ROOT_SECRET_KEY": keys.secret_key},
        stdin=subprocess.DEVNULL,
        preexec_fn=_die_with_parent,
    )
    upstream = Upstream(process, socket_path, folders["objects"], folders["versions"])
    _wait(upstream)
    return upstream


def _wait(upstream: Upstream) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if upstream.process.poll() is not None:
            raise NotStarted(f"versitygw ended at once with code {upstream.process.returncode}")
        with contextlib.suppress(OSError, http.client.HTTPException):
            if upstream.request("GET", _HEALTH, {"Host": "localhost"})[0] == 200:
                return
        time.sleep(0.05)
    upstream.stop()
    raise NotStarted(f"versitygw did not answer within {START_SECONDS} s")


def _die_with_parent() -> None:
    """A gate that is killed takes its child along."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _keeps_attributes(folder: Path) -> bool:
    """Does this file system keep extended attributes, where versitygw puts what it knows of objects?"""
    probe = folder / ".rempart-attributes"
    probe.touch()
    try:
        os.setxattr(probe, "user.rempart", b"1")
    except OSError:
        return False
    finally:
        probe.unlink()
    return True
