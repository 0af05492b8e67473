"""The endpoint `ovh` of one sandbox: its share of the machine's cloud."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal

import keystoneauth1.exceptions
import openstack.exceptions

from sandbox.endpoints import Endpoint
from sandbox.errors import SandboxError
from sandbox.ovh import description, layout, starting, supervising, worlds
from sandbox.ovh.layout import Cloud


def up(folder: Path, tell: Callable[[str], None], routers: bool, services: Iterable[str]) -> Endpoint:
    """The cloud runs, and `folder` has its project in it."""
    chosen = description.chosen(services)
    with _alone() as cloud:
        cloud = _renew(cloud, folder, tell)
        starting.up(cloud, chosen, tell)
        _sweep(cloud, tell)
        folder.mkdir(parents=True, exist_ok=True)
        world = worlds.join(cloud, folder, routers)
    tell(f"ovh: project {world.project}, its application credential in {worlds.clouds_yaml(folder)}")
    keystone = supervising.leader(cloud, "keystone")
    url = f"{cloud.url('keystone')}/v3"
    if keystone is None:
        return Endpoint(url, cloud.port("keystone"))
    return Endpoint(url, cloud.port("keystone"), keystone.pid, keystone.create_time())


def down(folder: Path) -> str:
    """`folder` needs the cloud no more; it stops when nobody else does. Says which of the two happened."""
    with _alone() as cloud:
        worlds.leave(cloud, folder)
        if others := worlds.users(cloud):
            return f"the cloud goes on: {len(others)} other sandbox(es) of this machine use it"
        starting.down(cloud)
    return ""


def reset(folder: Path) -> None:
    """The folder's project goes with all that it holds. Where the cloud is stopped, at its next start."""
    with _alone() as cloud:
        if starting.running(cloud, description.services()[:1]):
            worlds.forget(cloud, folder)
        worlds.clouds_yaml(folder).unlink(missing_ok=True)
        worlds.leave(cloud, folder)
        if not worlds.users(cloud):
            starting.down(cloud)


def status(folder: Path) -> tuple[Literal["running", "silent", "stopped"], str, str]:
    """How the cloud is for this folder: state, what is wrong or to be known, folder of logs."""
    cloud = layout.cloud()
    world, log = worlds.find(cloud, folder), str(cloud.log)
    if not supervising.alive(cloud, "keystone"):
        return "stopped", "", log
    if gone := starting.dead(cloud):
        return "silent", f"{', '.join(gone)} ended: `rempart sandbox up ovh` starts what is down", log
    if world is None or not world.in_use:
        return "stopped", "it runs for other sandboxes of this machine", log
    return "running", f"project {world.project}" + (", routers allowed" if world.routers else ""), log


@contextlib.contextmanager
def _alone() -> Iterator[Cloud]:
    """The cloud, for one command at a time; what its APIs refuse is told as the sandbox's trouble."""
    with layout.locked():
        cloud = layout.cloud()
        try:
            yield cloud
        except (openstack.exceptions.SDKException, keystoneauth1.exceptions.ClientException) as error:
            raise SandboxError(
                f"OpenStack does not do what was asked: {error}; `rempart sandbox status` says what runs; "
                f"logs in {cloud.log}"
            ) from error


def _renew(cloud: Cloud, folder: Path, tell: Callable[[str], None]) -> Cloud:
    """A cloud that was started from other files is started again, unless somebody else is at work on it.

    Its data are those of one release of the packages: with others it starts empty.
    """
    foreign = starting.of_other_packages(cloud)
    if not foreign and (starting.current(cloud) or not supervising.names(cloud)):
        return cloud
    others = [one for one in worlds.users(cloud) if one != str(folder)]
    if others and supervising.alive(cloud, "keystone"):
        tell(f"ovh: the cloud that runs is of another version, and {len(others)} other sandbox(es) use it: kept")
        return cloud
    starting.down(cloud)
    if foreign:
        tell("ovh: OpenStack's packages are others than before: the cloud starts empty")
        shutil.rmtree(cloud.folder)
    return layout.cloud()


def _sweep(cloud: Cloud, tell: Callable[[str], None]) -> None:
    """Projects of sandboxes that are no more."""
    for world in worlds.all_of(cloud):
        if not world.exists:
            worlds.forget(cloud, Path(world.folder))
            tell(f"ovh: project {world.project} deleted: its sandbox {world.folder} is no more")
