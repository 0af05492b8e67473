"""The picture of a plan: bubbles, zones coloured by plane, numbered flows, and the table of what each number says."""

from __future__ import annotations

import ipaddress

from blueprint.drawing import layout as layouts
from blueprint.drawing import tables
from blueprint.drawing.arrows import draw_arrows
from blueprint.drawing.canvas import ALERT, INK, LINE, MUTED, Box, Canvas, clip, width_of
from blueprint.drawing.layout import Layout
from blueprint.plan import Bubble, Flow, Plan, Plane, Via, Zone

COLOURS: dict[Plane, tuple[str, str]] = {
    Plane.PERIMETER: ("#fdf0df", "#c8741a"),
    Plane.OPERATION: ("#e6f0fb", "#2a66ad"),
    Plane.SERVICE: ("#e7f4ea", "#2f7d4f"),
}
"""Fill and line of each plane; the plane's name is always written too, for those who do not see colours."""


def svg(plan: Plan) -> str:
    """The picture as SVG text. The same plan gives the same bytes."""
    layout = layouts.arrange(plan)
    canvas = Canvas()
    shown = numbered(plan)
    _heading(canvas, plan)
    for bubble in plan.bubbles:
        _bubble(canvas, plan, bubble, layout)
    _externals(canvas, plan, layout)
    _bus(canvas, plan, layout)
    draw_arrows(canvas, plan, layout, shown)
    for bubble in plan.bubbles:
        for zone in bubble.zones:
            _zone_notes(canvas, plan, zone, layout, shown)
    bottom = tables.draw(canvas, plan, shown, layout.width, layout.bottom)
    generated = sum(1 for flow in plan.flows if flow.generated)
    description = (
        f"{len(plan.bubbles)} bubbles, {sum(len(b.zones) for b in plan.bubbles)} zones on three planes, "
        f"{len(plan.flows)} allowed flows of which {generated} generated. Every other conversation is denied."
    )
    return canvas.svg(layout.width, bottom + layouts.MARGIN, f"{plan.title} ({plan.platform})", description)


def numbered(plan: Plan) -> dict[str, int]:
    """Number of each flow that is drawn: the declared ones, and the generated ones that cross the platform's border."""
    drawn = [f for f in plan.flows if not f.generated or "externals" in (_root(f.source), _root(f.destination))]
    kinds = {bubble.name: index for index, bubble in enumerate(sorted(plan.bubbles, key=lambda b: b.slot))}

    def place(flow: Flow) -> tuple[int, str]:
        inside = [end.split("/")[1] for end in (flow.source, flow.destination) if _root(end) == "bubbles"]
        return kinds[inside[0]], flow.subject

    return {flow.subject: number for number, flow in enumerate(sorted(drawn, key=place), start=1)}


def _root(subject: str) -> str:
    return subject.split("/")[0]


def _heading(canvas: Canvas, plan: Plan) -> None:
    x = layouts.MARGIN
    canvas.text(x, 52, plan.title, size=26, weight=700)
    where = f"{plan.platform} · {plan.environment} · {plan.provider}, {plan.region} · {plan.cidr}"
    canvas.text(x, 76, where, size=13, fill=MUTED)
    if plan.simulated:
        canvas.rect(Box(x + width_of(where, 13) + 8, 61, 88, 22), "#fff4d6", "#a17400", radius=11)
        at = x + width_of(where, 13) + 52
        canvas.text(at, 76, "simulated", size=12, fill="#7a5700", weight=600, anchor="middle")
    at = x
    for plane, (fill, stroke) in COLOURS.items():
        canvas.rect(Box(at, 92, 18, 14), fill, stroke, radius=3)
        canvas.text(at + 24, 104, f"{plane} plane", size=12)
        at += 130
    canvas.elbow([(at, 99), (at + 30, 99)], stroke=LINE)
    canvas.text(at + 38, 104, "allowed flow, by its number; what is not drawn or listed is denied", size=12)


def _bubble(canvas: Canvas, plan: Plan, bubble: Bubble, layout: Layout) -> None:
    box = layout.bubbles[bubble.subject]
    canvas.rect(box, "#ffffff", "#8796a5", radius=16, width=1.6)
    canvas.text(box.x + 16, box.y + 26, bubble.name, size=16, weight=700)
    canvas.text(box.right - 16, box.y + 26, bubble.cidr, size=11.5, fill=MUTED, anchor="end")
    vias = [gateway.via for gateway in plan.gateways if gateway.bubble == bubble.name]
    text = " + ".join("NAT" if via is Via.NAT else str(via) for via in vias)
    width = width_of(text, 11) + 18 if vias else 0
    kind = clip(f"{bubble.kind} · {bubble.data_class}", 11.5, box.w - 32 - width)
    canvas.text(box.x + 16, box.y + 46, kind, size=11.5, fill=MUTED)
    if vias:
        canvas.rect(Box(box.right - 14 - width, box.y + 33, width, 18), "#fdf0df", "#c8741a", radius=9, width=1)
        canvas.text(box.right - 14 - width / 2, box.y + 46, text, size=11, fill="#8a4d0c", anchor="middle")
    for zone in bubble.zones:
        _zone(canvas, plan, zone, layout.zones[zone.subject])
    buckets = [bucket for bucket in plan.buckets if bucket.bubble == bubble.name]
    y = box.bottom - layouts.ROW * len(buckets) + 4
    for bucket in buckets:
        days = [f"lock {bucket.lock_days} d"] if bucket.lock_days else []
        days += [f"erased after {bucket.expire_days} d"] if bucket.expire_days else []
        what = "bucket " + ", ".join([bucket.name, *(["PUBLIC"] if bucket.public else []), *days])
        canvas.text(
            box.x + 16,
            y,
            clip(what, 11, box.w - 30),
            size=11,
            fill=ALERT if bucket.public else MUTED,
            hint=bucket.purpose,
        )
        y += layouts.ROW


