"""A project of the SNC Cloud Platform as neutral facts: what OpenStack lists, through the mapping that the pack uses.

A thing's subject is its label's, or its deterministic name's where OpenStack keeps no label. What an id points at is
found by following the id: the references that the adapter wrote into the labels are put aside, and written anew.
"""

from __future__ import annotations

import collections
import dataclasses
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from blueprint import naming
from blueprint import plan as plans
from blueprint.facts import AccessKey, Fact, Machine
from blueprint.properties import as_ports, as_protocol, as_range
from blueprint.values import NOT_OBSERVABLE
from providers import buckets, observation
from providers.ovh import facts, kinds, labels, live, reach, routed
from providers.ovh.live import Account, Thing

EXPECTED = (
    "networks",
    "segments",
    "filters",
    "rules",
    "peerings",
    "interfaces",
    "placements",
    "machines",
    "disks",
    "disk-links",
    "buckets",
)
ON_LINKS = ("link-segments", "link-interfaces", "places-outside")
OVER_ROUTERS = ("gateways", "attachments", "attachment-links", "segment-routes", "addresses", "address-links")
"""What there is more of in each form."""
NEEDED = ("OS_CLIENT_CONFIG_FILE", "OS_CLOUD", "OVH_S3_ENDPOINT", "OVH_S3_ACCESS_KEY", "OVH_S3_SECRET_KEY")
READER = ("REMPART_READER_CLOUD",)
"""Entry of clouds.yaml set aside for reading, where there is one."""
POD = "pod1."


def account(env: Mapping[str, str], region: str) -> Account:
    """The project that clouds.yaml names. Object storage has one set of keys a project, whoever reads the rest."""
    missing = [name for name in NEEDED if not env.get(name)]
    if missing:
        raise observation.Unreachable(
            f"{', '.join(missing)} must be in the environment to read the project: `rempart sandbox up ovh rgw` and "
            "`make shell` set them for the sandbox"
        )
    return Account(
        region=region,
        clouds=pathlib.Path(env["OS_CLIENT_CONFIG_FILE"]),
        cloud=env.get(READER[0]) or env["OS_CLOUD"],
        storage=env["OVH_S3_ENDPOINT"],
        storage_region=env.get("OVH_S3_REGION") or region,
        access_key=env["OVH_S3_ACCESS_KEY"],
        secret_key=env["OVH_S3_SECRET_KEY"],
        ca_bundle=env.get("AWS_CA_BUNDLE") or None,
        reader=bool(env.get(READER[0])),
    )


def endpoints(account: Account) -> Mapping[str, str]:
    with live.reaching(account):
        return {"api": account.auth_url, "storage": account.storage, **live.asked(live.connect(account))}


def authority(account: Account) -> str | None:
    return account.authority


def identity(account: Account) -> observation.Identity:
    """The project that Keystone says the credentials belong to."""
    with live.reaching(account):
        return observation.Identity(str(live.connect(account).current_project_id), account.cloud, account.reader)


def observe(account: Account, plan: plans.Plan, known: Sequence[str]) -> observation.Observed:
    with live.reaching(account):
        cloud = live.connect(account)
        return observed(account, plan, live.read(account, cloud), live.external(cloud), known)


def observed(
    account: Account, plan: plans.Plan, things: tuple[Thing, ...], external: frozenset[str], known: Sequence[str]
) -> observation.Observed:
    """What was listed, as facts. `external` are ids of the provider's own networks."""
    return _Reading(account, plan, things, external, frozenset(known)).observed()


def flows(account: Account, plan: plans.Plan) -> observation.FlowObserver:
    with live.reaching(account):
        cloud = live.connect(account)
        return reach.Observer(live.read(account, cloud), plan, live.external(cloud))


