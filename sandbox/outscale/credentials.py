"""The credentials file: JSON, 0600, shared by the endpoints of the sandbox and read by the product's environment.

Keys used here: `access_key`, `secret_key`, `control_token` (opens the control API) and, if any, `account_id`.
"""

from __future__ import annotations

import json
import os
import secrets
import string
from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_ACCOUNT = "100000000001"
_LETTERS = string.ascii_uppercase + string.digits


class BadCredentials(ValueError):
    """The file is there and cannot be used: what is wrong, never its content."""


@dataclass(frozen=True)
class Credentials:
    access_key: str
    secret_key: str = field(repr=False)
    control_token: str = field(repr=False)
    account_id: str = DEFAULT_ACCOUNT


def ensure(path: Path) -> Credentials:
    """Read the file; add what is missing (all of it when there is none), leaving other keys alone."""
    content = _read(path) if path.exists() else {}
    full = {
        "access_key": "".join(secrets.choice(_LETTERS) for _ in range(20)),
        "secret_key": "".join(secrets.choice(_LETTERS) for _ in range(40)),
        "control_token": secrets.token_urlsafe(24),
        **content,
    }
    if full != content:
        _write(path, full)
    return Credentials(
        full["access_key"], full["secret_key"], full["control_token"], full.get("account_id", DEFAULT_ACCOUNT)
    )


def _read(path: Path) -> dict[str, str]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadCredentials(f"{path}: not readable as JSON; delete it to have a new one made") from error
    if not isinstance(content, dict):
        raise BadCredentials(f"{path}: expected a JSON object; delete it to have a new one made")
    for name in ("access_key", "secret_key", "control_token", "account_id"):
        if name in content and not (isinstance(content[name], str) and content[name]):
            raise BadCredentials(f"{path}: {name} must be a text")
    return content


def _write(path: Path, content: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump(content, out, indent=2)
        out.write("\n")
    partial.replace(path)
