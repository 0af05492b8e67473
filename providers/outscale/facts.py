# ruff: noqa: ARG001 - every builder has the one signature, whether or not it needs all of it
"""Outscale resources (and buckets on OOS) as neutral facts. Closed world: what is not listed here is `Unmapped`.

Field names are the OAPI's, in camelCase. What an id points at is read from the adapter's `references`; `targets` keeps
every id that the resource gives, so that an undeclared one shows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from blueprint import facts
from blueprint.facts import Origin
from blueprint.properties import Properties, as_ports, as_protocol, as_range
from blueprint.values import NOT_OBSERVABLE, UNKNOWN, Malformed, Missing, Value
from providers import bucket_facts, fact_builders
from providers.fact_builders import Builder

PROVIDERS = {"pulumi:providers:outscale": "outscale", "pulumi:providers:s3": "s3"}
EXTERNAL_ID = {
    "netId": "outscale:index:Net",
    "sourceNetId": "outscale:index:Net",
    "accepterNetId": "outscale:index:Net",
    "subnetId": "outscale:index:Subnet",
    "securityGroupId": "outscale:index:SecurityGroup",
    "securityGroupIds": "outscale:index:SecurityGroup",
    "routeTableId": "outscale:index:RouteTable",
    "publicIpId": "outscale:index:PublicIp",
    "internetServiceId": "outscale:index:InternetService",
    "gatewayId": "outscale:index:InternetService",
    "natServiceId": "outscale:index:NatService",
    "netPeeringId": "outscale:index:NetPeering",
    "nicId": "outscale:index:Nic",
    "vmId": "outscale:index:Vm",
    "volumeId": "outscale:index:Volume",
    "keypairName": "outscale:index:Keypair",
}
"""Input property -> type of what its id points at. Keypair's own `keypairName` is not a reference: see `_targets`."""

TAGGED = frozenset(
    f"outscale:index:{kind}"
    for kind in (
        "Net",
        "Subnet",
        "InternetService",
        "NatService",
        "PublicIp",
        "RouteTable",
        "SecurityGroup",
        "NetPeering",
        "Nic",
        "Keypair",
        "Vm",
        "Volume",
    )
) | {"s3:index:Bucket"}

_SUBREGION = re.compile(r"(?P<region>.+\d)(?P<az>[a-z])")
_VIA = {
    "gatewayId": "internet",
    "natServiceId": "nat",
    "netPeeringId": "peering",
    "nicId": "machine",
    "vmId": "machine",
}
_DIRECTION = {"inbound": "ingress", "outbound": "egress"}


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
    origin = _origin(kind, urn, name, props, dependencies)
    if kind.startswith(fact_builders.COMPONENTS):
        return facts.Component(origin)
    if kind in PROVIDERS:
        return _provider(origin, props)
    build = _BUILDERS.get(kind)
    return build(origin, props, Properties(provider or {})) if build else facts.Unmapped(origin)


def _origin(
    kind: str, urn: str, name: str, props: Properties, dependencies: Mapping[str, tuple[str, ...]] | None
) -> Origin:
    subject, references = fact_builders.marks(props)
    return Origin(
        urn=urn,
        type=kind,
        name=name,
        subject=subject,
        references=references,
        tags=props.texts_by_name("tags"),
        taggable=kind in TAGGED,
        provider="outscale",
        targets=_targets(kind, props),
        dependencies=dependencies,
    )


def _targets(kind: str, props: Properties) -> dict[str, str]:
    """`netId` -> Net, `nics[0].nicId` -> Nic, for every id that is given."""
    if not kind.startswith("outscale:index:"):
        return {}
    found = fact_builders.targets(kind, props, EXTERNAL_ID)
    nics = props.raw("nics")
    for index, nic in enumerate(nics if isinstance(nics, list) else []):
        if isinstance(nic, Mapping) and nic.get("nicId") is not None:
            found[f"nics[{index}].nicId"] = EXTERNAL_ID["nicId"]
    return found


def _provider(origin: Origin, props: Properties) -> facts.ProviderConfiguration:
    return facts.ProviderConfiguration(
        origin,
        PROVIDERS[origin.type],
        props.text("region", ""),
        props.text("endpoint", None),
        others=fact_builders.others(props, "region", "endpoint", "insecure"),
        trusting=props.flag("insecure", False),
    )


def _zone(subject: str | None) -> str | None:
    """A zone's filter and its table stand for the zone."""
    for suffix in ("/filter", "/table"):
        if subject and subject.endswith(suffix):
            return subject.removesuffix(suffix)
    return subject


def _subregion(value: Value[str | None]) -> tuple[Value[str], Value[str]]:
    """`cloudgouv-eu-west-1a` -> (`cloudgouv-eu-west-1`, `a`)."""
    if not isinstance(value, str):
        reason: Value[str] = value if isinstance(value, Malformed) or value is UNKNOWN else ""
        return reason, reason
    match = _SUBREGION.fullmatch(value.strip())
    return (match["region"], match["az"]) if match else (value, "")


