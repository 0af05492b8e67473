"""What the region has before its first customer comes: accounts, catalogue, Ext-Net, flavors, images, volume types."""

from __future__ import annotations

import datetime
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import openstack
import openstack.connection
import openstack.exceptions

from sandbox.errors import SandboxError
from sandbox.ovh import description, supervising
from sandbox.ovh.description import Service
from sandbox.ovh.layout import Cloud, passwords

SERVICE_ROLES = ("admin", "service")
FRESH_SECONDS = 240


def admin(cloud: Cloud) -> openstack.connection.Connection:
    """The administrator of the whole cloud: used to prepare it, never by a customer."""
    return connect(cloud, username="admin", password=passwords(cloud).admin, project_name="admin")


def connect(cloud: Cloud, **who: str) -> openstack.connection.Connection:
    """A connection with an account's password. No file and no variable of the environment is read."""
    return openstack.connect(
        load_yaml_config=False,
        load_envvars=False,
        auth_url=f"{cloud.url('keystone')}/v3",
        region_name=description.offer()["region"]["name"],
        user_domain_name="Default",
        project_domain_name="Default",
        interface="public",
        **who,
    )


def accounts(cloud: Cloud, services: tuple[Service, ...]) -> None:
    """Roles, the services' own account, and the catalogue: all that processes need to sign in."""
    identity = admin(cloud).identity
    offer = description.offer()
    have = {role.name: role for role in identity.roles()}
    wanted = (*SERVICE_ROLES, *offer["roles"], offer["router_role"])
    roles = {name: have.get(name) or identity.create_role(name=name) for name in dict.fromkeys(wanted)}
    project = identity.find_project("service") or identity.create_project(name="service", domain_id="default")
    user = identity.find_user("service") or identity.create_user(
        name="service", password=passwords(cloud).service, domain_id="default"
    )
    for name in SERVICE_ROLES:
        identity.assign_project_role_to_user(project, user, roles[name])
    known = {service.name: service for service in identity.services()}
    points = {(point.service_id, point.interface) for point in identity.endpoints()}
    for one in services:
        if one.name == "keystone":
            continue
        entry = known.get(one.name) or identity.create_service(name=one.name, type=one.type)
        for interface in ("public", "internal", "admin"):
            if (entry.id, interface) not in points:
                where = {"region_id": offer["region"]["name"], "url": cloud.url(one.name) + one.path}
                identity.create_endpoint(service_id=entry.id, interface=interface, **where)


def fill(cloud: Cloud, services: tuple[Service, ...]) -> None:
    """What offer.yaml says that a customer finds; then wait for the services that speak through messages."""
    connection = admin(cloud)
    steps: Mapping[str, Callable[[openstack.connection.Connection], None]] = {
        "neutron": _network,
        "glance": _images,
        "nova": _compute,
        "cinder": _volumes,
    }
    names = {service.name for service in services}
    for name, step in steps.items():
        stamp = cloud.data / f"{name}.filled"
        mark = json.dumps(description.offer(), default=str, sort_keys=True)
        if name in names and (not stamp.exists() or stamp.read_text(encoding="utf-8") != mark):
            step(connection)
            stamp.write_text(mark, encoding="utf-8")
    if "nova" in names:
        hosts = len(description.hosts())
        _fresh(cloud, "nova-compute-1", lambda: list(connection.compute.services(binary="nova-compute")), hosts)
    if "cinder" in names:
        _fresh(cloud, "cinder-volume", lambda: list(connection.block_storage.services()), 2)
        # a scheduler that has not heard of it since it started refuses every disk
        supervising.wait(cloud, "cinder-volume", lambda: any(connection.block_storage.backend_pools()))


def _network(connection: openstack.connection.Connection) -> None:
    external = description.offer()["external_network"]
    network = connection.network
    if network.find_network(external["name"]):
        return
    made = network.create_network(
        name=external["name"],
        is_router_external=True,
        is_shared=True,
        provider_network_type="flat",
        provider_physical_network="public",
    )
    network.create_subnet(
        network_id=made.id,
        name=external["name"],
        ip_version=4,
        cidr=external["cidr"],
        gateway_ip=external["gateway"],
        is_dhcp_enabled=False,
    )


def _images(connection: openstack.connection.Connection) -> None:
    images = description.offer()["images"]
    have = {image.name for image in connection.image.images()}
    for name in images["list"]:
        if name not in have:
            connection.image.create_image(
                name=name,
                data=bytes(4096),
                disk_format="raw",
                container_format="bare",
                visibility="public",
                min_disk=images["min_disk"],
                validate_checksum=False,
                allow_duplicates=True,
            )


def _compute(connection: openstack.connection.Connection) -> None:
    offer = description.offer()
    compute = connection.compute
    have = {flavor.name for flavor in compute.flavors()}
    for name, size in offer["flavors"]["list"].items():
        if name not in have:
            compute.create_flavor(name=name, disk=offer["flavors"]["root_disk"], **size)
    zone = offer["availability_zone"]["name"]
    found = next((one for one in compute.aggregates() if one.name == zone), None)
    aggregate = found or compute.create_aggregate(name=zone, availability_zone=zone)
    for host in description.hosts():
        if host not in (aggregate.hosts or []):
            compute.add_host_to_aggregate(aggregate.id, host)


def _volumes(connection: openstack.connection.Connection) -> None:
    storage = connection.block_storage
    have = {one.name for one in storage.types()}
    for name, what in description.offer()["volume_types"].items():
        if name in have:
            continue
        made = storage.create_type(name=name)
        if encryption := what.get("encryption"):
            storage.create_type_encryption(made, **encryption)


def _fresh(cloud: Cloud, process: str, listed: Callable[[], list[Any]], count: int) -> None:
    """Services that were up before the last stop still say so for a while: only what they said since counts."""
    started = supervising.leader(cloud, process)
    since = datetime.datetime.fromtimestamp(started.create_time() if started else 0, datetime.UTC)
    mark = since.strftime("%Y-%m-%dT%H:%M:%S")
    deadline = time.monotonic() + FRESH_SECONDS
    while sum(one.state == "up" and (one.updated_at or "")[:19] >= mark for one in listed()) < count:
        if not supervising.alive(cloud, process) or time.monotonic() > deadline:
            raise SandboxError(f"{process} of OpenStack does not report; see {cloud.log / process}.log")
        time.sleep(0.5)
