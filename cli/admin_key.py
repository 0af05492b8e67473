"""The administrators' key of a sandbox: made once, kept with the sandbox, of no use anywhere else."""

from __future__ import annotations

import os
import pathlib

from blueprint import workspace

NAME = "admin_ed25519"


def public_path() -> pathlib.Path:
    return workspace.sandbox_dir() / f"{NAME}.pub"


def ensure() -> str:
    """The OpenSSH public key, one line; makes the pair the first time (only its owner can read the private half)."""
    path = public_path()
    if path.exists():
        return path.read_text(encoding="utf-8").strip()
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519

    key = ed25519.Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path.with_suffix(""), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(private)
    text = f"{public.decode()} rempart-sandbox"
    path.write_text(text + "\n", encoding="utf-8")
    return text
