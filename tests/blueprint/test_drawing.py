"""The picture: well-formed, complete, readable without colours, and nothing on top of anything else."""

from __future__ import annotations

import itertools
import pathlib
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from hypothesis import given, settings

from blueprint import loader, planner, target
from blueprint.drawing import layout, picture, tables
from blueprint.drawing.canvas import Box
from blueprint.plan import Plan, Plane
from tests.blueprint.worlds import blueprints, flow, minimal, plan_data

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    """What is written, without the hints that a pointer shows."""
    written = (node[-1].tail if len(node) else node.text for node in ET.fromstring(svg).iter(f"{SVG}text"))
    return [text or "" for text in written]


def plan_of(path: pathlib.Path) -> Plan:
    return planner.plan(loader.load(path), target.load("outscale-sandbox"), "dev")


def overlaps(a: Box, b: Box) -> bool:
    return a.x < b.right and b.x < a.right and a.y < b.bottom and b.y < a.bottom


@settings(max_examples=30)
@given(blueprints())
def test_any_plan_is_drawn_as_well_formed_svg_with_every_name(data: dict[str, Any]) -> None:
    plan = plan_data(data)
    svg = picture.svg(plan)
    said = " ".join(texts(svg))
    for bubble in plan.bubbles:
        assert bubble.name in said
        assert all(zone.cidr in said for zone in bubble.zones)
    assert all(f.name in said for f in plan.flows if not f.generated)


@settings(max_examples=30)
@given(blueprints())
def test_no_card_lies_on_another_and_all_lie_in_the_picture(data: dict[str, Any]) -> None:
    plan = plan_data(data)
    arranged = layout.arrange(plan)
    cards = [*arranged.bubbles.values(), *arranged.externals.values()]
    assert not any(overlaps(a, b) for a, b in itertools.combinations(cards, 2))
    assert not any(overlaps(a, b) for a, b in itertools.combinations(arranged.zones.values(), 2))
    for card in cards:
        assert card.x >= 0
        assert card.right <= arranged.width
        assert card.bottom <= arranged.bottom
    for subject, zone in arranged.zones.items():
        bubble = arranged.bubbles["/".join(subject.split("/")[:2])]
        assert bubble.x < zone.x < zone.right < bubble.right
        assert bubble.y < zone.y < zone.bottom < bubble.bottom


@pytest.mark.parametrize("path", loader.platforms().values(), ids=lambda path: path.stem)
def test_the_picture_has_a_title_and_a_description_for_a_screen_reader(path: pathlib.Path) -> None:
    plan = plan_of(path)
    root = ET.fromstring(picture.svg(plan))
    assert root.get("role") == "img"
    named = {node.get("id"): node.text or "" for node in root if node.get("id")}
    assert [name for name in (root.get("aria-labelledby") or "").split() if not named[name]] == []
    assert plan.title in named["title"]
    assert "Every other conversation is denied" in named["description"]


@pytest.mark.parametrize("path", loader.platforms().values(), ids=lambda path: path.stem)
def test_planes_are_written_as_well_as_coloured_and_simulated_is_said(path: pathlib.Path) -> None:
    said = texts(picture.svg(plan_of(path)))
    for plane in Plane:
        assert f"{plane} plane" in said
    assert "simulated" in said


def test_every_number_on_an_arrow_has_its_row() -> None:
    plan = plan_of(loader.find("emc2"))
    numbers = picture.numbered(plan)
    assert sorted(numbers.values()) == list(range(1, len(numbers) + 1))
    pills = [text for text in texts(picture.svg(plan)) if text and all(part.isdigit() for part in text.split())]
    assert {int(part) for text in pills for part in text.split()} >= set(numbers.values())
    rows = {f.name for f in plan.flows if f.subject in numbers}
    assert rows >= {f.name for f in plan.flows if not f.generated}


def test_what_is_dangerous_is_visible() -> None:
    said = texts(picture.svg(plan_of(loader.find("public-bucket"))))
    assert any("PUBLIC" in text for text in said)
    assert "us-east-2" in texts(picture.svg(plan_of(loader.find("foreign-region"))))


def test_names_from_the_file_cannot_break_out_of_the_picture() -> None:
    title = "</text><script>alert(1)</script>"
    svg = picture.svg(plan_data(minimal(title=title, flows={"one": flow("left.front", "right.back", purpose=title)})))
    assert "<script" not in svg
    ET.fromstring(svg)


def test_generated_flows_are_one_row_per_kind() -> None:
    plan = plan_of(loader.find("emc2"))
    rows = tables.generated_groups(plan, picture.numbered(plan))
    assert [row[1] for row in rows] == ["admin-22", "dns", "logs", "mirror", "ntp"]
