# ruff: noqa: ARG001 - every builder has the one signature, whether or not it needs all of it
"""OpenStack resources (and buckets on RGW) as neutral facts. Closed world: what is not listed here is `Unmapped`.

Field names are the provider SDK's, in camelCase. What an id points at is read from the labels that the adapter wrote
(see `kinds` and `labels`); `targets` keeps every id that the resource gives, so that an undeclared one shows.
"""

from __future__ import annotations

import functools
import pathlib
import re
from collections.abc import Mapping
from typing import Any

import yaml

from blueprint import facts
from blueprint.facts import UNBOUND, Origin
from blueprint.properties import Properties, as_ports, as_protocol, as_range
from blueprint.values import UNKNOWN, Malformed, Missing, Value
from providers import bucket_facts, fact_builders
from providers.fact_builders import Builder
from providers.ovh import kinds

PROVIDERS = {"pulumi:providers:openstack": "openstack", "pulumi:providers:s3": "s3"}
SOURCES = ("snapshotId", "sourceVolId", "sourceReplica", "backupId", "imageId")
"""Arguments of a volume that say what it is filled from: an empty one has none."""
_POD = re.compile(r"pod\w+\.(?P<site>[a-z]+)")


def fact(
    kind: str,
    urn: str,
    name: str,
    properties: Mapping[str, Any],
    provider: Mapping[str, Any] | None = None,
    dependencies: Mapping[str, tuple[str, ...]] | None = None,
) -> facts.Fact:
    """The fact of one resource of type `kind`.

    `properties` and the `provider` resource's are plain (see `blueprint.properties`); `dependencies` maps an input
    property to the URNs that the engine saw it come from, None before the whole stack is known. Never raises.
    """
    props = Properties(properties)
    origin = kinds.origin(kind, urn, name, props, dependencies)
    if kind.startswith(fact_builders.COMPONENTS):
        return facts.Component(origin)
    if kind in PROVIDERS:
        return _provider(origin, props)
    given = Properties(provider or {})
    build = _BUILDERS.get(kind)
    regional = kind in kinds.REGIONAL and not (origin.subject or "").startswith("peerings/")
    if build is None or not (regional or _stays(props, given)):
        return facts.Unmapped(origin)
    return build(origin, props, given)


def _provider(origin: Origin, props: Properties) -> facts.ProviderConfiguration:
    where = "authUrl" if origin.type.endswith("openstack") else "endpoint"
    return facts.ProviderConfiguration(
        origin,
        PROVIDERS[origin.type],
        _region(props),
        props.text(where, None),
        props.text("cloud", None),
        others=fact_builders.others(props, "region", where, "cloud", "insecure"),
        trusting=props.flag("insecure", False),
    )


def _stays(props: Properties, provider: Properties) -> bool:
    """Whether a resource whose fact has no region to judge goes where its provider goes."""
    return not props.has("region") or props.raw("region") is UNKNOWN or _region(props) == _region(provider)


def region(name: str) -> str:
    """The region that a name of OpenStack's lies in: `pod1.rbx` is a pod of `eu-west-rbx-snc`."""
    pod = _POD.fullmatch(name.strip())
    return f"eu-west-{pod['site']}-snc" if pod else name


def _region(*sources: Properties) -> Value[str]:
    """The first region that one of `sources` gives: the resource's own goes before its provider's."""
    given = next((one.text("region", "") for one in sources if one.has("region")), "")
    return region(given) if isinstance(given, str) else given


def _zone(subject: str | None) -> str | None:
    """Every filter of a zone stands for the zone."""
    return subject.partition("/filter")[0] if subject else subject


def _filters(origin: Origin, props: Properties) -> Value[tuple[str, ...]]:
    """Subjects of the zones whose filters hold, each once; empty where the port names no group, or one in secret."""
    groups = props.raw("securityGroupIds")
    if isinstance(groups, Missing) and groups is not UNKNOWN:
        return groups
    if groups is not None and groups is not UNKNOWN and not isinstance(groups, list):
        return Malformed("a list of strings")
    if props.flag("noSecurityGroups", False) is not False:
        return ()
    named = [key for key in origin.targets if key.startswith("securityGroupIds[")]
    return tuple(dict.fromkeys(_zone(origin.references[key]) or "" for key in named if key in origin.references))


