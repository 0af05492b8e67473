"""An Outscale account as neutral facts: what the API lists, through the same mapping that the pack uses.

A thing's subject is its tag's; what an id points at is found by following the id through the API's own answers. Rules
of a group and routes of a table carry no tag: they are those of the plan where every value is the plan's.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from blueprint import plan as plans
from blueprint.facts import AccessKey, Fact
from blueprint.properties import as_protocol
from blueprint.values import NOT_OBSERVABLE
from providers import buckets, observation
from providers.outscale import facts, live, reach
from providers.outscale.live import Account, Thing
from providers.outscale.planned import Planned

EXPECTED = (
    "networks",
    "segments",
    "filters",
    "rules",
    "tables",
    "table-links",
    "routes",
    "gateways",
    "peerings",
    "acceptations",
    "interfaces",
    "machines",
    "disks",
    "disk-links",
    "buckets",
)
"""Parts of a plan that this provider's adapter makes one thing of each from: all must be found."""

READER = ("OSC_READER_ACCESS_KEY", "OSC_READER_SECRET_KEY")
"""Keys set aside for reading, where there are some."""
DEPLOYER = ("OSC_ACCESS_KEY", "OSC_SECRET_KEY")
NEEDED = ("OSC_ENDPOINT_API", "OOS_ENDPOINT")
TARGETS = {"NatServiceId": "natServiceId", "NetPeeringId": "netPeeringId", "GatewayId": "gatewayId", "NicId": "nicId"}
"""How a route may leave, first match first: a route to a machine names its interface too."""


def account(env: Mapping[str, str], region: str) -> Account:
    """The reader's credentials where there are some, else the deployer's.

    Object storage knows root keys only: it is read with the deployer's, whatever reads the rest.
    """
    observation.whole_or_none(READER, env)
    names = READER if env.get(READER[0]) else DEPLOYER
    missing = [name for name in (*names, *NEEDED, *DEPLOYER) if not env.get(name)]
    if missing:
        raise observation.Unreachable(
            f"{', '.join(dict.fromkeys(missing))} must be in the environment to read the account: "
            "`rempart sandbox up` and `make shell` set them for the sandbox"
        )
    return Account(
        region=region,
        access_key=env[names[0]],
        secret_key=env[names[1]],
        oapi=env[NEEDED[0]],
        oos=env[NEEDED[1]],
        ca_bundle=env.get("AWS_CA_BUNDLE") or None,
        store_keys=(env[DEPLOYER[0]], env[DEPLOYER[1]]),
        credentials=names[0],
    )


def endpoints(account: Account) -> Mapping[str, str]:
    return {"api": account.oapi, "storage": account.oos}


def authority(account: Account) -> str | None:
    return account.ca_bundle


def identity(account: Account) -> observation.Identity:
    """The account that the API says the key belongs to."""
    with live.reaching(account):
        answer = live.client(account).api("ReadAccounts")
    found = [str(one.get("AccountId", "")) for one in answer.get("Accounts", ())]
    return observation.Identity(", ".join(found), account.credentials, account.credentials == READER[0])


def observe(account: Account, plan: plans.Plan, known: Sequence[str]) -> observation.Observed:
    with live.reaching(account):
        things = live.read(account)
        return _Reading(account, plan, things, frozenset(known)).observed()


def flows(account: Account, plan: plans.Plan) -> observation.FlowObserver:
    with live.reaching(account):
        return reach.Observer(live.read(account), plan)


@dataclasses.dataclass(frozen=True)
class _Made:
    """One resource as the plugin would declare it.

    `identifier` is the one by which the engine imports it. `ids`: input property -> id that it holds. `inside` is the
    subject of the tagged thing that holds it, so that what nobody declared is still placed in the blueprint.
    """

    type: str
    identifier: str
    subject: str | None
    properties: Mapping[str, Any]
    ids: Mapping[str, str] = dataclasses.field(default_factory=dict)
    inside: str = ""

    @property
    def name(self) -> str:
        return self.subject or (f"{self.inside}/{self.identifier}" if self.inside else self.identifier)


