"""What goes wrong on a real OpenStack is told by its subject, its cause and what to do; the same command goes on.

What only an operator of the whole cloud can break is in `test_openstack_shortages.py`.
"""

from __future__ import annotations

import ipaddress
import os
import pathlib
import time
from collections.abc import Iterator
from typing import Any

import openstack.exceptions as openstack_errors
import pytest

from blueprint import loader, workspace
from cli import exit_codes, wording
from providers.ovh import kinds, labels
from sandbox.ovh import region
from sandbox.ovh.layout import Cloud
from tests.engine import openstack
from tests.engine import world as worlds
from tests.engine.world import World
from tests.faults import counting, killing, telling

pytestmark = [pytest.mark.faults, pytest.mark.openstack, pytest.mark.timeout(600)]

LASTS = 10.0
"""Seconds for which a credential lasts: until a test has it in hand."""


@pytest.fixture(scope="module")
def world(shared: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with worlds.world(f"m{os.getpid()}", tmp_path_factory.mktemp("messages"), "ovh-sandbox") as made:
        yield made


@pytest.fixture(scope="module")
def me(world: World) -> Any:
    return openstack.account(world.folder).connect()


@pytest.fixture
def administrator(shared: Cloud) -> Any:
    return region.admin(shared)


def test_a_credential_that_was_revoked_is_told(shared: Cloud, world: World) -> None:
    with telling.credential(shared, world) as (user, made, env):
        user.identity.delete_application_credential(user.current_user_id, made)
        telling.signed_out(world, env, made.secret, "does not know the application credential of OS_CLOUD any more")


def test_a_credential_that_has_expired_is_told(shared: Cloud, world: World) -> None:
    with telling.credential(shared, world, expires_at=telling.ends_in(LASTS)) as (_user, made, env):
        time.sleep(LASTS + 1)
        telling.signed_out(world, env, made.secret, "has expired")


def test_a_wrong_secret_is_told(shared: Cloud, world: World) -> None:
    with telling.credential(shared, world) as (_user, made, env):
        place = pathlib.Path(env["OS_CLIENT_CONFIG_FILE"])
        place.write_text(place.read_text(encoding="utf-8").replace(made.secret, "wrong" * 8), encoding="utf-8")
        telling.signed_out(world, env, "wrong" * 8, "does not accept the sign-in")


def test_a_quota_of_the_network_is_named_with_the_subject(world: World, me: Any, administrator: Any) -> None:
    with telling.short_of_network(administrator.network, me.current_project_id, security_groups=0):
        telling.refused(
            world, "network", exit_codes.ENVIRONMENT, "/filter: ",
            "the project's network quota `security_group` is used up", "openstack quota show",
        )  # fmt: skip


def test_a_quota_of_rules_that_ends_within_a_group_loses_none(world: World, me: Any, administrator: Any) -> None:
    """Rules of a group are asked for together; Neutron refuses all of them, and those that fit go by themselves."""
    there = len(list(me.network.security_group_rules(project_id=me.current_project_id)))
    with telling.short_of_network(administrator.network, me.current_project_id, security_group_rules=there + 7):
        telling.refused(
            world, "network", exit_codes.ENVIRONMENT, "flows/",
            "the project's network quota `security_group_rule` is used up", "openstack quota show",
        )  # fmt: skip
    assert 0 < _rules(me) <= 7
    assert counting.ids(me, "network") == counting.held(world, "network")
    telling.works(world, "up", "network")
    assert _rules(me) > 7
    assert counting.ids(me, "network") == counting.held(world, "network")


def test_an_image_that_is_missing_is_named_with_the_machine(world: World, tmp_path: pathlib.Path) -> None:
    """A platform asks for it by its exact name; the preview says so, before anything is made."""
    text = loader.find(telling.PLATFORM).read_text(encoding="utf-8")
    text = text.replace("debian-12", "Debian 99").replace("platform: minimal", "platform: bare")
    (tmp_path / "bare.yaml").write_text(text, encoding="utf-8")
    env = {workspace.PLATFORMS_VARIABLE: str(tmp_path)}
    where = ("--target", world.target, "--environment", world.name, "--layer", "compute")
    telling.refuses(
        world.rempart("preview", "bare", *where, env=env), exit_codes.BAD_INPUT, "/tiers/",
        "no image is named 'Debian 99' in this region", "openstack image list",
    )  # fmt: skip


def test_an_address_in_use_is_named_with_the_interface(standing: World, me: Any) -> None:
    """A machine brings its address to a link, and somebody stands there."""
    listed = {labels.from_tags(one.tags).get(labels.SUBJECT, ""): one for one in me.network.subnets()}
    home = next(one for name, one in listed.items() if name.startswith("bubbles/study/zones/workspace/"))
    link = next(one for name, one in listed.items() if name.startswith("peerings/") and one.cidr == home.cidr)
    address, pools = str(ipaddress.ip_network(home.cidr)[7]), home.allocation_pools
    me.network.update_subnet(home, allocation_pools=[{"start": address, "end": address}])
    there = [{"subnet_id": link.id, "ip_address": address}]
    stranger = me.network.create_port(network_id=link.network_id, fixed_ips=there)
    try:
        telling.refused(
            standing, "compute", exit_codes.BAD_INPUT, "/tiers/workspace/1/links/", f"the address {address} is in use",
            "rempart recover",
        )  # fmt: skip
    finally:
        me.network.delete_port(stranger)
        me.network.update_subnet(home, allocation_pools=pools)


def test_a_quota_of_machines_is_named_with_the_subject(standing: World, me: Any, administrator: Any) -> None:
    with telling.short_of(administrator.compute, me.current_project_id, instances=0, force=True):  # whatever runs
        telling.refused(
            standing, "compute", exit_codes.ENVIRONMENT, "/tiers/",
            "the project's compute quota `instances` is used up (Requested 1, but already used ",
        )  # fmt: skip


def test_a_group_that_outlives_its_destroy_keeps_its_rules_and_recovers(standing: World, me: Any) -> None:
    """A destroy lets go of a group's rules before it asks for the group; where that stays, so do they."""
    group, rules = _group(me)
    assert rules
    network = next(iter(me.network.networks(project_id=me.current_project_id)))
    stranger = me.network.create_port(network_id=network.id, security_group_ids=[group])
    try:
        command = killing.rempart("destroy", *telling.arguments(standing, "network"))
        with killing.running(standing, *command) as one:  # killed at its end: the plugin waits ten minutes for the port
            _until_let_go(standing, group, one)
        assert _group(me) == (group, rules)
        _told_that_they_are_there(me, group)
    finally:
        me.network.delete_port(stranger)
    telling.works(standing, "recover", "network")
    again, made = _group(me)
    assert again == group and sorted(made.values()) == sorted(rules.values())
    assert not made.keys() & rules.keys(), "rules that no state held are taken away, and made by the plan"


def _group(api: Any) -> tuple[str, dict[str, tuple[Any, ...]]]:
    """Id of one zone's group, and what each of its rules lets through, by id."""
    groups = api.network.security_groups(project_id=api.current_project_id)
    found = next(one.id for one in groups if labels.from_tags(one.tags).get(labels.SUBJECT, "").endswith("/filter"))
    rules = api.network.security_group_rules(security_group_id=found)
    return found, {one.id: (one.direction, one.protocol, str(one.remote_ip_prefix), one.description) for one in rules}


def _rules(api: Any) -> int:
    """How many rules of ours the project has."""
    return [kind for kind, _ in counting.subjects(api)].count(kinds.RULE)


def _told_that_they_are_there(api: Any, group: str) -> None:
    """What `up` would hear from Neutron now has words that lead on."""
    rule = next(iter(api.network.security_group_rules(security_group_id=group)))
    same = ("direction", "ether_type", "protocol", "port_range_min", "port_range_max", "remote_ip_prefix")
    with pytest.raises(openstack_errors.ConflictException) as refused:
        api.network.create_security_group_rule(security_group_id=group, **{name: rule[name] for name in same})
    told = wording.told(str(refused.value.details))
    assert told is not None and rule.id in told.text and "rempart recover" in told.text


def _until_let_go(world: World, group: str, one: killing.Running) -> None:
    """Returns once the state holds the group, and none of its rules, while the command still runs."""
    deadline = time.monotonic() + 120
    while True:
        assert one.process.poll() is None, f"it ended before: {one.said()[-3000:]}"
        assert time.monotonic() < deadline, one.said()[-3000:]
        held = world.state(world.stack(telling.PLATFORM, "network"))["deployment"]["resources"]
        assert any(thing.get("id") == group for thing in held), "the group is gone, though a port carries it"
        if not any(thing["inputs"].get("securityGroupId") == group for thing in held if "inputs" in thing):
            return
        time.sleep(0.5)
