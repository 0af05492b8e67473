"""What is really in the project, asked of OpenStack and of object storage, and of no state file."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from providers import buckets, observation
from providers.ovh import clouds, kinds, labels

PROVIDERS_OWN = ("network:dhcp", "network:distributed", "network:metadata")
"""Owners of ports that Neutron makes by itself beside a segment."""
CLOCKS = dt.timedelta(seconds=60)
"""By how much the clocks of this machine and of the provider may differ."""
SERVICES = ("network", "compute", "block-storage")
"""What is read, by its type in the catalogue."""


@dataclasses.dataclass(frozen=True)
class Account:
    """A project: its entry of a clouds.yaml, whole, and its object storage. Nothing is read from the environment."""

    region: str
    clouds: pathlib.Path
    cloud: str
    storage: str
    storage_region: str
    access_key: str
    secret_key: str = dataclasses.field(repr=False)
    ca_bundle: str | None = None
    reader: bool = False

    def entry(self) -> dict[str, Any]:
        """The cloud's entry. Raises `Unreachable`, with the names of file and entry only."""
        try:
            found: dict[str, Any] = yaml.safe_load(self.clouds.read_text(encoding="utf-8"))["clouds"][self.cloud]
        except (OSError, yaml.YAMLError, KeyError, TypeError):
            why = ", which REMPART_READER_CLOUD names" if self.reader else ""
            raise observation.Unreachable(f"{self.clouds} has no readable entry {self.cloud!r}{why}") from None
        return found

    @property
    def auth_url(self) -> str:
        """Where it signs in."""
        return str(self.entry().get("auth", {}).get("auth_url", ""))

    @property
    def authority(self) -> str | None:
        """Certificate authorities of its own. Raises `Unreachable` where OpenStack is asked without looking at any."""
        entry = self.entry()
        if clouds.trusting(entry):
            raise observation.Unreachable(
                f"the entry {self.cloud!r} of {self.clouds} looks at no certificate: what answers may be anybody. Take "
                "`verify: false` and `insecure: true` out; `cacert` names an authority of one's own"
            )
        return str(entry.get("cacert") or "") or self.ca_bundle


@dataclasses.dataclass(frozen=True)
class Thing:
    """One object of the project, of the type that the adapter would register. `labels`: its tags or metadata."""

    type: str
    identifier: str
    body: Mapping[str, Any]
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def owner(self) -> tuple[str, str]:
        return self.labels.get("rempart:platform", ""), self.labels.get("rempart:environment", "")


@contextlib.contextmanager
def reaching(account: Account) -> Iterator[None]:
    """What goes wrong on the way becomes one `Unreachable`, without what was asked or answered."""
    import keystoneauth1.exceptions
    import openstack.exceptions
    from botocore.exceptions import BotoCoreError, ClientError

    failures = (
        openstack.exceptions.SDKException,
        keystoneauth1.exceptions.ClientException,
        BotoCoreError,
        ClientError,
        OSError,
    )
    try:
        yield
    except failures as error:
        status = getattr(error, "http_status", None) or getattr(error, "status_code", None)
        what = f"HTTP {status}" if status else type(error).__name__
        raise observation.Unreachable(
            f"the project of {account.cloud!r} in {account.clouds} cannot be read ({what}): check that its endpoints "
            "answer and that its credentials hold (`rempart doctor`, `rempart sandbox status`)"
        ) from None


def connect(account: Account) -> Any:
    import openstack

    return openstack.connect(load_yaml_config=False, load_envvars=False, **account.entry())


def asked(cloud: Any) -> Mapping[str, str]:
    """Service -> where it is asked: as Keystone's catalogue says, or as clouds.yaml says in its place."""
    there = [name for name in SERVICES if cloud.has_service(name)]
    found = {name: getattr(cloud, name.replace("-", "_")).get_endpoint() for name in there}
    return {name: str(url) for name, url in found.items() if url}


def store(account: Account) -> Any:
    """A client of the project's object storage."""
    return buckets.client(
        account.storage, account.storage_region, account.access_key, account.secret_key, account.ca_bundle
    )


