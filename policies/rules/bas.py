"""The bastion is the only way in for administration."""

from __future__ import annotations

from blueprint import facts
from policies import addresses
from policies.context import Context
from policies.rules import ports
from policies.rules.filtering import ranges_of
from policies.rules.model import Rule
from policies.verdicts import CONFORM, State, Verdict, refused, unread


def admin_ports_from_bastion(fact: facts.FilterRule, context: Context) -> Verdict:
    """An admin port is reached from the bastion's zone only; the bastion's own from declared admin ranges only."""
    if trouble := unread(fact, "direction", "protocol", "from_port", "to_port", "cidrs"):
        return trouble
    if fact.direction == "egress":
        return Verdict(State.NOT_APPLICABLE, "an egress rule lets nothing in")
    bastion = context.plan.bastion
    watched = {*context.parameter("BAS-01", "admin_ports"), *(bastion.admin_ports if bastion else ())}
    opened = ports.holds(fact.from_port, fact.to_port, watched)  # type: ignore[arg-type]
    if not opened or not ports.meet(str(fact.protocol), "tcp"):
        return Verdict(State.NOT_APPLICABLE, "it opens no admin port")
    spelled = ", ".join(map(str, opened))
    if bastion is None:
        return refused(f"admin port {spelled} is open and there is no bastion")
    cidrs: tuple[str, ...] = fact.cidrs  # type: ignore[assignment]
    if fact.group == bastion.zone:
        allowed = tuple(
            cidr for external in context.plan.externals if external.administration for cidr in external.cidrs
        )
        place = "the declared administration ranges"
    else:
        allowed, place = ranges_of(bastion.zone, context), "the bastion"
    if cidrs and all(addresses.inside_any(cidr, allowed) for cidr in cidrs):
        return CONFORM
    return refused(f"admin port {spelled} can be reached from elsewhere than {place}")


RULES = (Rule("BAS-01", (facts.FilterRule,), admin_ports_from_bastion),)
