"""Security groups and their rules."""

from __future__ import annotations

from plugins.outscale.kinds.sources import SECURITY_GROUPS
from plugins.outscale.rules import ImplicitRules, check_rule, pick_rule
from plugins.outscale.shapes import Attribute, Delete, Shape
from plugins.outscale.sources import Item


def _default(group: Item) -> bool:
    """The group that a Net is born with: it goes with the Net and cannot be deleted by itself."""
    return bool(group.get("SecurityGroupName") == "default")


SECURITY_GROUP = Shape(
    "SecurityGroup",
    "A security group of a Net, without the allow-all outbound rule that the API gives it at birth.",
    attributes=(
        Attribute("netId", required=True, immutable=True),
        Attribute("securityGroupName", required=True, immutable=True),
        Attribute("description", required=True, immutable=True),
    ),
    outputs=(
        Attribute("securityGroupId"),
        Attribute(
            "implicitRulesRemoved",
            "boolean",
            volatile=True,
            description="Read back from the API: no rule lets everything out.",
        ),
    ),
    source=SECURITY_GROUPS,
    id=("securityGroupId",),
    create="CreateSecurityGroup",
    answer="SecurityGroup",
    delete=Delete("DeleteSecurityGroup", ("securityGroupId",)),
    tagged=True,
    unique=True,
    beside=_default,
    special=ImplicitRules(),
    replace_first=True,
)

SECURITY_GROUP_RULE = Shape(
    "SecurityGroupRule",
    "One rule: one flow, protocol, port range and IP range. Its id is made of them, joined by `_`.",
    attributes=(
        Attribute("securityGroupId", required=True, immutable=True),
        Attribute("flow", required=True, immutable=True, choices=("Inbound", "Outbound")),
        Attribute(
            "ipProtocol", required=True, immutable=True, description="`tcp`, `udp`, `icmp`, a number, `-1`: all."
        ),
        Attribute("fromPortRange", "integer", immutable=True),
        Attribute("toPortRange", "integer", immutable=True),
        Attribute("ipRange", required=True, immutable=True),
    ),
    outputs=(),
    source=SECURITY_GROUPS,
    id=("securityGroupId", "flow", "ipProtocol", "fromPortRange", "toPortRange", "ipRange"),
    create="CreateSecurityGroupRule",
    answer="SecurityGroup",
    pick=pick_rule,
    delete=Delete(
        "DeleteSecurityGroupRule",
        ("securityGroupId", "flow", "ipProtocol", "fromPortRange", "toPortRange", "ipRange"),
        answer="SecurityGroup",
    ),
    unique=True,
    replace_first=True,
    check=check_rule,
)
