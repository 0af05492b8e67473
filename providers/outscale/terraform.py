"""What Terraform's Outscale types leave unsaid: rules inside rules, and the subject of what carries no tag."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from blueprint import plan as plans
from blueprint.values import NOT_OBSERVABLE, Missing
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
    "outscale:index:PublicIpLink": ("publicIpId", "/link"),  # or by the address itself: see `_subject`
    "outscale:index:VolumeLink": ("volumeId", "/link"),
}
"""Kind without a tag -> the property whose target it serves, and what follows that target's subject."""


def points_at(key: str) -> bool:
    """Whether a property is an id that facts follow."""
    return key.rsplit(".", 1)[-1].split("[")[0] in facts.EXTERNAL_ID


def expand(block: Block) -> Iterator[Block]:
    """One block for each rule and range that `rules` holds; a machine with its interfaces in one list."""
    if block.type == "outscale_vm" and block.values.get("primary_nic"):
        block = _first_interface(block)
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
            said = {key: value for key, value in rule.items() if key != "ip_ranges"}
            values: dict[str, Any] = {**common, **said, "ip_range": cidr}
            address = f"{block.address}.rules[{number}].ip_ranges[{position}]"
            yield block.with_values(values, address=address)


def _first_interface(block: Block) -> Block:
    """`primary_nic` goes before `nics`: the provider takes both, and the rest of the world knows one list."""
    first, others = (_listed(block.values.get(key)) for key in ("primary_nic", "nics"))
    if isinstance(first, Missing) or isinstance(others, Missing):
        nics: Any = NOT_OBSERVABLE
    else:
        nics = [*first, *others]
    moved = len(first) if not isinstance(first, Missing) else 0

    def renamed(path: str) -> str:
        path = re.sub(r"^nics\[(\d+)\]", lambda found: f"nics[{int(found[1]) + moved}]", path)
        return re.sub(r"^primary_nic\b", "nics", path)

    return dataclasses.replace(
        block,
        values={**{key: one for key, one in block.values.items() if key != "primary_nic"}, "nics": nics},
        references={renamed(path): one for path, one in block.references.items()},
        unresolved=frozenset(renamed(path) for path in block.unresolved),
        written=None if block.written is None else (block.written - {"primary_nic"}) | {"nics"},
    )


def _listed(value: Any) -> list[Any] | Missing:
    if value is None or isinstance(value, list | Missing):
        return value if value is not None else []
    return [value]


said = mapping.with_ids


def subjects(resources: Iterable[Resource], plan: plans.Plan | None) -> list[Resource]:
    """The same with subjects: a tag's, else what the target's gives, else the planned rule's that says the same."""
    everything = list(resources)
    tagged = {one.address: one.subject for one in everything if one.subject}
    planned = Planned(plan) if plan is not None else None
    return [dataclasses.replace(one, subject=one.subject or _subject(one, tagged, planned)) for one in everything]


def configuration(given: Mapping[str, Any]) -> dict[str, Any]:
    """As the provider reads it: what its `api` block says goes before the arguments of older versions beside it."""
    api, older = _first(given.get("api")), _first(given.get("endpoints"))
    region = api.get("region") or given.get("region", NOT_OBSERVABLE)
    endpoint = api.get("endpoint") or older.get("api")
    if isinstance(endpoint, str) and "://" not in endpoint:
        endpoint = f"https://{endpoint}"  # it takes a bare host too, and calls it by TLS
    insecure = given.get("insecure") if given.get("insecure") is not None else api.get("insecure")
    return mapping.place({"region": region}, endpoint=endpoint, insecure=insecure)


def _first(value: Any) -> Mapping[str, Any]:
    """The first of some blocks. Of blocks that nobody can read, every argument is as unreadable."""
    found = value[0] if isinstance(value, list) and value else value
    if isinstance(found, Missing):
        return dict.fromkeys(("api", "endpoint", "insecure", "region"), found)
    return found if isinstance(found, Mapping) else {}


def _subject(one: Resource, tagged: Mapping[str, str], planned: Planned | None) -> str | None:
    def target(key: str) -> str | None:
        return tagged.get(one.ids.get(key) or "")

    if one.kind in LINKS:
        key, suffix = LINKS[one.kind]
        found = target(key) or (target("publicIp") if key == "publicIpId" else None)
        return f"{found}{suffix}" if found else None
    given = one.properties
    if one.kind == RULE and planned and (group := target("securityGroupId")):
        flow, protocol = str(given.get("flow", "")), given.get("ipProtocol")
        ports = given.get("fromPortRange"), given.get("toPortRange")
        return planned.rule(group.removesuffix("/filter"), flow.capitalize(), protocol, *ports, given.get("ipRange"))
    if one.kind == ROUTE and planned and (table := target("routeTableId")):
        return planned.routes.get((table.removesuffix("/table"), str(given.get("destinationIpRange"))))
    return None
