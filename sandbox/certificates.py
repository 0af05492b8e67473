"""A certificate authority of the sandbox's own, and the certificate of its HTTPS endpoints.

The authority can sign for loopback only (name constraints), so trusting it gives nothing away. Keys are 0600.
"""

from __future__ import annotations

import datetime
import ipaddress
import pathlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sandbox import endpoints

LOOPBACK = ipaddress.IPv4Address("127.0.0.1")
AUTHORITY = "Rempart sandbox authority (simulated, loopback only)"
AUTHORITY_DAYS = 3650
SERVER_DAYS = 397  # the longest that clients accept
RENEW_DAYS = 30


@dataclass(frozen=True)
class Certificates:
    """Paths: the authority for clients, the chain and the key for servers."""

    authority: pathlib.Path
    server: pathlib.Path
    server_key: pathlib.Path


def ensure(folder: pathlib.Path, now: datetime.datetime | None = None) -> Certificates:
    """The certificates in `folder`, made or renewed when needed. The authority stays the same while it is valid."""
    now = now or datetime.datetime.now(datetime.UTC)
    found = Certificates(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    authority_key = folder / "ca.key"
    if not (_valid(found.authority, now) and authority_key.is_file()):
        key = ec.generate_private_key(ec.SECP256R1())
        _save(authority_key, found.authority, key, _authority(key, now))
        found.server.unlink(missing_ok=True)
    if not (_valid(found.server, now) and found.server_key.is_file()):
        signer = serialization.load_pem_private_key(authority_key.read_bytes(), password=None)
        issuer = x509.load_pem_x509_certificate(found.authority.read_bytes())
        assert isinstance(signer, ec.EllipticCurvePrivateKey)
        key = ec.generate_private_key(ec.SECP256R1())
        _save(found.server_key, found.server, key, _server(key, signer, issuer, now))
    return found


def _valid(path: pathlib.Path, now: datetime.datetime) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return False
    return now + datetime.timedelta(days=RENEW_DAYS) < certificate.not_valid_after_utc


def _save(
    key_path: pathlib.Path, path: pathlib.Path, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate
) -> None:
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    endpoints.replace_file(key_path, pem.decode(), 0o600)
    endpoints.replace_file(path, certificate.public_bytes(serialization.Encoding.PEM).decode())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(name: str, days: int, now: datetime.datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=days))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _authority(key: ec.EllipticCurvePrivateKey, now: datetime.datetime) -> x509.Certificate:
    only = [x509.IPAddress(ipaddress.IPv4Network("127.0.0.0/8")), x509.DNSName("localhost")]
    builder = (
        _builder(AUTHORITY, AUTHORITY_DAYS, now)
        .issuer_name(_name(AUTHORITY))
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted_subtrees=only, excluded_subtrees=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return builder.sign(key, hashes.SHA256())


def _server(
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate,
    now: datetime.datetime,
) -> x509.Certificate:
    names = x509.SubjectAlternativeName([x509.IPAddress(LOOPBACK), x509.DNSName("localhost")])
    builder = (
        _builder("Rempart sandbox endpoint (simulated)", SERVER_DAYS, now)
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(names, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    return builder.sign(signer, hashes.SHA256())
