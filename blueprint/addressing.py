"""Addresses from slots: pure arithmetic, so that nothing moves when something is added or removed.

The bubble in slot i has the i-th /20 of the platform's address space, the zone in slot j the j-th /24 of its bubble,
and the k-th availability zone the k-th equal share of its zone (/25 for two).
"""

from __future__ import annotations

import ipaddress

BUBBLE_PREFIX = 20
ZONE_PREFIX = 24


def bubble_capacity(address_space: str) -> int:
    """How many bubbles fit: 256 in a /12, 16 in a /16."""
    return 1 << max(0, BUBBLE_PREFIX - ipaddress.ip_network(address_space).prefixlen)


def zone_capacity() -> int:
    """How many zones fit in a bubble."""
    return 1 << (ZONE_PREFIX - BUBBLE_PREFIX)


def bubble_cidr(address_space: str, slot: int) -> str:
    return _nth(address_space, BUBBLE_PREFIX, slot)


def zone_cidr(address_space: str, bubble_slot: int, zone_slot: int) -> str:
    return _nth(bubble_cidr(address_space, bubble_slot), ZONE_PREFIX, zone_slot)


def subnet_cidr(zone: str, index: int, azs: int) -> str:
    """The share of zone `zone` that availability zone number `index` (from 0) of `azs` has."""
    return _nth(zone, ZONE_PREFIX + (azs - 1).bit_length(), index)


def given(slot: int | None) -> int:
    """A slot that the loader has already checked."""
    if slot is None:
        raise ValueError("a block without a slot was planned: the loader refuses it")
    return slot


def _nth(parent: str, prefix: int, index: int) -> str:
    network = ipaddress.ip_network(parent)
    size = 1 << (network.max_prefixlen - prefix)
    start = int(network.network_address) + index * size
    if index < 0 or prefix < network.prefixlen or start > int(network.broadcast_address):
        raise ValueError(f"slot {index} does not fit in {parent} as a /{prefix}")
    return f"{ipaddress.ip_address(start)}/{prefix}"
