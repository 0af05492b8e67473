"""A time stamp authority on loopback: `openssl ts` behind an HTTP server."""

from __future__ import annotations

import contextlib
import dataclasses
import http.server
import os
import pathlib
import shutil
import subprocess
import threading
from collections.abc import Iterator

import pytest

SETTINGS = """
[tsa]
default_tsa = own
[own]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
ess_cert_id_chain = no
tsa_name = no
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[stamping]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


@dataclasses.dataclass(frozen=True)
class Authority:
    url: str
    roots: pathlib.Path


def need_openssl() -> None:
    if shutil.which("openssl") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("openssl is not on PATH")
        pytest.skip("openssl is not on PATH")


def prepare(folder: pathlib.Path) -> pathlib.Path:
    """Root and stamping certificate of one authority; returns its settings."""
    need_openssl()
    settings = folder / "openssl.cnf"
    settings.write_text(SETTINGS.format(folder=folder))
    (folder / "serial").write_text("01\n")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", str(settings), "-days", "30")
    root = ("-subj", "/CN=Stamps root", "-extensions", "authority", "-keyout", "root.key", "-out", "root.pem")
    _openssl(folder, "req", "-x509", *key, *root)
    signed = ("-CA", "root.pem", "-CAkey", "root.key", "-extensions", "stamping")
    _openssl(folder, "req", "-x509", *key, "-subj", "/CN=Stamps", *signed, "-keyout", "tsa.key", "-out", "tsa.pem")
    return settings


@contextlib.contextmanager
def serving(folder: pathlib.Path) -> Iterator[Authority]:
    settings = prepare(folder)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            (folder / "query.tsq").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            query = ("-reply", "-queryfile", "query.tsq", "-out", "reply.tsr", "-config", str(settings))
            _openssl(folder, "ts", *query)
            body = (folder / "reply.tsr").read_bytes()
            self.send_response(200 if self.path == "/stamp" else 503)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Authority(f"http://127.0.0.1:{server.server_port}/stamp", folder / "root.pem")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _openssl(folder: pathlib.Path, *arguments: str) -> None:
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
