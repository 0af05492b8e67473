"""Which planned rule or route something is, by what it says: these carry no tag on Outscale."""

from __future__ import annotations

from typing import Any

from blueprint import plan as plans
from blueprint.properties import as_ports, as_protocol, as_range


class Planned:
    """The plan's rules and routes by what they say."""

    def __init__(self, plan: plans.Plan) -> None:
        directions = {plans.Direction.INGRESS: "Inbound", plans.Direction.EGRESS: "Outbound"}
        self._rules = {
            self._content(r.zone, directions[r.direction], r.protocol, r.from_port, r.to_port, r.cidr): r.subject
            for r in plan.rules
        }
        self.routes = {(route.zone, route.destination): route.subject for route in plan.routes}

    def rule(self, zone: str, flow: str, protocol: Any, first: Any, last: Any, cidr: Any) -> str | None:
        """Subject of the planned rule that says exactly this; None where no flow gives it."""
        return self._rules.get(self._content(zone, flow, protocol, first, last, cidr))

    @staticmethod
    def _content(zone: str, flow: str, protocol: Any, first: Any, last: Any, cidr: Any) -> tuple[Any, ...]:
        known = as_protocol(protocol)
        return (zone, flow, known, as_ports(known, first, last), as_range(cidr))
