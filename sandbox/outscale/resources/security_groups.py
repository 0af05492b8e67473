"""Security groups and their rules.

A group is born with an outbound rule that allows all; the default group of a Net also allows inbound from itself.
Rules of the same protocol and ports are shown as one, with several ranges, as the API does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sandbox.outscale import states, values
from sandbox.outscale.errors import ApiError
from sandbox.outscale.operations import Answer, Call, operation
from sandbox.outscale.reading import quota, read
from sandbox.outscale.resources.rules import add_rule, allow_all, member, remove_rule, requested_rules, rule_count
from sandbox.outscale.store import Record

_NAME = re.compile(r"[a-zA-Z0-9 _.\-:/()#,@\[\]+=&;{}!$*]{1,255}")
_DESCRIPTION = re.compile(r"[a-zA-Z0-9\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f _.\-:/()#,@\[\]+=&;{}!$*]{1,255}")
_FIELDS = {"Inbound": "InboundRules", "Outbound": "OutboundRules"}


def create_default_group(call: Call, net: Record) -> Record:
    """The default group that every Net is born with."""
    group = _insert(call, net, "default", f"default security group of {net.id}")
    inbound = {"IpProtocol": "-1", "FromPortRange": -1, "ToPortRange": -1, "SecurityGroupsMembers": [member(group)]}
    group = call.store.update(group, InboundRules=[inbound])
    return call.store.note(group, default=True)


@operation("CreateSecurityGroup")
def create_security_group(call: Call) -> Answer:
    name, description = call.request["SecurityGroupName"], call.request["Description"]
    if not _NAME.fullmatch(name) or name.startswith("sg-"):
        raise ApiError("invalid-name", "SecurityGroupName: 1 to 255 allowed characters, not starting with sg-")
    if not _DESCRIPTION.fullmatch(description):
        raise ApiError("invalid-parameter-value", "Description: 1 to 255 allowed characters")
    if "NetId" not in call.request:
        raise ApiError("not-simulated", "security groups of the public Cloud are not simulated: give NetId")
    net = call.store.require("net", call.request["NetId"])
    siblings = call.store.where("security-group", NetId=net.id)
    if any(other["SecurityGroupName"] == name for other in siblings):
        raise ApiError("duplicate-group", f"{net.id} already has a security group with this name")
    quota(call, "security_group_per_net", len(siblings), "too-many-sgs")
    return {"SecurityGroup": states.born(call, _insert(call, net, name, description)).body}


def _insert(call: Call, net: Record, name: str, description: str) -> Record:
    return call.store.insert(
        "security-group",
        {
            "AccountId": call.account_id,
            "Description": description,
            "InboundRules": [],
            "NetId": net.id,
            "OutboundRules": [allow_all()],
            "SecurityGroupName": name,
            "Tags": [],
        },
    )


@operation("ReadSecurityGroups")
def read_security_groups(call: Call) -> Answer:
    return read(call, "security-group")


@operation("DeleteSecurityGroup")
def delete_security_group(call: Call) -> Answer:
    if "SecurityGroupId" not in call.request:
        raise ApiError("missing-parameter", "SecurityGroupId: names only work in the public Cloud, not simulated")
    group = call.store.require("security-group", call.request["SecurityGroupId"])
    if group.meta.get("default"):
        raise ApiError("reserved-group", f"{group.id} is the default group of {group['NetId']}")
    users = [nic.id for nic in call.store.where("nic", NetId=group["NetId"]) if group.id in _ids(nic["SecurityGroups"])]
    users += [
        other.id for other in call.store.all("security-group") if other.id != group.id and _refers(other, group.id)
    ]
    if users:
        raise ApiError("group-in-use", f"{group.id} is used by {', '.join(users)}")
    call.store.delete(group)
    return {}


@operation("CreateSecurityGroupRule")
def create_security_group_rule(call: Call) -> Answer:
    group, field = _target(call)
    rules: list[dict[str, Any]] = group[field]
    for rule in requested_rules(call, group):
        rules = add_rule(rules, rule)
    other = next(name for name in _FIELDS.values() if name != field)
    quota(call, "rule_per_security_group", rule_count(rules) + rule_count(group[other]), "too-many-sg-rules", wanted=0)
    return {"SecurityGroup": call.store.update(group, **{field: rules}).body}


@operation("DeleteSecurityGroupRule")
def delete_security_group_rule(call: Call) -> Answer:
    group, field = _target(call)
    rules: list[dict[str, Any]] = group[field]
    for rule in requested_rules(call, group):
        rules = remove_rule(rules, rule)
    return {"SecurityGroup": call.store.update(group, **{field: rules}).body}


def _target(call: Call) -> tuple[Record, str]:
    flow = values.one_of(call.request["Flow"], tuple(_FIELDS), "Flow")
    return call.store.require("security-group", call.request["SecurityGroupId"]), _FIELDS[flow]


def _ids(groups: list[dict[str, str]]) -> set[str]:
    return {group["SecurityGroupId"] for group in groups}


def _refers(group: Record, other_id: str) -> bool:
    rules: list[Mapping[str, Any]] = [*group["InboundRules"], *group["OutboundRules"]]
    return any(other_id in _ids(rule.get("SecurityGroupsMembers", [])) for rule in rules)