class _Reading:
    """One reading of the project, sorted into the platform's, nobody's and other platforms'."""

    def __init__(
        self,
        account: Account,
        plan: plans.Plan,
        things: tuple[Thing, ...],
        external: frozenset[str],
        known: frozenset[str],
    ) -> None:
        self._account, self._plan, self._things, self._external = account, plan, things, external
        self._beside = [thing for thing in things if live.own(thing, things)]
        self._rest = [thing for thing in things if thing not in self._beside]
        self._named = _names(plan)
        self._rules = {_content(r.zone, r.direction, r.protocol, r.from_port, r.to_port, r.cidr): r for r in plan.rules}
        self._subjects: dict[tuple[str, str], str] = {}
        claimed, owners = (plan.platform, plan.environment), {one.identifier: one.owner for one in things}
        self._ours, self._others, self._unmanaged = [], [], []
        for thing in self._rest:
            owner = thing.owner
            if thing.type == kinds.RULE:
                owner = owners.get(str(thing.body.get("security_group_id")), ("", ""))
            if owner == claimed or (thing.type, self._name(thing)) in self._named:
                self._ours.append(thing)
            elif owner[0] in known:
                self._others.append(thing)
            else:
                self._unmanaged.append(thing)
        for thing in self._ours:
            if subject := self._subject(thing):
                self._subjects[thing.type, thing.identifier] = subject
        self._routed = routed.over_routers(self._ours)

    def observed(self) -> observation.Observed:
        mine = (*self._ours, *self._unmanaged)
        made = [fact for thing in mine for fact in self._facts(thing)]
        counted = collections.Counter(".".join(thing.owner) for thing in self._others if thing.type != kinds.RULE)
        return observation.Observed(
            facts=(*self._providers(), *made),
            unmanaged=tuple(f"{thing.type.rsplit(':', 1)[-1]} {thing.identifier}" for thing in self._unmanaged),
            others=dict(counted),
            expected=(*EXPECTED, *(OVER_ROUTERS if self._routed else ON_LINKS)),
            beside=len([one for one in self._beside if one.type not in (kinds.GROUP, kinds.RULE)]),
        )

    def _name(self, thing: Thing) -> str:
        return str(thing.body.get("name") or thing.body.get("Name") or "")

    def _subject(self, thing: Thing) -> str:
        return thing.labels.get(labels.SUBJECT) or self._named.get((thing.type, self._name(thing)), "")

    def _providers(self) -> Iterator[Fact]:
        given = {"region": self._account.region, "authUrl": self._account.auth_url}
        yield facts.fact("pulumi:providers:openstack", "openstack", "openstack", given)
        yield facts.fact(
            "pulumi:providers:s3", "s3", "rgw", {"region": self._account.region, "endpoint": self._account.storage}
        )

    def _facts(self, thing: Thing) -> Iterator[Fact]:
        build = {
            kinds.NETWORK: self._network,
            kinds.SUBNET: self._segment,
            kinds.PORT: self._port,
            kinds.GROUP: self._group,
            kinds.ROUTER: routed.router,
            kinds.RULE: self._rule,
            kinds.INSTANCE: self._server,
            kinds.VOLUME: self._volume,
            kinds.SERVER_GROUP: self._placement,
            "s3:index:Bucket": self._bucket,
        }.get(thing.type)
        properties, ids = build(thing.body) if build else ({}, {})
        subject = self._subject(thing) if thing in self._ours else ""
        inside = ""
        if thing.type == kinds.RULE:
            subject = self._planned(thing.body)
            inside = self._zone(thing.body)
        fact = self._fact(thing.type, thing.identifier, subject, properties, ids, thing, inside)
        if isinstance(fact, Machine) and thing.body.get("user_data") is None:
            fact = dataclasses.replace(fact, user_data=NOT_OBSERVABLE)
        if isinstance(fact, AccessKey):  # OpenStack shows a public half, whoever made the pair
            fact = dataclasses.replace(fact, given=NOT_OBSERVABLE)
        yield fact
        if thing.type == kinds.VOLUME:
            yield from self._links(thing, subject)
        for part in routed.parts(thing, self._things, self._plan, self._named_by):
            yield self._fact(part.kind, part.identifier, part.name, part.properties, part.ids, inside=part.inside)

    def _named_by(self, kind: str, identifier: str) -> str:
        return self._subjects.get((kind, identifier), "")

    def _fact(
        self,
        kind: str,
        identifier: str,
        subject: str,
        properties: Mapping[str, Any],
        ids: Mapping[str, str],
        thing: Thing | None = None,
        inside: str = "",
    ) -> Fact:
        """`inside` is the subject of what holds it, so that what nobody declared is still placed in the blueprint."""
        references: dict[str, str] = {}
        dependencies: dict[str, tuple[str, ...]] = {}
        for key, target in ids.items():
            pointed = kinds.EXTERNAL_ID.get(_leaf(key)) or _INNER.get(_leaf(key), "")
            known = kinds.EXTERNAL_NETWORK if target in self._external else self._subjects.get((pointed, target))
            references[key] = known or f"unmanaged {target}"
            base = key.split("[")[0].split(".")[0]
            dependencies[base] = (*dependencies.get(base, ()), _urn(pointed, target))
        if subject.startswith("peerings/") and kind in (kinds.NETWORK, kinds.ROUTER):
            peering = next((one for one in self._plan.peerings if one.subject == subject), None)
            if peering is not None:
                references |= {"a": f"bubbles/{peering.a}", "b": f"bubbles/{peering.b}"}
        kept = {k: v for k, v in (thing.labels if thing else {}).items() if not k.startswith(labels.REFERENCE)}
        labelled = labels.labels(kept, references)
        told = {
            "tags": labels.as_tags(labelled),
            "metadata": labelled,
            "description": labels.described(subject, references) if subject else "",
            "subject": subject or None,
        }
        given = {"region": self._account.region}
        urn = _urn(kind, identifier)
        name = subject or (f"{inside}/{identifier}" if inside else identifier)
        made = facts.fact(kind, urn, name, {**told, **properties}, given, dependencies)
        if subject or kind not in kinds.NAMED:
            return made
        # A name says whom such a thing serves, and this one was made up here: it serves nobody that is known.
        return dataclasses.replace(made, origin=dataclasses.replace(made.origin, subject=None))

    def _network(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        guarded = bool(body.get("is_port_security_enabled", True))
        return {"portSecurityEnabled": guarded, "shared": bool(body.get("is_shared"))}, {}

    def _segment(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        ids = {"networkId": str(body["network_id"])}
        return {**ids, "cidr": body["cidr"], "noGateway": not body.get("gateway_ip")}, ids

    def _group(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        rules = [t.body for t in self._things if t.type == kinds.RULE and t.body.get("security_group_id") == body["id"]]
        born_with = any(
            rule.get("direction") == "egress" and not rule.get("protocol") and not rule.get("remote_ip_prefix")
            for rule in rules
        )
        return {"deleteDefaultRules": not born_with, "stateful": bool(body.get("stateful", True))}, {}

    def _rule(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        ids = {"securityGroupId": str(body["security_group_id"])}
        properties = {
            "direction": body.get("direction"),
            "ethertype": body.get("ether_type"),
            "protocol": body.get("protocol"),
            "portRangeMin": body.get("port_range_min"),
            "portRangeMax": body.get("port_range_max"),
            "remoteIpPrefix": body.get("remote_ip_prefix"),
        }
        if body.get("remote_group_id"):
            ids["remoteGroupId"] = properties["remoteGroupId"] = str(body["remote_group_id"])
        return {**ids, **{key: value for key, value in properties.items() if value is not None}}, ids

    def _zone(self, rule: Mapping[str, Any]) -> str:
        """Subject of the zone whose filter holds a rule; "" where no zone's does."""
        return self._subjects.get((kinds.GROUP, str(rule["security_group_id"])), "").partition("/filter")[0]

    def _planned(self, body: Mapping[str, Any]) -> str:
        """Subject of the planned rule that says exactly this; "" where no flow gives it."""
        zone = self._zone(body)
        protocol = "icmp" if body.get("protocol") == "ipv6-icmp" else body.get("protocol")
        first, last = body.get("port_range_min"), body.get("port_range_max")
        whole = -1 if first is None and last is None else None
        key = _content(
            zone, body.get("direction"), protocol, whole or first, whole or last, body.get("remote_ip_prefix")
        )
        found = self._rules.get(key)
        return found.subject if found else ""

    def _port(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        groups = [str(one) for one in body.get("security_group_ids") or ()]
        ids = {"networkId": str(body["network_id"]), **{f"securityGroupIds[{n}]": g for n, g in enumerate(groups)}}
        fixed = [] if body["network_id"] in self._external else list(body.get("fixed_ips") or ())
        ids |= {f"fixedIps[{n}].subnetId": str(one["subnet_id"]) for n, one in enumerate(fixed)}
        return {
            "networkId": str(body["network_id"]),
            "securityGroupIds": groups,
            "fixedIps": [{"subnetId": str(one["subnet_id"])} for one in fixed],
            "portSecurityEnabled": bool(body.get("is_port_security_enabled", True)),
            "allowedAddressPairs": [
                {"ipAddress": pair.get("ip_address", "?")} for pair in body.get("allowed_address_pairs") or ()
            ],
        }, ids

    def _server(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        ports = [t for t in self._things if t.type == kinds.PORT and t.body.get("device_id") == body["id"]]
        ordered = sorted(ports, key=lambda port: rank(self._subjects.get((kinds.PORT, port.identifier), "")))
        ids = {f"networks[{n}].port": port.identifier for n, port in enumerate(ordered)}
        properties: dict[str, Any] = {
            "networks": [{"port": port.identifier} for port in ordered],
            "flavorName": (body.get("flavor") or {}).get("original_name") or (body.get("flavor") or {}).get("name", ""),
            "availabilityZone": body.get("availability_zone") or "",
            "userData": body.get("user_data"),
            "blockDevices": self._boot(body),
            "configDrive": bool(body.get("has_config_drive")),
        }
        if body.get("key_name"):
            ids["keyPair"] = properties["keyPair"] = str(body["key_name"])
        groups = [
            t for t in self._things if t.type == kinds.SERVER_GROUP and body["id"] in (t.body.get("member_ids") or ())
        ]
        if groups:
            ids["schedulerHints[0].group"] = groups[0].identifier
            properties["schedulerHints"] = [{"group": groups[0].identifier}]
        return properties, ids

    def _boot(self, server: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The volume that it starts from, in the words in which it was asked for."""
        ends = {one.get("id"): one.get("delete_on_termination") for one in server.get("attached_volumes") or ()}
        for thing in self._things:
            attached = [one.get("server_id") for one in thing.body.get("attachments") or ()]
            if thing.type == kinds.VOLUME and server["id"] in attached and thing.body.get("is_bootable"):
                meta, told = thing.body.get("volume_image_metadata") or {}, ends.get(thing.identifier)
                return [
                    {
                        "sourceType": "image",
                        "destinationType": "volume",
                        "bootIndex": 0,
                        "uuid": str(meta.get("image_id", "")),
                        "volumeType": thing.body.get("volume_type") or "",
                        "deleteOnTermination": NOT_OBSERVABLE if told is None else told,
                    }
                ]
        return []

    def _volume(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """Its type's name counts only where Cinder says that this very volume is encrypted."""
        told = body.get("volume_type") if body.get("is_encrypted") is True else ""
        return {"size": body.get("size"), "volumeType": told or ""}, {}

    def _links(self, volume: Thing, subject: str) -> Iterator[Fact]:
        """Its attachments. One to another machine than the disk's own is nobody's."""
        for one in volume.body.get("attachments") or ():
            server = str(one.get("server_id"))
            wanted = subject.partition("/disks/")[0]
            planned = bool(subject) and self._subjects.get((kinds.INSTANCE, server)) == wanted
            name = f"{subject}/link" if planned else f"{server}/{volume.identifier}"
            ids = {"volumeId": volume.identifier, "instanceId": server}
            yield self._fact(kinds.ATTACHMENT, f"{server}/{volume.identifier}", name if planned else "", dict(ids), ids)

    def _placement(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        policy = body.get("policy") or next(iter(body.get("policies") or ()), "")
        return {"policies": str(policy)}, {}

    def _bucket(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        return buckets.properties(live.store(self._account), str(body["Name"])), {}


_INNER = {"port": kinds.PORT, "uuid": kinds.NETWORK, "group": kinds.SERVER_GROUP}


def _urn(kind: str, identifier: str) -> str:
    """What findings name the thing by: `openstack:Network:<id>`."""
    return f"{kind.split(':')[0]}:{kind.rsplit(':', 1)[-1]}:{identifier}"


def _leaf(key: str) -> str:
    """`subnetId` of `fixedIps[0].subnetId`, `securityGroupIds` of `securityGroupIds[0]`."""
    return key.rsplit(".", 1)[-1].split("[")[0]


def rank(subject: str) -> tuple[int, str]:
    """A machine's own interface, then those on links, then the one on the Internet: as the adapter gives them."""
    place = 0 if subject.endswith("/nic") else 1 if "/links/" in subject else 2 if subject.endswith("/address") else 3
    return place, subject


def _content(zone: str, direction: Any, protocol: Any, first: Any, last: Any, cidr: Any) -> tuple[Any, ...]:
    known = as_protocol(protocol) if protocol is not None else "any"
    return (zone, str(direction), known, as_ports(known, first, last), as_range(cidr))


def _names(plan: plans.Plan) -> dict[tuple[str, str], str]:
    """(type, name) -> subject, of what OpenStack keeps no label for: the name is deterministic."""

    def name(*parts: str) -> str:
        return naming.of(plan.platform, plan.environment, *parts)

    found = {("s3:index:Bucket", name(one.bubble, one.name)): one.subject for one in plan.buckets}
    tiers = {machine.subject.rpartition("/")[0] for machine in plan.machines}
    if plan.bastion is not None:
        found[kinds.KEYPAIR, name(plan.bastion.subject)] = f"{plan.bastion.subject}/keypair"
        tiers.add(plan.bastion.subject)
    for tier in tiers:
        subject = f"{tier}/placement"
        found[kinds.SERVER_GROUP, name(*subject.split("/"))] = subject
    return found
