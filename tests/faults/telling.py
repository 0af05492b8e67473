"""What a person reads when `up` fails on OpenStack, and who signs in to it there."""

from __future__ import annotations

import contextlib
import datetime as dt
import subprocess
import time
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from cli import exit_codes
from sandbox import services
from sandbox.ovh import region, worlds
from sandbox.ovh.layout import Cloud
from tests.engine.world import World

PLATFORM = "minimal"
MACHINERY = ("Traceback", "NeutronError", "sdk-v2", "provider=openstack@", "Program failed")
"""Words of the layers below: none of them helps who reads."""


def arguments(world: World, layer: str, *more: str, platform: str = PLATFORM) -> tuple[str, ...]:
    return platform, "--target", world.target, "-e", world.name, "--layer", layer, "--yes", *more


def works(world: World, command: str, layer: str, *more: str) -> None:
    done = world.rempart(command, *arguments(world, layer, *more))
    assert done.returncode == 0, done.stdout + done.stderr


def refused(world: World, layer: str, code: int, subject: str, *said: str) -> None:
    """`up` fails with that code; it names a subject that has `subject` in it, then says all of `said`."""
    refuses(world.rempart("up", *arguments(world, layer)), code, subject, *said)


def refuses(done: subprocess.CompletedProcess[str], code: int, subject: str, *said: str) -> None:
    told = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == code, told
    assert [word for word in said if word not in told] == [], told
    assert subject in told.partition(said[0])[0], told
    assert [word for word in MACHINERY if word in told] == [], told


@contextlib.contextmanager
def credential(cloud: Cloud, world: World, **more: Any) -> Iterator[tuple[Any, Any, dict[str, str]]]:
    """The project's user, another application credential of theirs, and the environment that names it."""
    folder = world.folder / "sandbox" / "ovh"
    joined = worlds.find(cloud, folder)
    assert joined is not None
    user = region.connect(cloud, username=joined.user, password=joined.password, project_name=joined.project)
    made = user.identity.create_application_credential(user.current_user_id, name=f"t{time.monotonic_ns()}", **more)
    entry: dict[str, Any] = yaml.safe_load(worlds.clouds_yaml(folder).read_text(encoding="utf-8"))
    entry["clouds"][services.CLOUD]["auth"] |= {
        "application_credential_id": made.id,
        "application_credential_secret": made.secret,
    }
    place = world.folder / "other-clouds.yaml"
    place.write_text(yaml.safe_dump(entry), encoding="utf-8")
    yield user, made, {"OS_CLIENT_CONFIG_FILE": str(place)}


@contextlib.contextmanager
def short_of(service: Any, project: str, **limits: Any) -> Iterator[None]:
    """A quota of Nova's or Cinder's, until the end."""
    service.update_quota_set(project, **limits)
    try:
        yield
    finally:
        service.revert_quota_set(project)


@contextlib.contextmanager
def short_of_network(service: Any, project: str, **limits: int) -> Iterator[None]:
    """A quota of Neutron's, until the end."""
    service.update_quota(project, **limits)
    try:
        yield
    finally:
        service.delete_quota(project)


def ends_in(seconds: float) -> str:
    """That moment, as Keystone writes it."""
    return (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")


def signed_out(world: World, env: Mapping[str, str], secret: str, said: str) -> None:
    """Told with the file to look at, and without the secret in it."""
    done = world.rempart("up", *arguments(world, "network"), env=env)
    told = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == exit_codes.ENVIRONMENT, told
    assert said in told and "OS_CLIENT_CONFIG_FILE" in told, told
    assert [word for word in (*MACHINERY, secret) if word in told] == [], told
