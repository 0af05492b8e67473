"""Rules of security groups: finding one in a group, and removing those that the API gives without being asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from plugins.outscale.failures import Refused
from plugins.outscale.kinds.sources import SECURITY_GROUPS
from plugins.outscale.session import Session
from plugins.outscale.sources import Item
from plugins.runtime.call import Call
from plugins.runtime.declare import Values

LISTS = {"Inbound": "InboundRules", "Outbound": "OutboundRules"}
EVERYWHERE = ("0.0.0.0/0", "::/0")
_SENT = ("IpProtocol", "FromPortRange", "ToPortRange", "IpRanges", "SecurityGroupsMembers")


def pick_rule(group: Item, wanted: Values) -> Item | None:
    """The wanted rule, if the group has it. The API shows rules of the same ports as one, with several ranges."""
    flow = str(wanted.get("flow", ""))
    for rule in group.get(LISTS.get(flow, "")) or []:
        if _same_ports(rule, wanted) and wanted.get("ipRange") in (rule.get("IpRanges") or []):
            return {
                "Flow": flow,
                "IpProtocol": wanted.get("ipProtocol"),
                "FromPortRange": wanted.get("fromPortRange"),
                "ToPortRange": wanted.get("toPortRange"),
                "IpRange": wanted.get("ipRange"),
            }
    return None


def _same_ports(rule: Item, wanted: Values) -> bool:
    protocol = rule.get("IpProtocol", "-1")
    if protocol != wanted.get("ipProtocol"):
        return False
    if protocol not in ("tcp", "udp", "icmp"):
        return True  # other protocols have no ports, whatever was asked
    pairs = (("FromPortRange", "fromPortRange"), ("ToPortRange", "toPortRange"))
    return all(rule.get(key, -1) == wanted.get(name, -1) for key, name in pairs)


def check_rule(inputs: Values) -> Mapping[str, str]:
    """Ports go with the protocols that have them."""
    failures = {}
    if inputs.get("ipProtocol") in ("tcp", "udp"):
        for name in ("fromPortRange", "toPortRange"):
            # A value that is not known yet is not in `inputs`: only both absent is surely wrong.
            if name not in inputs and "fromPortRange" not in inputs and "toPortRange" not in inputs:
                failures[name] = f"needed for {inputs['ipProtocol']}"
    first, last = inputs.get("fromPortRange"), inputs.get("toPortRange")
    if isinstance(first, int) and isinstance(last, int) and first > last and inputs.get("ipProtocol") != "icmp":
        failures["toPortRange"] = f"{last} is below fromPortRange {first}"
    return failures


def lets_everything_out(group: Item) -> bool:
    return any(_is_allow_all(rule) for rule in group.get("OutboundRules") or [])


def _is_allow_all(rule: Item) -> bool:
    return rule.get("IpProtocol", "-1") == "-1" and any(block in EVERYWHERE for block in rule.get("IpRanges") or [])


def remove_rules(call: Call[Session], group: Item, flow: str, rules: Iterable[Item]) -> Item:
    """Remove these rules in one call; the group as it is afterwards, read back from the answer."""
    gone = [{key: rule[key] for key in _SENT if rule.get(key) not in (None, [])} for rule in rules]
    if not gone:
        return group
    id = str(group["SecurityGroupId"])
    body = {"SecurityGroupId": id, "Flow": flow, "Rules": gone}
    try:
        answer = call.session.client.write(call, "DeleteSecurityGroupRule", body, repeatable=True)
        found: Item | None = answer.get("SecurityGroup")
    except Refused as refused:
        if not refused.missing:
            raise
        found = None  # an answer was lost: the first sending removed them
    return found or call.session.reader.one(call, SECURITY_GROUPS, id) or group


class ImplicitRules:
    """The allow-all outbound rule of a new group goes away inside its creation."""

    def due(self, outputs: Values, _inputs: Values, /) -> bool:
        return not outputs.get("implicitRulesRemoved")

    def finish(self, call: Call[Session], _id: str, item: Item, _inputs: Values, /) -> dict[str, Any]:
        implicit = [rule for rule in item.get("OutboundRules") or [] if _is_allow_all(rule)]
        return self.observe(call, remove_rules(call, item, "Outbound", implicit))

    def observe(self, _call: Call[Session], item: Item, /) -> dict[str, Any]:
        return {"implicitRulesRemoved": not lets_everything_out(item)}


class DefaultGroup:
    """The default security group of a Net is emptied when the Net asks for it."""

    def due(self, outputs: Values, inputs: Values) -> bool:
        return bool(inputs.get("emptyDefaultSecurityGroup")) and not outputs.get("defaultSecurityGroupEmptied")

    def finish(self, call: Call[Session], id: str, _item: Item, inputs: Values, /) -> dict[str, Any]:
        if not inputs.get("emptyDefaultSecurityGroup"):
            return {}
        filters = {"NetIds": [id], "SecurityGroupNames": ["default"]}
        groups = call.session.client.pages(call, SECURITY_GROUPS.call, SECURITY_GROUPS.items, filters)
        if not groups:
            return {"defaultSecurityGroupEmptied": False}
        group: Item = groups[0]
        for flow, rules in LISTS.items():
            group = remove_rules(call, group, flow, group.get(rules) or [])
        return _seen(group)

    def observe(self, call: Call[Session], item: Item) -> dict[str, Any]:
        """The default group from the listing of all groups, which a refresh reads anyway."""
        for group in call.session.reader.refreshed(call, SECURITY_GROUPS):
            if group.get("NetId") == item.get("NetId") and group.get("SecurityGroupName") == "default":
                seen = _seen(group)
                return {**seen, "emptyDefaultSecurityGroup": seen["defaultSecurityGroupEmptied"]}
        return {}


def _seen(group: Item) -> dict[str, Any]:
    return {
        "defaultSecurityGroupId": group["SecurityGroupId"],
        "defaultSecurityGroupEmptied": not any(group.get(rules) for rules in LISTS.values()),
    }
