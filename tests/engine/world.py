"""A world of its own for engine tests: sandbox endpoints, state and credentials in one temporary folder."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from blueprint import target as targets
from blueprint import workspace
from cli import admin_key, environment
from providers.outscale import live, observed
from tests.engine import checkouts

FOREIGN = (
    "OSC_",
    "OOS_",
    "OS_",
    "OVH_",
    "AWS_",
    "PULUMI_",
    "REMPART_BASTION",
    "REMPART_PROVISIONAL",
    "REMPART_STATE",
    "REMPART_TRUST",
    "REMPART_WAIVERS",
)


LIMIT_SECONDS = 1500
"""The limit of a test (pytest's) comes first, save where one is given longer."""


@dataclasses.dataclass(frozen=True)
class World:
    """`name` is also the environment in stack names, so that two worlds never share a stack's configuration file."""

    name: str
    folder: pathlib.Path
    env: Mapping[str, str]
    target: str = "outscale-sandbox"
    checkout: pathlib.Path = dataclasses.field(default_factory=workspace.root)
    """Where its commands come from."""

    def stack(self, platform: str, layer: str) -> str:
        return f"{platform}.{self.target}.{self.name}.{layer}"

    def initialise(self, stack: str, *options: str) -> None:
        """The stack is there, whichever test asked for it first."""
        made = self.pulumi(*options, "stack", "init", stack)
        assert made.returncode == 0 or "already exists" in made.stderr, made.stderr

    def pulumi(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return self.run("pulumi", "--non-interactive", "--color", "never", *arguments, env=env)

    def rempart(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-m", "cli.main", *arguments, env=env)

    def run(self, *command: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.checkout,
            env={**self.env, **(env or {})},
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )

    def things(self) -> tuple[live.Thing, ...]:
        """What the provider's API lists; never read from state."""
        return live.read(self.account())

    def account(self) -> live.Account:
        return observed.account(self.env, self.env["OSC_REGION"])

    def state(self, stack: str) -> dict[str, Any]:
        exported = self.pulumi("stack", "export", "-s", stack)
        assert exported.returncode == 0, exported.stderr
        found: dict[str, Any] = json.loads(exported.stdout)
        return found


ENDPOINTS: Mapping[str, tuple[str, ...]] = {"outscale-sandbox": ("outscale", "s3"), "ovh-sandbox": ("ovh", "rgw")}
"""What a target needs to run."""


@contextlib.contextmanager
def world(
    name: str, folder: pathlib.Path, target: str = "outscale-sandbox", *options: str, native: Sequence[str] = ()
) -> Iterator[World]:
    """Starts the sandbox (with `options` of `sandbox up`), and leaves no process, no project and no stack file behind.

    Its commands are those of a checkout whose offer has the features of `native`; of this one where there are none.

    A module whose worlds are on OpenStack asks for the fixture `cloud`, so that it is not started for each of them.
    """
    before = dict(os.environ)
    for variable in [name for name in os.environ if name.startswith(FOREIGN)]:
        del os.environ[variable]  # another world's, or the person's own: neither belongs in this one
    base = {**os.environ, workspace.STATE_DIR_VARIABLE: str(folder)}
    try:
        started = _sandbox(base, "up", *ENDPOINTS[target], *options)
        assert started.returncode == 0, started.stdout + started.stderr
        os.environ[workspace.STATE_DIR_VARIABLE] = str(folder)
        admin_key.ensure()
        env = {**base, **environment.enter()}
        if native:
            checkout = checkouts.grown(folder, targets.load(target).provider, native)
            env |= {"PYTHONPATH": str(checkout), "PULUMI_OPTION_POLICY_PACK": str(checkout / "policies")}
            yield World(name, folder, env, target, checkout)
        else:
            yield World(name, folder, env, target)
    finally:
        os.environ.clear()
        os.environ.update(before)
        if "ovh" in ENDPOINTS[target]:
            _sandbox(base, "reset", "ovh", "--yes")  # its data is in the machine's cloud, not in the folder
        _sandbox(base, "down", *ENDPOINTS[target])
        for path in (workspace.root() / "stacks").glob(f"Pulumi.*.{name}.*.yaml"):
            path.unlink()


def _sandbox(env: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "sandbox", *arguments],
        cwd=workspace.root(),
        env=dict(env),
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
