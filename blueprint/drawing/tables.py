"""The tables below the picture: what each number says, and the flows that are generated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from blueprint.drawing.canvas import INK, MUTED, Box, Canvas, clip
from blueprint.drawing.layout import MARGIN
from blueprint.plan import Flow, Plan

ROW = 22.0
COLUMNS = (
    ("", 0.03),
    ("flow", 0.14),
    ("from", 0.14),
    ("to", 0.14),
    ("port", 0.08),
    ("encryption", 0.09),
    ("purpose", 0.24),
    ("owner", 0.14),
)


def draw(canvas: Canvas, plan: Plan, numbers: Mapping[str, int], width: float, y: float) -> float:
    """Draws both tables below `y`; returns where they end."""
    shown = sorted((f for f in plan.flows if f.subject in numbers), key=lambda f: numbers[f.subject])
    y = _table(canvas, "Allowed flows", [_row(f, str(numbers[f.subject])) for f in shown], width, y)
    generated = generated_groups(plan, numbers)
    return _table(canvas, "Generated flows, one for each bubble", generated, width, y + 26) if generated else y


def generated_groups(plan: Plan, numbers: Mapping[str, int]) -> list[list[str]]:
    """One row for all generated flows of a kind; the plan lists each."""
    groups: dict[str, list[Flow]] = {}
    for flow in plan.flows:
        if flow.generated and flow.subject not in numbers:
            groups.setdefault(flow.name.split("--")[0], []).append(flow)
    rows = []
    for name, flows in sorted(groups.items()):
        row = _row(flows[0], "")
        sources, destinations = ({getattr(f, end) for f in flows} for end in ("source", "destination"))
        row[1] = name
        row[2] = short(flows[0].source) if len(sources) == 1 else f"{len(sources)} bubbles and zones"
        row[3] = short(flows[0].destination) if len(destinations) == 1 else f"{len(destinations)} bubbles and zones"
        row[6] = "administration, through the bastion only" if len(destinations) > 1 else flows[0].purpose
        rows.append(row)
    return rows


def short(subject: str) -> str:
    """`bubbles/warehouse/zones/omop` as `warehouse.omop`.

    >>> short("externals/snds")
    'snds'
    """
    return ".".join(part for part in subject.split("/") if part not in ("bubbles", "zones", "externals"))


def ports(flow: Flow) -> str:
    """`tcp 443`, `tcp 8000-8005`, `icmp`."""
    if flow.protocol == "icmp":
        return "icmp"
    last = f"-{flow.to_port}" if flow.to_port != flow.from_port else ""
    return f"{flow.protocol} {flow.from_port}{last}"


def _row(flow: Flow, number: str) -> list[str]:
    return [
        number,
        flow.name,
        short(flow.source),
        short(flow.destination),
        ports(flow),
        flow.encryption.replace("_", " ") or "not said",
        flow.purpose,
        flow.owner,
    ]


def _table(canvas: Canvas, title: str, rows: Sequence[Sequence[str]], width: float, y: float) -> float:
    room = width - 2 * MARGIN
    canvas.text(MARGIN, y + 16, title, size=16, weight=700)
    y += 30
    canvas.rect(Box(MARGIN, y, room, ROW), "#eef1f4", "none", radius=4, width=0)
    _cells(canvas, [name for name, _ in COLUMNS], room, y, weight=600, fill=MUTED)
    for row in rows:
        y += ROW
        _cells(canvas, row, room, y)
        canvas.line((MARGIN, y + ROW), (MARGIN + room, y + ROW), stroke="#e3e8ed")
    return y + ROW


def _cells(canvas: Canvas, cells: Sequence[str], room: float, y: float, *, weight: int = 400, fill: str = INK) -> None:
    x = MARGIN
    for text, (_, share) in zip(cells, COLUMNS, strict=True):
        canvas.text(x + 8, y + 15, clip(text, 11.5, share * room - 10), size=11.5, weight=weight, fill=fill, hint=text)
        x += share * room
