"""Who can talk with whom on Outscale: groups, tables, peerings and gateways as the API lists them, put together.

A conversation passes where the source's groups let it out, the destination's let it in, and there is a way there and
back. Replies pass by connection state; everything that no rule allows is denied.
"""

from __future__ import annotations

import dataclasses
import functools
import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

from blueprint import plan as plans
from blueprint.properties import as_ports, as_protocol
from providers.observation import Opening, Reach
from providers.openings import NOTHING, Rule, passing, rules, together
from providers.outscale.live import Thing, state

IPv4 = ipaddress.IPv4Network


@dataclasses.dataclass(frozen=True)
class _Host:
    """Something with addresses: an interface with its groups, or an empty subnet as an interface in it would be."""

    block: IPv4
    net: str
    outbound: tuple[Rule, ...]
    inbound: tuple[Rule, ...]
    routes: tuple[Mapping[str, Any], ...]


class Observer:
    """One reading of the account. Zones and externals are given by subject; their addresses come from the API."""

    def __init__(self, things: tuple[Thing, ...], plan: plans.Plan) -> None:
        self._plan = plan
        self._ours = [
            thing
            for thing in things
            if (thing.platform, thing.tags.get("rempart:environment")) == (plan.platform, plan.environment)
        ]
        self._all = things
        self._externals = {external.subject: external for external in plan.externals}

    def openings(self, source: str, destination: str, reach: Reach) -> frozenset[Opening]:
        """Empty where nothing passes; between two externals nothing is ours to say."""
        if source in self._externals and destination in self._externals:
            return frozenset()
        if source in self._externals:
            outside = self._externals[source]
            pairs = [
                self._inwards(outside, block, host) for block in _blocks(outside) for host in self._hosts(destination)
            ]
        elif destination in self._externals:
            outside = self._externals[destination]
            hosts, blocks = self._hosts(source), _blocks(outside)
            pairs = [self._outwards(host, outside, block) for host in hosts for block in blocks]
        else:
            pairs = [self._inside(here, there) for here in self._hosts(source) for there in self._hosts(destination)]
        return together(pairs, reach)

    def _inside(self, here: _Host, there: _Host) -> dict[Reach, frozenset[Opening]]:
        way = here.net == there.net or (self._peered(here, there) and self._peered(there, here))
        return passing(here.outbound, there.block, there.inbound, here.block) if way else NOTHING

    def _outwards(self, host: _Host, outside: plans.External, block: Any) -> dict[Reach, frozenset[Opening]]:
        way = outside.via == "private" or self._leaves(host, block, inwards=False)
        return passing(host.outbound, block, None, None) if way else NOTHING

    def _inwards(self, outside: plans.External, block: Any, host: _Host) -> dict[Reach, frozenset[Opening]]:
        way = outside.via == "private" or self._leaves(host, block, inwards=True)
        return passing(None, None, host.inbound, block) if way else NOTHING

    def _leaves(self, host: _Host, block: Any, *, inwards: bool) -> bool:
        """A way to the Internet: through the Net's linked internet service, or (outwards only) a NAT service.

        The address that the Internet sees is a machine's own matter: what is judged here is the zone.
        """
        route = _best(host.routes, block)
        gateway = str(route.get("GatewayId") or "") if route else ""
        if gateway:
            return any(
                thing.kind == "InternetService" and thing.identifier == gateway and thing.body.get("NetId") == host.net
                for thing in self._all
            )
        nat = str(route.get("NatServiceId") or "") if route else ""
        return not inwards and any(thing.kind == "NatService" and thing.identifier == nat for thing in self._all)

    def _peered(self, here: _Host, there: _Host) -> bool:
        route = _best(here.routes, there.block)
        wanted = {here.net, there.net}
        return route is not None and any(
            thing.kind == "NetPeering"
            and thing.identifier == route.get("NetPeeringId")
            and state(thing.body) == "active"
            and {thing.body["SourceNet"]["NetId"], thing.body["AccepterNet"]["NetId"]} == wanted
            for thing in self._all
        )

    @functools.cache  # noqa: B019 - one observer lives for one reading
    def _hosts(self, zone: str) -> tuple[_Host, ...]:
        """The interfaces that stand in the zone's subnets; the subnets themselves where none does."""
        found: list[_Host] = []
        for subnet in self._ours:
            if subnet.kind != "Subnet" or _subject(subnet).rsplit("/az/", 1)[0] != zone:
                continue
            nics = [t for t in self._all if t.kind == "Nic" and t.body.get("SubnetId") == subnet.identifier]
            for nic in nics:
                groups = [group["SecurityGroupId"] for group in nic.body.get("SecurityGroups", ())]
                for one in nic.body.get("PrivateIps", ()):
                    found.append(self._host(subnet, IPv4(one["PrivateIp"]), groups))
            if not nics:
                groups = [
                    t.identifier for t in self._ours if t.kind == "SecurityGroup" and _subject(t) == f"{zone}/filter"
                ]
                found.append(self._host(subnet, IPv4(subnet.body["IpRange"]), groups))
        return tuple(found)

    def _host(self, subnet: Thing, block: IPv4, groups: Iterable[str]) -> _Host:
        bodies = [self._by_id(group) for group in groups]
        return _Host(
            block,
            subnet.body["NetId"],
            tuple(rule for body in bodies for rule in self._rules(body.get("OutboundRules", ()))),
            tuple(rule for body in bodies for rule in self._rules(body.get("InboundRules", ()))),
            self._table(subnet),
        )

    def _by_id(self, identifier: str) -> Mapping[str, Any]:
        return next((thing.body for thing in self._all if thing.identifier == identifier), {})

    def _table(self, subnet: Thing) -> tuple[Mapping[str, Any], ...]:
        """The routes of the subnet's own table, else of its Net's main one."""
        tables = [t for t in self._all if t.kind == "RouteTable" and t.body.get("NetId") == subnet.body["NetId"]]
        own = [t for t in tables if any(ln.get("SubnetId") == subnet.identifier for ln in t.body["LinkRouteTables"])]
        main = [t for t in tables if any(ln.get("Main") for ln in t.body["LinkRouteTables"])]
        chosen = (own or main)[:1]
        return tuple(r for t in chosen for r in t.body.get("Routes", ()) if r.get("State") == "active")

    def _rules(self, listed: Iterable[Mapping[str, Any]]) -> list[Rule]:
        found: list[Rule] = []
        for rule in listed:
            protocol = as_protocol(rule["IpProtocol"])
            first, last = as_ports(protocol, rule.get("FromPortRange"), rule.get("ToPortRange"))
            blocks = [ipaddress.ip_network(cidr) for cidr in rule.get("IpRanges", ())]
            for member in rule.get("SecurityGroupsMembers", ()):
                blocks += self._members(str(member.get("SecurityGroupId", "")))
            found += rules(protocol, first, last, blocks)
        return found

    def _members(self, group: str) -> list[IPv4]:
        """Addresses behind a rule that names a group."""
        return [
            IPv4(one["PrivateIp"])
            for thing in self._all
            if thing.kind == "Nic" and any(g["SecurityGroupId"] == group for g in thing.body.get("SecurityGroups", ()))
            for one in thing.body.get("PrivateIps", ())
        ]


def _best(routes: Iterable[Mapping[str, Any]], block: Any) -> Mapping[str, Any] | None:
    """The most precise route that holds all of `block`."""
    holding = [
        route
        for route in routes
        if (parsed := ipaddress.ip_network(route["DestinationIpRange"])).version == block.version
        and block.subnet_of(parsed)
    ]
    return max(holding, key=lambda route: ipaddress.ip_network(route["DestinationIpRange"]).prefixlen, default=None)


def _blocks(external: plans.External) -> tuple[Any, ...]:
    return tuple(ipaddress.ip_network(cidr) for cidr in external.cidrs)


def _subject(thing: Thing) -> str:
    return thing.tags.get("rempart:subject", "")
