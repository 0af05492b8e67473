"""Addresses never overlap, and never move."""

from __future__ import annotations

import copy
import ipaddress
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blueprint import addressing
from blueprint.plan import Plan
from tests.blueprint.worlds import blueprints, plan_data, without


def networks(plan: Plan) -> dict[str, str]:
    """Every range of the plan, by subject."""
    ranges = {bubble.subject: bubble.cidr for bubble in plan.bubbles}
    for zone in (zone for bubble in plan.bubbles for zone in bubble.zones):
        ranges[zone.subject] = zone.cidr
        ranges |= {subnet.subject: subnet.cidr for subnet in zone.subnets}
    return ranges


@given(blueprints())
def test_siblings_never_overlap_and_children_lie_inside(data: dict[str, Any]) -> None:
    plan = plan_data(data)
    space = ipaddress.ip_network(plan.cidr)
    families = [(space, [bubble.cidr for bubble in plan.bubbles])]
    families += [(ipaddress.ip_network(b.cidr), [zone.cidr for zone in b.zones]) for b in plan.bubbles]
    families += [
        (ipaddress.ip_network(z.cidr), [subnet.cidr for subnet in z.subnets]) for b in plan.bubbles for z in b.zones
    ]
    for parent, children in families:
        parsed = [ipaddress.ip_network(child) for child in children]
        assert all(child.subnet_of(parent) for child in parsed)
        assert not any(a.overlaps(b) for a, b in itertools.combinations(parsed, 2))


@given(blueprints(), st.data())
def test_nothing_moves_when_a_bubble_goes_or_comes_back(data: dict[str, Any], choice: st.DataObject) -> None:
    bubble = choice.draw(st.sampled_from(sorted(data["bubbles"])))
    if len(data["bubbles"]) == 1:
        return
    before = networks(plan_data(data))
    after = networks(plan_data(without(data, bubble)))
    gone = {subject for subject in before if subject.split("/")[1] == bubble}
    assert after == {subject: cidr for subject, cidr in before.items() if subject not in gone}


@given(blueprints(), st.data())
def test_nothing_moves_when_the_file_is_reordered(data: dict[str, Any], choice: st.DataObject) -> None:
    shuffled = copy.deepcopy(data)
    names = choice.draw(st.permutations(sorted(data["bubbles"])))
    shuffled["bubbles"] = {name: data["bubbles"][name] for name in names}
    before, after = plan_data(data), plan_data(shuffled)
    assert after.bubbles == before.bubbles
    assert after.rules == before.rules


@pytest.mark.parametrize(
    ("azs", "expected"),
    [
        (1, ["10.64.17.0/24"]),
        (2, ["10.64.17.0/25", "10.64.17.128/25"]),
        (3, ["10.64.17.0/26", "10.64.17.64/26", "10.64.17.128/26"]),
    ],
)
def test_a_zone_is_shared_equally_between_availability_zones(azs: int, expected: list[str]) -> None:
    zone = addressing.zone_cidr("10.64.0.0/12", 1, 1)
    assert [addressing.subnet_cidr(zone, index, azs) for index in range(azs)] == expected


def test_a_slot_beyond_the_address_space_is_refused() -> None:
    assert addressing.bubble_cidr("10.0.0.0/16", 15) == "10.0.240.0/20"
    with pytest.raises(ValueError, match="slot 16"):
        addressing.bubble_cidr("10.0.0.0/16", 16)
