"""Volumes, alone or linked to a VM.

`meta["link"]` holds the link ({VmId, DeviceName, DeleteOnVmDeletion, LinkDate}).
"""

from __future__ import annotations

import re
from typing import Any

from sandbox.outscale import idempotency, states, values
from sandbox.outscale.errors import ApiError
from sandbox.outscale.operations import Answer, Call, operation
from sandbox.outscale.reading import quota, read
from sandbox.outscale.store import Record

TYPES = ("standard", "gp2", "io1")
SIZES = range(1, 14902)  # GiB; OpenAPI document, CreateVolume
MAX_IOPS = 13_000
IOPS_PER_GIB = 300
_DEVICE = re.compile(r"/dev/(?:sd|xvd)[b-z][a-z]?|/dev/sda1")


@operation("CreateVolume")
def create_volume(call: Call) -> Answer:
    return {"Volume": view(call, idempotency.once(call, _create_volume)[0])}


def _create_volume(call: Call) -> list[Record]:
    if "SnapshotId" in call.request:
        raise ApiError("no-such-snapshot", f"{call.request['SnapshotId']} does not exist: snapshots are not simulated")
    if "Size" not in call.request:
        raise ApiError("missing-parameter", "Size is needed without SnapshotId")
    volume = insert(
        call,
        size=call.request["Size"],
        volume_type=call.request.get("VolumeType", "standard"),
        iops=call.request.get("Iops"),
        subregion=values.subregion(call, call.request["SubregionName"]),
        token=call.request.get("ClientToken"),
    )
    return [states.born(call, states.begin(call, volume, "available"))]


def insert(
    call: Call,
    *,
    size: int,
    volume_type: str,
    iops: int | None,
    subregion: str,
    token: str | None = None,
    snapshot: str | None = None,
) -> Record:
    """Create a volume, for CreateVolume and for CreateVms. It is `creating` until something says otherwise."""
    existing = call.store.all("volume")
    quota(call, "volume", len(existing), "too-many-volumes")
    quota(call, "volume_gib", sum(v["Size"] for v in existing), "too-much-volume-size", wanted=size)
    return call.store.insert(
        "volume",
        {
            "ClientToken": token,
            "CreationDate": stamp(call),
            "Size": _size(size),
            "SnapshotId": snapshot,
            "State": "creating",
            "SubregionName": subregion,
            "Tags": [],
            **_performance(volume_type, iops, size),
        },
    )


def stamp(call: Call) -> str:
    """Now, as the API writes it."""
    return call.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _size(size: int) -> int:
    if size not in SIZES:
        raise ApiError("invalid-volume-size", f"Size must be between {SIZES.start} and {SIZES.stop - 1} GiB")
    return size


def _performance(volume_type: str, iops: int | None, size: int) -> dict[str, Any]:
    values.one_of(volume_type, TYPES, "VolumeType")
    if volume_type != "io1":
        if iops is not None:
            raise ApiError("invalid-parameter-set", "Iops is for io1 volumes only")
        # gp2: 3 per GiB between 100 and 10000 (user's guide, About Volumes); standard volumes show none
        return {"VolumeType": volume_type, "Iops": min(max(3 * size, 100), 10_000) if volume_type == "gp2" else None}
    if iops is None:
        raise ApiError("missing-parameter", "Iops is needed for an io1 volume")
    if not 1 <= iops <= min(MAX_IOPS, IOPS_PER_GIB * size):
        raise ApiError("invalid-iops", f"Iops: at most {MAX_IOPS}, and {IOPS_PER_GIB} per GiB")
    return {"VolumeType": volume_type, "Iops": iops}


@operation("ReadVolumes")
def read_volumes(call: Call) -> Answer:
    return read(call, "volume", view)


