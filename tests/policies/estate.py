"""The resources that a plan becomes on Outscale, as the policy pack receives them: the compliant starting point.

Tests change one thing in it and look at what one rule says. Written by hand from the conventions between adapters and
rules, not from the adapter's code, so that a change on either side shows.
"""

from __future__ import annotations

import copy
import dataclasses
import functools
import json
from collections.abc import Callable
from typing import Any

from blueprint import loader, planner
from blueprint import plan as plans
from blueprint import stack as stacks
from blueprint import target as targets
from blueprint.facts import Fact
from blueprint.options import Options
from policies.context import Index
from policies.session import with_options
from providers.outscale import facts as outscale

REGION = "cloudgouv-eu-west-1"
ENDPOINTS = ("http://127.0.0.1:18080/api/v1", "https://127.0.0.1:18443")
OUTSCALE = {"region": REGION, "endpoint": ENDPOINTS[0]}
OOS = {"region": REGION, "endpoint": ENDPOINTS[1], "flavor": "oos"}


@dataclasses.dataclass
class Resource:
    """One resource; `uses` maps an input property to the names of the resources its ids come from."""

    kind: str
    name: str
    properties: dict[str, Any]
    provider: dict[str, Any]
    uses: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    options: Options | None = None
    """None for what adapters ask of the engine: what holds data is protected, no change is ignored."""

    @property
    def told(self) -> Options:
        """The options that the engine shows."""
        return self.options or Options(protect=self.kind in ("outscale:index:Volume", "s3:index:Bucket"), ignored=())

    @property
    def urn(self) -> str:
        return urn(self.kind, self.name)


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:stack::rempart::{kind}::{name}"


