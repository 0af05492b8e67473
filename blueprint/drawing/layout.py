"""Where each bubble, zone and external stands in the picture: data goes from left to right, administration below."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from blueprint.drawing.canvas import Box
from blueprint.plan import Bubble, BubbleKind, Flow, Plan, Zone

MARGIN = 40.0
TOP = 136.0
NARROWEST = 1240.0
GAP = 120.0
BUBBLE_WIDTH = 264.0
EXTERNAL_WIDTH = 168.0
EXTERNAL_HEIGHT = 56.0
HEADER = 62.0
PAD = 14.0
ZONE_HEAD = 58.0
ROW = 17.0
BETWEEN = 40.0
SHARED_FROM = 3
"""An external that talks with that many bubbles is written inside the zones instead of drawn."""

COLUMNS = (BubbleKind.INGESTION, BubbleKind.WAREHOUSE, BubbleKind.PROJECT, BubbleKind.EXPORT)


@dataclasses.dataclass(frozen=True, slots=True)
class Layout:
    bubbles: Mapping[str, Box]  # by subject
    zones: Mapping[str, Box]
    externals: Mapping[str, Box]
    shared: frozenset[str]
    """Subjects of the externals that are written inside zones."""
    width: float
    bottom: float
    """Where the picture ends and the tables begin."""
    bus: float
    """Height of the line of generated flows, above the administration."""


def notes(plan: Plan, zone: Zone, shared: Iterable[str]) -> list[tuple[str, Flow | None]]:
    """The lines inside a zone: its tiers, then its flows to shared externals and to itself."""
    lines: list[tuple[str, Flow | None]] = []
    tiers: dict[str, list[int]] = {}
    for machine in (one for one in plan.all_machines if one.zone == zone.subject):
        tiers.setdefault(machine.tier, [0, machine.vcpus, machine.memory_gib])[0] += 1
    for tier, (count, vcpus, memory) in tiers.items():
        lines.append((f"{count} × {tier}, {vcpus} vCPU, {memory} GiB", None))
    for flow in plan.flows:
        ends = {flow.source, flow.destination}
        if ends == {zone.subject}:
            lines.append(("within the zone", flow))
        elif zone.subject in ends and ends & set(shared):
            other = next(iter(ends & set(shared))).removeprefix("externals/")
            lines.append((f"{'to' if flow.source == zone.subject else 'from'} {other}", flow))
    return lines


def arrange(plan: Plan) -> Layout:
    touched = _touched(plan)
    shared = frozenset(name for name, bubbles in touched.items() if len(bubbles) >= SHARED_FROM)
    return _Arranger(plan, touched, shared).layout()


def _touched(plan: Plan) -> dict[str, list[Bubble]]:
    """The bubbles that each external has a flow with."""
    by_name = {bubble.name: bubble for bubble in plan.bubbles}
    found: dict[str, list[Bubble]] = {external.subject: [] for external in plan.externals}
    for flow in plan.flows:
        for here, there in ((flow.source, flow.destination), (flow.destination, flow.source)):
            if here in found and there.startswith("bubbles/"):
                bubble = by_name[there.split("/")[1]]
                if bubble not in found[here]:
                    found[here].append(bubble)
    return found


class _Arranger:
    def __init__(self, plan: Plan, touched: Mapping[str, list[Bubble]], shared: frozenset[str]) -> None:
        self.plan = plan
        self.touched = touched
        self.shared = shared
        self.bubbles: dict[str, Box] = {}
        self.zones: dict[str, Box] = {}
        self.externals: dict[str, Box] = {}

    def layout(self) -> Layout:
        columns = [[b for b in self.plan.bubbles if b.kind is kind] for kind in COLUMNS]
        columns = [column for column in columns if column]
        administration = [b for b in self.plan.bubbles if b.kind is BubbleKind.ADMINISTRATION]
        left, above, right, below = self._sides(columns)
        side = EXTERNAL_WIDTH + GAP
        content = len(columns) * (BUBBLE_WIDTH + GAP) - GAP + side * (bool(left) + bool(right))
        # A narrow platform stands in the middle of the picture, above its administration.
        start = max(MARGIN, (NARROWEST - content) / 2)
        x = start + (side if left else 0)
        row = TOP + (EXTERNAL_HEIGHT + 44 if above else 0)
        tallest = max([self._stack_height(c) for c in columns] + [_externals_height(left), _externals_height(right), 0])
        column_x = []
        for column in columns:
            column_x.append(x)
            y = row + (tallest - self._stack_height(column)) / 2
            for bubble in column:
                y += self._place(bubble, x, y) + BETWEEN
            x += BUBBLE_WIDTH + GAP
        self._stack_externals(left, start, row, tallest)
        self._stack_externals(right, x, row, tallest)
        width = max(NARROWEST, x - GAP + (side if right else 0) + MARGIN)
        self._above(above, columns, column_x)
        bus = row + tallest + 40
        bottom, needed = self._administration(administration, below, bus + 34, width)
        return Layout(self.bubbles, self.zones, self.externals, self.shared, max(width, needed), bottom + 40, bus)

    def _sides(self, columns: list[list[Bubble]]) -> tuple[list[str], list[str], list[str], list[str]]:
        """Externals on the left, above, on the right, and beside the administration."""
        left, above, right, below = [], [], [], []
        first = columns[0] if columns else []
        last = columns[-1] if columns else []
        for subject, bubbles in self.touched.items():
            if subject in self.shared or not bubbles:
                continue
            if any(b.kind is BubbleKind.ADMINISTRATION for b in bubbles):
                below.append(subject)
            elif len(columns) > 1 and all(b in last for b in bubbles):
                right.append(subject)
            elif all(b in first for b in bubbles):
                left.append(subject)
            else:
                above.append(subject)
        return left, above, right, below

    def _place(self, bubble: Bubble, x: float, y: float) -> float:
        """One bubble with its zones below each other; returns its height."""
        top = y + HEADER
        for zone in sorted(bubble.zones, key=lambda z: z.slot):
            height = self._zone_height(zone)
            self.zones[zone.subject] = Box(x + PAD, top, BUBBLE_WIDTH - 2 * PAD, height)
            top += height + 30
        height = self._bubble_height(bubble)
        self.bubbles[bubble.subject] = Box(x, y, BUBBLE_WIDTH, height)
        return height

    def _administration(
        self, bubbles: list[Bubble], externals: list[str], y: float, width: float
    ) -> tuple[float, float]:
        """The administration across the bottom, zones side by side. Returns the bottom and the width it needs."""
        sources = [e for e in externals if any(f.source == e for f in self.plan.flows)]
        others = [e for e in externals if e not in sources]
        zone_width = BUBBLE_WIDTH - 2 * PAD
        widths = [len(b.zones) * (zone_width + 60) - 60 + 2 * PAD for b in bubbles]
        total = sum(widths) + BETWEEN * max(0, len(bubbles) - 1)
        side = EXTERNAL_WIDTH + GAP
        x = max(MARGIN + side, (width - total) / 2)
        if not bubbles:
            return y - 74, 0
        height = 0.0
        for bubble, needed in zip(bubbles, widths, strict=True):
            tallest = max(self._zone_height(zone) for zone in bubble.zones)
            tall = HEADER + tallest + PAD + _buckets_height(self.plan, bubble)
            self.bubbles[bubble.subject] = Box(x, y, needed, tall)
            for index, zone in enumerate(sorted(bubble.zones, key=lambda z: z.slot)):
                self.zones[zone.subject] = Box(x + PAD + index * (zone_width + 60), y + HEADER, zone_width, tallest)
            x += needed + BETWEEN
            height = max(height, tall)
        height = max(height, _externals_height(sources), _externals_height(others))
        start = min(self.bubbles[b.subject].x for b in bubbles)
        self._stack_externals(sources, start - side, y, height)
        self._stack_externals(others, x - BETWEEN + GAP, y, height)
        return y + height, x - BETWEEN + (side if others else 0) + MARGIN

    def _above(self, externals: list[str], columns: list[list[Bubble]], column_x: list[float]) -> None:
        used: dict[int, int] = {}
        for subject in externals:
            index = next(i for i, column in enumerate(columns) if self.touched[subject][0] in column)
            shift = used.get(index, 0)
            used[index] = shift + 1
            x = column_x[index] + (BUBBLE_WIDTH - EXTERNAL_WIDTH) / 2 + shift * (EXTERNAL_WIDTH + 16)
            self.externals[subject] = Box(x, TOP, EXTERNAL_WIDTH, EXTERNAL_HEIGHT)

    def _stack_externals(self, subjects: list[str], x: float, y: float, height: float) -> None:
        top = y + (height - _externals_height(subjects)) / 2
        for subject in subjects:
            self.externals[subject] = Box(x, top, EXTERNAL_WIDTH, EXTERNAL_HEIGHT)
            top += EXTERNAL_HEIGHT + 18

    def _zone_height(self, zone: Zone) -> float:
        return ZONE_HEAD + ROW * max(1, len(notes(self.plan, zone, self.shared))) + 6

    def _bubble_height(self, bubble: Bubble) -> float:
        zones = sum(self._zone_height(zone) + 30 for zone in bubble.zones) - 30
        return HEADER + zones + PAD + _buckets_height(self.plan, bubble)

    def _stack_height(self, column: list[Bubble]) -> float:
        return sum(self._bubble_height(bubble) + BETWEEN for bubble in column) - BETWEEN


def _buckets_height(plan: Plan, bubble: Bubble) -> float:
    count = sum(1 for bucket in plan.buckets if bucket.bubble == bubble.name)
    return 8 + ROW * count if count else 0.0


def _externals_height(subjects: list[str]) -> float:
    return len(subjects) * (EXTERNAL_HEIGHT + 18) - 18 if subjects else 0.0
