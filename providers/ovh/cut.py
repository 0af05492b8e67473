"""Machines with user data that a run was making as it was cut.

Nova shows user data to the cloud's administrators only: nobody can tell whether such a machine was born with the
plan's, so none is adopted. It is deleted, and the next run makes it anew on its interfaces, where all of this says that
nobody has had anything of it yet: the cut run's state says that it was being made, it is younger than that run, nothing
but its creation was ever asked of it, its one disk is the system's, which Nova made from the image and which ends with
it, and it stands on its own interfaces only. Where one of these is not so, or not to be seen, it is left.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from blueprint import plan as plans
from providers.ovh import kinds, labels, live, unborn
from providers.strays import Held, Stray, Told, Which

CREATION = ["create"]
"""All that Nova may have been asked to do with it."""


def remove(
    cloud: Any, plan: plans.Plan, stray: Stray, held: Held, mine: Callable[[Mapping[str, str]], bool], told: Told
) -> Stray | None:
    """The machine, when it is gone; None where it is left, or where the plan has no user data for it.

    Raises `observation.Unreachable` where it does not go.
    """
    since = held.creating.get((stray.kind, stray.subject))
    if since is None or not any(one.subject == stray.subject and one.user_data for one in plan.all_machines):
        return None
    machine = Stray(stray.kind, stray.identifier, stray.subject, stray.layer, Which.CUT)
    if not _untouched(cloud, machine, held, since - live.CLOCKS):
        return None
    why = unborn.remove(cloud, machine.identifier, mine, lambda: told(machine), _runs)
    return None if why else machine


def _runs(server: Mapping[str, Any]) -> bool:
    """As Nova words it."""
    return server.get("status") == "ACTIVE" and server.get("OS-EXT-STS:task_state", "") is None


def _untouched(cloud: Any, machine: Stray, held: Held, since: dt.datetime) -> bool:
    import openstack.exceptions

    try:
        server = cloud.compute.get_server(machine.identifier).to_dict()
        asked = [one.action for one in cloud.compute.server_actions(machine.identifier)]
        fresh = _since(server, since) and asked == CREATION
        return fresh and _only_the_systems_disk(cloud, server, since) and _own_interfaces(cloud, machine, held)
    except openstack.exceptions.HttpException:
        return False  # what a cloud does not show is no proof


def _since(body: Mapping[str, Any], since: dt.datetime) -> bool:
    born = live.born(body)
    return born is not None and born >= since


def _only_the_systems_disk(cloud: Any, server: Mapping[str, Any], since: dt.datetime) -> bool:
    """One disk, made from an image for this machine and to end with it; nobody wrote on it or keeps a copy."""
    disks = list(server.get("attached_volumes") or ())
    if len(disks) != 1 or disks[0].get("delete_on_termination") is not True:
        return False
    body = cloud.block_storage.get_volume(disks[0]["id"]).to_dict()
    users = [one.get("server_id") for one in body.get("attachments") or ()]
    return (
        body.get("is_bootable") is True
        and not body.get("metadata")
        and bool((body.get("volume_image_metadata") or {}).get("image_id"))
        and not body.get("snapshot_id")
        and not body.get("source_volume_id")
        and users == [server["id"]]
        and _since(body, since)
        and not any(True for _ in cloud.block_storage.snapshots(volume_id=body["id"]))
    )


def _own_interfaces(cloud: Any, machine: Stray, held: Held) -> bool:
    """Each is the machine's by the state, and no address that the state does not hold leads to it."""
    ports = [live.tagged(kinds.PORT, one.to_dict()) for one in cloud.network.ports(device_id=machine.identifier)]
    own = all(
        port.identifier in held.ids and port.labels.get(labels.SUBJECT, "").startswith(f"{machine.subject}/")
        for port in ports
    )
    addresses = [one.id for port in ports for one in cloud.network.ips(port_id=port.identifier)]
    return bool(ports) and own and held.ids.issuperset(addresses)
