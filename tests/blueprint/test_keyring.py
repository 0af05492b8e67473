"""The inventory names each key once, of the report's three kinds."""

from __future__ import annotations

from typing import Any

from tests.blueprint.worlds import flow, machines, minimal, plan_data

KEYS = {
    "expected_at_least": 1,
    "data_at_rest": {"rotation": "yearly"},
    "import_wrapping": {"rotation": "at each delivery"},
    "pseudonymisation": {"rotation": "by event"},
}


def subjects(**changes: Any) -> list[str]:
    return [key.subject.removeprefix("keys/") for key in plan_data(minimal(keys=KEYS, **changes)).keys]


def test_a_bucket_and_a_tier_with_disks_have_a_key_each_and_a_tier_without_has_none() -> None:
    data = minimal(keys=KEYS)
    data["bubbles"]["left"]["buckets"] = {"archive": {"purpose": "x"}}
    data["bubbles"]["left"]["tiers"] = {
        "web": machines("front"),
        "base": machines("back", disks={"data": {"size_gib": 1, "performance": "ssd"}}),
    }
    data["bubbles"]["left"]["project"] = {"identifier": "P"}
    plan = plan_data(data)
    names = ["keys/data-at-rest--left--buckets--archive", "keys/data-at-rest--left--tiers--base"]
    assert [key.subject for key in plan.keys] == names
    project = plan.bubble("left").project
    assert project is not None
    assert list(project.keys) == names


def test_a_partner_that_feeds_data_and_the_snds_copy_wrap_their_imports() -> None:
    partners = {"one": {"title": "One", "feeds_data": True}, "two": {"title": "Two", "feeds_data": False}}
    assert subjects(partners=partners, snds={"copy": "partial"}) == ["import-wrapping--one", "import-wrapping--snds"]
    assert subjects(partners=partners, snds={"copy": "none"}) == ["import-wrapping--one"]


def test_a_transfer_between_bubbles_has_its_own_key_in_each_direction() -> None:
    flows = {"one": flow("left.back", "right.back"), "two": flow("right.back", "left.back", ports=1)}
    assert subjects(flows=flows) == ["pseudonymisation--left--right", "pseudonymisation--right--left"]


def test_a_flow_inside_a_bubble_or_with_the_administration_transfers_no_data() -> None:
    data = minimal(keys=KEYS, flows={"in": flow("left.front", "left.back"), "admin": flow("left.back", "right.back")})
    data["bubbles"]["right"]["kind"] = "administration"
    assert plan_data(data).keys == ()


def test_a_platform_that_says_nothing_of_keys_has_no_inventory() -> None:
    assert plan_data(minimal(flows={"one": flow("left.back", "right.back")})).keys == ()
