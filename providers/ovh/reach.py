"""Who can talk with whom on OpenStack: groups, ports, the networks that both ends stand on, and routers between them.

A conversation passes where the source's groups let it out, the destination's let it in, and both have a port on one
network, or routers carry it there and back; with the Internet, where a port stands on the provider's own network or a
router leads there. A declared flow (EVERY) speaks of the addresses that both have at home; what passes at all (ANY)
passes under any address.
"""

from __future__ import annotations

import dataclasses
import functools
import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

from blueprint import exposure
from blueprint import plan as plans
from blueprint.properties import as_ports, as_protocol
from providers.observation import Opening, Reach
from providers.openings import Block, Rule, either, passing, rules, together
from providers.ovh import kinds, labels, routed
from providers.ovh.forwarding import Place, Routers
from providers.ovh.live import Thing


@dataclasses.dataclass(frozen=True)
class _Port:
    """Where something stands, and what its groups let through there."""

    place: Place
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
        self._routers = Routers(things, external)
        self._routed = routed.over_routers(self._ours)

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
        ways = [
            (
                self._with_outside(port, block, inwards),
                passing(None, None, port.inbound, block) if inwards else passing(port.outbound, block, None, None),
            )
            for port in host.ports
        ]
        # A private link brings its own routes to the machine's own interface: its filter is what can be seen here.
        return ways[0][1] if outside.via == "private" else either(_within(*way) for way in ways)

    def _with_outside(self, port: _Port, block: Block, inwards: bool) -> frozenset[Reach]:
        if port.place.network in self._external:
            return frozenset(Reach)
        return self._routers.into(port.place, block) if inwards else self._routers.out(port.place, block)

    def _inside(self, here: _Host, there: _Host) -> dict[Reach, frozenset[Opening]]:
        """Over every network on which both stand, and over routers. The provider's own network is the Internet's:
        flows with it say the rest."""
        met = [
            (mine, other)
            for mine in here.ports
            for other in there.ports
            if not self._external & {mine.place.network, other.place.network}
        ]
        return either(
            _within(
                self._joined(mine.place, other.place) - (frozenset() if mine.home and other.home else {Reach.EVERY}),
                passing(mine.outbound, other.place.block, other.inbound, mine.place.block),
            )
            for mine, other in met
        )

    def _joined(self, here: Place, there: Place) -> frozenset[Reach]:
        return frozenset(Reach) if here.network == there.network else self._routers.between(here, there)

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
        segment = next(str(o["subnet_id"]) for o in port.body["fixed_ips"] if str(o["ip_address"]) == address)
        known = self._routers.public(port.body, address)
        place = Place(str(port.body["network_id"]), segment, ipaddress.ip_network(address), known)
        if not port.body.get("is_port_security_enabled", True):
            everything = tuple(rules("any", None, None, [ipaddress.ip_network("0.0.0.0/0")]))
            return _Port(place, home, everything, everything)
        return _Port(place, home, self._of(groups, "egress"), self._of(groups, "ingress"))

    def _empty(self, subnet: Thing, zone: str) -> _Host:
        """Behind the zone's groups, on the bubble's network and on every link that carries the segment.

        A machine of the edge would have an address on the Internet: a port there, or its router's floating IP.
        """
        groups = [
            t.identifier for t in self._ours if t.type == kinds.GROUP and _subject(t).startswith(f"{zone}/filter")
        ]
        block = ipaddress.ip_network(str(subnet.body["cidr"]))
        own = _subject(subnet)
        links = [t for t in self._ours if t.type == kinds.SUBNET and _subject(t).endswith(f"/{own}")]
        reached = self._routed and exposure.reached(self._plan, zone)
        public = self._routers.gateways(subnet.identifier) if reached else frozenset[str]()
        places = [
            Place(str(subnet.body["network_id"]), subnet.identifier, block, public),
            *(Place(str(one.body["network_id"]), one.identifier, block) for one in links),
        ]
        if not self._routed and exposure.faces(self._plan, zone):
            places += [Place(network, "", block) for network in sorted(self._external)[:1]]
        out, into = self._of(groups, "egress"), self._of(groups, "ingress")
        return _Host(tuple(_Port(place, True, out, into) for place in places))

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


def _within(reaches: frozenset[Reach], way: dict[Reach, frozenset[Opening]]) -> dict[Reach, frozenset[Opening]]:
    """What filters let through, where there is a way at all."""
    return {reach: way[reach] if reach in reaches else frozenset() for reach in Reach}


def _subnets(port: Thing) -> set[str]:
    return {str(one["subnet_id"]) for one in port.body.get("fixed_ips") or ()}


def _addresses(port: Thing) -> list[str]:
    return [str(one["ip_address"]) for one in port.body.get("fixed_ips") or ()]


def _subject(thing: Thing) -> str:
    return thing.labels.get(labels.SUBJECT, "")