def _zone(canvas: Canvas, plan: Plan, zone: Zone, box: Box) -> None:
    fill, stroke = COLOURS[zone.plane]
    canvas.rect(box, fill, stroke, radius=10)
    canvas.text(box.x + 12, box.y + 21, zone.name, size=14, weight=600)
    canvas.text(box.right - 12, box.y + 21, zone.cidr, size=11, fill=MUTED, anchor="end")
    spread = "+".join(subnet.az for subnet in zone.subnets)
    canvas.text(box.x + 12, box.y + 38, f"{zone.role} · {zone.plane} plane · zones {spread}", size=11, fill=stroke)
    if zone.region != plan.region:
        canvas.text(box.right - 12, box.y + 38, zone.region, size=11, fill=ALERT, weight=600, anchor="end")


def _zone_notes(canvas: Canvas, plan: Plan, zone: Zone, layout: Layout, numbers: dict[str, int]) -> None:
    box = layout.zones[zone.subject]
    y = box.y + layouts.ZONE_HEAD
    for text, flow in layouts.notes(plan, zone, layout.shared):
        if flow is None:
            canvas.text(box.x + 12, y, clip(text, 11.5, box.w - 24), size=11.5)
        elif flow.subject in numbers:
            number = numbers[flow.subject]
            canvas.pill((box.x + 23, y - 4), [number], hint=f"{number}: {flow.purpose}")
            canvas.text(box.x + 40, y, clip(text, 11.5, box.w - 52), size=11.5)
        y += layouts.ROW


def _externals(canvas: Canvas, plan: Plan, layout: Layout) -> None:
    for external in plan.externals:
        box = layout.externals.get(external.subject)
        if box is None:
            continue
        wide = any(ipaddress.ip_network(cidr).prefixlen <= 1 for cidr in external.cidrs)
        stroke = ALERT if wide else "#8796a5"
        canvas.rect(box, "#f1f3f5", stroke, radius=10, dash="5 4")
        canvas.text(box.x + 12, box.y + 22, clip(external.name, 13, box.w - 24), size=13, weight=600)
        more = f" +{len(external.cidrs) - 1}" if len(external.cidrs) > 1 else ""
        note = f"{external.cidrs[0]}{more}"
        canvas.text(box.x + 12, box.y + 42, note, size=11, fill=ALERT if wide else MUTED)
        canvas.text(box.right - 12, box.y + 42, external.via, size=11, fill=MUTED, anchor="end")


def _bus(canvas: Canvas, plan: Plan, layout: Layout) -> None:
    """One line for all generated flows: they go to and from every bubble alike, and a table lists them."""
    administration = [b for b in plan.bubbles if any(f.generated and b.subject in _ends(f) for f in plan.flows)]
    hubs = [b for b in administration if layout.bubbles[b.subject].y > layout.bus]
    others = [layout.bubbles[b.subject] for b in plan.bubbles if layout.bubbles[b.subject].y < layout.bus]
    if not hubs or not others:
        return
    grey = "#93a1af"
    lowest: dict[float, Box] = {}
    for box in others:
        if box.x not in lowest or box.bottom > lowest[box.x].bottom:
            lowest[box.x] = box
    hub = layout.bubbles[hubs[0].subject]
    xs = [box.centre for box in lowest.values()] + [hub.centre]
    canvas.line((min(xs), layout.bus), (max(xs), layout.bus), stroke=grey, width=3)
    for box in lowest.values():
        canvas.line((box.centre, box.bottom), (box.centre, layout.bus), stroke=grey, width=3)
    canvas.line((hub.centre, layout.bus), (hub.centre, hub.y), stroke=grey, width=3)
    names = sorted({f.name.split("--")[0] for f in plan.flows if f.generated})
    label = f"generated, for every bubble: {', '.join(names)}"
    canvas.text(hub.centre + 12, layout.bus + 20, label, size=12, fill=INK)


def _ends(flow: Flow) -> set[str]:
    return {"/".join(end.split("/")[:2]) for end in (flow.source, flow.destination)}
