"""Who uses the cloud: each sandbox folder has a project, a user and an application credential of its own in it."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import openstack.connection
import openstack.exceptions
import yaml

from sandbox import endpoints, services
from sandbox.ovh import description, purging, region
from sandbox.ovh.layout import Cloud


@dataclass(frozen=True)
class World:
    """One sandbox folder that has, or had, a project in the cloud."""

    folder: str
    project: str
    user: str
    password: str = field(repr=False)
    in_use: bool
    routers: bool

    @property
    def exists(self) -> bool:
        return Path(self.folder).is_dir()


def clouds_yaml(folder: Path) -> Path:
    return folder / "clouds.yaml"


def join(cloud: Cloud, folder: Path, routers: bool) -> World:
    """The folder's project, made when there is none, and its clouds.yaml (0600)."""
    administrator = region.admin(cloud)
    known = find(cloud, folder)
    if known is not None and not clouds_yaml(folder).exists():
        forget(cloud, folder)  # the folder is new: what its path once had is not its
        known = None
    world = known or _make(cloud, administrator, folder)
    if world.routers != routers or not clouds_yaml(folder).exists() or not _works(folder):
        _grant(administrator, world, routers)
        _credential(cloud, world, folder)
    world = replace(world, in_use=True, routers=routers)
    _write(cloud, world)
    return world


def leave(cloud: Cloud, folder: Path) -> None:
    """The folder needs the cloud no more; its project stays."""
    world = find(cloud, folder)
    if world is not None:
        _write(cloud, replace(world, in_use=False))


def forget(cloud: Cloud, folder: Path) -> None:
    """Delete everything in the folder's project through the APIs, then the project and its user."""
    world = find(cloud, folder)
    if world is not None:
        try:
            mine = region.connect(cloud, username=world.user, password=world.password, project_name=world.project)
            purging.purge(mine, region.admin(cloud))
        except openstack.exceptions.NotFoundException:
            pass  # the cloud itself was made anew
        _record(cloud, folder).unlink()
    clouds_yaml(folder).unlink(missing_ok=True)


def find(cloud: Cloud, folder: Path) -> World | None:
    return _read(_record(cloud, folder))


def all_of(cloud: Cloud) -> Iterator[World]:
    for path in sorted(cloud.worlds.glob("*.json")):
        world = _read(path)
        if world is not None:
            yield world


def users(cloud: Cloud) -> list[str]:
    """Folders that need the cloud now."""
    return [world.folder for world in all_of(cloud) if world.in_use and world.exists]


def _make(cloud: Cloud, administrator: openstack.connection.Connection, folder: Path) -> World:
    name = f"rempart-{_number(folder)}"
    identity = administrator.identity
    password = secrets.token_urlsafe(24)
    project = identity.find_project(name) or identity.create_project(name=name, domain_id="default")
    user = identity.find_user(name)
    if user:
        identity.update_user(user, password=password)
    else:
        user = identity.create_user(name=name, password=password, domain_id="default")
    roles = {role.name: role for role in identity.roles()}
    for role in description.offer()["roles"]:
        identity.assign_project_role_to_user(project, user, roles[role])
    world = World(str(folder), name, name, password, in_use=True, routers=False)
    _write(cloud, world)
    return world


def _grant(administrator: openstack.connection.Connection, world: World, routers: bool) -> None:
    """The role by which OpenStack's own policies allow routers and floating IPs."""
    identity = administrator.identity
    project, user = identity.find_project(world.project), identity.find_user(world.user)
    role = identity.find_role(description.offer()["router_role"])
    if routers:
        identity.assign_project_role_to_user(project, user, role)
    elif identity.validate_user_has_project_role(project, user, role):
        identity.unassign_project_role_from_user(project, user, role)


def _credential(cloud: Cloud, world: World, folder: Path) -> None:
    """A new application credential with the roles of the moment; earlier ones of this folder end."""
    mine = region.connect(cloud, username=world.user, password=world.password, project_name=world.project)
    user = mine.current_user_id
    for old in mine.identity.application_credentials(user):
        mine.identity.delete_application_credential(user, old)
    made = mine.identity.create_application_credential(user, name=services.CLOUD)
    entry = {
        "auth_type": "v3applicationcredential",
        "auth": {
            "auth_url": f"{cloud.url('keystone')}/v3",
            "application_credential_id": made.id,
            "application_credential_secret": made.secret,
        },
        "region_name": description.offer()["region"]["name"],
        "interface": "public",
        "identity_api_version": 3,
    }
    endpoints.replace_file(
        clouds_yaml(folder), yaml.safe_dump({"clouds": {services.CLOUD: entry}}, sort_keys=False), 0o600
    )


def _works(folder: Path) -> bool:
    try:
        entry = yaml.safe_load(clouds_yaml(folder).read_text(encoding="utf-8"))["clouds"][services.CLOUD]
        openstack.connect(load_yaml_config=False, load_envvars=False, **entry).authorize()
    except (openstack.exceptions.SDKException, OSError, KeyError, TypeError, yaml.YAMLError):
        return False
    return True


def _number(folder: Path) -> str:
    return hashlib.sha256(str(folder).encode()).hexdigest()[:12]


def _record(cloud: Cloud, folder: Path) -> Path:
    return cloud.worlds / f"{_number(folder)}.json"


def _write(cloud: Cloud, world: World) -> None:
    text = json.dumps(asdict(world), indent=2) + "\n"
    endpoints.replace_file(_record(cloud, Path(world.folder)), text, 0o600)


def _read(path: Path) -> World | None:
    try:
        return World(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
