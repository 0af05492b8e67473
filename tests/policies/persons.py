"""Persons with SSH keys of their own, and the reviewer's folder of allowed signers."""

from __future__ import annotations

import dataclasses
import functools
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest


def need_ssh_keygen() -> None:
    """Skip, or fail where everything must run."""
    if shutil.which("ssh-keygen") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("ssh-keygen is not on PATH")
        pytest.skip("ssh-keygen is not on PATH")


@functools.lru_cache(maxsize=1)
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="rempart-persons-")


@functools.cache
def key(name: str) -> pathlib.Path:
    """The private key of a person, made once."""
    need_ssh_keygen()
    path = pathlib.Path(_folder().name, name)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path)], check=True)
    return path


def line(name: str, *names: str, options: str = "") -> str:
    """The line of allowed signers for a person's key; `names` where it gives others than the person's own."""
    kind, blob, _ = key(name).with_suffix(".pub").read_text().split()
    return " ".join(part for part in (",".join(names or (f"{name}@hospital.example",)), options, kind, blob) if part)


@dataclasses.dataclass(frozen=True)
class Reviewer:
    """The folder that the reviewer keeps."""

    folder: pathlib.Path

    def allows(self, *lines: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "allowed_signers").write_text("\n".join(lines) + "\n")
