"""Things that several tests need, made through the API as a client would."""

from __future__ import annotations

import base64
import time
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.sandbox.outscale.server import REGION, Server

ZONE_A, ZONE_B = REGION + "a", REGION + "b"
IMAGE = "ami-51bd0012"


def net(server: Server, block: str = "10.0.0.0/16") -> str:
    return str(server.call("CreateNet", IpRange=block)["Net"]["NetId"])


def subnet(server: Server, net_id: str, block: str = "10.0.1.0/24", zone: str = ZONE_A) -> str:
    made = server.call("CreateSubnet", NetId=net_id, IpRange=block, SubregionName=zone)
    return str(made["Subnet"]["SubnetId"])


def group(server: Server, net_id: str, name: str = "web") -> str:
    made = server.call("CreateSecurityGroup", NetId=net_id, SecurityGroupName=name, Description=name)
    return str(made["SecurityGroup"]["SecurityGroupId"])


def internet(server: Server, net_id: str) -> str:
    """An internet service linked to the Net, with a default route to it in the main table."""
    service = server.call("CreateInternetService")["InternetService"]["InternetServiceId"]
    server.call("LinkInternetService", InternetServiceId=service, NetId=net_id)
    server.call(
        "CreateRoute", RouteTableId=main_table(server, net_id), DestinationIpRange="0.0.0.0/0", GatewayId=service
    )
    return str(service)


def main_table(server: Server, net_id: str) -> str:
    found = server.call("ReadRouteTables", Filters={"NetIds": [net_id], "LinkRouteTableMain": True})
    return str(found["RouteTables"][0]["RouteTableId"])


def public_ip(server: Server) -> str:
    return str(server.call("CreatePublicIp")["PublicIp"]["PublicIpId"])


def peering(server: Server, one: str, other: str) -> str:
    """A peering between two Nets, active."""
    made = server.call("CreateNetPeering", SourceNetId=one, AccepterNetId=other)["NetPeering"]["NetPeeringId"]
    server.call("AcceptNetPeering", NetPeeringId=made)
    return str(made)


def public_key() -> str:
    key = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return base64.b64encode(key).decode()


def vm(server: Server, subnet_id: str, **more: Any) -> str:
    """A running VM."""
    made = server.call("CreateVms", ImageId=IMAGE, VmType="tinav5.c1r2p2", SubnetId=subnet_id, **more)
    vm_id = str(made["Vms"][0]["VmId"])
    wait(server, "ReadVms", "VmIds", vm_id, "Vms", "running")
    return vm_id


def volume(server: Server, zone: str = ZONE_A, size: int = 10, **more: Any) -> str:
    """An available volume."""
    made = server.call("CreateVolume", SubregionName=zone, Size=size, **more)["Volume"]["VolumeId"]
    wait(server, "ReadVolumes", "VolumeIds", made, "Volumes", "available")
    return str(made)


def wait(server: Server, read: str, name: str, resource_id: str, field: str, state: str) -> dict[str, Any]:
    """Read until the state is there, as a client polls."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found: list[dict[str, Any]] = server.call(read, Filters={name: [resource_id]})[field]
        if found and found[0]["State"] == state:
            return found[0]
    raise AssertionError(f"{resource_id} did not become {state} in 10 s")
