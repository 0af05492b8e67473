"""What a customer of the SNC Cloud Platform finds and is refused, by OpenStack itself."""

from __future__ import annotations

import pathlib
import re
from typing import Any

import openstack
import openstack.exceptions
import pytest

from sandbox.ovh import description
from tests.engine import openstack as clouds
from tests.engine.openstack import Account

pytestmark = [pytest.mark.contract, pytest.mark.openstack]

Forbidden = openstack.exceptions.ForbiddenException


@pytest.fixture(scope="module")
def me(mine: Account) -> Any:
    return mine.connect()


@pytest.fixture(scope="module")
def external(me: Any) -> Any:
    return me.network.find_network("Ext-Net", ignore_missing=False)


def test_the_region_is_as_the_offer_says(me: Any) -> None:
    offer = description.offer()
    assert me.config.region_name == "pod1.rbx"
    assert [zone.name for zone in me.compute.availability_zones()] == ["nova-vm"]  # no other is shown by a source
    assert {flavor.name: flavor.disk for flavor in me.compute.flavors()} == dict.fromkeys(offer["flavors"]["list"], 0)
    assert {image.name for image in me.image.images(visibility="public")} >= set(offer["images"]["list"])
    assert {kind.name for kind in me.block_storage.types()} >= set(offer["volume_types"])


def test_quotas_are_on(me: Any) -> None:
    quotas = description.offer()["quotas"]
    network = me.network.get_quota(me.current_project_id)
    assert (network.networks, network.security_group_rules) == (
        quotas["network"]["network"],
        quotas["network"]["security_group_rule"],
    )
    limits = me.compute.get_limits().absolute
    assert (limits.instances, limits.total_cores) == (quotas["compute"]["instances"], quotas["compute"]["cores"])
    assert me.block_storage.get_limits().absolute.max_total_volumes == quotas["volume"]["volumes"]


def test_there_is_no_router(me: Any) -> None:
    with pytest.raises(Forbidden, match="create_router is disallowed by policy"):
        me.network.create_router(name="edge")
    assert list(me.network.routers()) == []


def test_there_is_no_floating_ip(me: Any, external: Any) -> None:
    with pytest.raises(Forbidden, match="create_floatingip is disallowed by policy"):
        me.network.create_ip(floating_network_id=external.id)


def test_nobody_chooses_an_address_on_the_external_network(me: Any, external: Any) -> None:
    with pytest.raises(Forbidden, match="fixed_ips"):
        me.network.create_port(network_id=external.id, fixed_ips=[{"ip_address": "203.0.113.77"}])
    port = me.network.create_port(network_id=external.id, name="edge")
    assert re.fullmatch(r"203\.0\.113\.\d+", port.fixed_ips[0]["ip_address"])
    me.network.delete_port(port)


def test_a_machine_boots_from_a_volume_larger_than_its_image_and_from_nothing_else(me: Any) -> None:
    image = me.image.find_image("Debian 12")
    network = me.network.create_network(name="boot")
    me.network.create_subnet(network_id=network.id, ip_version=4, cidr="10.9.0.0/24")
    asked = {"name": "vm", "flavor_id": me.compute.find_flavor("b3-8").id, "networks": [{"uuid": network.id}]}
    with pytest.raises(Forbidden, match="zero disk"):
        me.compute.create_server(image_id=image.id, **asked)
    with pytest.raises(openstack.exceptions.BadRequestException, match="cannot be smaller than the image minDisk"):
        me.block_storage.create_volume(size=2, image_id=image.id, volume_type="public_standard_luks")
    disk = me.block_storage.create_volume(size=10, image_id=image.id, volume_type="public_standard_luks", name="root")
    disk = me.block_storage.wait_for_status(disk, "available", wait=180)
    assert disk.is_encrypted
    boot = {"boot_index": 0, "uuid": disk.id, "source_type": "volume", "destination_type": "volume"}
    server = me.compute.create_server(block_device_mapping=[boot], availability_zone="nova-vm", **asked)
    server = me.compute.wait_for_server(server, wait=180)
    assert (server.status, server.availability_zone) == ("ACTIVE", "nova-vm")


def test_the_announced_release_brings_routers_and_floating_ips(other: Account) -> None:
    them = other.connect()
    external = them.network.find_network("Ext-Net")
    router = them.network.create_router(name="edge", external_gateway_info={"network_id": external.id})
    address = them.network.create_ip(floating_network_id=external.id)
    assert router.external_gateway_info["network_id"] == external.id
    assert address.floating_ip_address.startswith("203.0.113.")


def test_there_too_nobody_chooses_an_address_outside_or_shows_a_private_one(other: Account) -> None:
    them = other.connect()
    external = them.network.find_network("Ext-Net")
    with pytest.raises(Forbidden, match="floating_ip_address"):
        them.network.create_ip(floating_network_id=external.id, floating_ip_address="203.0.113.77")
    chosen = [{"ip_address": "203.0.113.77"}]
    for asked in ({"external_fixed_ips": chosen}, {"enable_snat": False}):
        with pytest.raises(Forbidden, match="external_gateway_info"):
            them.network.create_router(name="r", external_gateway_info={"network_id": external.id, **asked})
    with pytest.raises(Forbidden, match="fixed_ips"):
        them.network.create_port(network_id=external.id, fixed_ips=chosen)


def test_what_one_option_gives_is_taken_away_without_it(cloud: None, tmp_path: pathlib.Path) -> None:
    with clouds.joined(tmp_path) as account:
        with pytest.raises(Forbidden, match="create_router is disallowed by policy"):
            account.connect().network.create_router(name="edge")
        with clouds.joined(tmp_path, "--routers") as allowed:
            made = allowed.connect().network.create_router(name="edge")
            assert made.name == "edge"
            assert clouds.sandbox(tmp_path, "up", "ovh").returncode == 0
            with pytest.raises(Forbidden, match="create_router is disallowed by policy"):
                account.connect().network.create_router(name="another")
            allowed.connect().network.delete_router(made)  # what it made before is its own


def test_two_worlds_do_not_see_each_other(me: Any, other: Account) -> None:
    them = other.connect()
    network = them.network.create_network(name="theirs")
    them.compute.create_keypair(name="theirs")
    volume = them.block_storage.create_volume(size=1, name="theirs")
    assert them.current_project_id != me.current_project_id
    assert "theirs" not in {one.name for one in me.network.networks()}
    assert "theirs" not in {one.name for one in me.compute.keypairs()}
    assert "theirs" not in {one.name for one in me.block_storage.volumes()}
    with pytest.raises(openstack.exceptions.NotFoundException):
        me.network.get_network(network.id)
    with pytest.raises(openstack.exceptions.NotFoundException):
        me.block_storage.get_volume(volume.id)
    mine = me.network.create_network(name="mine")
    with pytest.raises(openstack.exceptions.SDKException):  # nor does the one with more rights reach across
        them.network.create_port(network_id=mine.id)


def test_a_customer_has_no_rights_over_the_cloud(me: Any) -> None:
    with pytest.raises(Forbidden):
        me.compute.create_flavor(name="mine", ram=1, vcpus=1, disk=10)
    with pytest.raises(Forbidden):
        list(me.identity.projects())
    with pytest.raises(Forbidden):
        me.network.update_quota(me.current_project_id, networks=1000)
