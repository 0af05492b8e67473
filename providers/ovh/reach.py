"""Who can talk with whom on OpenStack without routers: groups, ports and the networks that both ends stand on.

A conversation passes where the source's groups let it out, the destination's let it in, and both have a port on one
network; with the Internet, where a port stands on the provider's own. A declared flow (EVERY) speaks of the addresses
that both have at home; what passes at all (ANY) passes under any address.
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
from providers.openings import NOTHING, Block, Rule, either, passing, rules, together
from providers.ovh import kinds, labels
from providers.ovh.live import Thing


@dataclasses.dataclass(frozen=True)
class _Port:
    """Where something stands, and what its groups let through there."""

    network: str
    block: Block
    home: bool
    """Under the address that the machine has in its zone."""
    outbound: tuple[Rule, ...]
    inbound: tuple[Rule, ...]


@dataclasses.dataclass(frozen=True)
class _Host:
    """A machine's ports, its own first, or an empty segment as a machine in it would stand."""

    ports: tuple[_Port, ...]


class Observer:
    """One reading of the project. Zones and externals are given by subject; addresses come from the API."""

    def __init__(self, things: tuple[Thing, ...], plan: plans.Plan, external: frozenset[str]) -> None:
        self._plan, self._external = plan, external
        self._all = things
        self._ours = [thing for thing in things if thing.owner == (plan.platform, plan.environment)]
        self._externals = {one.subject: one for one in plan.externals}

    def openings(self, source: str, destination: str, reach: Reach) -> frozenset[Opening]:
        """Empty where nothing passes; between two externals nothing is ours to say."""
        if source in self._externals and destination in self._externals:
            return frozenset()
        if source in self._externals:
            outside = self._externals[source]
            pairs = [
                self._internet(host, outside, cidr, True) for cidr in outside.cidrs for host in self._hosts(destination)
            ]
        elif destination in self._externals:
            outside = self._externals[destination]
            pairs = [
                self._internet(host, outside, cidr, False) for host in self._hosts(source) for cidr in outside.cidrs
            ]
        else:
            pairs = [self._inside(here, there) for here in self._hosts(source) for there in self._hosts(destination)]
        return together(pairs, reach)

    def _internet(
        self, host: _Host, outside: plans.External, cidr: str, inwards: bool
    ) -> dict[Reach, frozenset[Opening]]:
        block = ipaddress.ip_network(cidr)
        # A private link brings its own routes to the machine's own interface: its filter is what can be seen here.
        stand = [host.ports[0]] if outside.via == "private" else [p for p in host.ports if p.network in self._external]
        return either(
            passing(None, None, port.inbound, block) if inwards else passing(port.outbound, block, None, None)
            for port in stand
        )

    def _inside(self, here: _Host, there: _Host) -> dict[Reach, frozenset[Opening]]:
        """Over every network on which both stand. The provider's own is the Internet's: flows with it say the rest."""
        met = [
            (mine, other)
            for mine in here.ports
            for other in there.ports
            if mine.network == other.network and mine.network not in self._external
        ]
        ways = ((m.home and o.home, passing(m.outbound, o.block, o.inbound, m.block)) for m, o in met)
        return either(way if home else {**NOTHING, Reach.ANY: way[Reach.ANY]} for home, way in ways)

    @functools.cache  # noqa: B019 - one observer lives for one reading
    def _hosts(self, zone: str) -> tuple[_Host, ...]:
        """The machines that have a port in the zone's segments; the segments themselves where none does."""
        found: list[_Host] = []
        for subnet in self._ours:
            if subnet.type != kinds.SUBNET or _subject(subnet).rsplit("/az/", 1)[0] != zone:
                continue
            here = [port for port in self._ports() if subnet.identifier in _subnets(port)]
            found += [self._machine(port, subnet) for port in here]
            if not here:
                found.append(self._empty(subnet, zone))
        return tuple(found)

    def _ports(self) -> list[Thing]:
        return [
            t
            for t in self._all
            if t.type == kinds.PORT and not str(t.body.get("device_owner", "")).startswith("network:")
        ]

    def _machine(self, port: Thing, subnet: Thing) -> _Host:
        address = next(one["ip_address"] for one in port.body["fixed_ips"] if one["subnet_id"] == subnet.identifier)
        device = port.body.get("device_id")
        others = [one for one in self._ports() if device and one.body.get("device_id") == device and one is not port]
        beside = [(one, found) for one in (port, *others) for found in _addresses(one)]
        stands = [(port, address), *((one, found) for one, found in beside if one is not port or found != address)]
        return _Host(tuple(self._stand(one, found, found == address) for one, found in stands))

    def _stand(self, port: Thing, address: str, home: bool) -> _Port:
        groups = [str(one) for one in port.body.get("security_group_ids") or ()]
        network, block = str(port.body["network_id"]), ipaddress.ip_network(address)
        if not port.body.get("is_port_security_enabled", True):
            everything = tuple(rules("any", None, None, [ipaddress.ip_network("0.0.0.0/0")]))
            return _Port(network, block, home, everything, everything)
        return _Port(network, block, home, self._of(groups, "egress"), self._of(groups, "ingress"))

    def _empty(self, subnet: Thing, zone: str) -> _Host:
        """Behind the zone's groups, on the bubble's network and on every link that carries the segment."""
        groups = [
            t.identifier for t in self._ours if t.type == kinds.GROUP and _subject(t).startswith(f"{zone}/filter")
        ]
        block = ipaddress.ip_network(str(subnet.body["cidr"]))
        own = _subject(subnet)
        links = [t for t in self._ours if t.type == kinds.SUBNET and _subject(t).endswith(f"/{own}")]
        networks = [str(subnet.body["network_id"]), *(str(one.body["network_id"]) for one in links)]
        role = self._plan.zone(zone).role
        faces = role is plans.ZoneRole.EDGE and any(
            route.zone == zone and route.via is plans.Via.INTERNET for route in self._plan.routes
        )
        networks += sorted(self._external)[:1] if faces else []
        out, into = self._of(groups, "egress"), self._of(groups, "ingress")
        return _Host(tuple(_Port(network, block, True, out, into) for network in networks))

    def _of(self, groups: Iterable[str], direction: str) -> tuple[Rule, ...]:
        wanted = set(groups)
        listed = [
            thing.body
            for thing in self._all
            if thing.type == kinds.RULE
            and str(thing.body.get("security_group_id")) in wanted
            and thing.body.get("direction") == direction
        ]
        return tuple(rule for body in listed for rule in self._read(body))

    def _read(self, body: Mapping[str, Any]) -> list[Rule]:
        protocol = as_protocol(body["protocol"]) if body.get("protocol") else "any"
        protocol = "icmp" if protocol == "ipv6-icmp" else protocol
        whole = -1 if body.get("port_range_min") is None and body.get("port_range_max") is None else None
        first, last = as_ports(protocol, whole or body.get("port_range_min"), whole or body.get("port_range_max"))
        if body.get("remote_ip_prefix"):
            blocks = [ipaddress.ip_network(str(body["remote_ip_prefix"]))]
        elif body.get("remote_group_id"):
            group = str(body["remote_group_id"])
            members = [p for p in self._ports() if group in (p.body.get("security_group_ids") or ())]
            blocks = [ipaddress.ip_network(one) for port in members for one in _addresses(port)]
        else:
            blocks = [ipaddress.ip_network("::/0" if body.get("ether_type") == "IPv6" else "0.0.0.0/0")]
        return rules(protocol, first, last, blocks)


def _subnets(port: Thing) -> set[str]:
    return {str(one["subnet_id"]) for one in port.body.get("fixed_ips") or ()}


def _addresses(port: Thing) -> list[str]:
    return [str(one["ip_address"]) for one in port.body.get("fixed_ips") or ()]


def _subject(thing: Thing) -> str:
    return thing.labels.get(labels.SUBJECT, "")
