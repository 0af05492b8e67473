"""One list of OpenStack resources for two tools: written as OpenTofu's JSON, and as what a Pulumi program reads.

Both come from the same list, so that a figure compares the tools and not two platforms.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

ID_OF = "id_of"
"""`{"id_of": NAME}` in an argument stands for the id of that resource."""


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind under its two names; `renamed` pairs Pulumi's name of an argument with Terraform's where they differ."""

    terraform: str
    module: str
    cls: str
    renamed: tuple[tuple[str, str], ...] = ()


NETWORK = Kind("openstack_networking_network_v2", "networking", "Network")
SUBNET = Kind("openstack_networking_subnet_v2", "networking", "Subnet")
GROUP = Kind("openstack_networking_secgroup_v2", "networking", "SecGroup")
RULE = Kind("openstack_networking_secgroup_rule_v2", "networking", "SecGroupRule")
PORT = Kind("openstack_networking_port_v2", "networking", "Port", (("fixed_ips", "fixed_ip"),))
VOLUME = Kind("openstack_blockstorage_volume_v3", "blockstorage", "Volume")


@dataclasses.dataclass(frozen=True)
class Resource:
    """One resource; its arguments bear Pulumi's names."""

    kind: Kind
    name: str
    arguments: Mapping[str, Any]


BUBBLES, RULES, PORTS, VOLUMES = 18, 8, 2, 6
"""Bubbles, rules and ports of each, and disks in all: 18 x (network + subnet + group + 8 + 2) + 6 = 240."""


def resources(bubbles: int = BUBBLES, volumes: int = VOLUMES) -> list[Resource]:
    """A platform's kinds in the order in which a program names them: bubble after bubble, then the disks."""
    disks = [
        Resource(VOLUME, f"disk-{number}", {"name": f"disk-{number}", "size": 1, "volume_type": "public_standard"})
        for number in range(volumes)
    ]
    return [*(one for number in range(bubbles) for one in _bubble(number)), *disks]


def _bubble(number: int) -> list[Resource]:
    """A sealed network as the adapter makes one: no gateway, a closed group, rules, guarded ports."""
    network, subnet, group = f"network-{number}", f"subnet-{number}", f"group-{number}"
    rules = [
        {
            "security_group_id": {ID_OF: group},
            "direction": ("ingress", "egress")[rule % 2],
            "ethertype": "IPv4",
            "protocol": "tcp",
            "port_range_min": 5000 + rule,
            "port_range_max": 5000 + rule,
            "remote_ip_prefix": f"10.{100 + number}.0.0/24",
        }
        for rule in range(RULES)
    ]
    ports = [
        {
            "name": f"port-{number}-{port}",
            "network_id": {ID_OF: network},
            "port_security_enabled": True,
            "fixed_ips": [{"subnet_id": {ID_OF: subnet}}],
            "security_group_ids": [{ID_OF: group}],
        }
        for port in range(PORTS)
    ]
    return [
        Resource(NETWORK, network, {"name": network, "port_security_enabled": True}),
        Resource(
            SUBNET,
            subnet,
            {"name": subnet, "network_id": {ID_OF: network}, "cidr": f"10.{number}.0.0/24", "no_gateway": True},
        ),
        Resource(GROUP, group, {"name": group, "delete_default_rules": True}),
        *(Resource(RULE, f"rule-{number}-{index}", rule) for index, rule in enumerate(rules)),
        *(Resource(PORT, f"port-{number}-{index}", port) for index, port in enumerate(ports)),
    ]


def for_pulumi(listed: Sequence[Resource]) -> list[dict[str, Any]]:
    """What same_resources_program.py reads."""
    return [
        {"module": one.kind.module, "class": one.kind.cls, "name": one.name, "arguments": one.arguments}
        for one in listed
    ]


def for_opentofu(listed: Sequence[Resource]) -> dict[str, dict[str, Any]]:
    """The `resource` block of a configuration in JSON."""
    kinds = {one.name: one.kind.terraform for one in listed}
    written: dict[str, dict[str, Any]] = {}
    for one in listed:
        renamed = dict(one.kind.renamed)
        arguments = {renamed.get(name, name): _worded(value, kinds) for name, value in one.arguments.items()}
        written.setdefault(one.kind.terraform, {})[one.name] = arguments
    return written


def _worded(value: Any, kinds: Mapping[str, str]) -> Any:
    """References as Terraform writes them."""
    if isinstance(value, dict):
        if set(value) == {ID_OF}:
            return f"${{{kinds[value[ID_OF]]}.{value[ID_OF]}.id}}"
        return {name: _worded(inner, kinds) for name, inner in value.items()}
    return [_worded(inner, kinds) for inner in value] if isinstance(value, list) else value
