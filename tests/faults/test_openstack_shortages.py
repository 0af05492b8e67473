"""What an operator of a whole OpenStack may lack or shut is told by its subject, its cause and what to do."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import pytest

from cli import exit_codes
from sandbox.ovh import region, supervising
from sandbox.ovh.layout import Cloud
from tests.engine import openstack
from tests.engine import world as worlds
from tests.engine.world import World
from tests.faults import killing, telling

pytestmark = [pytest.mark.faults, pytest.mark.openstack, pytest.mark.timeout(1200)]

MEANWHILE = 45.0
"""Seconds for which a credential lasts: until an `up` has made its first rules."""


@pytest.fixture(scope="module")
def world(own: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with worlds.world(f"s{os.getpid()}", tmp_path_factory.mktemp("shortages"), "ovh-sandbox") as made:
        yield made


@pytest.fixture
def administrator(own: Cloud) -> Any:
    return region.admin(own)


@pytest.fixture
def me(world: World) -> Any:
    return openstack.account(world.folder).connect()


@pytest.fixture(autouse=True)
def nothing_before(request: pytest.FixtureRequest) -> Iterator[None]:
    """Machines that one test makes are not there for the next."""
    yield
    if "standing" in request.fixturenames:
        telling.works(request.getfixturevalue("standing"), "destroy", "compute", "--unprotect")


# This comes first: where a layer stands, nothing is asked of the cloud, and no credential is looked at.


def test_a_credential_that_ends_in_the_middle_of_up_is_told_and_recovered_from(
    own: Cloud, world: World, me: Any
) -> None:
    """A token that only expires is renewed by the plugin; here what renews it is gone too.

    Neutron stands still from the first rule of ours until the end has come: the rest is asked with a token of the past.
    """
    project, arguments = me.current_project_id, telling.arguments(world, "network")
    ends = time.monotonic() + MEANWHILE

    def a_rule() -> bool:
        return any(one.description for one in me.network.security_group_rules(project_id=project))

    def wait_for_the_end() -> None:
        halted = [one for name in ("neutron", "neutron-2") if (one := supervising.leader(own, name))]
        for process in halted:
            process.suspend()
        time.sleep(max(ends + 1 - time.monotonic(), 0))
        for process in halted:
            process.resume()

    with telling.credential(own, world, expires_at=telling.ends_in(MEANWHILE)) as (_user, _made, env):
        code, said = killing.when(world, a_rule, wait_for_the_end, "up", *arguments, env=env)
    told = " ".join(said.split())
    assert code == exit_codes.ENVIRONMENT, told
    assert "OS_CLIENT_CONFIG_FILE" in told and not [word for word in telling.MACHINERY if word in told], told
    telling.works(world, "recover", "network")
    telling.works(world, "destroy", "network", "--unprotect")
    assert list(me.network.networks(project_id=project)) == []


def test_a_quota_of_cores_is_named_with_the_machine(standing: World, me: Any, administrator: Any) -> None:
    with telling.short_of(administrator.compute, me.current_project_id, cores=1):
        telling.refused(
            standing, "compute", exit_codes.ENVIRONMENT, "/tiers/", "compute quota `cores` is used up (Requested 2"
        )


def test_a_quota_of_volumes_is_named_with_the_disk(standing: World, me: Any, administrator: Any) -> None:
    with telling.short_of(administrator.block_storage, me.current_project_id, volumes=0):
        telling.refused(
            standing, "compute", exit_codes.ENVIRONMENT, "/disks/data: ", "storage quota `volumes` is used up"
        )


def test_two_images_of_one_name_are_told(standing: World, administrator: Any) -> None:
    other = administrator.image.find_image("Ubuntu 24.04")
    administrator.image.update_image(other.id, name="Debian 12")
    try:
        telling.refused(
            standing, "compute", exit_codes.BAD_INPUT, "/tiers/", "2 images are named 'Debian 12'", "images.yaml"
        )
    finally:
        administrator.image.update_image(other.id, name="Ubuntu 24.04")


def test_a_missing_flavor_is_named_with_the_machine(standing: World, administrator: Any) -> None:
    administrator.compute.delete_flavor(administrator.compute.find_flavor("b3-8"))
    try:
        telling.refused(
            standing, "compute", exit_codes.BAD_INPUT, "bubbles/study/tiers/", 'the region has no flavor "b3-8"',
            "openstack flavor list",
        )  # fmt: skip
    finally:
        region._compute(administrator)


def test_a_zone_that_is_down_is_told(standing: World, administrator: Any) -> None:
    """Every host of the zone is taken out of service, as an operator does it, or as Nova finds it two minutes later."""
    hosts = list(administrator.compute.services(binary="nova-compute"))
    for one in hosts:
        administrator.compute.disable_service(one)
    try:
        telling.refused(standing, "compute", exit_codes.ENVIRONMENT, "/tiers/", "has no host in service now")
    finally:
        for one in hosts:
            administrator.compute.enable_service(one)


def test_a_key_manager_that_does_not_answer_is_told(standing: World, own: Cloud) -> None:
    """Encrypted disks need a key each."""
    supervising.end(own, ["barbican"])
    try:
        telling.refused(standing, "compute", exit_codes.ENVIRONMENT, "/disks/data: ", "got no key for its encryption")
    finally:
        back = openstack.sandbox(standing.folder, "up", "ovh")
        assert back.returncode == 0, back.stdout + back.stderr


def test_what_the_offer_does_not_allow_is_named_by_its_rule(standing: World, own: Cloud) -> None:
    """An operator who shuts a door: the policy of ports changes in the file that Neutron reads again by itself."""
    place = own.etc / "neutron" / "policy.yaml"
    before = place.read_text(encoding="utf-8")
    place.write_text(f'{before}\n"create_port": "role:admin"\n', encoding="utf-8")
    try:
        telling.refused(
            standing, "compute", exit_codes.BAD_INPUT, "/nic: ", "the offer does not allow this, by its rule",
            "capabilities.yaml",
        )  # fmt: skip
    finally:
        place.write_text(before, encoding="utf-8")
