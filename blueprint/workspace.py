"""Where things are on this machine: the project's folder, and the folder for what runs leave behind."""

from __future__ import annotations

import functools
import os
import pathlib

STATE_DIR_VARIABLE = "REMPART_STATE_DIR"
PLATFORMS_VARIABLE = "REMPART_PLATFORMS"
"""A folder of platforms outside the checkout, beside `stacks/platforms/`."""


@functools.cache
def root() -> pathlib.Path:
    """The project's folder: the one that holds `blueprint/`."""
    return pathlib.Path(__file__).resolve().parent.parent


def state_dir() -> pathlib.Path:
    """What runs leave behind: `$REMPART_STATE_DIR`, else `.rempart/` in the project's folder."""
    return pathlib.Path(os.environ.get(STATE_DIR_VARIABLE) or root() / ".rempart").resolve()


def sandbox_dir() -> pathlib.Path:
    """Endpoints, credentials and databases of the sandbox."""
    return state_dir() / "sandbox"


def findings_dir(stack: str) -> pathlib.Path:
    """One JSON-lines file per operation of `stack`, written by the policy pack."""
    return state_dir() / "findings" / stack


def reports_dir() -> pathlib.Path:
    return state_dir() / "reports"
