"""What only a private link carries: flows with an external that have filter rules here, and that no route leads to.

The link (a VPN, a leased line, an access point of the provider's network) is ordered and made outside, and whoever
makes it brings the routes. Nothing here makes one or sees that it stands.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from blueprint.plan import External, FilterRule, Plan

NEED = "private-link"
"""The feature of an offer that such a flow needs."""


@dataclasses.dataclass(frozen=True, slots=True)
class PrivateLink:
    """One external beyond a link. `flows` and `zones` are subjects: every one of the zones needs the link's route."""

    external: External
    flows: tuple[str, ...]
    zones: tuple[str, ...]


def of(plan: Plan) -> tuple[PrivateLink, ...]:
    """Those of a plan, by the subject of their external; an external without a flow needs no link."""
    return find(plan.externals, plan.rules)


def find(externals: Iterable[External], rules: Iterable[FilterRule]) -> tuple[PrivateLink, ...]:
    everything = tuple(rules)
    found = []
    for external in sorted(externals, key=lambda one: one.subject):
        own = [rule for rule in everything if external.via == "private" and rule.peer == external.subject]
        if own:
            flows, zones = {rule.flow for rule in own}, {rule.zone for rule in own}
            found.append(PrivateLink(external, tuple(sorted(flows)), tuple(sorted(zones))))
    return tuple(found)


def told(one: PrivateLink) -> str:
    """What is not there, and whose it is, in a sentence without its subject."""
    have = "has" if len(one.flows) == 1 else "have"
    route = "and no route: whoever makes its private link, outside, brings the routes, and only a record shows them"
    return f"{_names(one.flows)} {have} filter rules {route}"


def summary(links: Iterable[PrivateLink]) -> str:
    """All of them in one line: external, and the names of its flows."""
    return "; ".join(f"{one.external.name} ({_names(one.flows)})" for one in links)


def to_settle(links: Iterable[PrivateLink]) -> str:
    """What a person has to do; "" where there is none."""
    named = summary(links)
    return f"made outside, nothing here makes one: order a link that brings its routes to {named}" if named else ""


def _names(flows: Iterable[str]) -> str:
    return ", ".join(flow.removeprefix("flows/") for flow in flows)
