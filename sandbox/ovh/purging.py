"""Delete all that a project holds, through the APIs and with the project's own rights; then the project."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

import openstack.connection
import openstack.exceptions

from sandbox.errors import SandboxError

GONE_SECONDS = 180


def purge(mine: openstack.connection.Connection, administrator: openstack.connection.Connection) -> None:
    """`mine` is signed in to the project that goes."""
    empty(mine)
    project, user = mine.current_project_id, mine.current_user_id
    if "network" in _offered(mine):  # its default group, which only an administrator may delete
        for group in administrator.network.security_groups(project_id=project):
            administrator.network.delete_security_group(group)
    administrator.identity.delete_user(user)
    administrator.identity.delete_project(project)


def empty(mine: openstack.connection.Connection) -> None:
    """Machines, then disks, then networks: each kind waits until it is gone."""
    offered = _offered(mine)
    if "compute" in offered:
        _delete(mine.compute.servers, mine.compute.delete_server)
        _delete(mine.compute.server_groups, mine.compute.delete_server_group)
        _delete(mine.compute.keypairs, mine.compute.delete_keypair)
    if "volumev3" in offered:
        _delete(mine.block_storage.snapshots, mine.block_storage.delete_snapshot)
        _delete(mine.block_storage.volumes, mine.block_storage.delete_volume)
    if "network" in offered:
        _networks(mine)
    if "key-manager" in offered:
        _delete(mine.key_manager.secrets, lambda one: mine.key_manager.delete_secret(one.secret_id))


def _offered(connection: openstack.connection.Connection) -> set[str]:
    """Types of the services that run: the cloud may have been started in part."""
    return {service["type"] for service in connection.service_catalog}


def _networks(mine: openstack.connection.Connection) -> None:
    network, project = mine.network, mine.current_project_id
    _delete(lambda: network.ips(project_id=project), network.delete_ip)
    for router in network.routers(project_id=project):
        for port in network.ports(device_id=router.id, device_owner="network:router_interface"):
            network.remove_interface_from_router(router, port_id=port.id)
    _delete(lambda: network.routers(project_id=project), network.delete_router)
    _delete(lambda: network.ports(project_id=project), network.delete_port)
    _delete(lambda: network.networks(project_id=project), network.delete_network)
    _delete(
        lambda: (one for one in network.security_groups(project_id=project) if one.name != "default"),
        network.delete_security_group,
    )


def _delete(listed: Callable[[], Iterable[Any]], delete: Callable[[Any], object]) -> None:
    """Ask for each once, and wait until none is listed."""
    for one in list(listed()):
        delete(one)
    deadline = time.monotonic() + GONE_SECONDS
    while left := list(listed()):
        if time.monotonic() > deadline:
            names = ", ".join(str(one.name or one.id) for one in left[:5])
            raise SandboxError(f"OpenStack did not delete {names} within {GONE_SECONDS} s")
        time.sleep(0.5)
