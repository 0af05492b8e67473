"""What a blueprint's form asks beyond the shape of its blocks: names that exist, slots that are given once."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from pydantic import BaseModel

from blueprint import addressing, data_names, flows, references
from blueprint.errors import Problem
from blueprint.model import Authorisation, Block, Blueprint, Slots
from blueprint.references import Finding
from blueprint.source_map import Path, SourceMap
from blueprint.validation import fields_at, problem


def check(blueprint: Blueprint, source_map: SourceMap) -> list[Problem]:
    """Every problem of form that the model alone does not see."""
    findings = [
        *_slots(blueprint),
        *_names(blueprint),
        *_tiers(blueprint),
        *_flows(blueprint),
        *_services_and_bastion(blueprint),
        *_authorisations(blueprint),
        *_exits(blueprint),
        *data_names.check(blueprint),
        *_origins(blueprint),
    ]
    if not findings:  # rules can only be compared once slots and names hold
        findings = list(_same_rule_twice(blueprint))
    return [problem(source_map, path, message, remedy) for path, message, remedy in findings]


FIX = "run `rempart check --fix` on this file: it gives slots and keeps the ledger"


def _slots(blueprint: Blueprint) -> Iterator[Finding]:
    bubbles = {name: bubble.slot for name, bubble in blueprint.bubbles.items()}
    capacity = addressing.bubble_capacity(blueprint.address_space)
    yield from _slots_of(("bubbles",), bubbles, ("slots",), blueprint.slots, capacity)
    for name, bubble in blueprint.bubbles.items():
        here: Path = ("bubbles", name)
        zones = {zone: block.slot for zone, block in bubble.zones.items()}
        yield from _slots_of((*here, "zones"), zones, (*here, "slots"), bubble.slots, addressing.zone_capacity())


def _slots_of(
    parent: Path, given: dict[str, int | None], ledger_path: Path, ledger: Slots | None, capacity: int
) -> Iterator[Finding]:
    seen: dict[int, str] = {}
    retired = ledger.retired if ledger else ()
    for name, slot in given.items():
        path = (*parent, name, "slot")
        if slot is None:
            yield (*parent, name), "this block has no address slot", FIX
            continue
        if slot in seen:
            yield path, f"slot {slot} is already {seen[slot]!r}'s", f"remove this line, then {FIX}"
        elif slot in retired:
            yield path, f"slot {slot} is retired: its addresses were another's", f"remove this line, then {FIX}"
        elif slot >= capacity:
            yield (
                path,
                f"slots go from 0 to {capacity - 1} here, {slot} was found",
                "widen address_space, or correct it",
            )
        elif ledger and slot >= ledger.next:
            yield path, f"slot {slot} was chosen by hand: the ledger's next is {ledger.next}", FIX
        seen.setdefault(slot, name)
    if ledger:
        lost = [slot for slot in range(ledger.next) if slot not in seen and slot not in retired]
        if lost:
            listing = ", ".join(map(str, lost))
            yield ledger_path, f"slot {listing} was given once, nothing holds it and it is not listed as retired", FIX


def _names(blueprint: Blueprint) -> Iterator[Finding]:
    space = ipaddress.IPv4Network(blueprint.address_space)
    for name, external in blueprint.externals.items():
        for index, cidr in enumerate(external.cidrs):
            network = ipaddress.ip_network(cidr)
            # A range that holds the whole platform, such as 0.0.0.0/0, says "anywhere": the policy pack's question.
            if isinstance(network, ipaddress.IPv4Network) and network.subnet_of(space):
                path: Path = ("externals", name, "cidrs", index)
                yield path, f"{cidr} lies in the platform's own {space}", "name the zone or the bubble instead"
        if name in blueprint.bubbles:
            yield ("externals", name), f"{name!r} is also the name of a bubble", "rename one: flows name both alike"


def _tiers(blueprint: Blueprint) -> Iterator[Finding]:
    for bubble_name, bubble in blueprint.bubbles.items():
        for tier_name, tier in bubble.tiers.items():
            if tier.zone not in bubble.zones:
                path = ("bubbles", bubble_name, "tiers", tier_name, "zone")
                yield references.dangling(path, "zone of this bubble", tier.zone, bubble.zones)


def _flows(blueprint: Blueprint) -> Iterator[Finding]:
    ends = references.ends(blueprint)
    for name, flow in blueprint.flows.items():
        path: Path = ("flows", name)
        for field, end in (("from", flow.from_), ("to", flow.to)):
            if end not in ends:
                yield references.dangling((*path, field), "zone (bubble.zone), bubble or external", end, ends)
        if {flow.from_, flow.to} <= set(blueprint.externals):
            yield path, "both ends are outside the platform", "let one end be a zone or a bubble"
        if flow.protocol != "icmp" and flow.ports is None:
            yield path, f"a {flow.protocol} flow needs its ports", "add `ports: 443`, for instance"
        if flow.protocol == "icmp" and flow.ports is not None:
            yield (*path, "ports"), "icmp has no ports", "remove this line"


def _services_and_bastion(blueprint: Blueprint) -> Iterator[Finding]:
    zones = references.zones(blueprint)
    for name, service in blueprint.services.items():
        if service.zone not in zones:
            yield references.dangling(("services", name, "zone"), "zone (bubble.zone)", service.zone, zones)
        if service.protocol == "icmp":
            yield ("services", name, "protocol"), "a service answers on ports: tcp or udp", "write tcp or udp"
    if blueprint.bastion:
        if blueprint.bastion.zone not in zones:
            yield references.dangling(("bastion", "zone"), "zone (bubble.zone)", blueprint.bastion.zone, zones)
        for index, name in enumerate(blueprint.bastion.allowed):
            if name not in blueprint.externals:
                yield references.dangling(("bastion", "allowed", index), "external", name, blueprint.externals)


def _authorisations(blueprint: Blueprint) -> Iterator[Finding]:
    blocks: list[tuple[Path, Authorisation | None]] = [(("authorisation",), blueprint.authorisation)]
    blocks += [(("bubbles", name, "project"), bubble.project) for name, bubble in blueprint.bubbles.items()]
    sinks = references.sinks(blueprint)
    for path, block in blocks:
        if block is None:
            continue
        for index, role in enumerate(block.roles):
            if role not in blueprint.roles:
                yield references.dangling((*path, "roles", index), "role", role, blueprint.roles)
        if block.log_sink and block.log_sink not in sinks:
            yield references.dangling((*path, "log_sink"), "subject of a bucket or zone", block.log_sink, sinks)
        if block.start and block.end and block.end < block.start:
            yield (*path, "end"), "the end comes before the start", "correct one of the two"


def _exits(blueprint: Blueprint) -> Iterator[Finding]:
    known = [*blueprint.bubbles, *blueprint.externals]
    for name, block in blueprint.exits.items():
        if block.through not in known:
            yield references.dangling(("exits", name, "through"), "bubble or external", block.through, known)


def _origins(blueprint: Blueprint) -> Iterator[Finding]:
    for path, block in blocks_of(blueprint):
        for field in block.origins:
            known = [f for f in fields_at(Blueprint, path) if f not in PROVENANCE_FIELDS]
            if field not in known:
                yield references.dangling((*path, "origins", field), "field of this block named", field, known)


PROVENANCE_FIELDS = frozenset({"origin", "source", "origins"})


def blocks_of(blueprint: Blueprint) -> Iterator[tuple[Path, Block]]:
    """Every block with its path in the file, outermost first."""
    yield (), blueprint
    yield from _blocks_below(blueprint, ())


def _blocks_below(model: BaseModel, path: Path) -> Iterator[tuple[Path, Block]]:
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        here = (*path, field.alias or name)
        children = value.items() if isinstance(value, dict) else [(None, value)]
        for key, child in children:
            if isinstance(child, Block):
                below = here if key is None else (*here, str(key))
                yield below, child
                yield from _blocks_below(child, below)


def _same_rule_twice(blueprint: Blueprint) -> Iterator[Finding]:
    """Two flows that give the same rule: no provider holds it twice, and removing one flow would cut the other."""
    paths = dict(flows.origins(blueprint))
    seen: dict[tuple[object, ...], str] = {}
    for rule in flows.expand(flows.all_flows(blueprint), flows.world(blueprint)):
        key = (rule.zone, rule.direction, rule.protocol, rule.from_port, rule.to_port, rule.cidr)
        other = seen.setdefault(key, rule.flow)
        if other != rule.flow:
            what = f"{rule.direction} {rule.protocol}/{rule.from_port}-{rule.to_port} {rule.cidr} on {rule.zone}"
            yield paths[rule.flow], f"{rule.flow} and {other} give the same rule: {what}", "keep one of the two flows"
