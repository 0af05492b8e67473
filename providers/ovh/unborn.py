"""Machines that Nova took and never ran: a service of its own died meanwhile, or no host had room.

Nova does not go on with them by itself, and Terraform's plugin takes them for machines. Such a machine holds nothing:
nobody has used it, its data disks are attached only once it runs, and its boot disk is a copy of an image. So it is
deleted, and the next run makes it on the same interfaces.

Where Nova dies while it makes such a boot disk, it forgets it, and gave it no name: those are looked for, and told.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from providers import observation
from providers.ovh.live import Thing
from providers.strays import Why

UNPLACED = (None, "scheduling")
UNPLACED_SECONDS = 60.0
"""A machine that has no host for so long is not looked after any more: a host is found in a moment, or none is."""
BUILT_SECONDS = 300.0
"""A machine that has a host, and whose build does not go on for so long: a system's disk may take minutes."""
GONE_SECONDS = 120.0
PAUSE_SECONDS = 1.0
UNFINISHED = ("BUILD", "ERROR")
LET_GO_SINCE = "3.27"
"""The version of Cinder's API that has attachments; its command line speaks an older one unless told."""
LAUNCHED = "OS-SRV-USG:launched_at"
POWER = "OS-EXT-STS:power_state"
NO_STATE = 0
"""Nova's power state of what no hypervisor has told of."""


def never_ran(body: Mapping[str, Any]) -> bool:
    """By what a listing says (openstacksdk's names): enough to look closer, not to delete."""
    return body.get("status") in UNFINISHED and not body.get("launched_at") and body.get("power_state") == NO_STATE


def settled(listed: Callable[[], Iterable[Thing]]) -> None:
    """Returns when none of the machines is being built, or when those that are have not moved for too long.

    The time of a change is no sign: until a host has a machine, Nova says "now" for it.
    """
    since: dict[tuple[str, Any], float] = {}
    while building := [one for one in listed() if one.body.get("status") == "BUILD"]:
        now = time.monotonic()
        stages = [(one.identifier, one.body.get("task_state")) for one in building]
        still = [(stage, now - since.setdefault((machine, stage), now)) for machine, stage in stages]
        if all(seconds > (UNPLACED_SECONDS if stage in UNPLACED else BUILT_SECONDS) for stage, seconds in still):
            return
        time.sleep(PAUSE_SECONDS)


def remove(
    cloud: Any,
    identifier: str,
    mine: Callable[[Mapping[str, str]], bool],
    tell: Callable[[], None],
    as_thought: Callable[[Mapping[str, Any]], bool] | None = None,
) -> Why | None:
    """Deletes the machine as it is now, and waits until it is gone: then its interfaces are free.

    `mine` judges its metadata, `as_thought` all of it: without that, it must never have run. Nova's own words are read
    here, not openstacksdk's: in those a field that a cloud hides looks like one that is empty.
    Raises `observation.Unreachable` where it does not go.
    """
    import openstack.exceptions

    try:
        now = _read(cloud, identifier)
        if not mine(now.get("metadata") or {}) or not (as_thought or _unborn)(now):
            return Why.CHANGED
        tell()
        cloud.compute.delete_server(identifier, ignore_missing=True)
        deadline = time.monotonic() + GONE_SECONDS
        while _read(cloud, identifier):
            if time.monotonic() > deadline:
                what = "is to go" if as_thought else "never ran"
                raise observation.Unreachable(f"the machine {identifier} {what}, and OpenStack does not delete it")
            time.sleep(PAUSE_SECONDS)
    except openstack.exceptions.NotFoundException:
        return None
    except openstack.exceptions.ConflictException:
        return Why.CHANGED
    return None


def may_be_a_system_disk(disk: Thing) -> bool:
    """A disk that Nova made from an image and lost while it did: without name, mark or machine."""
    body = disk.body
    lost = not disk.labels and not body.get("name") and not body.get("attachments")
    return lost and body.get("is_bootable") is True and body.get("status") != "deleting"


def remedy(cloud: Any, disk: Thing) -> str:
    """What a person does about it. Cinder deletes none that Nova has reserved (400): it is let go first."""
    reserved = disk.body.get("status") == "reserved"
    held = cloud.block_storage.attachments(volume_id=disk.identifier) if reserved else ()
    steps = [f"openstack --os-volume-api-version {LET_GO_SINCE} volume attachment delete {one.id}" for one in held]
    return f"`{' && '.join([*steps, f'openstack volume delete {disk.identifier}'])}`, if nobody uses it"


def _read(cloud: Any, identifier: str) -> dict[str, Any]:
    import openstack.exceptions

    answer = cloud.compute.get(f"/servers/{identifier}")
    openstack.exceptions.raise_from_response(answer)
    found: dict[str, Any] = answer.json()["server"]
    return found


def _unborn(server: Mapping[str, Any]) -> bool:
    """Each field must be there and say so."""
    return server.get("status") in UNFINISHED and server.get(LAUNCHED, "") is None and server.get(POWER) == NO_STATE