def read(account: Account, cloud: Any) -> tuple[Thing, ...]:
    """Everything of the project; networks that the provider shares with everybody are left out."""
    return (*networking(cloud), *machines(cloud), *_buckets(account))


def external(cloud: Any) -> frozenset[str]:
    """Ids of the provider's own networks to the Internet."""
    return frozenset(str(one.id) for one in cloud.network.networks(is_router_external=True))


def own(thing: Thing, things: tuple[Thing, ...]) -> bool:
    """True for what the provider makes by itself beside what stands: DHCP ports, default groups, boot disks.

    A boot disk in clear is none of those: no declaration of ours gives one.
    """
    body = thing.body
    if thing.type == kinds.PORT:
        return str(body.get("device_owner", "")) in PROVIDERS_OWN
    if thing.type == kinds.GROUP:
        return body.get("name") == "default"
    if thing.type == kinds.RULE:
        groups = {one.identifier: one for one in things if one.type == kinds.GROUP}
        group = groups.get(str(body.get("security_group_id")))
        return group is not None and own(group, things)
    if thing.type == kinds.VOLUME:
        boots = not thing.labels and bool(body.get("attachments")) and bool(body.get("is_bootable"))
        return boots and body.get("is_encrypted") is True
    return False


def born(body: Mapping[str, Any]) -> dt.datetime | None:
    """When the API says that a thing was made, in UTC."""
    try:
        said = dt.datetime.fromisoformat(str(body.get("created_at")))
    except ValueError:
        return None
    return said if said.tzinfo else said.replace(tzinfo=dt.UTC)


def tagged(kind: str, body: Mapping[str, Any]) -> Thing:
    """One of Neutron's, with its tags."""
    return Thing(kind, str(body["id"]), body, labels.from_tags(body.get("tags") or ()))


def networking(cloud: Any) -> Iterator[Thing]:
    project = cloud.current_project_id
    for kind, listing in (
        (kinds.NETWORK, cloud.network.networks(project_id=project)),
        (kinds.SUBNET, cloud.network.subnets(project_id=project)),
        (kinds.PORT, cloud.network.ports(project_id=project)),
        (kinds.GROUP, cloud.network.security_groups(project_id=project)),
        (kinds.ROUTER, cloud.network.routers(project_id=project)),
        (kinds.FLOATING_IP, cloud.network.ips(project_id=project)),
    ):
        for one in listing:
            body = one.to_dict()
            if body.get("is_router_external") is True and kind == kinds.NETWORK:
                continue
            yield tagged(kind, body)
    for rule in cloud.network.security_group_rules(project_id=project):
        yield Thing(kinds.RULE, str(rule.id), rule.to_dict())


def servers(cloud: Any) -> Iterator[Thing]:
    for server in cloud.compute.servers(details=True):
        body = server.to_dict()
        yield Thing(kinds.INSTANCE, str(server.id), body, _texts(body.get("metadata")))


def volumes(cloud: Any) -> Iterator[Thing]:
    for volume in cloud.block_storage.volumes(details=True):
        body = volume.to_dict()
        yield Thing(kinds.VOLUME, str(volume.id), body, _texts(body.get("metadata")))


def beside_servers(cloud: Any) -> Iterator[Thing]:
    """Key pairs and server groups."""
    for keypair in cloud.compute.keypairs():
        yield Thing(kinds.KEYPAIR, str(keypair.name), keypair.to_dict())
    for group in cloud.compute.server_groups():
        yield Thing(kinds.SERVER_GROUP, str(group.id), group.to_dict())


def machines(cloud: Any) -> Iterator[Thing]:
    """Servers, and what they stand on."""
    yield from servers(cloud)
    yield from beside_servers(cloud)
    yield from volumes(cloud)


def _buckets(account: Account) -> Iterator[Thing]:
    for bucket in store(account).list_buckets().get("Buckets", ()):
        yield Thing("s3:index:Bucket", str(bucket["Name"]), bucket)


def _texts(metadata: Any) -> dict[str, str]:
    return {str(name): str(value) for name, value in (metadata or {}).items()}
