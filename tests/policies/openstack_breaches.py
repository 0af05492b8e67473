"""What a hand or a defect may break in what OpenStack's adapter registers, and the rule that must answer."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from blueprint.values import UNKNOWN
from policies.verdicts import State

MACHINE = "bubbles/warehouse/tiers/omop/1"
NIC, LINK = f"{MACHINE}/nic", f"{MACHINE}/links/administration--warehouse"
ADDRESS = "bastion/1/address"
SUBNET = "bubbles/warehouse/zones/omop/az/nova-vm"
PEERING = "peerings/administration--warehouse"
ARCHIVE = "bubbles/warehouse/buckets/archive"
RULE = "flows/queries-a/ingress/project-a.data/1"


@dataclasses.dataclass(frozen=True)
class Breach:
    """`change` edits the inputs that the adapter registers for `on`; `rule` must answer `state` with `says`."""

    name: str
    layer: str
    on: str
    change: Callable[[dict[str, Any]], Any]
    rule: str
    says: str = ""
    state: State = State.NON_CONFORM
    routers: bool = False

    def __str__(self) -> str:
        return self.name


def to(**values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda inputs: inputs.update(values)


def without(key: str) -> Callable[[dict[str, Any]], object]:
    return lambda inputs: inputs.pop(key, None)


def saying(**references: str) -> Callable[[dict[str, Any]], None]:
    """Changes what tags or metadata say that the resource points at."""

    def change(inputs: dict[str, Any]) -> None:
        for key, subject in references.items():
            name = f"rempart:ref:{key.replace('__', '.')}"
            if "metadata" in inputs:
                inputs["metadata"] = {**inputs["metadata"], name: subject}
            else:
                kept = [tag for tag in inputs["tags"] if not tag.startswith(f"{name}=")]
                inputs["tags"] = [*kept, f"{name}={subject}"]

    return change


def born(**values: Any) -> Callable[[dict[str, Any]], None]:
    """Changes the volume that a server starts from; None takes a property away."""

    def change(inputs: dict[str, Any]) -> None:
        (device,) = inputs["blockDevices"]
        assert set(values) <= set(device)
        inputs["blockDevices"] = [{key: value for key, value in {**device, **values}.items() if value is not None}]

    return change


BREACHES = [
    Breach("port security off on a port", "compute", NIC, to(portSecurityEnabled=False), "NET-03", "port security"),
    Breach(
        "port security unknown on a port",
        "compute",
        NIC,
        to(portSecurityEnabled=UNKNOWN),
        "NET-03",
        "not known",
        State.NOT_OBSERVABLE,
    ),
    Breach(
        "an address pair on a port",
        "compute",
        NIC,
        to(allowedAddressPairs=[{"ipAddress": "0.0.0.0/0"}]),
        "NET-03",
        "other addresses",
    ),
    Breach(
        "an address pair on a link",
        "compute",
        LINK,
        to(allowedAddressPairs=[{"ipAddress": "10.64.0.9"}]),
        "NET-03",
        "other addresses",
    ),
    Breach(
        "a port with fields of any name",
        "compute",
        NIC,
        to(valueSpecs={"port_security_enabled": "false"}),
        "GOV-01",
        "no rule reads valueSpecs",
    ),
    Breach(
        "fields that nobody knows yet", "compute", NIC, to(valueSpecs=UNKNOWN), "GOV-01", "no rule reads valueSpecs"
    ),
    Breach(
        "a tag told twice, the second time with a lie",
        "compute",
        NIC,
        lambda inputs: inputs.update(tags=[*inputs["tags"], "rempart:data_class=none"]),
        "GOV-02",
        "data_class",
    ),
    Breach("a port without groups", "compute", LINK, to(securityGroupIds=[]), "NET-03", "default one"),
    Breach("a port that wants no groups", "compute", NIC, to(noSecurityGroups=True), "NET-03", "default one"),
    Breach("a port that keeps the default group", "compute", NIC, without("securityGroupIds"), "NET-03", "default one"),
    Breach(
        "port security off on Ext-Net", "bastion", ADDRESS, to(portSecurityEnabled=False), "NET-09", "port security"
    ),
    Breach("no group on Ext-Net", "bastion", ADDRESS, to(securityGroupIds=[]), "NET-09", "behind the filter"),
    Breach("a machine of a data zone on Ext-Net", "compute", NIC, saying(networkId="internet"), "GOV-01"),
    Breach(
        "a port on a link that it has no flow for",
        "compute",
        LINK,
        saying(networkId="peerings/export--project-a"),
        "GOV-09",
        "segment",
    ),
    Breach(
        "a port in another segment",
        "compute",
        NIC,
        saying(fixedIps__0__subnetId="bubbles/export/zones/gate/az/nova-vm"),
        "GOV-09",
        "segment",
    ),
    Breach(
        "a network whose ports go unfiltered",
        "network",
        "bubbles/warehouse",
        to(portSecurityEnabled=False),
        "NET-03",
        "keeps its rules",
    ),
    Breach(
        "a network shared with every project",
        "network",
        "bubbles/warehouse",
        to(shared=True),
        "NET-01",
        "other projects",
    ),
    Breach("a link shared with every project", "network", PEERING, to(shared=True), "NET-08", "another account"),
    Breach(
        "a link that no flow asks for",
        "network",
        PEERING,
        saying(a="bubbles/project-a", b="bubbles/project-b"),
        "NET-08",
        "two project bubbles",
    ),
    Breach(
        "a link under other addresses", "network", f"{PEERING}/{SUBNET}", to(cidr="10.64.200.0/24"), "NET-08", "planned"
    ),
    Breach(
        "a segment of a zone without flows on a link",
        "network",
        f"{PEERING}/{SUBNET}",
        saying(networkId="peerings/export--project-a"),
        "NET-08",
    ),
    Breach("a gateway, hence a default route", "network", SUBNET, without("noGateway"), "NET-09", "default route"),
    Breach("a gateway given beside", "network", SUBNET, to(gatewayIp="10.64.17.1"), "NET-09", "default route"),
    Breach(
        "a group without connection state",
        "network",
        f"{SUBNET.partition('/az/')[0]}/filter",
        to(stateful=False),
        "NET-03*",
        "connection state",
    ),
    Breach(
        "a group that keeps its first rules",
        "network",
        f"{SUBNET.partition('/az/')[0]}/filter",
        without("deleteDefaultRules"),
        "NET-03*",
        "allow-all",
    ),
    Breach("a rule for every protocol", "network", RULE, without("protocol"), "NET-06", "protocol"),
    Breach(
        "a rule for every port",
        "network",
        RULE,
        lambda i: (i.pop("portRangeMin"), i.pop("portRangeMax")),
        "NET-06",
        "ports",
    ),
    Breach("a rule from everybody", "network", RULE, without("remoteIpPrefix"), "NET-04", "0.0.0.0/0"),
    Breach(
        "a rule from everybody by IPv6",
        "network",
        RULE,
        lambda i: (i.pop("remoteIpPrefix"), i.update(ethertype="IPv6")),
        "NET-04",
        "::/0",
    ),
    Breach(
        "a rule from a group",
        "network",
        RULE,
        lambda i: (i.pop("remoteIpPrefix"), i.update(remoteGroupId="x")),
        "GOV-09",
        "remoteGroupId",
    ),
    Breach("a rule that says no subject", "network", RULE, to(description=""), "GOV-01", "does not say"),
    Breach("a server without explicit port", "compute", MACHINE, to(networks=[{"uuid": "net-1"}]), "GOV-09"),
    Breach("a server on a network of Nova's choice", "compute", MACHINE, without("networks"), "GOV-09"),
    Breach(
        "a server with another machine's port",
        "compute",
        MACHINE,
        saying(networks__0__port="bastion/1/nic"),
        "GOV-09",
        "interface",
    ),
    Breach(
        "a server that nothing keeps apart", "compute", MACHINE, without("schedulerHints"), "CPT-01", "another host"
    ),
    Breach(
        "a group that brings machines together",
        "compute",
        "bubbles/warehouse/tiers/omop/placement",
        to(policies="affinity"),
        "CPT-01",
        "different hosts",
    ),
    Breach(
        "a secret in an injected file",
        "compute",
        MACHINE,
        to(personalities=[{"file": "/x", "content": "password: hunter2hunter2"}]),
        "CPT-05",
    ),
    Breach(
        "a volume of a type without encryption",
        "compute",
        f"{MACHINE}/disks/data",
        to(volumeType="public_standard"),
        "STO-01",
        "not encrypted",
    ),
    Breach("a volume of the default type", "compute", f"{MACHINE}/disks/data", without("volumeType"), "STO-01"),
    Breach(
        "a server that asks the network who it is",
        "compute",
        MACHINE,
        to(configDrive=False),
        "CPT-04",
        "of the network",
    ),
    Breach(
        "a server without a drive of its own", "compute", MACHINE, without("configDrive"), "CPT-04", "of the network"
    ),
    Breach(
        "a drive that is not known yet",
        "compute",
        MACHINE,
        to(configDrive=UNKNOWN),
        "CPT-04",
        "not known",
        State.NOT_OBSERVABLE,
    ),
    Breach("a server on a disk of its host", "compute", MACHINE, born(destinationType="local"), "CPT-04", "no volume"),
    Breach(
        "a server of another machine's copy", "compute", MACHINE, born(sourceType="snapshot"), "CPT-04", "no volume"
    ),
    Breach("a volume from which nothing starts", "compute", MACHINE, born(bootIndex=-1), "CPT-04", "no volume"),
    Breach("a server without block devices", "compute", MACHINE, without("blockDevices"), "CPT-04", "no volume"),
    Breach("a system disk in clear", "compute", MACHINE, born(volumeType="public_standard"), "CPT-04", "not encrypted"),
    Breach("a system disk of the default type", "compute", MACHINE, born(volumeType=None), "CPT-04", "not encrypted"),
    Breach("a system disk that stays", "compute", MACHINE, born(deleteOnTermination=False), "CPT-04", "stays"),
    Breach("one that stays by default", "compute", MACHINE, born(deleteOnTermination=None), "CPT-04", "stays"),
    Breach("a server of no image", "compute", MACHINE, born(uuid=None), "CPT-03", "which image"),
    Breach(
        "block devices that are not known yet",
        "compute",
        MACHINE,
        to(blockDevices=UNKNOWN),
        "CPT-04",
        "not known",
        State.NOT_OBSERVABLE,
    ),
    Breach(
        "a source that is not known yet",
        "compute",
        MACHINE,
        born(sourceType=UNKNOWN),
        "CPT-04",
        "not known",
        State.NOT_OBSERVABLE,
    ),
    Breach("a bastion that no key opens", "bastion", "bastion/1", without("keyPair"), "GOV-09", "key pair"),
    Breach("a pair that OpenStack makes", "bastion", "bastion/keypair", without("publicKey"), "BAS-02", "private half"),
    Breach(
        "a segment that hands out others' addresses",
        "network",
        SUBNET,
        to(allocationPools=[{"start": "10.64.64.1", "end": "10.64.80.9"}]),
        "NET-01",
        "outside its own range",
    ),
    Breach(
        "a link that hands out others' addresses",
        "network",
        f"{PEERING}/{SUBNET}",
        to(allocationPools=[{"start": "10.0.0.1", "end": "10.0.0.9"}]),
        "NET-08",
        "outside its own range",
    ),
    Breach(
        "half a range", "network", SUBNET, to(allocationPools=[{"start": "10.64.64.1"}]), "NET-01", "has the wrong type"
    ),
    Breach("a text for ranges", "network", SUBNET, to(allocationPools="10.64.64.0/24"), "NET-01", "has the wrong type"),
    Breach(
        "ranges that are not known yet",
        "network",
        SUBNET,
        to(allocationPools=UNKNOWN),
        "NET-01",
        "not known",
        State.NOT_OBSERVABLE,
    ),
    Breach("an archive without versions", "storage", ARCHIVE, to(versioning=False), "DAT-08", "versioning differs"),
    Breach(
        "a provider that signs in as another", "network", "openstack", to(cloud="other"), "SOV-03", "other credentials"
    ),
    Breach("a provider that says not where", "network", "openstack", without("authUrl"), "SOV-03", "left to a default"),
    Breach("a server in another region", "compute", MACHINE, to(region="pod1.bhs"), "SOV-03", "eu-west-bhs-snc"),
    Breach("a port in another region", "compute", NIC, to(region="pod1.bhs"), "GOV-01", "no rule knows"),
    Breach(
        "a provider that signs in elsewhere",
        "network",
        "openstack",
        to(authUrl="https://auth.example.org/v3"),
        "SOV-03",
        "endpoint",
    ),
    Breach(
        "a router to the Internet between bubbles",
        "network",
        PEERING,
        to(externalNetworkId="ext"),
        "NET-08",
        "another account",
        routers=True,
    ),
    Breach(
        "a router in a zone without flows",
        "network",
        f"{PEERING}/attachments/{SUBNET}",
        saying(fixedIps__0__subnetId="bubbles/export/zones/gate/az/nova-vm"),
        "NET-08",
        "no flow",
        routers=True,
    ),
    Breach(
        "a route to everywhere",
        "network",
        f"bubbles/warehouse/zones/omop/routes/10-64-80-0-20/az/nova-vm/via/{PEERING}",
        to(destinationCidr="0.0.0.0/0"),
        "NET-05",
        "way to the Internet",
        routers=True,
    ),
]