@operation("UpdateVolume")
def update_volume(call: Call) -> Answer:
    """A change is a task: the volume shows its former values until the task is completed."""
    volume = call.store.require("volume", call.request["VolumeId"])
    if volume["State"] not in ("available", "in-use"):
        raise ApiError("invalid-volume-state", f"{volume.id} is {volume['State']}")
    if volume.body.get("TaskId"):
        raise ApiError("invalid-volume-state", f"{volume.id} already has the update {volume['TaskId']} in progress")
    size = _size(call.request.get("Size", volume["Size"]))
    if size < volume["Size"]:
        raise ApiError("invalid-volume-size", f"a volume only grows: {volume.id} has {volume['Size']} GiB")
    volume_type = call.request.get("VolumeType", volume["VolumeType"])
    kept_iops = volume.body.get("Iops") if volume_type == volume["VolumeType"] == "io1" else None
    target = {"Size": size, **_performance(volume_type, call.request.get("Iops", kept_iops), size)}
    origin = {"Iops": volume.body.get("Iops"), "Size": volume["Size"], "VolumeType": volume["VolumeType"]}
    task = call.store.insert(
        "volume-task",
        {
            "Progress": 0,
            "StartDate": stamp(call),
            "State": "pending",
            "Tags": [],
            "VolumeId": volume.id,
            "VolumeUpdate": {"Origin": origin, "Target": target},
        },
    )
    before = call.store.update(volume, TaskId=task.id)
    states.begin(call, task, "completed")
    return {"Volume": view(call, before)}


@states.on_settled("volume-task", "completed")
def _task_completed(call: Call, task: Record) -> Record:
    volume = call.store.get(task["VolumeId"], "volume")
    if volume is not None:
        call.store.update(volume, TaskId=None, **task["VolumeUpdate"]["Target"])
    done = call.store.update(task, Progress=100, CompletionDate=stamp(call))
    return states.bury(call, done)


@operation("ReadVolumeUpdateTasks")
def read_volume_update_tasks(call: Call) -> Answer:
    return read(call, "volume-task")


@operation("LinkVolume")
def link_volume(call: Call) -> Answer:
    volume = call.store.require("volume", call.request["VolumeId"])
    vm = call.store.require("vm", call.request["VmId"])
    if volume["State"] != "available":
        raise ApiError("invalid-volume-state", f"{volume.id} is {volume['State']}, not available")
    if vm["State"] not in ("running", "stopped"):
        raise ApiError("invalid-vm-state", f"{vm.id} is {vm['State']}")
    if volume["SubregionName"] != vm["Placement"]["SubregionName"]:
        raise ApiError("zone-mismatch", f"{volume.id} and {vm.id} are not in the same Subregion")
    attach(call, volume, vm.id, call.request["DeviceName"], delete=False)
    return {}


def attach(call: Call, volume: Record, vm_id: str, device: str, *, delete: bool) -> Record:
    """Link a volume to a free device of a VM."""
    if not _DEVICE.fullmatch(device):
        raise ApiError("invalid-device-name", "DeviceName must look like /dev/sdb or /dev/xvdb")
    if any(other.meta["link"]["DeviceName"] == device for other in linked_volumes(call, vm_id)):
        raise ApiError("device-conflict", f"{device} of {vm_id} is taken")
    volume = call.store.update(volume, State="in-use")
    link = {"VmId": vm_id, "DeviceName": device, "DeleteOnVmDeletion": delete, "LinkDate": stamp(call)}
    return call.store.note(volume, link=link)


@operation("UnlinkVolume")
def unlink_volume(call: Call) -> Answer:
    volume = call.store.require("volume", call.request["VolumeId"])
    if "link" not in volume.meta:
        raise ApiError("invalid-volume-state", f"{volume.id} is not linked")
    vm = call.store.require("vm", volume.meta["link"]["VmId"])
    if volume.meta["link"]["DeviceName"] == vm["RootDeviceName"] and vm["State"] != "stopped":
        raise ApiError("invalid-vm-state", f"{vm.id} must be stopped to unlink its root volume")
    detach(call, volume)
    return {}


def detach(call: Call, volume: Record) -> None:
    call.store.note(call.store.update(volume, State="available"), link=None)


@operation("DeleteVolume")
def delete_volume(call: Call) -> Answer:
    volume = call.store.require("volume", call.request["VolumeId"])
    if volume["State"] != "available":
        raise ApiError("invalid-volume-state", f"{volume.id} is {volume['State']}, not available")
    call.store.delete(volume)
    return {}


def linked_volumes(call: Call, vm_id: str) -> list[Record]:
    """The volumes of a VM."""
    return call.store.linked("volume", vm_id)


def view(_call: Call, volume: Record) -> dict[str, Any]:
    """A volume as ReadVolumes shows it."""
    link = volume.meta.get("link")
    shown = {k: link[k] for k in ("DeleteOnVmDeletion", "DeviceName", "VmId")} if link else None
    linked = [{**shown, "State": "attached", "VolumeId": volume.id}] if shown else []
    return {**volume.body, "LinkedVolumes": linked}
