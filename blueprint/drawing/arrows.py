"""The arrows of the picture: one per pair of ends, with the numbers of its flows; none crosses a card."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from blueprint.drawing.canvas import ALERT, LINE, Box, Canvas, Point
from blueprint.drawing.layout import GAP, Layout
from blueprint.plan import Flow, Plan


@dataclasses.dataclass(frozen=True, slots=True)
class Arrow:
    source: str
    destination: str
    flows: tuple[Flow, ...]


def draw_arrows(canvas: Canvas, plan: Plan, layout: Layout, numbers: Mapping[str, int]) -> None:
    boxes = {**layout.bubbles, **layout.zones, **layout.externals}
    arrows = [a for a in _grouped(plan, numbers) if a.source in boxes and a.destination in boxes]
    plotter = _Plotter(canvas, layout, boxes, arrows, numbers)
    for arrow in arrows:
        plotter.draw(arrow)
    plotter.draw_pills()


def _grouped(plan: Plan, numbers: Mapping[str, int]) -> list[Arrow]:
    """Flows with the same two ends share an arrow; a flow from a zone to itself has none."""
    pairs: dict[tuple[str, str], list[Flow]] = {}
    for flow in sorted(plan.flows, key=lambda f: numbers.get(f.subject, 0)):
        if flow.subject in numbers and flow.source != flow.destination:
            pairs.setdefault((flow.source, flow.destination), []).append(flow)
    return [Arrow(source, destination, tuple(flows)) for (source, destination), flows in pairs.items()]


class _Plotter:
    def __init__(
        self,
        canvas: Canvas,
        layout: Layout,
        boxes: Mapping[str, Box],
        arrows: list[Arrow],
        numbers: Mapping[str, int],
    ) -> None:
        self.canvas = canvas
        self.layout = layout
        self.boxes = boxes
        self.numbers = numbers
        self.pills: list[tuple[Point, Arrow, str]] = []
        self.lanes: dict[float, int] = {}
        self.sides = {arrow: self._choose(boxes[arrow.source], boxes[arrow.destination]) for arrow in arrows}
        self.ports = self._spread(arrows)

    def draw(self, arrow: Arrow) -> None:
        source, destination = self.boxes[arrow.source], self.boxes[arrow.destination]
        plain = any(flow.encryption in ("", "none") for flow in arrow.flows)
        stroke, dash = (ALERT, "6 3") if plain else (LINE, "")
        out_side, in_side = self.sides[arrow]
        if out_side == "bottom" or out_side == "top":
            x = max(source.x, destination.x) + min(source.w, destination.w) / 2
            start = (x, source.bottom if out_side == "bottom" else source.y)
            end = (x, destination.y if out_side == "bottom" else destination.bottom)
            self.canvas.elbow([start, end], stroke=stroke, dash=dash)
            self._pill(((start[0] + end[0]) / 2, (start[1] + end[1]) / 2), arrow, stroke)
            return
        start, end = self._port(arrow, out_side, source, 0), self._port(arrow, in_side, destination, 1)
        direct = self._gap(start[0], end[0]) and out_side != in_side
        if direct:
            middle = self.canvas.curve(start, end, stroke=stroke, dash=dash)
            self._pill(middle, arrow, stroke)
        else:
            self._around(arrow, start, end, out_side, in_side, stroke, dash)

    def draw_pills(self) -> None:
        """Last, above every arrow, and moved apart where two would meet."""
        placed: list[Point] = []
        for (x, y), arrow, stroke in self.pills:
            while any(abs(x - px) < 24 and abs(y - py) < 21 for px, py in placed):
                y += 11
            placed.append((x, y))
            numbers = [self.numbers[flow.subject] for flow in arrow.flows]
            hint = "; ".join(f"{self.numbers[flow.subject]}: {flow.purpose}" for flow in arrow.flows)
            self.canvas.pill((x, y), numbers, fill=stroke, hint=hint)

    def _pill(self, at: Point, arrow: Arrow, stroke: str) -> None:
        self.pills.append((at, arrow, stroke))

    @staticmethod
    def _choose(source: Box, destination: Box) -> tuple[str, str]:
        """The sides by which an arrow leaves and arrives."""
        overlap = min(source.right, destination.right) - max(source.x, destination.x)
        if overlap > 40:
            distance = (
                destination.y - source.bottom if destination.y >= source.bottom else source.y - destination.bottom
            )
            if 0 <= distance <= 60:
                return ("bottom", "top") if destination.y >= source.bottom else ("top", "bottom")
            return "right", "right"
        return ("right", "left") if destination.x > source.x else ("left", "right")

    def _spread(self, arrows: list[Arrow]) -> dict[tuple[Arrow, int], float]:
        """Where on a side each arrow is tied, as a fraction of its height, in the order of the other ends."""
        ties: dict[tuple[str, str], list[tuple[float, Arrow, int]]] = {}
        for arrow in arrows:
            for index, (here, there) in enumerate(
                ((arrow.source, arrow.destination), (arrow.destination, arrow.source))
            ):
                side = self.sides[arrow][index]
                ties.setdefault((here, side), []).append((self.boxes[there].middle, arrow, index))
        ports = {}
        for tied in ties.values():
            ordered = sorted(tied, key=lambda tie: (tie[0], tie[1].source, tie[1].destination))
            for place, (_, arrow, index) in enumerate(ordered, start=1):
                ports[arrow, index] = place / (len(ordered) + 1)
        return ports

    def _port(self, arrow: Arrow, side: str, box: Box, index: int) -> Point:
        y = box.y + box.h * self.ports[arrow, index]
        return (box.right if side == "right" else box.x, y)

    def _gap(self, x1: float, x2: float) -> bool:
        """Whether nothing stands between: the ends face each other across one gap."""
        low, high = sorted((x1, x2))
        above = [box for box in self.layout.bubbles.values() if box.y < self.layout.bus]
        return not any(low + 2 < box.centre < high - 2 for box in above)

    def _around(
        self, arrow: Arrow, start: Point, end: Point, out_side: str, in_side: str, stroke: str, dash: str
    ) -> None:
        """By the gaps beside the columns; over the top where both ends are not beside the same gap."""
        if out_side == in_side and abs(start[0] - end[0]) < GAP:
            x1 = self._lane(max(start[0], end[0]), out_side)
            self.canvas.elbow([start, (x1, start[1]), (x1, end[1]), end], stroke=stroke, dash=dash)
            self._pill((x1, (start[1] + end[1]) / 2), arrow, stroke)
            return
        x1, x2 = self._lane(start[0], out_side), self._lane(end[0], in_side)
        top = min(box.y for box in self.layout.bubbles.values()) - 14 - 9 * self.lanes.get(-1.0, 0)
        self.lanes[-1.0] = self.lanes.get(-1.0, 0) + 1
        self.canvas.elbow([start, (x1, start[1]), (x1, top), (x2, top), (x2, end[1]), end], stroke=stroke, dash=dash)
        self._pill(((x1 + x2) / 2, top), arrow, stroke)

    def _lane(self, x: float, side: str) -> float:
        """The next free vertical lane in the gap beside `x`."""
        sign = 1 if side == "right" else -1
        key = round(x / 40) * 40.0 * sign
        lane = self.lanes.get(key, 0)
        self.lanes[key] = lane + 1
        return x + sign * (30 + 12 * lane)