def _filters(origin: Origin, props: Properties) -> Value[tuple[str, ...]]:
    """Subjects of the zones whose filters hold; empty where the resource names no group, or names one in secret."""
    groups = props.raw("securityGroupIds")
    if isinstance(groups, Missing) and groups is not UNKNOWN:
        return groups
    if groups is not None and groups is not UNKNOWN and not isinstance(groups, list):
        return Malformed("a list of strings")
    named = [key for key in origin.targets if key.startswith("securityGroupIds[")]
    return tuple(_zone(origin.references[key]) or "" for key in named if key in origin.references)


def _net(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    return facts.Network(
        origin,
        as_range(props.raw("ipRange")),
        provider.text("region", ""),
        props.flag("emptyDefaultSecurityGroup", False),
    )


def _subnet(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    region, az = _subregion(props.text("subregionName", None))
    return facts.Segment(
        origin,
        as_range(props.raw("ipRange")),
        region,
        az,
        origin.references.get("netId"),
        props.flag("mapPublicIpOnLaunch", False),
    )


def _group(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    return facts.FilterGroup(origin, origin.references.get("netId"), props.flag("implicitRulesRemoved", UNKNOWN))


def _rule(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    protocol = as_protocol(props.raw("ipProtocol"))
    first, last = as_ports(protocol, props.raw("fromPortRange"), props.raw("toPortRange"))
    flow = props.text("flow", "")
    direction: Value[str] = (
        _DIRECTION.get(flow.strip().lower(), Malformed("Inbound or Outbound")) if isinstance(flow, str) else flow
    )
    cidr = as_range(props.raw("ipRange"))
    return facts.FilterRule(
        origin,
        direction,
        protocol,
        first,
        last,
        (cidr,) if isinstance(cidr, str) else cidr,
        _zone(origin.references.get("securityGroupId")),
        fact_builders.flow(origin.subject),
    )


def _table(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    return facts.RouteTable(origin, origin.references.get("netId"))


def _route(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    ways = [key for key in _VIA if props.has(key)]
    via: Value[str] = _VIA[ways[0]] if len(ways) == 1 else Malformed("exactly one target")
    target = origin.references.get(ways[0]) if len(ways) == 1 else None
    table = _zone(origin.references.get("routeTableId"))
    return facts.Route(origin, as_range(props.raw("destinationIpRange")), via, table, target)


def _internet_service(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    return facts.Gateway(origin, "internet", None)


def _internet_link(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    return facts.Gateway(origin, "internet", origin.references.get("netId"))


def _nat(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    return facts.Gateway(origin, "nat", origin.references.get("subnetId"))


def _peering(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    account = props.text("accepterOwnerId", None)
    return facts.Peering(origin, origin.references.get("sourceNetId"), origin.references.get("accepterNetId"), account)


def _nic(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    return facts.Interface(origin, origin.references.get("subnetId"), _filters(origin, props))


def _public_ip(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    return facts.PublicAddress(origin, None)


def _public_ip_link(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    target = origin.references.get("vmId") or origin.references.get("nicId")
    return facts.PublicAddress(origin, target or "")


def _vm(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    region, az = _subregion(props.text("placementSubregionName", None))
    nics = props.raw("nics")
    interfaces: Value[tuple[str, ...]]
    if nics is None or isinstance(nics, list):
        # An entry without an id is an interface that is made with the machine: it has no subject.
        given = range(len(nics or ()))
        interfaces = tuple(origin.references.get(f"nics[{index}].nicId", "") for index in given)
    else:
        interfaces = nics if nics is UNKNOWN else Malformed("a list of interfaces")
    return facts.Machine(
        origin,
        props.text("imageId", ""),
        props.text("vmType", ""),
        region,
        az,
        origin.references.get("subnetId"),
        _filters(origin, props),
        interfaces,
        props.text("userData", ""),
        access_key=origin.references.get("keypairName") if props.has("keypairName") else None,
    )


def _volume(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    region, az = _subregion(props.text("subregionName", None))
    return facts.Disk(origin, props.integer("size", 0), az, region, NOT_OBSERVABLE, props.text("snapshotId", None))


def _bucket(origin: Origin, props: Properties, provider: Properties) -> facts.Fact:
    return bucket_facts.bucket(origin, props, provider.text("region", ""))


_BUILDERS: Mapping[str, Builder] = {
    "outscale:index:Net": _net,
    "outscale:index:Subnet": _subnet,
    "outscale:index:SecurityGroup": _group,
    "outscale:index:SecurityGroupRule": _rule,
    "outscale:index:RouteTable": _table,
    "outscale:index:RouteTableLink": fact_builders.support("table-link", segment="subnetId", table="routeTableId"),
    "outscale:index:Route": _route,
    "outscale:index:InternetService": _internet_service,
    "outscale:index:InternetServiceLink": _internet_link,
    "outscale:index:NatService": _nat,
    "outscale:index:NetPeering": _peering,
    "outscale:index:NetPeeringAcceptation": fact_builders.support("acceptation", peering="netPeeringId"),
    "outscale:index:Nic": _nic,
    "outscale:index:PublicIp": _public_ip,
    "outscale:index:PublicIpLink": _public_ip_link,
    "outscale:index:Keypair": fact_builders.access_key,
    "outscale:index:Vm": _vm,
    "outscale:index:Volume": _volume,
    "outscale:index:VolumeLink": fact_builders.support("disk-link", disk="volumeId", machine="vmId"),
    "s3:index:Bucket": _bucket,
    **fact_builders.ENGINE,
}
