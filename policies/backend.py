"""Where this run keeps its state and its secrets: what can be seen of it from inside the policy pack."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib

import yaml

from blueprint import workspace


@dataclasses.dataclass(frozen=True, slots=True)
class Backend:
    """`url` is None where nothing says it; `secrets` is the secrets provider, `passphrase` where none is named."""

    url: str | None
    secrets: str = "passphrase"


def observe(stack: str) -> Backend:
    """The backend in the engine's own order: environment, project file, last login."""
    return Backend(_exported() or _project() or _logged_in(), _secrets(stack))


def _exported() -> str | None:
    return os.environ.get("PULUMI_BACKEND_URL") or None


def _project() -> str | None:
    document = _yaml(workspace.root() / "Pulumi.yaml")
    backend = document.get("backend")
    url = backend.get("url") if isinstance(backend, dict) else None
    return url if isinstance(url, str) else None


def _logged_in() -> str | None:
    """`pulumi login` notes the current backend's URL beside its tokens; only that URL is read."""
    home = pathlib.Path(os.environ.get("PULUMI_HOME") or pathlib.Path.home() / ".pulumi")
    try:
        current = json.loads((home / "credentials.json").read_text(encoding="utf-8")).get("current")
    except (OSError, ValueError, AttributeError):
        return None
    return current if isinstance(current, str) and current else None


def _secrets(stack: str) -> str:
    document = _yaml(workspace.root() / "stacks" / f"Pulumi.{stack}.yaml")
    provider = document.get("secretsprovider")
    return provider if isinstance(provider, str) and provider else "passphrase"


def _yaml(path: pathlib.Path) -> dict[str, object]:
    """A file of the engine's; unreadable is the same as absent, because the engine itself then reports it."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError):
        return {}
    return document if isinstance(document, dict) else {}
