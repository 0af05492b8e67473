"""What Terraform's Outscale types leave unsaid: rules inside rules, and the subject of what carries no tag."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from blueprint import plan as plans
from providers.outscale import facts
from providers.outscale.planned import Planned
from providers.terraform import mapping
from providers.terraform.blocks import Block
from providers.terraform.mapping import Resource

NAME = "outscale"
"""Of the provider resource that facts come below."""
RULE = "outscale:index:SecurityGroupRule"
ROUTE = "outscale:index:Route"
LINKS = {
    "outscale:index:RouteTableLink": ("subnetId", "/table-link"),
    "outscale:index:InternetServiceLink": ("internetServiceId", "/link"),
    "outscale:index:NetPeeringAcceptation": ("netPeeringId", "/acceptation"),
    "outscale:index:PublicIpLink": ("publicIpId", "/link"),
    "outscale:index:VolumeLink": ("volumeId", "/link"),
}
"""Kind without a tag -> the property whose target it serves, and what follows that target's subject."""


def points_at(key: str) -> bool:
    """Whether a property is an id that facts follow."""
    return key.rsplit(".", 1)[-1].split("[")[0] in facts.EXTERNAL_ID


def expand(block: Block) -> Iterator[Block]:
    """One block for each rule and range that `rules` holds; any other block as it is."""
    inner = block.values.get("rules") if block.type == "outscale_security_group_rule" else None
    if not inner:
        yield block
        return
    common = {key: value for key, value in block.values.items() if key not in ("rules", "ip_range")}
    for number, rule in enumerate(inner if isinstance(inner, list) else [inner]):
        if not isinstance(rule, Mapping):
            yield block
            continue
        ranges = rule.get("ip_ranges")
        for position, cidr in enumerate(ranges if isinstance(ranges, list) and ranges else [ranges]):
            values: dict[str, Any] = {**common, **rule, "ip_range": cidr}
            address = f"{block.address}.rules[{number}].ip_ranges[{position}]"
            yield dataclasses.replace(block, address=address, values=values)


said = mapping.with_ids


def subjects(resources: Iterable[Resource], plan: plans.Plan | None) -> list[Resource]:
    """The same with subjects: a tag's, else what the target's gives, else the planned rule's that says the same."""
    everything = list(resources)
    tagged = {one.address: one.subject for one in everything if one.subject}
    planned = Planned(plan) if plan is not None else None
    return [dataclasses.replace(one, subject=one.subject or _subject(one, tagged, planned)) for one in everything]


def configuration(given: Mapping[str, Any]) -> dict[str, Any]:
    """The first endpoint of the API goes before the region's own."""
    endpoints = given.get("endpoints")
    first = endpoints[0] if isinstance(endpoints, list) and endpoints else endpoints
    endpoint = first.get("api") if isinstance(first, Mapping) else None
    return mapping.place(given, endpoint=endpoint, insecure=given.get("insecure"))


def _subject(one: Resource, tagged: Mapping[str, str], planned: Planned | None) -> str | None:
    def target(key: str) -> str | None:
        return tagged.get(one.ids.get(key) or "")

    if one.kind in LINKS:
        key, suffix = LINKS[one.kind]
        return f"{found}{suffix}" if (found := target(key)) else None
    given = one.properties
    if one.kind == RULE and planned and (group := target("securityGroupId")):
        flow, protocol = str(given.get("flow", "")), given.get("ipProtocol")
        ports = given.get("fromPortRange"), given.get("toPortRange")
        return planned.rule(group.removesuffix("/filter"), flow.capitalize(), protocol, *ports, given.get("ipRange"))
    if one.kind == ROUTE and planned and (table := target("routeTableId")):
        return planned.routes.get((table.removesuffix("/table"), str(given.get("destinationIpRange"))))
    return None
