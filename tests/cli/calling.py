"""The `rempart` command, called in this process."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import pytest
import typer.main
import typer.testing

from cli import main

_built = functools.cache(typer.main.get_command)
"""The tree of commands is made of their signatures: always the same, and much of what a short call costs."""


def rempart(*words: str, env: Mapping[str, str] | None = None) -> typer.testing.Result:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.testing, "_get_command", _built)
        return typer.testing.CliRunner().invoke(main.app, list(words), env=env)
