"""The certificate that an endpoint shows: recorded once it holds, and by whose authority."""

from __future__ import annotations

import contextlib
import hashlib
import pathlib
import socket
import ssl
import threading
from collections.abc import Iterator

import pytest

from providers import tls
from providers.observation import Unreachable
from sandbox import certificates


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> certificates.Certificates:
    return certificates.ensure(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def url(made: certificates.Certificates) -> Iterator[str]:
    """A server that shakes hands and says no more."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.server, made.server.with_suffix(".key"))
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    raw, _ = listening.accept()
                    with contextlib.suppress(OSError), context.wrap_socket(raw, server_side=True) as secured:
                        secured.recv(1)

        threading.Thread(target=serve, daemon=True).start()
        yield f"https://127.0.0.1:{listening.getsockname()[1]}/v3"


def test_what_an_own_authority_vouches_for_is_recorded_as_that(url: str, made: certificates.Certificates) -> None:
    found = tls.chain(url, str(made.authority))
    assert found is not None
    shown = ssl.PEM_cert_to_DER_cert(
        made.server.read_text(encoding="utf-8").partition("-----END")[0] + "-----END CERTIFICATE-----"
    )
    assert (found.host, found.authority, found.sha256) == ("127.0.0.1", "own", hashlib.sha256(shown).hexdigest())
    assert "commonName=" in found.issuer and found.not_after.endswith("GMT")


def test_what_no_authority_of_the_machine_vouches_for_is_not_read(url: str) -> None:
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1: no trusted TLS connection .*certificate verify failed"):
        tls.chain(url)


def test_a_certificate_of_another_name_is_not_read(url: str, made: certificates.Certificates) -> None:
    with pytest.raises(Unreachable, match="no trusted TLS connection"):
        tls.chain(url.replace("127.0.0.1", "127.0.0.2"), str(made.authority))


def test_nobody_there_is_told(made: certificates.Certificates) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unreachable, match="no trusted TLS connection"):
        tls.chain(f"https://127.0.0.1:{port}", str(made.authority))


@pytest.mark.parametrize("plain", ["http://127.0.0.1:1/v3", "https:///v3", ""])
def test_an_endpoint_without_tls_shows_nothing(plain: str, tmp_path: pathlib.Path) -> None:
    assert tls.chain(plain) is None
