"""Rules of security groups as values: reading them from requests, adding them to and taking them from a list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.outscale import values
from sandbox.outscale.errors import ApiError
from sandbox.outscale.operations import Call
from sandbox.outscale.store import Record

Rule = dict[str, Any]
PORTS = range(65536)
ICMP = range(-1, 256)
_SHORT = ("FromPortRange", "IpProtocol", "IpRange", "ToPortRange")
_LINKS = (
    ("SecurityGroupNameToLink", "SecurityGroupAccountIdToLink"),
    ("SecurityGroupNameToUnlink", "SecurityGroupAccountIdToUnlink"),
)


def allow_all() -> Rule:
    """The outbound rule that groups are born with."""
    return {"FromPortRange": -1, "IpProtocol": "-1", "IpRanges": ["0.0.0.0/0"], "ToPortRange": -1}


def member(group: Record) -> Rule:
    """A group as a rule refers to it."""
    return {
        "AccountId": group["AccountId"],
        "SecurityGroupId": group.id,
        "SecurityGroupName": group["SecurityGroupName"],
    }


def rule_count(rules: list[Rule]) -> int:
    """Each range and each member counts as one rule."""
    return sum(len(rule.get("IpRanges", [])) + len(rule.get("SecurityGroupsMembers", [])) for rule in rules)


def requested_rules(call: Call, group: Record) -> list[Rule]:
    """The rules a request names, one range or one member each, ports and protocol checked."""
    request = call.request
    linked = next((request[name] for name, _account in _LINKS if name in request), None)
    if "Rules" in request:
        if any(name in request for name in _SHORT) or linked:
            raise ApiError("invalid-parameter-set", "Rules excludes IpProtocol, IpRange, FromPortRange and ToPortRange")
        found = [one for rule in request["Rules"] for one in _split(call, group, rule)]
    elif linked is not None:
        found = [{**_ports(request), "SecurityGroupsMembers": [_member(call, group, linked)]}]
    elif "IpRange" in request:
        found = [{**_ports(request), "IpRanges": [str(values.network(request["IpRange"]))]}]
    else:
        raise ApiError("missing-parameter", "give IpRange, a security group to link, or Rules")
    if not found:
        raise ApiError("missing-parameter", "Rules names no range and no security group")
    return found


def _split(call: Call, group: Record, rule: Rule) -> Iterator[Rule]:
    if "ServiceIds" in rule:
        raise ApiError("not-simulated", "ServiceIds in a rule is not simulated")
    ports = _ports(rule)
    for text in rule.get("IpRanges", []):
        yield {**ports, "IpRanges": [str(values.network(text, "IpRanges"))]}
    for named in rule.get("SecurityGroupsMembers", []):
        wanted = named.get("SecurityGroupId") or named.get("SecurityGroupName", "")
        yield {**ports, "SecurityGroupsMembers": [_member(call, group, wanted)]}


def _member(call: Call, group: Record, wanted: str) -> Rule:
    """The linked group. In a Net the parameter called Name takes an id (OpenAPI document)."""
    found = call.store.require("security-group", wanted)
    peers = {group["NetId"]} | {
        side["NetId"]
        for peering in call.store.all("net-peering")
        if peering["State"]["Name"] == "active"
        and group["NetId"] in (peering["SourceNet"]["NetId"], peering["AccepterNet"]["NetId"])
        for side in (peering["SourceNet"], peering["AccepterNet"])
    }
    if found["NetId"] not in peers:
        raise ApiError("network-mismatch", f"{found.id} is neither in {group['NetId']} nor in a Net peered with it")
    return member(found)


def _ports(source: Any) -> Rule:
    """Protocol and ports, in the form the API keeps them: all protocols have no ports."""
    protocol = source.get("IpProtocol", "-1")
    if protocol == "-1" or (protocol.isdigit() and int(protocol) <= 255):
        return {"FromPortRange": -1, "IpProtocol": protocol, "ToPortRange": -1}
    if protocol not in ("tcp", "udp", "icmp"):
        raise ApiError("invalid-protocol", "IpProtocol must be tcp, udp, icmp, -1 or a protocol number")
    for name in ("FromPortRange", "ToPortRange"):
        if name not in source:
            raise ApiError("missing-parameter", f"{name} is needed for {protocol}")
    first, last = source["FromPortRange"], source["ToPortRange"]
    allowed = ICMP if protocol == "icmp" else PORTS
    if first not in allowed or last not in allowed or (protocol != "icmp" and first > last):
        raise ApiError("invalid-port-specification", f"FromPortRange {first}, ToPortRange {last} for {protocol}")
    return {"FromPortRange": first, "IpProtocol": protocol, "ToPortRange": last}


def add_rule(rules: list[Rule], new: Rule) -> list[Rule]:
    """`rules` with `new`, merged into the rule of the same ports; a duplicate is a conflict."""
    field = _field(new)
    for position, rule in enumerate(rules):
        if _same_ports(rule, new):
            if new[field][0] in rule.get(field, []):
                raise ApiError("duplicate-cidr", "this rule is already there")
            merged = {**rule, field: [*rule.get(field, []), new[field][0]]}
            return [*rules[:position], merged, *rules[position + 1 :]]
    return [*rules, new]


def remove_rule(rules: list[Rule], gone: Rule) -> list[Rule]:
    """`rules` without `gone`, which must be there exactly."""
    field = _field(gone)
    for position, rule in enumerate(rules):
        if _same_ports(rule, gone) and gone[field][0] in rule.get(field, []):
            left = {**rule, field: [item for item in rule[field] if item != gone[field][0]]}
            kept = [{k: v for k, v in left.items() if v != []}] if rule_count([left]) else []
            return [*rules[:position], *kept, *rules[position + 1 :]]
    raise ApiError("no-such-authorization", "there is no such rule in this security group")


def _field(rule: Rule) -> str:
    return "IpRanges" if "IpRanges" in rule else "SecurityGroupsMembers"


def _same_ports(one: Rule, other: Rule) -> bool:
    return all(one[name] == other[name] for name in ("FromPortRange", "IpProtocol", "ToPortRange"))
