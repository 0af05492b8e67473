"""The sandbox's authority: for loopback only, the same from one day to the next, renewed before it ends."""

from __future__ import annotations

import datetime
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from sandbox import certificates

NOW = datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC)


def load(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_the_authority_signs_the_endpoint_for_loopback(tmp_path: Path) -> None:
    made = certificates.ensure(tmp_path, NOW)
    verifier = PolicyBuilder().store(Store([load(made.authority)])).time(NOW)
    verifier.build_server_verifier(x509.IPAddress(certificates.LOOPBACK)).verify(load(made.server), [])
    with pytest.raises(VerificationError):
        verifier.build_server_verifier(x509.DNSName("example.org")).verify(load(made.server), [])


def test_the_authority_may_sign_for_loopback_only(tmp_path: Path) -> None:
    authority = load(certificates.ensure(tmp_path, NOW).authority)
    constraints = authority.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    assert [str(one.value) for one in constraints.value.permitted_subtrees or []] == ["127.0.0.0/8", "localhost"]


def test_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    certificates.ensure(tmp_path, NOW)
    for name in ("ca.key", "server.key"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_nothing_changes_while_it_is_valid(tmp_path: Path) -> None:
    certificates.ensure(tmp_path, NOW)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    certificates.ensure(tmp_path, NOW + datetime.timedelta(days=300))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_endpoints_certificate_is_renewed_under_the_same_authority(tmp_path: Path) -> None:
    made = certificates.ensure(tmp_path, NOW)
    authority, server = made.authority.read_bytes(), made.server.read_bytes()
    later = NOW + datetime.timedelta(days=certificates.SERVER_DAYS - certificates.RENEW_DAYS + 1)
    certificates.ensure(tmp_path, later)
    assert made.authority.read_bytes() == authority
    assert made.server.read_bytes() != server


def test_a_damaged_authority_is_made_again_with_its_endpoint(tmp_path: Path) -> None:
    made = certificates.ensure(tmp_path, NOW)
    made.authority.write_text("damaged")
    certificates.ensure(tmp_path, NOW)
    load(made.server).verify_directly_issued_by(load(made.authority))
