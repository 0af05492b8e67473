"""The types of resource that this provider's adapter makes, and how each says its subject and its references."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from blueprint.facts import OUTSIDE, Origin
from blueprint.properties import Properties
from blueprint.values import Value
from providers import fact_builders
from providers.ovh import labels

NETWORK, SUBNET = "openstack:networking/network:Network", "openstack:networking/subnet:Subnet"
PORT, GROUP = "openstack:networking/port:Port", "openstack:networking/secGroup:SecGroup"
RULE, ROUTER = "openstack:networking/secGroupRule:SecGroupRule", "openstack:networking/router:Router"
ROUTER_INTERFACE = "openstack:networking/routerInterface:RouterInterface"
SUBNET_ROUTE = "openstack:networking/subnetRoute:SubnetRoute"
FLOATING_IP = "openstack:networking/floatingIp:FloatingIp"
FLOATING_LINK = "openstack:networking/floatingIpAssociate:FloatingIpAssociate"
INSTANCE, KEYPAIR = "openstack:compute/instance:Instance", "openstack:compute/keypair:Keypair"
SERVER_GROUP = "openstack:compute/serverGroup:ServerGroup"
VOLUME, ATTACHMENT = "openstack:blockstorage/volume:Volume", "openstack:compute/volumeAttach:VolumeAttach"

EXTERNAL_NETWORK = OUTSIDE
"""What a reference names where it points at the provider's own network to the Internet."""

EXTERNAL_ID = {
    "networkId": NETWORK,
    "subnetId": SUBNET,
    "securityGroupId": GROUP,
    "securityGroupIds": GROUP,
    "remoteGroupId": GROUP,
    "routerId": ROUTER,
    "portId": PORT,
    "nextHop": PORT,
    "instanceId": INSTANCE,
    "volumeId": VOLUME,
    "keyPair": KEYPAIR,
    "floatingIp": FLOATING_IP,
}
"""Input property -> type of what its id points at. Ids inside lists: see `_inner`."""

TAGGED = frozenset({NETWORK, SUBNET, PORT, GROUP, ROUTER, FLOATING_IP})
METADATA = frozenset({INSTANCE, VOLUME})
UNREAD = ("valueSpecs",)
"""Arguments that hand OpenStack fields of any name, so that no rule can read them."""
REGIONAL = frozenset({NETWORK, SUBNET, INSTANCE, VOLUME, "s3:index:Bucket"})
"""Kinds whose fact says the region."""


Told: TypeAlias = tuple[str | None, dict[str, str]]
"""What a name says: a subject, and references."""
NOBODY: Told = (None, {})
"""A name that is none of the adapter's."""


def origin(
    kind: str, urn: str, name: str, props: Properties, dependencies: Mapping[str, tuple[str, ...]] | None
) -> Origin:
    labelled = _labels(kind, props)
    subject: str | None
    references: Mapping[str, str]
    if kind in TAGGED | METADATA:
        known = labelled if isinstance(labelled, Mapping) else {}
        subject, references = known.get(labels.SUBJECT), labels.references(known)
    elif kind == RULE:
        text = props.text("description", "")
        subject, references = labels.from_description(text) if isinstance(text, str) else (None, {})
    elif kind in NAMED:
        subject, references = NAMED[kind](name)
    else:
        given = props.text("subject", None)
        subject, references = given if isinstance(given, str) else None, {}
    return Origin(
        urn=urn,
        type=kind,
        name=name,
        subject=subject,
        references=references,
        tags=labelled,
        taggable=kind in TAGGED | METADATA,
        provider="ovh",
        unread=tuple(key for key in UNREAD if props.raw(key) not in (None, {})),
        targets=_targets(kind, props),
        dependencies=dependencies,
    )


def _labels(kind: str, props: Properties) -> Value[Mapping[str, str]]:
    if kind in METADATA:
        return props.texts_by_name("metadata")
    if kind not in TAGGED:
        return {}
    tags = props.texts("tags")
    return labels.from_tags(tags) if isinstance(tags, tuple) else tags


def _targets(kind: str, props: Properties) -> dict[str, str]:
    """`networkId` -> Network, `fixedIps[0].subnetId` -> Subnet, `networks[0].port` -> Port: every id that is given."""
    if not kind.startswith("openstack:"):
        return {}
    return {**fact_builders.targets(kind, props, EXTERNAL_ID), **_inner(props)}


def _inner(props: Properties) -> dict[str, str]:
    """Ids that stand inside lists."""
    places = (
        ("fixedIps", "subnetId", SUBNET),
        ("networks", "port", PORT),
        ("networks", "uuid", NETWORK),
        ("schedulerHints", "group", SERVER_GROUP),
    )
    return {
        f"{outer}[{index}].{key}": target
        for outer, key, target in places
        for index, entry in enumerate(entries(props, outer))
        if entry.get(key) is not None
    }


def entries(props: Properties, key: str) -> list[Mapping[str, Any]]:
    """The mappings of a list; what is no mapping becomes an empty one, so that places keep their number."""
    value = props.raw(key)
    return [entry if isinstance(entry, Mapping) else {} for entry in value] if isinstance(value, list) else []


def _disk_link(name: str) -> Told:
    """`<machine>/disks/<d>/link` joins that disk and that machine."""
    disk = name.removesuffix("/link")
    return (name, {"volumeId": disk, "instanceId": disk.partition("/disks/")[0]}) if "/disks/" in name else NOBODY


def _router_link(name: str) -> Told:
    """`<link>/attachments/<subnet>/link` joins that router and the port of the same name."""
    port = name.removesuffix("/link")
    router, _, segment = port.partition("/attachments/")
    return (name, {"routerId": router, "portId": port}) if segment and port != name else NOBODY


def _address_link(name: str) -> Told:
    """`<machine>/address/link` joins that address and the machine's own interface."""
    address = name.removesuffix("/link")
    machine = address.removesuffix("/address")
    return (name, {"floatingIp": address, "portId": f"{machine}/nic"}) if name.endswith("/address/link") else NOBODY


def _subnet_route(name: str) -> Told:
    """`<zone>/routes/<r>/az/<a>/via/<link>`: the route of one subnet of the zone, over that link's port there."""
    route, _, rest = name.partition("/az/")
    az, _, link = rest.partition("/via/")
    zone, _, own = route.partition("/routes/")
    subnet = f"{zone}/az/{az}"
    return (route, {"subnetId": subnet, "nextHop": f"{link}/attachments/{subnet}"}) if own and link else NOBODY


def _nothing_more(name: str) -> Told:
    return name, {}


NAMED: Mapping[str, Callable[[str], Told]] = {
    ATTACHMENT: _disk_link,
    ROUTER_INTERFACE: _router_link,
    FLOATING_LINK: _address_link,
    SUBNET_ROUTE: _subnet_route,
    KEYPAIR: _nothing_more,
    SERVER_GROUP: _nothing_more,
}
"""Kinds that OpenStack gives no field for labels: their name says it, and the engine proves it once all is known."""
