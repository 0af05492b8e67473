"""EMC2 fits in the sandbox's quotas, on links and over routers: none is found used up in the middle of an `up`."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from blueprint import stack as stacks
from providers.ovh import kinds
from sandbox.ovh import description
from tests.components import registering

NETWORK = {
    kinds.NETWORK: "network",
    kinds.SUBNET: "subnet",
    kinds.PORT: "port",
    kinds.ROUTER: "router",
    kinds.FLOATING_IP: "floatingip",
    kinds.GROUP: "security_group",
    kinds.RULE: "security_group_rule",
}
COMPUTE = {kinds.INSTANCE: "instances", kinds.KEYPAIR: "key_pairs", kinds.SERVER_GROUP: "server_groups"}


@pytest.mark.parametrize("native", [{}, {"routers": True}], ids=["on links", "over routers"])
def test_emc2_fits_in_every_quota(native: dict[str, bool]) -> None:
    made: list[Any] = [
        one for layer in stacks.LAYERS for one in registering.register("emc2", layer, "ovh-sandbox", **native).resources
    ]
    number = Counter(kind for kind, _, _ in made)
    quotas = description.offer()["quotas"]
    asked = {name: number[kind] for kind, name in NETWORK.items()}
    asked["port"] += asked["subnet"]  # Neutron's own, for DHCP
    assert {name: count for name, count in asked.items() if count > quotas["network"][name]} == {}
    assert {name for kind, name in COMPUTE.items() if number[kind] > quotas["compute"][name]} == set()
    assert number[kinds.VOLUME] + number[kinds.INSTANCE] <= quotas["volume"]["volumes"]
    assert number[kinds.INSTANCE] > 20 and (number[kinds.ROUTER] > 10) == bool(native), "else nothing was counted"
