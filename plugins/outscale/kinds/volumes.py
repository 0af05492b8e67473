"""Volumes and their links to VMs."""

from __future__ import annotations

from plugins.outscale.kinds.sources import VOLUMES
from plugins.outscale.shapes import Attribute, Delete, Shape, Update, Wait, among
from plugins.outscale.sources import Item


def _linked(volume: Item) -> bool:
    """A VM brings its own disk, and it goes with the VM; a volume that we lost is linked to nothing yet."""
    return bool(volume.get("LinkedVolumes"))


VOLUME = Shape(
    "Volume",
    "A block storage volume.",
    attributes=(
        Attribute("subregionName", required=True, immutable=True),
        Attribute("size", "integer", server_chosen=True, description="GiB; it can only grow."),
        Attribute("volumeType", server_chosen=True, choices=("standard", "gp2", "io1")),
        Attribute("iops", "integer", server_chosen=True, description="For io1 only."),
        Attribute("snapshotId", immutable=True),
    ),
    outputs=(Attribute("volumeId"), Attribute("state", volatile=True)),
    source=VOLUMES,
    id=("volumeId",),
    create="CreateVolume",
    answer="Volume",
    updates=(Update("UpdateVolume", ("size", "volumeType", "iops"), always=("volumeId",)),),
    delete=Delete("DeleteVolume", ("volumeId",)),
    wait=Wait("State", until=("available", "in-use"), failed=("error",), gone=("deleted",), busy="TaskId", first=2.0),
    tagged=True,
    token=True,
    beside=_linked,
)

VOLUME_LINK = Shape(
    "VolumeLink",
    "The link of a volume to a VM. Its id is the volume's.",
    attributes=(
        Attribute("volumeId", required=True, immutable=True),
        Attribute("vmId", required=True, immutable=True),
        Attribute("deviceName", required=True, immutable=True, description="e.g. /dev/sdb"),
    ),
    outputs=(Attribute("state", volatile=True),),
    source=VOLUMES,
    id=("volumeId",),
    create="LinkVolume",
    pick=among("LinkedVolumes", vmId="VmId"),
    delete=Delete("UnlinkVolume", ("volumeId",)),
    wait=Wait("State", until=("attached",), gone=("detached",), first=0.3),
    unique=True,
    replace_first=True,
)