def _network(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    shared = _either(props.flag("shared", False), props.flag("external", False))
    if (origin.subject or "").startswith("peerings/"):
        account: Value[str | None] = shared if isinstance(shared, Missing | Malformed) else ("any" if shared else None)
        return facts.Peering(origin, origin.references.get("a"), origin.references.get("b"), account)
    guarded = props.flag("portSecurityEnabled", True)
    emptied: Value[bool | None] = None if guarded is True else guarded
    return facts.Network(origin, None, _region(props, provider), emptied, shared)


def _either(one: Value[bool], other: Value[bool]) -> Value[bool]:
    return one if one is True or isinstance(one, Missing | Malformed) else other


def _subnet(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    cidr, link, pools = as_range(props.raw("cidr")), origin.references.get("networkId"), _pools(props)
    if (origin.subject or "").startswith("peerings/"):
        peering, _, segment = (origin.subject or "").partition("/bubbles/")
        return facts.Attachment(origin, link if link == peering else None, f"bubbles/{segment}", cidr, pools)
    return facts.Segment(origin, cidr, _region(props, provider), None, link, False, _default_way(props), pools)


def _pools(props: Properties) -> Value[tuple[str, ...]]:
    """Both ends of each allocation pool, as ranges of one address."""
    value: Any = props.raw("allocationPools")
    if isinstance(value, Missing):
        return value
    if value is not None and not isinstance(value, list):
        return Malformed("a list of ranges")
    ends = [as_range(entry.get(end)) for entry in kinds.entries(props, "allocationPools") for end in ("start", "end")]
    strange = next((end for end in ends if not isinstance(end, str)), None)
    return tuple(end for end in ends if isinstance(end, str)) if strange is None else strange


def _default_way(props: Properties) -> Value[bool]:
    """Neutron gives every subnet a gateway, hence its machines a default route, unless it is told not to."""
    none = props.flag("noGateway", False)
    if isinstance(none, Missing | Malformed):
        return none
    return props.has("gatewayIp") or not none


def _group(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    removed = props.flag("deleteDefaultRules", False)
    return facts.FilterGroup(origin, UNBOUND, removed, props.flag("stateful", True))


def _rule(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    protocol: Value[str] = as_protocol(props.raw("protocol")) if props.has("protocol") else "any"
    if protocol == "ipv6-icmp":
        protocol = "icmp"
    whole = -1 if not props.has("portRangeMin") and not props.has("portRangeMax") else None
    first, last = as_ports(protocol, whole or props.raw("portRangeMin"), whole or props.raw("portRangeMax"))
    direction = props.text("direction", "")
    if isinstance(direction, str):
        direction = direction.strip().lower()
        direction = direction if direction in ("ingress", "egress") else Malformed("ingress or egress")
    return facts.FilterRule(
        origin,
        direction,
        protocol,
        first,
        last,
        _remote(props),
        _zone(origin.references.get("securityGroupId")),
        fact_builders.flow(origin.subject),
    )


def _remote(props: Properties) -> Value[tuple[str, ...]]:
    """Ranges of the other end: everybody where none is given, none that is seen where a group is given."""
    if props.has("remoteIpPrefix"):
        cidr = as_range(props.raw("remoteIpPrefix"))
        return (cidr,) if isinstance(cidr, str) else cidr
    if props.has("remoteGroupId") or props.has("remoteAddressGroupId"):
        return ()
    return ("::/0",) if props.raw("ethertype") == "IPv6" else ("0.0.0.0/0",)


def _port(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    subject, filters = origin.subject or "", _filters(origin, props)
    guarded, others = props.flag("portSecurityEnabled", True), _pairs(props)
    network = origin.references.get("networkId")
    segments = [origin.references.get(key) for key in origin.targets if key.startswith("fixedIps[")]
    segment = segments[0] if len(segments) == 1 else None
    if "/attachments/" in subject:
        link = subject.partition("/attachments/")[0]
        return facts.Attachment(origin, link, segment, None)
    if network == kinds.EXTERNAL_NETWORK:
        return facts.PublicAddress(origin, None, filters, guarded, others)
    if network is not None and network.startswith("peerings/"):
        inside = segment.removeprefix(f"{network}/") if segment and segment.startswith(f"{network}/") else None
        return facts.Interface(origin, inside, filters, network, guarded, others)
    home = segment if segment and network and segment.startswith(f"{network}/") else None
    return facts.Interface(origin, home, filters, None, guarded, others)


def _pairs(props: Properties) -> Value[tuple[str, ...]]:
    """Allowed address pairs: every range that the port may also send from."""
    value: Any = props.raw("allowedAddressPairs")
    if value is None:
        return ()
    if value is UNKNOWN or not isinstance(value, list):
        return UNKNOWN if value is UNKNOWN else Malformed("a list of address pairs")
    return tuple(str(entry.get("ipAddress", "?")) if isinstance(entry, Mapping) else "?" for entry in value)


def _router(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    subject = origin.subject or ""
    outside = props.has("externalNetworkId")
    if subject.startswith("peerings/"):
        account: Value[str | None] = "the Internet" if outside else None
        return facts.Peering(origin, origin.references.get("a"), origin.references.get("b"), account)
    nat = subject.endswith("/gateways/nat")
    return facts.Gateway(origin, "nat" if nat else "internet", UNBOUND if nat else "/".join(subject.split("/")[:2]))


def _route(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    """Over whose port it goes says which link or gateway it takes."""
    link, _, segment = origin.references.get("nextHop", "").partition("/attachments/")
    via = "peering" if link.startswith("peerings/") else link.rpartition("/gateways/")[2]
    table = (origin.subject or "").partition("/routes/")[0]
    return facts.Route(
        origin,
        as_range(props.raw("destinationCidr")),
        via or "other",
        table if segment.startswith(table) else None,
        link,
    )


def _floating_ip(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    return facts.PublicAddress(origin, origin.references.get("portId", "") if props.has("portId") else None)


def _floating_link(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    return facts.PublicAddress(origin, origin.references.get("portId") or "")


def _instance(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    networks = props.raw("networks")
    interfaces: Value[tuple[str, ...]]
    if networks is None or isinstance(networks, list):
        # An entry without a port is an interface that Nova makes by itself: it has no subject.
        given = enumerate(kinds.entries(props, "networks"))
        ports = [(f"networks[{index}].port", entry.get("port")) for index, entry in given]
        interfaces = tuple(origin.references.get(key, "") if port is not None else "" for key, port in ports)
    else:
        interfaces = networks if networks is UNKNOWN else Malformed("a list of networks")
    hints = next(iter(kinds.entries(props, "schedulerHints")), {})
    group = origin.references.get("schedulerHints[0].group") if hints.get("group") is not None else None
    return facts.Machine(
        origin,
        _boot_image(props),
        props.text("flavorName", props.text("flavorId", "")),
        _region(props, provider),
        props.text("availabilityZone", ""),
        None,
        (),
        interfaces,
        _born_with(props),
        group.removesuffix("/placement") if group else None,
        _boot_disk(props),
        _asks_network(props),
        origin.references.get("keyPair") if props.has("keyPair") else None,
        _password(props),
    )


def _password(props: Properties) -> tuple[Value[str], ...]:
    """The password of its first user, where one is written out, as cloud-init would read it."""
    given = props.text("adminPass", None)
    return () if given is None else (f"password: {given}" if isinstance(given, str) else given,)


def _boot_disk(props: Properties) -> Value[facts.BootDisk | None]:
    """The volume that Nova makes of an image and starts from: any other disk is the host's, or holds what it held."""
    value: Any = props.raw("blockDevices")
    if isinstance(value, Missing):
        return value
    made = {"sourceType": "image", "destinationType": "volume", "bootIndex": 0}
    entries = kinds.entries(props, "blockDevices")
    if any(one.get(key) is UNKNOWN for one in entries for key in made):
        return UNKNOWN
    given = next((one for one in entries if all(one.get(key) == wanted for key, wanted in made.items())), None)
    if given is None:
        return None
    told = Properties(given)
    ends, kind = told.flag("deleteOnTermination", False), told.text("volumeType", "")
    return facts.BootDisk(_encrypted(kind), not ends if isinstance(ends, bool) else ends)


def _asks_network(props: Properties) -> Value[bool]:
    drive = props.flag("configDrive", False)
    return not drive if isinstance(drive, bool) else drive


def _encrypted(kind: Value[str]) -> Value[bool]:
    return kind in encrypted_types() if isinstance(kind, str) else kind


def _boot_image(props: Properties) -> Value[str]:
    given = next((entry for entry in kinds.entries(props, "blockDevices") if entry.get("sourceType") == "image"), None)
    if given is not None:
        return Properties(given).text("uuid", "")
    return props.text("imageId", props.text("imageName", ""))


def _born_with(props: Properties) -> Value[str]:
    """User data and injected files together: both reach the machine as it is born."""
    text = props.text("userData", "")
    contents = [entry.get("content") for entry in kinds.entries(props, "personalities")]
    if isinstance(text, str) and contents:
        if any(content is UNKNOWN for content in contents):
            return UNKNOWN
        return "\n".join([text, *(content for content in contents if isinstance(content, str))])
    return text


def _server_group(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    given = props.raw("policies")
    if isinstance(given, list) and len(given) == 1:  # so Terraform has it: the Pulumi provider makes a text of it
        given = given[0]
    policy = Properties({"policy": given}).text("policy", "")
    apart: Value[bool] = policy in ("anti-affinity", "soft-anti-affinity") if isinstance(policy, str) else policy
    return facts.Placement(origin, apart)


def _volume(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    encrypted = _encrypted(props.text("volumeType", ""))
    snapshot = props.text(next((key for key in SOURCES if props.has(key)), ""), None)
    size, az = props.integer("size", 0), props.text("availabilityZone", None)
    return facts.Disk(origin, size, az, _region(props, provider), encrypted, snapshot)


def _bucket(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    return bucket_facts.bucket(origin, props, _region(provider), has_policies=False)


@functools.cache
def volume_types() -> Mapping[str, Any]:
    """volumes.yaml: the blueprint's word -> volume type, and the list of `encrypted` types."""
    text = pathlib.Path(__file__).with_name("volumes.yaml").read_text(encoding="utf-8")
    found: Mapping[str, Any] = yaml.safe_load(text)
    return found


def encrypted_types() -> frozenset[str]:
    return frozenset(volume_types()["encrypted"])


_BUILDERS: Mapping[str, Builder] = {
    kinds.NETWORK: _network,
    kinds.SUBNET: _subnet,
    kinds.GROUP: _group,
    kinds.RULE: _rule,
    kinds.PORT: _port,
    kinds.ROUTER: _router,
    kinds.ROUTER_INTERFACE: fact_builders.support("attachment-link"),
    kinds.SUBNET_ROUTE: _route,
    kinds.FLOATING_IP: _floating_ip,
    kinds.FLOATING_LINK: _floating_link,
    kinds.INSTANCE: _instance,
    kinds.KEYPAIR: fact_builders.access_key,
    kinds.SERVER_GROUP: _server_group,
    kinds.VOLUME: _volume,
    kinds.ATTACHMENT: fact_builders.support("disk-link", disk="volumeId", machine="instanceId"),
    "s3:index:Bucket": _bucket,
    **fact_builders.ENGINE,
}
