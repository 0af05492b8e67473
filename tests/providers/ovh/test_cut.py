"""A machine with user data that a cut run was making goes where nobody had anything of it yet; else it is left."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import openstack.exceptions as refusals
import pytest
from openstack.block_storage.v3 import snapshot, volume
from openstack.compute.v2 import server_action

from providers import observation
from providers.ovh import kinds, strays, unborn
from providers.strays import Held, Stray, Swept, Which, Why
from tests.providers.ovh.project import Cloud, Neutron
from tests.providers.ovh.test_strays import ALL, CLAIM, claimed, why

OWN = next(one for one in CLAIM.plan.machines if not one.disks)
MACHINE, NIC = OWN.subject, f"{OWN.subject}/nic"
PLAN = dataclasses.replace(
    CLAIM.plan,
    machines=tuple(
        dataclasses.replace(one, user_data="#cloud-config") if one is OWN else one for one in CLAIM.plan.machines
    ),
)
WITH, WITHOUT = dataclasses.replace(CLAIM, plan=PLAN), CLAIM
MARK = {
    "rempart:platform": "minimal",
    "rempart:environment": "dev",
    "rempart:subject": MACHINE,
    "rempart:stack": "minimal.ovh-sandbox.dev.compute",
}
BEGUN = dt.datetime(2026, 11, 28, 12, 0, 0, tzinfo=dt.UTC)
LATER, EARLIER = "2026-11-28T12:00:10Z", "2026-11-28T11:58:00Z"
SINCE = Held(frozenset({"nic"}), ALL, creating={(kinds.INSTANCE, MACHINE): BEGUN})
RUNS: dict[str, Any] = {
    "status": "ACTIVE",
    "metadata": MARK,
    "created": LATER,
    "OS-SRV-USG:launched_at": "2026-11-28T12:00:20.000000",
    "OS-EXT-STS:power_state": 1,
    "OS-EXT-STS:task_state": None,
    "os-extended-volumes:volumes_attached": [{"id": "boot", "delete_on_termination": True}],
}
BOOT: dict[str, Any] = {
    "bootable": "true",
    "attachments": [{"server_id": "vm"}],
    "created_at": LATER,
    "volume_image_metadata": {"image_id": "debian"},
    "metadata": {},
}


def cloud_of(machine: dict[str, Any] | None = None, boot: dict[str, Any] | None = None, *asked: str) -> Cloud:
    made = Cloud(Neutron())
    made.nova("vm", **{**RUNS, **(machine or {})})
    made.network.put("ports", "nic", claimed(NIC, network_id="n", device_id="vm", device_owner="compute:a"))
    made.network.rows["ports"]["nic"]["tags"][-1] = f"rempart:subject={NIC}"
    made.rows["volumes"] = [volume.Volume.existing(id="boot", **{**BOOT, **(boot or {})})]
    made.rows["server_actions"] = [server_action.ServerAction.existing(action=one) for one in ("create", *asked)]
    return made


@pytest.fixture
def cloud() -> Cloud:
    return cloud_of()


def swept(cloud: Cloud, held: Held = SINCE, claim: strays.Claim = WITH) -> Swept:
    return strays._sweep(cloud, claim, ALL, held, lambda _stray: None)


def left(cloud: Cloud, held: Held = SINCE, claim: strays.Claim = WITH) -> None:
    assert why(swept(cloud, held, claim)) == {"vm": Why.DATA}
    assert set(cloud.answers) == {"vm"}


def test_one_that_nobody_had_anything_of_goes_and_its_interface_stays(cloud: Cloud) -> None:
    done = swept(cloud)
    assert done == Swept((Stray(kinds.INSTANCE, "vm", MACHINE, "compute", Which.CUT),), ())
    assert cloud.network.deleted == ["vm"]
    assert "nic" in cloud.network.rows["ports"]


def test_it_is_told_before_it_goes(cloud: Cloud) -> None:
    told: list[tuple[Stray, bool]] = []
    strays._sweep(cloud, WITH, ALL, SINCE, lambda stray: told.append((stray, "vm" in cloud.answers)))
    assert [(one.which, there) for one, there in told] == [(Which.CUT, True)]


def test_one_without_user_data_is_left_to_be_taken_over(cloud: Cloud) -> None:
    left(cloud, claim=WITHOUT)


@pytest.mark.parametrize(
    "creating",
    [
        {},
        {(kinds.INSTANCE, f"{MACHINE}0"): BEGUN},
        {(kinds.VOLUME, MACHINE): BEGUN},
        {(kinds.INSTANCE, MACHINE): BEGUN + dt.timedelta(minutes=2)},
    ],
    ids=["no run says so", "another machine", "another kind", "a run that began after it was made"],
)
def test_one_that_no_cut_run_was_making_is_left(creating: Any, cloud: Cloud) -> None:
    left(cloud, dataclasses.replace(SINCE, creating=creating))


@pytest.mark.parametrize(
    "told",
    [
        {"created": EARLIER},
        {"created": None},
        {"status": "SHUTOFF"},
        {"status": "ERROR"},
        {"OS-EXT-STS:task_state": "rebooting"},
        {"os-extended-volumes:volumes_attached": []},
        {"os-extended-volumes:volumes_attached": [{"id": "boot", "delete_on_termination": False}]},
        {"os-extended-volumes:volumes_attached": [{"id": "boot"}]},
        {
            "os-extended-volumes:volumes_attached": [
                {"id": "boot", "delete_on_termination": True},
                {"id": "data", "delete_on_termination": True},
            ]
        },
    ],
    ids=lambda told: str(next(iter(told.items()))),
)
def test_one_that_is_not_as_it_was_born_is_left(told: dict[str, Any]) -> None:
    left(cloud_of(told))


def test_one_of_which_the_cloud_hides_whether_it_is_busy_is_left(cloud: Cloud) -> None:
    del cloud.answers["vm"]["OS-EXT-STS:task_state"]
    assert why(swept(cloud)) == {"vm": Why.DATA}


@pytest.mark.parametrize("asked", ["reboot", "attach_volume", "createImage", "stop"])
def test_one_of_which_somebody_asked_anything_is_left(asked: str) -> None:
    left(cloud_of(None, None, asked))


@pytest.mark.parametrize(
    "told",
    [
        {"created_at": EARLIER},
        {"bootable": "false"},
        {"metadata": {"owner": "radiology"}},
        {"volume_image_metadata": {}},
        {"snapshot_id": "s"},
        {"source_volid": "v"},
        {"attachments": [{"server_id": "vm"}, {"server_id": "vm-9"}]},
    ],
    ids=lambda told: str(next(iter(told.items()))),
)
def test_one_whose_disk_is_not_novas_copy_of_the_image_is_left(told: dict[str, Any]) -> None:
    left(cloud_of(None, told))


def test_one_of_whose_disk_somebody_keeps_a_copy_is_left(cloud: Cloud) -> None:
    cloud.rows["snapshots"] = [snapshot.Snapshot.existing(id="s", volume_id="boot")]
    left(cloud)


@pytest.mark.parametrize("ids", [frozenset({"other"}), frozenset()], ids=["of another", "none"])
def test_one_on_an_interface_that_the_state_does_not_hold_is_left(ids: frozenset[str], cloud: Cloud) -> None:
    assert "vm" in why(swept(cloud, dataclasses.replace(SINCE, ids=ids)))
    assert set(cloud.answers) == {"vm"}


def test_one_on_an_interface_more_or_on_none_is_left(cloud: Cloud) -> None:
    cloud.network.put("ports", "more", {"device_id": "vm", "network_id": "n", "device_owner": "compute:a"})
    left(cloud)
    cloud = cloud_of()
    cloud.network.rows["ports"]["nic"]["device_id"] = "vm-9"
    left(cloud)


def test_one_to_which_an_address_leads_is_left_unless_the_state_holds_that(cloud: Cloud) -> None:
    cloud.network.put("ips", "fip", {"port_id": "nic", "floating_ip_address": "192.0.2.1"})
    left(cloud)
    assert swept(cloud, dataclasses.replace(SINCE, ids=frozenset({"nic", "fip"}))).kept == ()


def test_of_two_none_goes(cloud: Cloud) -> None:
    cloud.nova("vm-2", **RUNS)
    assert why(swept(cloud)) == {"vm": Why.TWIN, "vm-2": Why.TWIN}
    assert set(cloud.answers) == {"vm", "vm-2"}


def test_what_the_cloud_does_not_show_is_no_proof(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(_identifier: str) -> Any:
        raise refusals.ForbiddenException("403")

    monkeypatch.setattr(cloud, "server_actions", forbidden)
    left(cloud)


def test_one_that_changes_while_it_is_looked_at_is_left(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    read = cloud.get

    def stopped(path: str) -> Any:
        cloud.answers["vm"]["status"] = "SHUTOFF"
        return read(path)

    monkeypatch.setattr(cloud, "get", stopped)
    left(cloud)


def test_one_that_does_not_go_stops_the_recovery(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    waited = [0.0]
    monkeypatch.setattr(unborn.time, "monotonic", lambda: waited[-1])
    monkeypatch.setattr(unborn.time, "sleep", lambda seconds: waited.append(waited[-1] + seconds))
    monkeypatch.setattr(cloud, "delete_server", lambda _identifier, ignore_missing: None)
    with pytest.raises(observation.Unreachable, match="vm is to go"):
        swept(cloud)
