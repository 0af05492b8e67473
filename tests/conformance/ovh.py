"""A hand on an OpenStack project, with openstacksdk."""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import Callable
from typing import Any

from providers.ovh import labels
from sandbox.ovh import layout, region
from tests.engine import openstack
from tests.engine import world as worlds
from tests.engine.world import World

SSH = 22


def with_routers(name: str, folder: pathlib.Path) -> contextlib.AbstractContextManager[World]:
    """The offer as it announces itself: routers and floating IPs are allowed, and the toolkit is told so."""
    return worlds.world(name, folder, "ovh-sandbox", "--routers", native=("routers",))


def room(world: World) -> None:
    """Quotas of a project that holds a dozen platforms: the cloud's administrator gives them."""
    project = openstack.account(world.folder).connect().current_project_id
    wanted = {"networks": 500, "subnets": 1000, "ports": 5000, "security_groups": 1000, "security_group_rules": 20000}
    wanted |= {"routers": 500, "floating_ips": 500}
    region.admin(layout.cloud()).network.update_quota(project, **wanted)


class Hand:
    def __init__(self, world: World) -> None:
        self._cloud = openstack.account(world.folder).connect()
        self._undo: list[Callable[[], Any]] = []

    def close(self, zone: str) -> str:
        group = self._labelled(self._cloud.network.security_groups, f"{zone}/filter")
        rule = next(
            one
            for one in self._cloud.network.security_group_rules(security_group_id=group.id)
            if one.direction == "ingress" and one.port_range_min != SSH  # whose flow `open` would let pass all the same
        )
        self._cloud.network.delete_security_group_rule(rule.id)
        return str(rule.port_range_min)

    def open(self, zone: str) -> None:
        group = self._labelled(self._cloud.network.security_groups, f"{zone}/filter")
        made = self._cloud.network.create_security_group_rule(
            security_group_id=group.id,
            direction="ingress",
            protocol="tcp",
            port_range_min=SSH,
            port_range_max=SSH,
            remote_ip_prefix="0.0.0.0/0",
        )
        self._undo.append(lambda: self._cloud.network.delete_security_group_rule(made.id))

    def mark(self, bubble: str) -> None:
        network = self._labelled(self._cloud.network.networks, bubble)
        told = {**labels.from_tags(network.tags), "rempart:owner": "nobody"}
        self._cloud.network.set_tags(network, labels.as_tags(told))
        # The toolkit brings the true tag back; the plugin lets any other be.
        self._undo.append(lambda: self._cloud.network.remove_tag(network, "rempart:owner=nobody"))

    def bring(self, zone: str) -> str:
        network = self._labelled(self._cloud.network.networks, "/".join(zone.split("/")[:2]))
        made = self._cloud.network.create_port(network_id=network.id)
        self._undo.append(lambda: self._cloud.network.delete_port(made.id))
        return str(made.id)

    def give_back(self, zone: str) -> str:
        group = self._labelled(self._cloud.network.security_groups, f"{zone}/filter")
        made = self._cloud.network.create_security_group_rule(security_group_id=group.id, direction="egress")
        self._undo.append(lambda: self._cloud.network.delete_security_group_rule(made.id))
        return str(made.id)

    def undo(self) -> None:
        while self._undo:
            self._undo.pop()()

    def _labelled(self, listing: Callable[..., Any], subject: str) -> Any:
        return next(one for one in listing() if labels.from_tags(one.tags or ()).get(labels.SUBJECT) == subject)
