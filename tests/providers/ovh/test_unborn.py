"""A machine that Nova took and never ran goes, whoever holds it; one that ran, or that may have, never does."""

from __future__ import annotations

from typing import Any

import pytest
from openstack.block_storage.v3 import attachment, volume

from providers import observation
from providers.ovh import kinds, strays, unborn
from providers.strays import Claim, Held, Stray, Swept, Which, Why
from tests.providers.ovh.project import Cloud, Neutron
from tests.providers.ovh.test_strays import ALL, CLAIM, HELD, begun, claimed, why

MACHINE = "bubbles/study/tiers/app/1"
NIC = f"{MACHINE}/nic"
MARK = {
    "rempart:platform": "minimal",
    "rempart:environment": "dev",
    "rempart:subject": MACHINE,
    "rempart:stack": "minimal.ovh-sandbox.dev.compute",
}
UNBORN: dict[str, Any] = {
    "status": "ERROR",
    "metadata": MARK,
    "OS-SRV-USG:launched_at": None,
    "OS-EXT-STS:power_state": 0,
    "OS-EXT-STS:task_state": None,
}
THERE = Held(HELD.ids | {"vm-held"}, ALL)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Each pause is over at once; the moments that were waited for."""
    waited = [0.0]
    monkeypatch.setattr(unborn.time, "monotonic", lambda: waited[-1])
    monkeypatch.setattr(unborn.time, "sleep", lambda seconds: waited.append(waited[-1] + seconds))
    return waited


@pytest.fixture
def cloud() -> Cloud:
    return Cloud(Neutron())


def swept(cloud: Cloud, held: Held = THERE, wanted: frozenset[str] = ALL, claim: Claim = CLAIM) -> Swept:
    return strays._sweep(cloud, claim, wanted, held, lambda _stray: None)


def test_a_machine_that_never_ran_goes_though_the_state_holds_it(cloud: Cloud) -> None:
    cloud.nova("vm-held", **UNBORN)
    done = swept(cloud)
    assert done.removed == (Stray(kinds.INSTANCE, "vm-held", MACHINE, "compute", Which.NEVER_RAN),)
    assert cloud.answers == {}


def test_one_that_no_state_holds_goes_before_its_interface(cloud: Cloud) -> None:
    cloud.nova("vm-2", **UNBORN)
    cloud.network.put("ports", "port-2", claimed(NIC, network_id="n", device_id="vm-2", device_owner="compute:a"))
    assert swept(cloud).kept == ()
    assert cloud.network.deleted == ["vm-2", "port-2"]


@pytest.mark.parametrize(
    "told",
    [
        {"status": "ACTIVE"},
        {"status": "SHUTOFF"},
        {"OS-SRV-USG:launched_at": "2026-11-28T12:00:00.000000"},
        {"OS-EXT-STS:power_state": 1},
        {"OS-EXT-STS:power_state": 4},
        {"metadata": {**MARK, "rempart:stack": "minimal.ovh-sandbox.prod.compute"}},
        {"metadata": {**MARK, "rempart:environment": "prod"}},
        {"metadata": {}},
    ],
    ids=lambda told: str(next(iter(told.items()))),
)
def test_one_that_ran_or_is_another_stacks_stays(told: dict[str, Any], cloud: Cloud) -> None:
    cloud.nova("vm-held", **{**UNBORN, **told})
    assert swept(cloud) == Swept((), ())
    assert set(cloud.answers) == {"vm-held"}


@pytest.mark.parametrize("field", ["OS-SRV-USG:launched_at", "OS-EXT-STS:power_state"])
def test_one_of_which_the_cloud_hides_whether_it_ran_stays(field: str, cloud: Cloud) -> None:
    cloud.nova("vm-held", **{name: value for name, value in UNBORN.items() if name != field})
    assert swept(cloud).removed == ()
    assert set(cloud.answers) == {"vm-held"}


def test_one_that_starts_while_it_is_looked_at_stays(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.nova("vm-held", **UNBORN)
    read = cloud.get

    def started(path: str) -> Any:
        cloud.answers["vm-held"]["OS-SRV-USG:launched_at"] = "2026-11-28T12:00:00.000000"
        return read(path)

    monkeypatch.setattr(cloud, "get", started)
    assert why(swept(cloud)) == {"vm-held": Why.CHANGED}
    assert set(cloud.answers) == {"vm-held"}


@pytest.mark.parametrize(
    "held", [Held(frozenset(), ALL - {"compute"}), begun("compute", ids=HELD.ids)], ids=["lost", "begun"]
)
def test_none_goes_from_a_layer_whose_state_holds_nothing(held: Held, cloud: Cloud) -> None:
    cloud.nova("vm-2", **UNBORN)
    assert why(swept(cloud, held)) == {"vm-2": Why.STATE_LOST}
    assert set(cloud.answers) == {"vm-2"}


DISK = {"size": 20, "bootable": "true", "status": "available", "attachments": [], "created_at": "2026-11-28T12:00:03.0"}


@pytest.mark.parametrize(
    "told",
    [
        {"created_at": "2026-11-28T11:59:59.000000"},
        {"attachments": [{"server_id": "vm-9"}]},
        {"metadata": {"owner": "radiology"}},
        {"name": "archive"},
        {"bootable": "false"},
        {"status": "deleting"},
    ],
    ids=lambda told: str(next(iter(told.items()))),
)
def test_disks_that_nova_forgot_are_named_and_stay(told: dict[str, Any], cloud: Cloud) -> None:
    cloud.rows["volumes"] = [
        volume.Volume.existing(id="vol-1", **DISK),
        volume.Volume.existing(id="vol-2", **{**DISK, **told}),
    ]
    cloud.nova("vm-held", **UNBORN, created="2026-11-28T12:00:00Z")
    (kept,) = swept(cloud).kept
    assert (kept.stray.identifier, kept.why) == ("vol-1", Why.UNMARKED)
    assert "openstack volume delete vol-1" in kept.remedy
    assert cloud.network.deleted == ["vm-held"]
    assert swept(cloud).kept == (), "only where a machine never ran"


def test_a_disk_that_nova_had_reserved_is_let_go_before_it_is_deleted(cloud: Cloud) -> None:
    cloud.rows["volumes"] = [volume.Volume.existing(id="vol-1", **{**DISK, "status": "reserved"})]
    cloud.rows["attachments"] = [attachment.Attachment.existing(id="hold-1", volume_id="vol-1", instance="vm-held")]
    cloud.nova("vm-held", **UNBORN, created="2026-11-28T12:00:00Z")
    (kept,) = swept(cloud).kept
    first, then = kept.remedy.partition("`, ")[0].removeprefix("`").split(" && ")
    assert first == "openstack --os-volume-api-version 3.27 volume attachment delete hold-1"
    assert then == "openstack volume delete vol-1"


def test_only_the_layers_that_are_asked_for_are_waited_for_and_swept(cloud: Cloud, clock: list[float]) -> None:
    cloud.nova("vm-held", **{**UNBORN, "status": "BUILD"})
    assert swept(cloud, wanted=frozenset({"network"})) == Swept((), ())
    assert clock == [0.0]


def test_one_that_is_being_built_is_waited_for(
    cloud: Cloud, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.nova("vm-held", **{**UNBORN, "status": "BUILD"})
    moments = iter(["scheduling"] * 50 + ["block_device_mapping"] * 250 + ["spawning"] * 250)

    def moves(seconds: float) -> None:
        clock.append(clock[-1] + seconds)
        now = next(moments, None)
        cloud.answers["vm-held"].update({"OS-EXT-STS:task_state": now, "status": "BUILD" if now else "ACTIVE"})

    monkeypatch.setattr(unborn.time, "sleep", moves)
    assert swept(cloud) == Swept((), ())
    assert next(moments, None) is None


@pytest.mark.parametrize(
    ("stage", "seconds"),
    [("scheduling", unborn.UNPLACED_SECONDS), ("block_device_mapping", unborn.BUILT_SECONDS)],
)
def test_one_that_is_not_built_any_more_goes_in_the_end(
    stage: str, seconds: float, cloud: Cloud, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though Nova says of one without a host that it changed this very moment."""
    cloud.nova("vm-held", **{**UNBORN, "status": "BUILD", "OS-EXT-STS:task_state": stage})

    def later(pause: float) -> None:
        clock.append(clock[-1] + pause)
        cloud.answers["vm-held"]["updated"] = f"moment {clock[-1]}"

    monkeypatch.setattr(unborn.time, "sleep", later)
    assert [one.identifier for one in swept(cloud).removed] == ["vm-held"]
    assert seconds < clock[-1] < seconds + 5


def test_one_that_does_not_go_stops_the_recovery(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.nova("vm-held", **UNBORN)
    monkeypatch.setattr(cloud, "delete_server", lambda _identifier, ignore_missing: None)
    with pytest.raises(observation.Unreachable, match="vm-held never ran"):
        swept(cloud)
