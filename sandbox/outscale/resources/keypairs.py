"""Keypairs: public keys that are imported. Making a private key is left out on purpose."""

from __future__ import annotations

import base64
import binascii
import hashlib

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from sandbox.outscale import states
from sandbox.outscale.errors import ApiError
from sandbox.outscale.operations import Answer, Call, operation
from sandbox.outscale.reading import read
from sandbox.outscale.store import Record

TYPES = ("ssh-rsa", "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521")


@operation("CreateKeypair")
def create_keypair(call: Call) -> Answer:
    name = call.request["KeypairName"]
    if not (1 <= len(name) <= 255 and name.isascii() and name.isprintable()):
        raise ApiError("invalid-keypair-name", "KeypairName: 1 to 255 ASCII printable characters")
    if "PublicKey" not in call.request:
        raise ApiError("not-simulated", "making a private key is not simulated: give PublicKey")
    if call.store.where("keypair", KeypairName=name):
        raise ApiError("duplicate-key", "there is already a keypair of this name")
    key_type, fingerprint = _read_key(call.request["PublicKey"])
    body = {"KeypairFingerprint": fingerprint, "KeypairName": name, "KeypairType": key_type, "Tags": []}
    return {"Keypair": states.born(call, call.store.insert("keypair", body)).body}


def _read_key(text: str) -> tuple[str, str]:
    """The type and the MD5 fingerprint (RFC 4716, section 4) of a Base64-encoded OpenSSH public key."""
    refused = ApiError("invalid-key", "PublicKey must be an OpenSSH public key, Base64-encoded")
    try:
        line = base64.b64decode(text, validate=True)
        load_ssh_public_key(line)
        key_type, blob = line.decode("ascii").split()[:2]
        raw = base64.b64decode(blob, validate=True)
    except (ValueError, binascii.Error, UnsupportedAlgorithm) as error:
        raise refused from error
    if key_type not in TYPES:
        raise refused
    digest = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    return key_type, ":".join(digest[i : i + 2] for i in range(0, 32, 2))


@operation("ReadKeypairs")
def read_keypairs(call: Call) -> Answer:
    return read(call, "keypair")


@operation("DeleteKeypair")
def delete_keypair(call: Call) -> Answer:
    given = [name for name in ("KeypairId", "KeypairName") if name in call.request]
    if not given:
        raise ApiError("missing-parameter", "give KeypairId or KeypairName")
    if "KeypairId" in given:
        call.store.delete(call.store.require("keypair", call.request["KeypairId"]))
    else:
        call.store.delete(named(call, call.request["KeypairName"]))
    return {}


def named(call: Call, name: str) -> Record:
    """A keypair by name, as VMs refer to it."""
    found = call.store.where("keypair", KeypairName=name)
    if not found:
        raise ApiError("no-such-keypair", "there is no keypair of this name")
    return found[0]
