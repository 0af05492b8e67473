"""Shapes of an SVG picture: the only module that writes SVG."""

from __future__ import annotations

import dataclasses
import html
from collections.abc import Iterable, Sequence

FONT = "Inter, 'Segoe UI', 'Helvetica Neue', 'DejaVu Sans', Arial, sans-serif"
INK = "#1d2733"
MUTED = "#5c6b7a"
LINE = "#44556a"
ALERT = "#b3261e"

Point = tuple[float, float]


@dataclasses.dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; x and y are its top left corner. Pixels."""

    x: float
    y: float
    w: float
    h: float

    @property
    def right(self) -> float:
        return self.x + self.w

    @property
    def bottom(self) -> float:
        return self.y + self.h

    @property
    def middle(self) -> float:
        return self.y + self.h / 2

    @property
    def centre(self) -> float:
        return self.x + self.w / 2


def width_of(text: str, size: float) -> float:
    """Roughly how wide `text` is drawn: no font is at hand, and a generous guess suffices."""
    return len(text) * size * 0.56


def clip(text: str, size: float, width: float) -> str:
    """`text`, shortened with an ellipsis where it would be wider than `width`."""
    room = max(1, int(width / (size * 0.56)))
    return text if len(text) <= room else text[: room - 1] + "…"


class Canvas:
    """Collects shapes; later ones lie above earlier ones."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def rect(self, box: Box, fill: str, stroke: str, *, radius: float = 8, width: float = 1.2, dash: str = "") -> None:
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self._parts.append(
            f'<rect x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.w)}" height="{_n(box.h)}" rx="{_n(radius)}" '
            f'fill="{fill}" stroke="{stroke}" stroke-width="{_n(width)}"{dashes}/>'
        )

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 12,
        fill: str = INK,
        weight: int = 400,
        anchor: str = "start",
        hint: str = "",
    ) -> None:
        """`y` is the base line; `hint` is shown when a pointer rests on the text."""
        title = f"<title>{html.escape(hint)}</title>" if hint else ""
        self._parts.append(
            f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" fill="{fill}" font-weight="{weight}" '
            f'text-anchor="{anchor}">{title}{html.escape(text)}</text>'
        )

    def line(self, start: Point, end: Point, *, stroke: str = "#d5dce3", width: float = 1) -> None:
        self._parts.append(
            f'<line x1="{_n(start[0])}" y1="{_n(start[1])}" x2="{_n(end[0])}" y2="{_n(end[1])}" '
            f'stroke="{stroke}" stroke-width="{_n(width)}"/>'
        )

    def curve(self, start: Point, end: Point, *, stroke: str = LINE, dash: str = "") -> Point:
        """An arrow that leaves and arrives horizontally. Returns its middle."""
        pull = max(24.0, abs(end[0] - start[0]) * 0.5)
        sign = 1 if end[0] >= start[0] else -1
        first, second = (start[0] + sign * pull, start[1]), (end[0] - sign * pull, end[1])
        self._arrow(f"M{_p(start)} C{_p(first)} {_p(second)} {_p(end)}", stroke, dash)
        return (start[0] + end[0]) / 2, (start[1] + end[1]) / 2

    def elbow(self, points: Sequence[Point], *, stroke: str = LINE, dash: str = "", arrow: bool = True) -> None:
        """An arrow of straight pieces with rounded corners."""
        path = [f"M{_p(points[0])}"]
        for before, corner, after in zip(points, points[1:], points[2:], strict=False):
            path.append(f"L{_p(_towards(corner, before, 10))} Q{_p(corner)} {_p(_towards(corner, after, 10))}")
        path.append(f"L{_p(points[-1])}")
        self._arrow(" ".join(path), stroke, dash, arrow)

    def pill(self, centre: Point, numbers: Iterable[int], *, fill: str = LINE, hint: str = "") -> None:
        """The number, or numbers, of an arrow."""
        label = " ".join(map(str, numbers))
        width = max(20.0, width_of(label, 11) + 12)
        box = Box(centre[0] - width / 2, centre[1] - 10, width, 20)
        self.rect(box, fill, "#ffffff", radius=10, width=1.5)
        self.text(centre[0], centre[1] + 4, label, size=11, fill="#ffffff", weight=600, anchor="middle", hint=hint)

    def svg(self, width: float, height: float, title: str, description: str) -> str:
        """The whole picture. The title and the description are what a screen reader says."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width)} {_n(height)}" width="{_n(width)}" '
            f'height="{_n(height)}" font-family="{html.escape(FONT)}" role="img" '
            'aria-labelledby="title description">\n'
            f'<title id="title">{html.escape(title)}</title>\n'
            f'<desc id="description">{html.escape(description)}</desc>\n'
            '<defs><marker id="tip" viewBox="0 0 10 10" refX="8.5" refY="5" markerWidth="7" markerHeight="7" '
            'orient="auto-start-reverse"><path d="M0 0 L10 5 L0 10 z" fill="context-stroke"/></marker></defs>\n'
            f'<rect width="100%" height="100%" fill="#fcfcfb"/>\n' + "\n".join(self._parts) + "\n</svg>\n"
        )

    def _arrow(self, path: str, stroke: str, dash: str, arrow: bool = True) -> None:
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        tip = ' marker-end="url(#tip)"' if arrow else ""
        # A white underlay keeps crossings readable.
        self._parts.append(f'<path d="{path}" fill="none" stroke="#fcfcfb" stroke-width="5"/>')
        self._parts.append(f'<path d="{path}" fill="none" stroke="{stroke}" stroke-width="1.6"{dashes}{tip}/>')


def _towards(corner: Point, other: Point, radius: float) -> Point:
    """The point at most `radius` away from `corner`, and at most half-way, on the way to `other`."""
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    length = max(1e-9, (dx * dx + dy * dy) ** 0.5)
    step = min(radius, length / 2) / length
    return corner[0] + dx * step, corner[1] + dy * step


def _p(point: Point) -> str:
    return f"{_n(point[0])} {_n(point[1])}"


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")
