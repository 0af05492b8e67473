"""Virtual environments: the project's own, made by uv, and small ones in the cache for uv and for Go."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pathlib
import shutil
import ssl
import subprocess
import sys

from tools.preparation import places
from tools.preparation.telling import Trouble, last_lines, remedy, step

OLDEST, TOO_NEW = (3, 11), (3, 14)
UV, GO = "uv-requirements.txt", "go-requirements.txt"
_AUTHORITIES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")
_PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--only-binary=:all:")


def require_python(version: tuple[int, ...] = sys.version_info[:2]) -> None:
    """Refuse a Python that the locked packages were not made for."""
    if not OLDEST <= version < TOO_NEW:
        here = ".".join(map(str, version))
        raise Trouble(f"Python {here} runs this; 3.11 to 3.13 is needed: make PYTHON=python3.11 toolchain")


def project() -> None:
    """The project's .venv, exactly as uv.lock says; a moment when it is so already."""
    uv = pinned(UV, "about 10 s") / "bin" / "uv"
    fresh = not (places.ROOT / ".venv" / "bin" / "rempart").exists()
    command = [str(uv), "sync", "--frozen", "--quiet", "--python", sys.executable]
    env = {name: value for name, value in {**trust(), **os.environ}.items() if name != "VIRTUAL_ENV"}
    with step("install the Python packages of uv.lock", "about 1 min") if fresh else contextlib.nullcontext():
        done = subprocess.run(command, cwd=places.ROOT, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Trouble(
                f"the Python packages of uv.lock cannot be installed:\n{last_lines(done.stderr)}\n"
                + remedy(done.stderr, "set HTTPS_PROXY, or UV_OFFLINE=1 with a filled uv cache")
            )


def pinned(requirements: str, expected: str) -> pathlib.Path:
    """A virtual environment in the cache that holds one pinned, hashed tool; made again when the pin changes."""
    where, name = place(requirements), requirements.partition("-")[0]
    whole = where / "rempart-whole"  # written last: a folder without it was cut short
    if whole.is_file():
        return where
    with step(f"fetch {name}, pinned by hash", expected):
        _make(where)
        done = subprocess.run(
            [where / "bin" / "python", *_PIP, "-r", places.TOOLS / requirements],
            env={**trust(), **os.environ},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            shutil.rmtree(where, ignore_errors=True)
            raise Trouble(
                f"{name} cannot be fetched:\n{last_lines(done.stderr)}\n"
                + remedy(done.stderr, "PIP_INDEX_URL names a mirror of the package index")
            )
    whole.touch()
    return where


def place(requirements: str) -> pathlib.Path:
    """Where `pinned` keeps a tool, whether it is there yet or not."""
    pins = (places.TOOLS / requirements).read_bytes()
    return places.cache() / f"{requirements.partition('-')[0]}-{hashlib.sha256(pins).hexdigest()[:16]}"


def trust() -> dict[str, str]:
    """The machine's own certificate authorities, for pip and uv: each brings a list of its own, which lacks those that
    an organisation's network adds. Go reads the machine's by itself."""
    given = (os.environ.get("SSL_CERT_FILE"), ssl.get_default_verify_paths().cafile, *_AUTHORITIES)
    found = next((path for path in given if path and pathlib.Path(path).is_file()), None)
    return {"SSL_CERT_FILE": found, "PIP_CERT": found} if found else {}


def _make(where: pathlib.Path) -> None:
    command = [sys.executable, "-m", "venv", "--clear", str(where)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        words = done.stdout + done.stderr
        if "ensurepip" in words:
            raise Trouble("this Python has no venv module. On Debian: apt install python3-venv, then `make toolchain`")
        said = last_lines(words)
        raise Trouble(f"no virtual environment can be made:\n{said}\n{remedy(words, 'check HTTPS_PROXY')}")
