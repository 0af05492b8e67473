"""What a test needs around the kind it is about: made through the plugin, one short call each."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from plugins.runtime.values import Properties
from tests.plugins.runtime.wire import Engine

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBvHrmoDWmVTTuFVJ9hzyuIAqWYVhBKk5hZkpQfWkWBo someone"
TAGS = {"Name": "it", "rempart:subject": "bubbles/a"}


@dataclass
class Thing:
    """One resource as the engine's state would hold it."""

    urn: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    secrets: frozenset[str] = frozenset()


@dataclass
class World:
    cloud: Engine
    things: list[Thing] = field(default_factory=list)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def make(self, kind: str, **inputs: Any) -> Thing:
        """Check, then create, as the engine does."""
        urn = self.cloud.urn(kind, f"{kind}-{next(self._numbers)}")
        checked, failures = self.cloud.check(urn, inputs)
        assert failures == {}
        id, outputs = self.cloud.create(urn, checked.values, secrets=tuple(checked.secrets))
        thing = Thing(urn, id, checked.values, outputs.values, outputs.secrets)
        self.things.append(thing)
        return thing

    def change(self, thing: Thing, **changes: Any) -> tuple[list[str], list[str]]:
        """Diff, then update in place; (what changed, what would replace)."""
        inputs, failures = self.cloud.check(thing.urn, {**thing.inputs, **changes})
        assert failures == {}
        diff = self.cloud.diff(thing.urn, thing.id, thing.inputs, thing.outputs, inputs.values)
        if diff.diffs and not diff.replaces:
            updated = self.cloud.update(thing.urn, thing.id, thing.inputs, thing.outputs, inputs.values)
            thing.inputs, thing.outputs = inputs.values, updated.values
        return sorted(diff.diffs), sorted(diff.replaces)

    def refresh(self, thing: Thing) -> tuple[str, Properties, Properties]:
        return self.cloud.read(thing.urn, thing.id, thing.inputs, thing.outputs)

    def delete(self, thing: Thing) -> None:
        self.cloud.delete(thing.urn, thing.id, thing.outputs)
        self.things.remove(thing)

    def destroy(self) -> None:
        """Everything, in the reverse order of its creation."""
        for thing in reversed(self.things[:]):
            self.delete(thing)

    # -- the usual surroundings -------------------------------------------------------------------------------------

    def net(self, ip_range: str = "10.0.0.0/16") -> str:
        return self.make("Net", ipRange=ip_range).id

    def subnet(self, net: str | None = None, ip_range: str = "10.0.1.0/24") -> str:
        return self.make("Subnet", netId=net or self.net(), ipRange=ip_range, subregionName="cloudgouv-eu-west-1a").id

    def group(self, net: str, name: str = "filter") -> str:
        return self.make("SecurityGroup", netId=net, securityGroupName=name, description="a filter").id

    def table(self, net: str) -> str:
        return self.make("RouteTable", netId=net).id

    def internet_service(self) -> str:
        return self.make("InternetService").id

    def gateway(self, net: str) -> str:
        """An internet service linked to the Net."""
        service = self.internet_service()
        self.make("InternetServiceLink", internetServiceId=service, netId=net)
        return service

    def public_subnet(self) -> str:
        """A Subnet whose table leads to an internet service."""
        net = self.net()
        subnet, table = self.subnet(net), self.table(net)
        self.make("Route", routeTableId=table, destinationIpRange="0.0.0.0/0", gatewayId=self.gateway(net))
        self.make("RouteTableLink", routeTableId=table, subnetId=subnet)
        return subnet

    def image(self) -> str:
        images: list[dict[str, str]] = self.cloud.invoke("getImages")["images"]
        return images[0]["imageId"]

    def peering(self) -> str:
        source, accepter = self.net("10.1.0.0/16"), self.net("10.2.0.0/16")
        return self.make("NetPeering", sourceNetId=source, accepterNetId=accepter).id

    def nic(self, subnet: str) -> str:
        return self.make("Nic", subnetId=subnet).id

    def vm(self, subnet: str | None = None) -> str:
        return self.make("Vm", imageId=self.image(), subnetId=subnet or self.subnet(), vmType="tinav5.c1r1p2").id

    def volume(self) -> str:
        return self.make("Volume", subregionName="cloudgouv-eu-west-1a", size=10).id