class Estate:
    """Resources by name; a name is a subject."""

    def __init__(self, plan: plans.Plan) -> None:
        self.plan = plan
        self.resources: dict[str, Resource] = {}
        self.read: tuple[str, ...] = ()
        """Stacks that are only read: the engine names them where ids come from, and never among the resources."""
        self._build()

    def copy(self, kept: Callable[[Resource], bool] = lambda _one: True) -> Estate:
        """Of those that are kept. One level deep: tests replace a property's value, they never change it in place."""
        made = copy.copy(self)
        made.resources = {
            name: Resource(one.kind, one.name, dict(one.properties), dict(one.provider), dict(one.uses), one.options)
            for name, one in self.resources.items()
            if kept(one)
        }
        return made

    def __getitem__(self, name: str) -> Resource:
        return self.resources[name]

    def first(self, kind: str, **having: Any) -> Resource:
        """The first resource of a kind whose properties have those values."""
        return next(
            one
            for one in self.resources.values()
            if one.kind.endswith(f":{kind}") and all(one.properties.get(key) == value for key, value in having.items())
        )

    def fact(self, name: str) -> Fact:
        one = self.resources[name]
        return with_options(outscale.fact(one.kind, one.urn, one.name, one.properties, one.provider), one.told)

    def facts(self) -> list[Fact]:
        """All of them, with what the engine knows of where ids come from."""
        by_name = {name: urn(stacks.REFERENCE, name) for name in self.read}
        by_name |= {name: one.urn for name, one in self.resources.items()}
        return [
            outscale.fact(
                one.kind,
                one.urn,
                one.name,
                one.properties,
                one.provider,
                {key: tuple(by_name[name] for name in names if name in by_name) for key, names in one.uses.items()},
            )
            for one in self.resources.values()
        ]

    def add(
        self,
        kind: str,
        subject: str,
        brick: str | None = None,
        references: dict[str, str] | None = None,
        uses: dict[str, tuple[str, ...]] | None = None,
        **properties: Any,
    ) -> None:
        token = kind if ":" in kind else f"outscale:index:{kind}"
        given = {"subject": subject, "references": references or {}, **properties}
        if brick is not None:
            given["tags"] = self.tags(subject, brick)
        provider = OOS if token.startswith("s3:") else OUTSCALE
        self.resources[subject] = Resource(token, subject, given, dict(provider), uses or {})

    def tags(self, subject: str, brick: str) -> dict[str, str]:
        bubble = Index(self.plan).bubble_of(subject)
        end = bubble.project.end if bubble and bubble.project else None
        return {
            "Name": subject.replace("/", "-"),
            "rempart:platform": self.plan.platform,
            "rempart:environment": self.plan.environment,
            "rempart:subject": subject,
            "rempart:bubble": bubble.name if bubble else "platform",
            "rempart:brick": brick,
            "rempart:data_class": bubble.data_class if bubble else "none",
            "rempart:owner": bubble.owner if bubble else "platform",
            "rempart:project_end": end.isoformat() if end else "none",
        }

    def _build(self) -> None:
        self.resources["stack"] = Resource("pulumi:pulumi:Stack", "stack", {}, {})
        self.resources["outscale"] = Resource("pulumi:providers:outscale", "outscale", dict(OUTSCALE), {})
        self.resources["oos"] = Resource("pulumi:providers:s3", "oos", dict(OOS), {})
        for bubble in self.plan.bubbles:
            self._network(bubble)
        self._gateways()
        self._rules()
        self._peerings()
        self._routes()
        for machine in self.plan.machines:
            self._machine(machine, "compute")
        for bucket in self.plan.buckets:
            self._bucket(bucket)
        self._bastion()

    def _network(self, bubble: plans.Bubble) -> None:
        home = {"netId": bubble.subject}
        uses = {"netId": (bubble.subject,)}
        self.add("Net", bubble.subject, "network", ipRange=bubble.cidr, emptyDefaultSecurityGroup=True)
        component = f"components/{bubble.name}"
        self.resources[component] = Resource(
            "rempart:components:NetworkSegmentation", component, {"subject": bubble.subject, "bubble": bubble.name}, {}
        )
        for zone in bubble.zones:
            group, table = f"{zone.subject}/filter", f"{zone.subject}/table"
            self.add(
                "SecurityGroup", group, "network", home, uses, netId="vpc-1", securityGroupName=zone.name,
                description=group, implicitRulesRemoved=True,
            )  # fmt: skip
            self.add("RouteTable", table, "network", home, uses, netId="vpc-1")
            for subnet in zone.subnets:
                self.add(
                    "Subnet", subnet.subject, "network", home, uses, netId="vpc-1", ipRange=subnet.cidr,
                    subregionName=f"{subnet.region}{subnet.az}", mapPublicIpOnLaunch=False,
                )  # fmt: skip
                self.add(
                    "RouteTableLink",
                    f"{subnet.subject}/table-link",
                    None,
                    {"routeTableId": table, "subnetId": subnet.subject},
                    {"routeTableId": (table,), "subnetId": (subnet.subject,)},
                    routeTableId="rtb-1",
                    subnetId="subnet-1",
                )

    def _gateways(self) -> None:
        for gateway in self.plan.gateways:
            home = f"bubbles/{gateway.bubble}"
            if gateway.via is plans.Via.INTERNET:
                self.add("InternetService", gateway.subject, "network")
                self.add(
                    "InternetServiceLink",
                    f"{gateway.subject}/link",
                    None,
                    {"internetServiceId": gateway.subject, "netId": home},
                    {"internetServiceId": (gateway.subject,), "netId": (home,)},
                    internetServiceId="igw-1",
                    netId="vpc-1",
                )
            else:
                address = f"{gateway.subject}/address"
                subnet = Index(self.plan).zones[gateway.zone or ""].subnets[0].subject
                self.add("PublicIp", address, "network")
                self.add(
                    "NatService",
                    gateway.subject,
                    "network",
                    {"subnetId": subnet, "publicIpId": address},
                    {"subnetId": (subnet,), "publicIpId": (address,)},
                    subnetId="subnet-1",
                    publicIpId="eipalloc-1",
                )

    def _rules(self) -> None:
        for rule in self.plan.rules:
            group = f"{rule.zone}/filter"
            self.add(
                "SecurityGroupRule",
                rule.subject,
                None,
                {"securityGroupId": rule.zone},
                {"securityGroupId": (group,)},
                securityGroupId="sg-1",
                flow="Inbound" if rule.direction is plans.Direction.INGRESS else "Outbound",
                ipProtocol=rule.protocol,
                fromPortRange=float(rule.from_port),
                toPortRange=float(rule.to_port),
                ipRange=rule.cidr,
            )

    def _peerings(self) -> None:
        for peering in self.plan.peerings:
            a, b = f"bubbles/{peering.a}", f"bubbles/{peering.b}"
            self.add(
                "NetPeering",
                peering.subject,
                "network",
                {"sourceNetId": a, "accepterNetId": b},
                {"sourceNetId": (a,), "accepterNetId": (b,)},
                sourceNetId="vpc-1",
                accepterNetId="vpc-2",
            )
            self.add(
                "NetPeeringAcceptation",
                f"{peering.subject}/acceptation",
                None,
                {"netPeeringId": peering.subject},
                {"netPeeringId": (peering.subject,)},
                netPeeringId="pcx-1",
            )

    def _routes(self) -> None:
        keys = {"internet": "gatewayId", "nat": "natServiceId", "peering": "netPeeringId"}
        for route in self.plan.routes:
            key, table = keys[route.via], f"{route.zone}/table"
            self.add(
                "Route",
                route.subject,
                None,
                {"routeTableId": table, key: route.target},
                {"routeTableId": (table,), key: (route.target,)},
                routeTableId="rtb-1",
                destinationIpRange=route.destination,
                **{key: "id-1"},
            )

    def _machine(self, machine: plans.Machine, brick: str, **more: Any) -> None:
        nic, group = f"{machine.subject}/nic", f"{machine.zone}/filter"
        self.add(
            "Nic",
            nic,
            brick,
            {"subnetId": machine.subnet, "securityGroupIds[0]": group},
            {"subnetId": (machine.subnet,), "securityGroupIds": (group,)},
            subnetId="subnet-1",
            securityGroupIds=["sg-1"],
            description=machine.subject,
        )
        self.add(
            "Vm",
            machine.subject,
            brick,
            {"nics[0].nicId": nic},
            {"nics": (nic,)},
            imageId="ami-51bd0012",
            vmType="tinav6.c2r4p2",
            nics=[{"nicId": "eni-1", "deviceNumber": 0.0}],
            placementSubregionName=f"{self.plan.region}{machine.az}",
            userData=machine.user_data or None,
            **more,
        )
        for disk in machine.disks:
            self.add("Volume", disk.subject, brick, subregionName=f"{self.plan.region}{machine.az}", size=disk.size_gib)
            self.add(
                "VolumeLink",
                f"{disk.subject}/link",
                None,
                {"volumeId": disk.subject, "vmId": machine.subject},
                {"volumeId": (disk.subject,), "vmId": (machine.subject,)},
                volumeId="vol-1",
                vmId="i-1",
                deviceName="/dev/xvdb",
            )

    def _bucket(self, bucket: plans.Bucket) -> None:
        name = bucket.subject.replace("/", "-")
        self.add(
            "s3:index:Bucket",
            bucket.subject,
            "storage",
            bucket=name,
            acl="public-read" if bucket.public else "private",
            versioning=bucket.versioning,
            encryption={"algorithm": "AES256"},
            policy=json.dumps(deny_plaintext(name)) if bucket.deny_plaintext else None,
            objectLock={"mode": "COMPLIANCE", "days": bucket.lock_days} if bucket.lock_days else None,
            lifecycleRules=[
                {
                    "id": "rempart",
                    "prefix": "",
                    "expirationDays": bucket.expire_days,
                    "noncurrentExpirationDays": bucket.noncurrent_expire_days,
                    "abortMultipartDays": 7,
                }
            ],
            forceDestroy=False,
        )

    def _bastion(self) -> None:
        if self.plan.bastion is None:
            return
        self.add("Keypair", "bastion/keypair", "bastion", keypairName="k", publicKey="ssh-ed25519 AAAA")
        for machine in self.plan.bastion.machines:
            self._machine(machine, "bastion", keypairName="k")
            self[machine.subject].properties["references"]["keypairName"] = "bastion/keypair"
            self[machine.subject].uses["keypairName"] = ("bastion/keypair",)
            if self.plan.bastion.access == "declared_ranges":
                address = f"{machine.subject}/address"
                self.add("PublicIp", address, "bastion")
                self.add(
                    "PublicIpLink",
                    f"{address}/link",
                    None,
                    {"publicIpId": address, "vmId": machine.subject},
                    {"publicIpId": (address,), "vmId": (machine.subject,)},
                    publicIpId="eipalloc-1",
                    vmId="i-1",
                )


def deny_plaintext(name: str) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }


@functools.lru_cache(maxsize=8)
def plan_of(platform: str = "emc2") -> plans.Plan:
    return planner.plan(loader.load(loader.find(platform)), targets.load("outscale-sandbox"), "dev")


@functools.lru_cache(maxsize=8)
def _estate_of(platform: str) -> Estate:
    return Estate(plan_of(platform))


def estate_of(platform: str = "emc2") -> Estate:
    """A fresh copy: tests change it."""
    return _estate_of(platform).copy()
