"""A hand on an Outscale account, with the vendor's own client."""

from __future__ import annotations

from typing import Any

from providers.outscale import live
from sandbox.outscale.control import Control
from tests.engine.world import World

WORLD = {"Flow": "Inbound", "IpProtocol": "tcp", "FromPortRange": 22, "ToPortRange": 22, "IpRange": "0.0.0.0/0"}

OUT = {"Flow": "Outbound", "IpProtocol": "-1", "IpRange": "0.0.0.0/0"}


def room(world: World) -> None:
    """Quotas of an account that holds dozens of platforms: a customer asks the support for them."""
    control = Control.from_credentials(world.env["OSC_ENDPOINT_API"], world.folder / "sandbox" / "credentials.json")
    control.settings(quota__net=500, quota__internet_service=500, quota__public_ip=500, quota__net_peering=500)


class Hand:
    def __init__(self, world: World) -> None:
        self._world = world
        self._call = live.client(world.account())
        self._undo: list[tuple[str, dict[str, Any]]] = []

    def close(self, zone: str) -> str:
        group = self._thing("SecurityGroup", f"{zone}/filter")
        rule = group.body["InboundRules"][0]
        self._call.api(
            "DeleteSecurityGroupRule",
            SecurityGroupId=group.identifier,
            Flow="Inbound",
            IpProtocol=rule["IpProtocol"],
            FromPortRange=rule["FromPortRange"],
            ToPortRange=rule["ToPortRange"],
            IpRange=rule["IpRanges"][0],
        )
        return f"{rule['FromPortRange']}"

    def open(self, zone: str) -> None:
        group = self._thing("SecurityGroup", f"{zone}/filter").identifier
        self._call.api("CreateSecurityGroupRule", SecurityGroupId=group, **WORLD)
        self._undo.append(("DeleteSecurityGroupRule", {"SecurityGroupId": group, **WORLD}))

    def mark(self, bubble: str) -> None:
        net = self._thing("Net", bubble).identifier
        self._call.api("CreateTags", ResourceIds=[net], Tags=[{"Key": "rempart:owner", "Value": "nobody"}])

    def bring(self, zone: str) -> str:
        subnet = self._thing("Subnet", f"{zone}/az/a").identifier
        made = self._call.api("CreateNic", SubnetId=subnet)["Nic"]["NicId"]
        self._undo.append(("DeleteNic", {"NicId": made}))
        return str(made)

    def give_back(self, zone: str) -> str:
        group = self._thing("SecurityGroup", f"{zone}/filter").identifier
        self._call.api("CreateSecurityGroupRule", SecurityGroupId=group, **OUT)
        self._undo.append(("DeleteSecurityGroupRule", {"SecurityGroupId": group, **OUT}))
        return str(group)

    def undo(self) -> None:
        while self._undo:
            action, arguments = self._undo.pop()
            self._call.api(action, **arguments)

    def _thing(self, kind: str, subject: str) -> live.Thing:
        return next(
            thing
            for thing in self._world.things()
            if thing.kind == kind and thing.tags.get("rempart:subject") == subject
        )
