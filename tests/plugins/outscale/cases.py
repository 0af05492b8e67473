"""For every kind: how to make one, a change in place if it has one, and inputs whose change replaces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.plugins.outscale.world import KEY, TAGS, World

ZONE = "cloudgouv-eu-west-1a"


@dataclass(frozen=True)
class Case:
    """`inputs` makes the surroundings and gives the inputs; `change` gives new inputs that need no replacement."""

    kind: str
    inputs: Callable[[World], dict[str, Any]]
    change: Callable[[World, dict[str, Any]], dict[str, Any]] | None = None
    replace: dict[str, Any] = field(default_factory=dict)
    tagged: bool = True


def _peering_inputs(world: World) -> dict[str, Any]:
    return {"sourceNetId": world.net("10.1.0.0/16"), "accepterNetId": world.net("10.2.0.0/16")}


def _route_inputs(world: World) -> dict[str, Any]:
    net = world.net()
    return {
        "routeTableId": world.table(net),
        "destinationIpRange": "0.0.0.0/0",
        "gatewayId": world.gateway(net),
    }


def _other_target(world: World, inputs: dict[str, Any]) -> dict[str, Any]:
    table = world.cloud.read(world.cloud.urn("RouteTable"), inputs["routeTableId"])[1]
    return {"gatewayId": None, "nicId": world.nic(world.subnet(table.values["netId"]))}


def _nat_inputs(world: World) -> dict[str, Any]:
    return {"subnetId": world.public_subnet(), "publicIpId": world.make("PublicIp").id}


def _link_inputs(world: World) -> dict[str, Any]:
    net = world.net()
    return {"routeTableId": world.table(net), "subnetId": world.subnet(net)}


def _other_table(world: World, inputs: dict[str, Any]) -> dict[str, Any]:
    subnets = world.cloud.read(world.cloud.urn("Subnet"), inputs["subnetId"])
    return {"routeTableId": world.table(subnets[1].values["netId"])}


def _public_ip_link_inputs(world: World) -> dict[str, Any]:
    subnet = world.public_subnet()
    return {"publicIpId": world.make("PublicIp").id, "vmId": world.vm(subnet)}


def _rule_inputs(world: World) -> dict[str, Any]:
    return {
        "securityGroupId": world.group(world.net()),
        "flow": "Inbound",
        "ipProtocol": "tcp",
        "fromPortRange": 443,
        "toPortRange": 443,
        "ipRange": "10.0.1.0/24",
    }


def _nic_inputs(world: World) -> dict[str, Any]:
    net = world.net()
    groups = [world.group(net, "one"), world.group(net, "two")]
    return {
        "subnetId": world.subnet(net),
        "securityGroupIds": groups,
        "description": "a card",
        "privateIps": [{"privateIp": "10.0.1.10", "isPrimary": True}],
    }


def _vm_inputs(world: World) -> dict[str, Any]:
    subnet = world.subnet()
    keypair = world.make("Keypair", keypairName="someone", publicKey=KEY)
    return {
        "imageId": world.image(),
        "vmType": "tinav5.c1r1p2",
        "keypairName": keypair.inputs["keypairName"],
        "userData": "#cloud-config\n# canary-4b1d\n",
        "placementSubregionName": ZONE,
        "nics": [{"nicId": world.nic(subnet), "deviceNumber": 0}],
    }


def _volume_link_inputs(world: World) -> dict[str, Any]:
    return {"volumeId": world.volume(), "vmId": world.vm(), "deviceName": "/dev/sdb"}


CASES = (
    Case(
        "Net",
        lambda world: {"ipRange": "10.0.0.0/16", "emptyDefaultSecurityGroup": True},
        replace={"ipRange": "10.1.0.0/16"},
    ),
    Case(
        "Subnet",
        lambda world: {"netId": world.net(), "ipRange": "10.0.1.0/24", "subregionName": ZONE},
        lambda world, inputs: {"mapPublicIpOnLaunch": True},
        {"ipRange": "10.0.2.0/24"},
    ),
    Case("InternetService", lambda world: {}),
    Case(
        "InternetServiceLink",
        lambda world: {"netId": world.net(), "internetServiceId": world.internet_service()},
        replace={"netId": "vpc-12345678"},
        tagged=False,
    ),
    Case("NatService", _nat_inputs, replace={"subnetId": "subnet-12345678"}),
    Case("PublicIp", lambda world: {}),
    Case("PublicIpLink", _public_ip_link_inputs, replace={"vmId": "i-12345678"}, tagged=False),
    Case("RouteTable", lambda world: {"netId": world.net()}, replace={"netId": "vpc-12345678"}),
    Case(
        "Route",
        _route_inputs,
        _other_target,
        {"destinationIpRange": "10.9.0.0/16"},
        tagged=False,
    ),
    Case("RouteTableLink", _link_inputs, _other_table, {"subnetId": "subnet-12345678"}, tagged=False),
    Case(
        "SecurityGroup",
        lambda world: {"netId": world.net(), "securityGroupName": "filter", "description": "a filter"},
        replace={"securityGroupName": "other"},
    ),
    Case("SecurityGroupRule", _rule_inputs, replace={"ipRange": "10.0.2.0/24"}, tagged=False),
    Case("NetPeering", _peering_inputs, replace={"accepterNetId": "vpc-12345678"}),
    Case(
        "NetPeeringAcceptation",
        lambda world: {"netPeeringId": world.peering()},
        replace={"netPeeringId": "pcx-12345678"},
        tagged=False,
    ),
    Case(
        "Nic",
        _nic_inputs,
        lambda world, inputs: {"securityGroupIds": inputs["securityGroupIds"][:1], "description": "another"},
        {"subnetId": "subnet-12345678"},
    ),
    Case("Keypair", lambda world: {"keypairName": "someone", "publicKey": KEY}, replace={"keypairName": "other"}),
    Case(
        "Vm",
        _vm_inputs,
        lambda world, inputs: {"vmType": "tinav5.c2r4p2", "deletionProtection": False},
        {"userData": "another"},
    ),
    Case(
        "Volume",
        lambda world: {"subregionName": ZONE, "size": 10, "volumeType": "gp2"},
        lambda world, inputs: {"size": 20},
        {"subregionName": "cloudgouv-eu-west-1b"},
    ),
    Case("VolumeLink", _volume_link_inputs, replace={"deviceName": "/dev/sdc"}, tagged=False),
)
CASE = {case.kind: case for case in CASES}


def inputs_of(case: Case, world: World) -> dict[str, Any]:
    """The inputs, with tags where there are tags, and what every kind takes."""
    inputs = {**case.inputs(world), "subject": "bubbles/a", "references": {"netId": "bubbles/a"}}
    return {**inputs, "tags": TAGS} if case.tagged else inputs
