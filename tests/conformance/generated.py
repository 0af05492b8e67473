"""Small conforming platforms that no file holds: one with an edge, and those drawn at random, sealed zones included."""

from __future__ import annotations

import copy
import functools
from typing import Any

import yaml
from hypothesis import strategies as st

from blueprint import loader

ROLES = (("operation", "service"), ("service", "data"))  # plane and role of a zone inside a bubble
REVIEW = "2027-05-31"


@functools.cache
def _minimal() -> dict[str, Any]:
    text = loader.find("minimal").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def front() -> dict[str, Any]:
    """`minimal`, and what it has none of: a machine that the Internet reaches, and a zone that leaves by NAT."""
    data = copy.deepcopy(_minimal())
    administration = data["bubbles"]["administration"]
    administration["slots"]["next"] = 3
    administration["zones"]["front"] = {"slot": 2, "plane": "perimeter", "role": "edge"}
    administration["tiers"]["front"] = {"zone": "front", "count": 2, "vcpus": 2, "memory_gib": 4, "image": "debian-12"}
    data["platform"] = "front"
    data["externals"] |= {
        name: {"cidrs": [cidr], "via": "internet"}
        for name, cidr in (("partner", "198.51.100.0/28"), ("upstream", "198.51.100.16/28"))
    }
    data["workarounds"] = {**data["workarounds"], "nat": {"name": "relay on the edge machines"}}
    data["flows"] |= {
        "orders": _declared("partner", "administration.front", 5671),
        "orders-inside": _declared("administration.front", "administration.services", 5671),
        "packages": _declared("administration.services", "upstream", 443),
    }
    return data


def _declared(source: str, there: str, port: int) -> dict[str, Any]:
    return {
        "from": source, "to": there, "protocol": "tcp", "ports": port, "encryption": "mutual_tls",
        "purpose": "conformance", "owner": "platform-team", "review_date": REVIEW,
    }  # fmt: skip


@st.composite
def platforms(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """The administration of `minimal`, and drawn bubbles. One flow at least joins two zones that hold machines."""
    data = copy.deepcopy(_minimal())
    study = data["bubbles"]["study"]
    slots = draw(st.lists(st.integers(2, 15), min_size=1, max_size=3, unique=True))
    kinds = ["warehouse", *(["project"] * (len(slots) - 1))]
    bubbles = {
        f"{kind}-{index}": {**_bubble(draw, slot, kind), "project": copy.deepcopy(study["project"])}
        for index, (slot, kind) in enumerate(zip(slots, kinds, strict=True))
    }
    data["platform"] = name
    data["datasets"]["study"]["bubbles"] = list(bubbles)
    data["bubbles"] = {"administration": data["bubbles"]["administration"], **bubbles}
    taken = {1, *slots}
    data["slots"] = {"next": 16, "retired": [slot for slot in range(16) if slot not in taken]}
    data["externals"]["partner"] = {"cidrs": ["203.0.113.0/28"], "via": "internet"}
    inhabited = [f"{b}.{tier['zone']}" for b, block in bubbles.items() for tier in block["tiers"].values()]
    home = [one for one in inhabited if one.startswith("warehouse-0.")]
    ends = [(home[0], home[1])]
    for bubble, block in bubbles.items():  # two bubbles meet only through a declared transfer: EMC2 has those
        zones = [f"{bubble}.{zone}" for zone in block["zones"]]
        ends += draw(st.lists(st.tuples(st.sampled_from(zones), st.sampled_from(zones)), max_size=4))
    ends.append(("administration.services", "partner"))  # which leaves by NAT, where the offer has that
    data["workarounds"] = {**data.get("workarounds", {}), "nat": {"name": "relay on the edge machines"}}
    data["flows"] = {
        f"flow-{index}": _flow(draw, source, there, 1000 + 20 * index)
        for index, (source, there) in enumerate(ends)
        if source != there
    }
    return data


def _bubble(draw: st.DrawFn, slot: int, kind: str) -> dict[str, Any]:
    """Two zones or three, the first two with machines."""
    zone_slots = draw(st.lists(st.integers(0, 15), min_size=2, max_size=3, unique=True))
    zones: dict[str, Any] = {}
    for index, zone_slot in enumerate(zone_slots):
        plane, role = draw(st.sampled_from(ROLES))
        zones[f"zone-{index}"] = {"slot": zone_slot, "plane": plane, "role": role}
    tiers = {
        f"tier-{index}": {
            "zone": f"zone-{index}", "count": draw(st.integers(1, 2)), "vcpus": 2, "memory_gib": 4,
            "image": "debian-12",
        }
        for index in range(2)
    }  # fmt: skip
    retired = [one for one in range(16) if one not in zone_slots]
    made = {
        "slot": slot, "slots": {"next": 16, "retired": retired}, "kind": kind, "data_class": "health_pseudonymised",
        "owner": "study-team", "zones": zones, "tiers": tiers,
    }  # fmt: skip
    return {**made, "buckets": copy.deepcopy(_minimal()["bubbles"]["study"]["buckets"])}


def _flow(draw: st.DrawFn, source: str, there: str, port: int) -> dict[str, Any]:
    span = draw(st.integers(0, 9))
    return {
        "from": source, "to": there, "protocol": draw(st.sampled_from(["tcp", "udp"])),
        "ports": f"{port}-{port + span}" if span else port, "encryption": "tls", "purpose": "drawn at random",
        "owner": "study-team", "review_date": REVIEW,
    }  # fmt: skip
