"""A plan as tables of text: what the command line and Markdown show of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from blueprint import naming, private_links
from blueprint.drawing.tables import ports, short
from blueprint.plan import Assumption, Flow, Plan, Via


@dataclasses.dataclass(frozen=True, slots=True)
class Section:
    """One table. `note` stands between the title and the table."""

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def sections(plan: Plan) -> list[Section]:
    """Everything a person asks of a plan, from addresses to assumptions."""
    return [
        _summary(plan),
        _addresses(plan),
        _matrix(plan),
        _paths(plan),
        _links(plan),
        _machines(plan),
        _buckets(plan),
        _names(plan),
        _keys(plan),
        _assumptions(plan),
    ]


def markdown(plan: Plan, tables: Iterable[Section]) -> str:
    """The tables as one Markdown document."""
    return document(plan.title, tables, headline(plan))


def document(title: str, tables: Iterable[Section], subtitle: str = "") -> str:
    """Tables under one title, in Markdown; those without a row are left out."""
    parts = [f"# {title}\n", *([subtitle + "\n"] if subtitle else [])]
    for table in tables:
        if not table.rows:
            continue
        parts.append(f"## {table.title}\n")
        if table.note:
            parts.append(table.note + "\n")
        lines = [_line(table.headers), _line(["---"] * len(table.headers)), *(_line(row) for row in table.rows)]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def headline(plan: Plan) -> str:
    """`emc2 · dev · outscale, cloudgouv-eu-west-1 (a, b) · simulated`."""
    where = f"{plan.provider}, {plan.region} ({', '.join(plan.azs)})"
    return " · ".join([plan.platform, plan.environment, where, *(["simulated"] if plan.simulated else [])])


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _summary(plan: Plan) -> Section:
    zones = [zone for bubble in plan.bubbles for zone in bubble.zones]
    disks = sum(len(machine.disks) for machine in plan.machines)
    bastions = len(plan.bastion.machines) if plan.bastion else 0
    generated = sum(1 for flow in plan.flows if flow.generated)
    rows = (
        ("bubbles", str(len(plan.bubbles)), "one network each"),
        ("zones", str(len(zones)), f"{sum(len(zone.subnets) for zone in zones)} subnets"),
        ("flows", str(len(plan.flows)), f"{generated} generated; {len(plan.rules)} filter rules"),
        ("peerings, gateways, routes", f"{len(plan.peerings)}, {len(plan.gateways)}, {len(plan.routes)}", ""),
        ("machines", str(len(plan.machines) + bastions), f"{bastions} of the bastion, {disks} data disks"),
        ("buckets", str(len(plan.buckets)), ""),
        ("keys", str(len(plan.keys)), "inventory; none is made yet"),
        ("assumptions", str(len(plan.assumptions)), "values that neither the report nor a regulation gives"),
    )
    return Section("Summary", ("what", "count", ""), rows)


def _addresses(plan: Plan) -> Section:
    rows = []
    for bubble in sorted(plan.bubbles, key=lambda b: b.slot):
        rows.append((bubble.name, f"slot {bubble.slot}", str(bubble.kind), bubble.cidr, ""))
        for zone in sorted(bubble.zones, key=lambda z: z.slot):
            where = "" if zone.region == plan.region else f" in {zone.region}"
            subnets = ", ".join(f"{subnet.az} {subnet.cidr}" for subnet in zone.subnets)
            what = f"{zone.role} on the {zone.plane} plane{where}"
            rows.append((f"  {bubble.name}.{zone.name}", f"slot {zone.slot}", what, zone.cidr, subnets))
    note = f"From slots in {plan.cidr}: nothing moves when a bubble or a zone comes or goes."
    return Section("Addresses", ("where", "slot", "what", "range", "subnets"), tuple(rows), note)


def _matrix(plan: Plan) -> Section:
    rows = tuple(
        (
            flow.name,
            short(flow.source),
            short(flow.destination),
            ports(flow),
            flow.encryption or "not said",
            flow.purpose or "not said",
            flow.owner or "not said",
            flow.review_date.isoformat() if flow.review_date else "not said",
            "generated" if flow.generated else "declared",
        )
        for flow in sorted(plan.flows, key=_declared_first)
    )
    headers = ("flow", "from", "to", "port", "encryption", "purpose", "owner", "review", "")
    return Section(
        "Flow matrix", headers, rows, "Closed: what is not listed is denied. Replies pass by connection state."
    )


def _declared_first(flow: Flow) -> tuple[bool, str]:
    return flow.generated, flow.subject


def _paths(plan: Plan) -> Section:
    peerings = {peering.subject: peering for peering in plan.peerings}
    rows = [
        (short(route.zone), route.destination, str(route.via), _target(route.target, peerings.keys()))
        for route in plan.routes
    ]
    note = "A zone has a route to what it has a rule with, and no other."
    if any(gateway.via is Via.NAT for gateway in plan.gateways):
        note += " A NAT service stands in the edge zone, where the offer has one."
    return Section("Routes", ("zone", "to", "via", "through"), tuple(rows), note)


def _target(subject: str, peerings: Iterable[str]) -> str:
    return subject.removeprefix("peerings/").replace("--", " and ") if subject in peerings else short(subject)


def _links(plan: Plan) -> Section:
    rows = tuple(
        (
            one.external.name,
            ", ".join(one.external.cidrs),
            "declared" if one.external.link else "not said",
            ", ".join(flow.removeprefix("flows/") for flow in one.flows),
            ", ".join(map(short, one.zones)),
        )
        for one in private_links.of(plan)
    )
    note = (
        "Reached by a private link only: these flows have filter rules and no route. No adapter makes a link or its "
        "routes: order or make each one outside, and have it bring its routes to the zones named here."
    )
    headers = ("external", "ranges", "its link", "flows", "zones that need its route")
    return Section("Private links", headers, rows, note if rows else "")


def _machines(plan: Plan) -> Section:
    rows = tuple(
        (
            machine.subject,
            short(machine.zone),
            machine.az,
            f"{machine.vcpus} vCPU, {machine.memory_gib} GiB",
            machine.image,
            ", ".join(f"{disk.name} {disk.size_gib} GiB {disk.performance}" for disk in machine.disks),
        )
        for machine in plan.all_machines
    )
    return Section("Machines", ("machine", "zone", "az", "size", "image", "disks"), rows)


def _buckets(plan: Plan) -> Section:
    rows = tuple(
        (
            f"{bucket.bubble}.{bucket.name}",
            bucket.purpose,
            "PUBLIC" if bucket.public else "private",
            "yes" if bucket.versioning else "no",
            f"{bucket.lock_days} days" if bucket.lock_days else "none",
            f"after {bucket.expire_days} days" if bucket.expire_days else "never",
        )
        for bucket in plan.buckets
    )
    return Section("Buckets", ("bucket", "purpose", "access", "versions", "lock", "erased"), rows)


def _names(plan: Plan) -> Section:
    def name(*parts: str) -> str:
        return naming.of(plan.platform, plan.environment, *parts)

    rows = [(bubble.subject, "network", name(*bubble.subject.split("/"))) for bubble in plan.bubbles]
    rows += [(z.subject, "filter", name(z.bubble, z.name)) for bubble in plan.bubbles for z in bubble.zones]
    rows += [(bucket.subject, "bucket", name(bucket.bubble, bucket.name)) for bucket in plan.buckets]
    rows += [(machine.subject, "machine", name(*machine.subject.split("/"))) for machine in plan.all_machines]
    return Section("Names at the provider", ("subject", "kind", "name"), tuple(rows))


def _keys(plan: Plan) -> Section:
    rows = tuple((key.subject.removeprefix("keys/"), key.kind, key.scope, key.rotation) for key in plan.keys)
    return Section("Keys", ("key", "kind", "serves", "rotation"), rows, "An inventory: no key is made by this version.")


def _assumptions(plan: Plan) -> Section:
    groups: dict[tuple[str, str], list[Assumption]] = {}
    for assumption in plan.assumptions:
        groups.setdefault((assumption.subject, assumption.note), []).append(assumption)
    rows = tuple(
        (subject, "; ".join(f"{a.field}: {a.value}" for a in group), note, group[0].location)
        for (subject, note), group in groups.items()
    )
    note = "Neither the report nor a regulation gives these values."
    return Section("Assumptions", ("subject", "values", "why", "written at"), rows, note)
