"""Which zones and machines of a plan face the Internet, and which of them it reaches."""

from __future__ import annotations

from blueprint import plan as plans


def faces(plan: plans.Plan, zone: str) -> bool:
    """Edge zones that a flow takes to the Internet, either way."""
    if plan.zone(zone).role is not plans.ZoneRole.EDGE:
        return False
    return any(route.zone == zone and route.via is plans.Via.INTERNET for route in plan.routes)


def reached(plan: plans.Plan, zone: str) -> bool:
    """Edge zones into which a flow comes from the Internet: their machines need an address that is known there."""
    outside = {external.subject for external in plan.externals if external.via == "internet"}
    return faces(plan, zone) and any(
        rule.zone == zone and rule.direction is plans.Direction.INGRESS and rule.peer in outside for rule in plan.rules
    )


def has_place(plan: plans.Plan, machine: plans.Machine) -> bool:
    """Machines of zones that face the Internet; not the bastion's where it is reached by VPN."""
    if plan.bastion is not None and machine in plan.bastion.machines and plan.bastion.access != "declared_ranges":
        return False
    return faces(plan, machine.zone)


def has_address(plan: plans.Plan, machine: plans.Machine) -> bool:
    """Those that the Internet reaches: behind a router, all others leave by the router's own address."""
    return has_place(plan, machine) and reached(plan, machine.zone)
