"""`check --fix` gives slots for life and changes nothing else in the file."""

from __future__ import annotations

import copy
import pathlib
import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from blueprint import loader
from blueprint.fixing import fix
from tests.blueprint.worlds import load_text, minimal

SLOT_LINE = re.compile(r"^ *slots?: .*\n", re.MULTILINE)
SLOT_INLINE = re.compile(r"slot: \d+, ")


def stripped(text: str) -> str:
    """The text without anything about slots."""
    return SLOT_INLINE.sub("", SLOT_LINE.sub("", text))


@pytest.mark.parametrize("platform", ["minimal", "emc2"])
def test_slots_are_given_in_order_and_comments_and_layout_stay(platform: str) -> None:
    original = loader.find(platform).read_text(encoding="utf-8")
    bare = stripped(original)
    fixed, changes = fix(bare, "x.yaml")
    assert changes
    assert stripped(fixed) == bare
    assert load_text(fixed).blueprint == load_text(original).blueprint


@pytest.mark.parametrize("path", sorted(loader.folder().rglob("*.yaml")), ids=lambda path: path.stem)
def test_a_file_in_order_is_left_alone(path: pathlib.Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert fix(text, "x.yaml") == (text, [])


def test_a_removed_bubble_leaves_its_slot_retired_and_the_next_one_is_new() -> None:
    text = loader.find("minimal").read_text(encoding="utf-8")
    start, end = text.index("  study:\n"), text.index("  administration:\n    slot")
    removed = (
        text[:start] + "  other:\n    kind: project\n    zones:\n      a: {plane: service, role: data}\n" + text[end:]
    )
    removed = re.sub(r"  workspace-to-database:.*?\n\n", "", removed, flags=re.DOTALL)
    removed = removed.replace("bubbles: [study]", "bubbles: [other]")
    removed = removed.replace("flows: ", "#").replace("flows:", "flows: {}", 1)
    fixed, changes = fix(removed, "x.yaml")
    blueprint = load_text(fixed).blueprint
    assert blueprint.bubbles["other"].slot == 2
    assert blueprint.bubbles["administration"].slot == 1
    assert blueprint.slots is not None
    assert (blueprint.slots.next, blueprint.slots.retired) == (3, (0,))
    assert any("slot 0 is retired" in change.what for change in changes)
    assert fix(fixed, "x.yaml") == (fixed, [])


def test_a_slot_chosen_by_hand_moves_the_ledger_on() -> None:
    text = "slots: {next: 1, retired: []}\nbubbles:\n  one: {slot: 0}\n  two:\n    slot: 5\n  three:\n    x: 1\n"
    fixed, _ = fix(text, "x.yaml")
    data = yaml.safe_load(fixed)
    assert data["bubbles"]["three"]["slot"] == 6
    assert data["slots"]["next"] == 7


def test_a_block_style_ledger_is_replaced_whole() -> None:
    text = "slots:\n  next: 0\n  retired: []\n\n# the bubbles\nbubbles:\n  one:\n    # first\n    x: 1\n"
    fixed, _ = fix(text, "x.yaml")
    assert yaml.safe_load(fixed)["slots"] == {"next": 1, "retired": []}
    assert "\n\n# the bubbles\nbubbles:\n  one:\n    # first\n    slot: 0\n    x: 1\n" in fixed


def test_the_ledger_stands_above_the_comment_of_what_it_counts() -> None:
    fixed, _ = fix("title: x\n\n# the bubbles\nbubbles:\n  one: {x: 1}\n", "x.yaml")
    assert fixed == ("title: x\n\nslots: {next: 1, retired: []}\n# the bubbles\nbubbles:\n  one: {slot: 0, x: 1}\n")


def test_accents_before_a_block_do_not_shift_the_edit() -> None:
    fixed, _ = fix("title: entrepôt de santé, 𝕏 élevé\nbubbles:\n  one:\n    x: été\n", "x.yaml")
    assert yaml.safe_load(fixed)["bubbles"]["one"] == {"slot": 0, "x": "été"}


@pytest.mark.parametrize(
    "text", ["[]", "bubbles: 3", "bubbles: [1]", "bubbles: {a: }", "slots: 3\nbubbles: {a: {x: 1}}"]
)
def test_what_is_malformed_otherwise_is_left_to_the_loader(text: str) -> None:
    fix(text, "x.yaml")


@given(st.lists(st.booleans(), min_size=1, max_size=6), st.booleans())
def test_fixing_twice_is_fixing_once_and_given_slots_stay(has_slot: list[bool], flow_style: bool) -> None:
    data = minimal()
    data["bubbles"] = {
        f"b-{index}": {**copy.deepcopy(data["bubbles"]["left"]), **({"slot": index * 2} if given_ else {"slot": None})}
        for index, given_ in enumerate(has_slot)
    }
    for bubble in data["bubbles"].values():
        if bubble["slot"] is None:
            del bubble["slot"]
    text = yaml.safe_dump(data, sort_keys=False, default_flow_style=True if flow_style else None)
    fixed, _ = fix(text, "x.yaml")
    assert fix(fixed, "x.yaml") == (fixed, [])
    bubbles = load_text(fixed).blueprint.bubbles
    for name, bubble in data["bubbles"].items():
        assert bubble.get("slot") in (None, bubbles[name].slot)
    slots = [bubble.slot for bubble in bubbles.values()]
    assert len(set(slots)) == len(slots)
