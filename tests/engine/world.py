"""A world of its own for engine tests: sandbox endpoints, state and credentials in one temporary folder."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from blueprint import workspace
from cli import admin_key, environment
from providers.outscale import live

FOREIGN = ("OSC_", "OOS_", "AWS_", "PULUMI_", "REMPART_BASTION", "REMPART_PROVISIONAL", "REMPART_STATE")


@dataclasses.dataclass(frozen=True)
class World:
    """`name` is also the environment in stack names, so that two worlds never share a stack's configuration file."""

    name: str
    folder: pathlib.Path
    env: Mapping[str, str]

    def stack(self, platform: str, layer: str) -> str:
        return f"{platform}.outscale-sandbox.{self.name}.{layer}"

    def pulumi(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return self.run("pulumi", "--non-interactive", "--color", "never", *arguments, env=env)

    def rempart(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-m", "cli.main", *arguments, env=env)

    def run(self, *command: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=workspace.root(),
            env={**self.env, **(env or {})},
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )

    def things(self) -> tuple[live.Thing, ...]:
        """What the provider's API lists; never read from state."""
        return live.read(self.account())

    def account(self) -> live.Account:
        return live.Account(
            region=self.env["OSC_REGION"],
            access_key=self.env["OSC_ACCESS_KEY"],
            secret_key=self.env["OSC_SECRET_KEY"],
            oapi=self.env["OSC_ENDPOINT_API"],
            oos=self.env["OOS_ENDPOINT"],
            ca_bundle=self.env.get("AWS_CA_BUNDLE"),
        )

    def state(self, stack: str) -> dict[str, Any]:
        exported = self.pulumi("stack", "export", "-s", stack)
        assert exported.returncode == 0, exported.stderr
        return json.loads(exported.stdout)


@contextlib.contextmanager
def world(name: str, folder: pathlib.Path) -> Iterator[World]:
    """Starts the sandbox, and leaves no process and no stack file behind."""
    before = dict(os.environ)
    for variable in [name for name in os.environ if name.startswith(FOREIGN)]:
        del os.environ[variable]  # another world's, or the person's own: neither belongs in this one
    base = {**os.environ, workspace.STATE_DIR_VARIABLE: str(folder)}
    started = subprocess.run(
        [sys.executable, "-m", "cli.main", "sandbox", "up", "outscale", "s3"],
        cwd=workspace.root(),
        env=base,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert started.returncode == 0, started.stdout + started.stderr
    os.environ[workspace.STATE_DIR_VARIABLE] = str(folder)
    try:
        admin_key.ensure()
        yield World(name, folder, {**base, **environment.enter()})
    finally:
        os.environ.clear()
        os.environ.update(before)
        subprocess.run(
            [sys.executable, "-m", "cli.main", "sandbox", "down", "outscale", "s3"],
            cwd=workspace.root(),
            env=base,
            capture_output=True,
            timeout=60,
            check=False,
        )
        for path in (workspace.root() / "stacks").glob(f"Pulumi.*.{name}.*.yaml"):
            path.unlink()
