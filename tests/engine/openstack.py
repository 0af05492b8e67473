"""The real OpenStack of this machine for tests: started once, shared, a project of its own for each world."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import openstack
import openstack.connection
import pytest
import yaml

from blueprint import workspace
from sandbox import services
from sandbox.ovh import installing, layout, supervising
from tools.preparation import places

UP_SECONDS = 900


@dataclasses.dataclass(frozen=True)
class Account:
    """A project's credentials: the file is named here, and the environment is never asked for it."""

    clouds: pathlib.Path
    cloud: str = services.CLOUD

    def connect(self) -> openstack.connection.Connection:
        entry: dict[str, Any] = yaml.safe_load(self.clouds.read_text(encoding="utf-8"))["clouds"][self.cloud]
        return openstack.connect(load_yaml_config=False, load_envvars=False, **entry)


def need() -> None:
    """Skip, or fail where everything must run."""
    missing = installing.missing_packages()
    lacks = "only root may install them" if os.geteuid() else "there is no apt-get to install them with"
    if missing and (os.geteuid() or not shutil.which("apt-get")):
        reason = f"OpenStack needs {', '.join(missing)}, and {lacks}"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)


def account(state: pathlib.Path) -> Account:
    """The account of the sandbox whose state folder this is."""
    return Account(state / "sandbox" / "ovh" / "clouds.yaml")


def sandbox(state: pathlib.Path, *arguments: str, seconds: float = UP_SECONDS) -> subprocess.CompletedProcess[str]:
    """`rempart sandbox ...` with a state folder of its own."""
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "sandbox", *arguments],
        cwd=workspace.root(),
        env={**os.environ, workspace.STATE_DIR_VARIABLE: str(state)},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


@contextlib.contextmanager
def alone(folder: pathlib.Path) -> Iterator[layout.Cloud]:
    """A cloud of its own in the cache `folder`, whose processes may be killed. It borrows the machine's packages."""
    need()
    with layout.locked():
        installing.environment(layout.cloud(), lambda _line: None)
    borrowed = places.cache()
    (folder / "openstack").mkdir(parents=True)
    for path in [layout.cloud().venv, *borrowed.glob("uv-*"), places.toolchains()]:
        (folder / path.relative_to(borrowed)).symlink_to(path)
    patch = pytest.MonkeyPatch()
    patch.setenv("REMPART_CACHE", str(folder))
    try:
        yield layout.cloud()
    finally:
        supervising.end(layout.cloud(), supervising.names(layout.cloud()))
        patch.undo()


@contextlib.contextmanager
def joined(state: pathlib.Path, *options: str) -> Iterator[Account]:
    """A project in the running cloud; what it holds goes with it at the end."""
    need()
    done = sandbox(state, "up", "ovh", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    try:
        yield account(state)
    finally:
        gone = sandbox(state, "reset", "ovh", "--yes")
        assert gone.returncode == 0, gone.stdout + gone.stderr
