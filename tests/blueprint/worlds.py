"""Blueprints for tests: random well-formed ones, and short ways to load text."""

from __future__ import annotations

import copy
from typing import Any

import yaml
from hypothesis import strategies as st

from blueprint import loader, planner, yaml_reader
from blueprint.loader import Loaded
from blueprint.plan import Plan
from blueprint.target import Target

TARGET = Target("test", "outscale", "iaas", "region-1", ("a", "b", "c"), {}, True, None, "stacks/targets/test.yaml")
KINDS = ("ingestion", "warehouse", "project", "export", "administration")


def load_data(data: dict[str, Any]) -> Loaded:
    return load_text(yaml.dump(data, Dumper=yaml.CSafeDumper, sort_keys=False))


def load_text(text: str, file: str = "test.yaml") -> Loaded:
    """As `loader.load`, without a file on disk."""
    data, source_map = yaml_reader.parse(text, file)
    return loader.finish(data, source_map)


def plan_data(data: dict[str, Any], environment: str = "dev") -> Plan:
    return planner.plan(load_data(data), TARGET, environment)


def without(data: dict[str, Any], bubble: str) -> dict[str, Any]:
    """The same platform without one bubble and without what names it."""
    smaller = copy.deepcopy(data)
    slot = smaller["bubbles"].pop(bubble)["slot"]
    if "slots" in smaller:
        smaller["slots"]["retired"].append(slot)
    smaller["flows"] = {
        name: flow
        for name, flow in smaller["flows"].items()
        if bubble not in (flow["from"].split(".")[0], flow["to"].split(".")[0])
    }
    smaller["services"] = {
        name: service for name, service in smaller["services"].items() if service["zone"].split(".")[0] != bubble
    }
    if smaller.get("bastion", {}).get("zone", "").split(".")[0] == bubble:
        del smaller["bastion"]
    return smaller


def minimal(**changes: Any) -> dict[str, Any]:
    """Two bubbles of one zone each, to which a test adds what it is about."""
    data: dict[str, Any] = {
        "platform": "test",
        "title": "Test",
        "origin": "assumption",
        "source": "a test",
        "address_space": "10.0.0.0/12",
        "azs": 2,
        "bubbles": {name: _bubble(slot) for slot, name in enumerate(("left", "right"))},
        "externals": {},
        "flows": {},
        "services": {},
    }
    return {**data, **changes}


def _bubble(slot: int) -> dict[str, Any]:
    return {
        "slot": slot,
        "kind": "project",
        "zones": {
            "front": {"slot": 0, "plane": "perimeter", "role": "edge"},
            "back": {"slot": 1, "plane": "service", "role": "data"},
        },
    }


def flow(source: str, destination: str, **changes: Any) -> dict[str, Any]:
    return {"from": source, "to": destination, "protocol": "tcp", "ports": 443, **changes}


def machines(zone: str, count: int = 1, **changes: Any) -> dict[str, Any]:
    return {"zone": zone, "count": count, "vcpus": 2, "memory_gib": 4, "image": "debian-12", **changes}


CIDRS = ("192.0.2.0/24", "198.51.100.0/25", "203.0.113.0/28", "0.0.0.0/0", "2001:db8::/32")
# What depends on nothing drawn before stands here: hypothesis checks a strategy again wherever it is made again.
BUBBLE_SLOTS = st.lists(st.integers(0, 15), min_size=1, max_size=5, unique=True)
ZONE_SLOTS = st.lists(st.integers(0, 15), min_size=1, max_size=4, unique=True)
SOME_CIDRS = st.lists(st.sampled_from(CIDRS), min_size=1, max_size=3, unique=True)
VIAS = st.sampled_from(["internet", "private"])
PROTOCOLS = st.sampled_from(["tcp", "udp"])
PLANES = st.sampled_from(["perimeter", "operation", "service"])
ROLES = st.sampled_from(["edge", "service", "data", "admin"])
KIND = st.sampled_from(KINDS)
UP_TO_TWO, UP_TO_THREE, ONE_TO_THREE = st.integers(0, 2), st.integers(0, 3), st.integers(1, 3)
YES_OR_NO = st.booleans()


@st.composite
def blueprints(draw: st.DrawFn) -> dict[str, Any]:
    """A random well-formed blueprint, as the file's plain data. Ports differ, so that no two flows are the same."""
    bubble_slots = draw(BUBBLE_SLOTS)
    bubbles = {f"bubble-{index}": draw(_random_bubble(slot)) for index, slot in enumerate(bubble_slots)}
    externals = {
        f"outside-{index}": {
            "cidrs": draw(SOME_CIDRS),
            "via": draw(VIAS),
        }
        for index in range(draw(UP_TO_THREE))
    }
    zones = [f"{b}.{z}" for b, bubble in bubbles.items() for z in bubble["zones"]]
    inside = [*zones, *bubbles]
    ends = st.tuples(st.sampled_from(inside), st.sampled_from([*inside, *externals]), st.booleans())
    pairs = draw(st.lists(ends, max_size=8))
    flows = {}
    for index, (here, there, outwards) in enumerate(pairs):
        source, destination = (here, there) if outwards else (there, here)
        protocol = draw(PROTOCOLS)
        flows[f"flow-{index}"] = flow(source, destination, ports=1000 + index, protocol=protocol)
    data = minimal(bubbles=bubbles, externals=externals, flows=flows, azs=draw(ONE_TO_THREE))
    data["slots"] = {"next": 16, "retired": [slot for slot in range(16) if slot not in bubble_slots]}
    for index in range(draw(UP_TO_TWO)):
        service = {"zone": draw(st.sampled_from(zones)), "protocol": "tcp", "ports": 500 + index}
        data["services"][f"service-{index}"] = service
    if draw(YES_OR_NO):
        data["bastion"] = {
            "zone": draw(st.sampled_from(zones)),
            "access": "declared_ranges",
            "machines_per_az": 1,
            "admin_ports": [22],
            "allowed": list(externals)[:1],
            "vcpus": 2,
            "memory_gib": 4,
            "image": "debian-12",
        }
    return data


@st.composite
def _random_bubble(draw: st.DrawFn, slot: int) -> dict[str, Any]:
    zone_slots = draw(ZONE_SLOTS)
    zones = {
        f"zone-{index}": {
            "slot": zone_slot,
            "plane": draw(PLANES),
            "role": draw(ROLES),
        }
        for index, zone_slot in enumerate(zone_slots)
    }
    tiers = {f"tier-{zone}": machines(zone, draw(UP_TO_THREE)) for zone in zones if draw(YES_OR_NO)}
    return {"slot": slot, "kind": draw(KIND), "zones": zones, "tiers": tiers}
