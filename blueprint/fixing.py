"""`rempart check --fix`: gives address slots and keeps their ledger, by editing the text.

Only lines about slots are inserted or replaced: comments, order and layout stay as they are.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import Any

import yaml

from blueprint import yaml_reader


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """One thing done, for people: `what` happened at `path`."""

    path: str
    what: str


@dataclasses.dataclass(frozen=True, slots=True)
class Edit:
    """Replace the characters [start, end) of the text."""

    start: int
    end: int
    text: str


def fix(text: str, file: str) -> tuple[str, list[Change]]:
    """The text with every slot given and both ledgers in order, and what was done.

    A new block takes the ledger's next slot, never a free one below it: those were another's. A slot below `next` that
    nothing holds any more is listed as retired. Raises BlueprintErrors for text that is not YAML. What is malformed
    otherwise is left alone: the loader says it.
    """
    yaml_reader.parse(text, file)  # refuses what cannot be read or could hurt
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    edits: list[Edit] = []
    changes: list[Change] = []
    for path, owner, blocks in _groups(root):
        _fix_group(text, path, owner, blocks, edits, changes)
    for edit in sorted(edits, key=lambda e: (e.start, e.end), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text, changes


def _groups(root: yaml.Node | None) -> Iterator[tuple[str, yaml.MappingNode, list[tuple[str, yaml.MappingNode]]]]:
    """The blocks that share a ledger: the platform's bubbles, each bubble's zones. Path, ledger's owner, blocks."""
    if not isinstance(root, yaml.MappingNode):
        return
    bubbles = _blocks(_get(root, "bubbles"))
    yield "bubbles", root, bubbles
    for name, bubble in bubbles:
        yield f"bubbles.{name}.zones", bubble, _blocks(_get(bubble, "zones"))


def _fix_group(
    text: str,
    path: str,
    owner: yaml.MappingNode,
    blocks: list[tuple[str, yaml.MappingNode]],
    edits: list[Edit],
    changes: list[Change],
) -> None:
    if not blocks:
        return
    ledger = _get(owner, "slots")
    if ledger is not None and not isinstance(ledger, yaml.MappingNode):
        return  # malformed: the loader says it
    held = {name: slot for name, block in blocks if (slot := _number(_get(block, "slot"))) is not None}
    retired = _retired(ledger)
    known_next = _number(_get(ledger, "next")) if ledger is not None else None
    following = max([known_next or 0, *(slot + 1 for slot in [*held.values(), *retired])])
    # Without a ledger, a gap says nothing: the numbers were chosen by hand.
    lost = [s for s in range(known_next or 0) if s not in held.values() and s not in retired]
    for slot in lost:
        changes.append(Change(path, f"slot {slot} is retired: nothing holds it any more"))
    if ledger is None:
        lost = [s for s in range(following) if s not in held.values()]
    for name, block in blocks:
        if _get(block, "slot") is None and block.value:
            edits.append(_insert_first(block, f"slot: {following}"))
            changes.append(Change(f"{path}.{name}", f"slot {following} is given"))
            following += 1
    wanted = f"slots: {{next: {following}, retired: [{', '.join(map(str, sorted({*retired, *lost})))}]}}"
    _write_ledger(
        text, owner, wanted, (known_next, retired) == (following, sorted({*retired, *lost})), edits, changes, path
    )


def _write_ledger(
    text: str,
    owner: yaml.MappingNode,
    wanted: str,
    up_to_date: bool,
    edits: list[Edit],
    changes: list[Change],
    path: str,
) -> None:
    if up_to_date:
        return
    for key, value in owner.value:
        if key.value == "slots":
            edits.append(Edit(key.start_mark.index, _end(value), wanted))
            break
    else:
        edits.append(_insert_before_blocks(text, owner, wanted))
    changes.append(Change(path, f"the ledger is now `{wanted}`"))


def _insert_first(block: yaml.MappingNode, line: str) -> Edit:
    if block.flow_style:
        start = block.start_mark.index + 1
        return Edit(start, start, f"{line}, ")
    first = block.value[0][0].start_mark
    return Edit(first.index, first.index, f"{line}\n{' ' * first.column}")


def _insert_before_blocks(text: str, owner: yaml.MappingNode, line: str) -> Edit:
    """The ledger goes above `bubbles:` or `zones:`, and above the comment that belongs to it."""
    if owner.flow_style:
        return _insert_first(owner, line)
    key = next(key for key, _ in owner.value if key.value in ("bubbles", "zones"))
    start = text.rfind("\n", 0, key.start_mark.index) + 1
    indent = " " * key.start_mark.column
    while start and re.match(rf"{indent}#", text[text.rfind("\n", 0, start - 1) + 1 : start]):
        start = text.rfind("\n", 0, start - 1) + 1
    return Edit(start, start, f"{indent}{line}\n")


def _end(node: yaml.Node) -> int:
    """Where the text of `node` ends: a block's own mark lies beyond the comments that follow it."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(node, yaml.MappingNode) else last
    return int(node.end_mark.index)


def _get(node: yaml.Node | None, name: str) -> Any:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for key, value in node.value if key.value == name), None)


def _blocks(node: yaml.Node | None) -> list[tuple[str, yaml.MappingNode]]:
    if not isinstance(node, yaml.MappingNode):
        return []
    return [(key.value, value) for key, value in node.value if isinstance(value, yaml.MappingNode)]


def _number(node: yaml.Node | None) -> int | None:
    digits = isinstance(node, yaml.ScalarNode) and re.fullmatch(r"\d{1,6}", node.value)
    return int(node.value) if digits and node is not None else None


def _retired(ledger: yaml.Node | None) -> list[int]:
    listed = _get(ledger, "retired")
    if not isinstance(listed, yaml.SequenceNode):
        return []
    return sorted(number for item in listed.value if (number := _number(item)) is not None)