class _Reading:
    """One reading of the account, sorted into the platform's, nobody's and other platforms'."""

    def __init__(self, account: Account, plan: plans.Plan, things: tuple[Thing, ...], known: frozenset[str]) -> None:
        self._account = account
        self._things = things
        self._beside = [thing for thing in things if not thing.platform and not live.orphan(thing, things)]
        rest = [thing for thing in things if thing.platform or live.orphan(thing, things)]
        claimed = (plan.platform, plan.environment)
        self._ours = [thing for thing in rest if _owner(thing) == claimed]
        ids = {thing.identifier for thing in self._ours} | {str(t.body.get("KeypairName")) for t in self._ours}
        self._others = [
            thing
            for thing in rest
            if thing.platform in known and _owner(thing) != claimed and not _mentions(thing.body, ids)
        ]
        elsewhere = {thing.identifier for thing in (*self._ours, *self._others)}
        self._unmanaged = [thing for thing in rest if thing.identifier not in elsewhere]
        self._subjects = {_key(thing): thing.tags.get("rempart:subject", "") for thing in self._ours}
        self._planned = Planned(plan)

    def observed(self) -> observation.Observed:
        made = [one for thing in (*self._ours, *self._unmanaged) for one in self._resources(thing)]
        made += [one for thing in self._beside if thing.kind == "RouteTable" for one in self._routes(thing)]
        types = {(one.type.rsplit(":", 1)[-1], _pointed_at_by(one)): _urn(one) for one in made}
        return observation.Observed(
            facts=(*self._providers(), *(self._fact(one, types) for one in made)),
            unmanaged=tuple(f"{thing.kind} {thing.identifier}" for thing in self._unmanaged),
            others=dict(Counter(".".join(_owner(thing)) for thing in self._others)),
            expected=EXPECTED,
            beside=len(self._beside),
        )

    def _providers(self) -> Iterator[Fact]:
        for name, url in (("outscale", self._account.oapi), ("s3", self._account.oos)):
            kind = f"pulumi:providers:{name}"
            yield facts.fact(kind, kind, name, {"region": self._account.region, "endpoint": url})

    def _fact(self, one: _Made, urns: Mapping[tuple[str, str], str]) -> Fact:
        """The neutral fact; what each id points at is what the API lists under that id."""
        references: dict[str, str] = {}
        dependencies: dict[str, tuple[str, ...]] = {}
        for key, identifier in one.ids.items():
            kind = facts.EXTERNAL_ID[_leaf(key)].rsplit(":", 1)[-1]
            references[key] = self._subjects.get((kind, identifier)) or f"unmanaged {identifier}"
            base = key.split("[")[0].split(".")[0]
            if (kind, identifier) in urns:
                dependencies[base] = (*dependencies.get(base, ()), urns[kind, identifier])
        properties = {**one.properties, "references": references, "subject": one.subject}
        provider = {"region": self._account.region}
        fact = facts.fact(one.type, _urn(one), one.name, properties, provider, dependencies)
        if isinstance(fact, AccessKey):  # the API shows a fingerprint, whoever made the pair
            return dataclasses.replace(fact, given=NOT_OBSERVABLE)
        return fact

    def _resources(self, thing: Thing) -> Iterator[_Made]:
        """The thing, and what the API shows inside it that the plan counts by itself: rules, routes, links."""
        subject = thing.tags.get("rempart:subject") or None
        ours = subject if thing in self._ours else None
        build = getattr(self, f"_{thing.kind.lower()}")
        properties, ids = build(thing.body)
        if "tags" not in properties:
            properties = {**properties, "tags": dict(thing.tags)}
        yield _Made(_type(thing.kind), thing.identifier, ours, properties, ids)
        yield from self._parts(thing, ours or "")

    def _parts(self, thing: Thing, subject: str) -> Iterator[_Made]:
        body, name = thing.body, thing.identifier
        if thing.kind == "SecurityGroup":
            yield from self._rules(thing, subject)
        elif thing.kind == "RouteTable":
            yield from self._routes(thing, subject)
            for link in body.get("LinkRouteTables", ()):
                if subnet := link.get("SubnetId"):
                    linked = self._subjects.get(("Subnet", subnet))
                    ids = {"routeTableId": name, "subnetId": subnet}
                    whole = linked and f"{linked}/table-link"
                    yield _Made(_type("RouteTableLink"), subnet, whole, _plain(ids), ids, subject)
        elif thing.kind == "InternetService" and body.get("NetId"):
            ids = {"internetServiceId": name, "netId": body["NetId"]}
            yield _Made(_type("InternetServiceLink"), name, f"{subject}/link", _plain(ids), ids)
        elif thing.kind == "NetPeering" and live.state(body) == "active":
            ids = {"netPeeringId": name}
            yield _Made(_type("NetPeeringAcceptation"), name, f"{subject}/acceptation", _plain(ids), ids)
        elif thing.kind == "PublicIp" and (body.get("VmId") or body.get("NicId")):
            ids = {"publicIpId": name, **({"vmId": body["VmId"]} if body.get("VmId") else {"nicId": body["NicId"]})}
            yield _Made(_type("PublicIpLink"), name, f"{subject}/link", _plain(ids), ids)
        elif thing.kind == "Volume":
            for link in body.get("LinkedVolumes", ()):
                ids = {"volumeId": name, "vmId": link["VmId"]}
                yield _Made(_type("VolumeLink"), name, f"{subject}/link", _plain(ids), ids)

    def _rules(self, group: Thing, subject: str) -> Iterator[_Made]:
        zone = subject.removesuffix("/filter")
        for side, flow in (("InboundRules", "Inbound"), ("OutboundRules", "Outbound")):
            for rule in group.body.get(side, ()):
                members = [None] * len(rule.get("SecurityGroupsMembers", ()))
                for cidr in (*rule.get("IpRanges", ()), *members):
                    protocol, first, last = rule["IpProtocol"], rule.get("FromPortRange"), rule.get("ToPortRange")
                    content = (group.identifier, flow, protocol, first, last, cidr or "a group")
                    yield _Made(
                        _type("SecurityGroupRule"),
                        "_".join(map(str, content)),
                        self._planned.rule(zone, flow, protocol, first, last, cidr),
                        {
                            "securityGroupId": group.identifier,
                            "flow": flow,
                            "ipProtocol": protocol,
                            "fromPortRange": first,
                            "toPortRange": last,
                            "ipRange": cidr,
                        },
                        {"securityGroupId": group.identifier},
                        zone,
                    )

    def _routes(self, table: Thing, subject: str = "") -> Iterator[_Made]:
        zone = subject.removesuffix("/table")
        for route in table.body.get("Routes", ()):
            if route.get("GatewayId") == "local" or route.get("State") != "active":
                continue
            ids = {"routeTableId": table.identifier}
            key = next((key for key in TARGETS if route.get(key)), None)
            if key is not None:
                ids[TARGETS[key]] = route[key]
            destination = route.get("DestinationIpRange", "")
            yield _Made(
                _type("Route"),
                f"{table.identifier}_{destination}",
                self._planned.routes.get((zone, destination)),
                {**ids, "destinationIpRange": destination},
                ids,
                zone,
            )

    def _net(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        defaults = [
            thing.body
            for thing in self._things
            if thing.kind == "SecurityGroup"
            and thing.body.get("NetId") == body["NetId"]
            and thing.body["SecurityGroupName"] == "default"
        ]
        emptied = not any(group.get("InboundRules") or group.get("OutboundRules") for group in defaults)
        return {"ipRange": body["IpRange"], "emptyDefaultSecurityGroup": emptied}, {}

    def _subnet(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        ids = {"netId": body["NetId"]}
        more = {
            "ipRange": body["IpRange"],
            "subregionName": body["SubregionName"],
            "mapPublicIpOnLaunch": body.get("MapPublicIpOnLaunch", False),
        }
        return {**ids, **more}, ids

    def _securitygroup(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        ids = {"netId": body["NetId"]} if body.get("NetId") else {}
        born_with = any(
            as_protocol(rule["IpProtocol"]) == "any" and "0.0.0.0/0" in rule.get("IpRanges", ())
            for rule in body.get("OutboundRules", ())
        )
        return {**ids, "implicitRulesRemoved": not born_with}, ids

    def _routetable(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        ids = {"netId": body["NetId"]}
        return _plain(ids), ids

    def _internetservice(self, _body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        return {}, {}

    def _natservice(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        ids = {"subnetId": body["SubnetId"]}
        if body.get("PublicIps"):
            ids["publicIpId"] = body["PublicIps"][0]["PublicIpId"]
        return _plain(ids), ids

    def _netpeering(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        source, accepter = body["SourceNet"], body["AccepterNet"]
        ids = {"sourceNetId": source["NetId"], "accepterNetId": accepter["NetId"]}
        foreign = source.get("AccountId") != accepter.get("AccountId")
        return {**ids, **({"accepterOwnerId": accepter.get("AccountId", "another")} if foreign else {})}, ids

    def _publicip(self, _body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        return {}, {}

    def _nic(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        groups = [group["SecurityGroupId"] for group in body.get("SecurityGroups", ())]
        ids = {"subnetId": body["SubnetId"], **{f"securityGroupIds[{n}]": group for n, group in enumerate(groups)}}
        return {"subnetId": body["SubnetId"], "securityGroupIds": groups}, ids

    def _keypair(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        return {"keypairName": body["KeypairName"]}, {}

    def _vm(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        cards = [{"nicId": nic["NicId"]} for nic in body.get("Nics", ())]
        ids = {f"nics[{n}].nicId": card["nicId"] for n, card in enumerate(cards)}
        properties = {
            "imageId": body["ImageId"],
            "vmType": body["VmType"],
            "placementSubregionName": body["Placement"]["SubregionName"],
            "userData": body.get("UserData", ""),
            "nics": cards,
        }
        if body.get("KeypairName"):
            ids["keypairName"] = properties["keypairName"] = body["KeypairName"]
        return properties, ids

    def _volume(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        origin = {"snapshotId": body["SnapshotId"]} if body.get("SnapshotId") else {}
        return {"size": body["Size"], "subregionName": body["SubregionName"], **origin}, {}

    def _bucket(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        return buckets.properties(live.store(self._account), body["Name"]), {}


def _owner(thing: Thing) -> tuple[str, str]:
    return thing.platform, thing.tags.get("rempart:environment", "")


def _mentions(value: Any, ids: Iterable[str]) -> bool:
    """Whether a body holds one of `ids`: another platform's thing that touches this one is nobody's."""
    if isinstance(value, str):
        return value in ids
    if isinstance(value, Mapping):
        return any(_mentions(item, ids) for item in value.values())
    return isinstance(value, list | tuple) and any(_mentions(item, ids) for item in value)


def _key(thing: Thing) -> tuple[str, str]:
    """A keypair is pointed at by its name, everything else by its id."""
    return thing.kind, str(thing.body["KeypairName"]) if thing.kind == "Keypair" else thing.identifier


def _pointed_at_by(one: _Made) -> str:
    return str(one.properties["keypairName"]) if one.type.endswith(":Keypair") else one.identifier


def _leaf(key: str) -> str:
    """`nicId` of `nics[0].nicId`, `securityGroupIds` of `securityGroupIds[0]`."""
    return key.rsplit(".", 1)[-1].split("[")[0]


def _type(kind: str) -> str:
    return "s3:index:Bucket" if kind == "Bucket" else f"outscale:index:{kind}"


def _urn(one: _Made) -> str:
    """What findings name the thing by: the provider's own kind and id."""
    return f"{one.type.replace(':index', '')}:{one.identifier}"


def _plain(ids: Mapping[str, str]) -> dict[str, Any]:
    return dict(ids)
