"""What OpenStack's plugin does not read back of a thing, read from the project itself: `rempart adopt` needs it.

The plugin is Terraform's: an import of a group learns neither its tags nor that it was born without rules, one of a
machine not by which ports it stands on networks. Each value here is what the API shows now, in the plugin's own words;
that it is the plan's is for a preview to prove. What the API does not show is refused by name.
"""

from __future__ import annotations

import dataclasses
import functools
import ipaddress
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from blueprint import plan as plans
from providers import adoption
from providers.ovh import kinds, labels, live, observed
from providers.ovh.live import Account, Thing

Told = dict[str, Any]
SHOWN = 3


@dataclasses.dataclass
class Reading:
    """The project as it is asked for the first time; what it answered then holds, since an adoption changes nothing."""

    account: Account
    plan: plans.Plan

    def told(self, wanted: Mapping[str, adoption.Wanted]) -> dict[str, Told]:
        """Name -> properties that the plugin leaves out, for those of `wanted` that are of such a kind.

        Raises `adoption.Unproven` for what OpenStack does not show, or shows otherwise than any plan could have it.
        """
        return _told(self._project, wanted) if any(one.type in _KINDS for one in wanted.values()) else {}

    @functools.cached_property
    def _project(self) -> _Project:
        with live.reaching(self.account):
            cloud = live.connect(self.account)
            outside = {str(one.id): str(one.name) for one in cloud.network.networks(is_router_external=True)}
            return _Project(self.account, self.plan, (*live.networking(cloud), *live.machines(cloud)), outside)


def reading(account: Account, plan: plans.Plan) -> Reading:
    return Reading(account, plan)


def worded(
    account: Account,
    plan: plans.Plan,
    things: tuple[Thing, ...],
    outside: Mapping[str, str],
    wanted: Mapping[str, adoption.Wanted],
) -> dict[str, Told]:
    """The same, of what was listed. `outside`: id -> name of the provider's own networks."""
    return _told(_Project(account, plan, things, outside), wanted)


def _told(project: _Project, wanted: Mapping[str, adoption.Wanted]) -> dict[str, Told]:
    found: dict[str, Told] = {}
    refused: dict[str, str] = {}
    for name, one in sorted(wanted.items()):
        thing = project.things.get((one.type, one.identifier))
        if thing is None or one.type not in _KINDS:
            continue
        try:
            found[name] = _KINDS[one.type](project, name, thing)
        except adoption.Unproven as error:
            refused[name] = str(error)
    if refused:
        more = f"; and {len(refused) - SHOWN} more" if len(refused) > SHOWN else ""
        raise adoption.Unproven("; ".join([*refused.values()][:SHOWN]) + more, refused)
    return found


class _Project:
    """One reading: everything by type and id, and which rules no flow declares."""

    def __init__(
        self, account: Account, plan: plans.Plan, things: tuple[Thing, ...], outside: Mapping[str, str]
    ) -> None:
        self.machines = {machine.subject: machine for machine in plan.all_machines}
        self.things = {(one.type, one.identifier): one for one in things}
        self.outside = frozenset(outside)
        self.networks = {one.identifier: str(one.body.get("name")) for one in self.of(kinds.NETWORK)} | dict(outside)
        self.undeclared = [
            (group, fact.origin.urn.rsplit(":", 1)[-1])
            for fact in observed.observed(account, plan, things, self.outside, ()).facts
            if fact.origin.type == kinds.RULE and fact.origin.subject is None
            for group in (fact.origin.dependencies or {}).get("securityGroupId", ())
        ]
        """(URN of the group, id of the rule)."""

    def of(self, kind: str) -> Iterator[Thing]:
        return (one for one in self.things.values() if one.type == kind)


def _tagged(_project: _Project, _name: str, thing: Thing) -> Told:
    """Tags under our names. The plugin lets others be, and a second value under a name of ours is a difference."""
    return {"tags": sorted(str(tag) for tag in thing.body.get("tags") or () if labels.ours(str(tag)))}


def _group(project: _Project, name: str, thing: Thing) -> Told:
    """That it was born without rules cannot be seen; that it holds none but the plan's can, and means the same."""
    extra = [rule for group, rule in project.undeclared if group.rsplit(":", 1)[-1] == thing.identifier]
    if extra:
        raise adoption.Unproven(
            f"{name}: the group {thing.identifier} holds what no flow declares, maybe the rules that Neutron gives to "
            f"each group at birth. Take it away (`openstack security group rule delete "
            f"{' '.join(sorted(extra))}`), or declare the flow that it serves"
        )
    return {**_tagged(project, name, thing), "deleteDefaultRules": True}


def _port(project: _Project, name: str, thing: Thing) -> Told:
    """Its groups, and its place: on a link with the address that the machine brings, elsewhere by segment."""
    body = thing.body
    groups = [str(one) for one in body.get("security_group_ids") or ()]
    made = _tagged(project, name, thing)
    made |= {"securityGroupIds": groups} if groups else {"noSecurityGroups": True}
    if str(body["network_id"]) in project.outside:
        return made  # where an address is the provider's choice
    brings = "/links/" in name
    made["fixedIps"] = [
        {"subnetId": str(one["subnet_id"]), **({"ipAddress": str(one["ip_address"])} if brings else {})}
        for one in body.get("fixed_ips") or ()
    ]
    return made


def _machine(project: _Project, name: str, thing: Thing) -> Told:
    """Its interfaces in the adapter's order, the disk that it starts from, and the group that keeps it apart."""
    planned = project.machines.get(name)
    if thing.body.get("user_data") or (planned is not None and planned.user_data):
        raise adoption.Unproven(
            f"{name}: Nova shows the user data of a machine to the cloud's administrators only, so nobody can tell "
            f"whether the machine {thing.identifier} was born with the plan's. `openstack server delete "
            f"{thing.identifier}`, then `rempart adopt --partial` takes its data disks and interfaces over, and "
            "`rempart up` makes it anew on them"
        )
    ports = sorted(
        (one for one in project.of(kinds.PORT) if one.body.get("device_id") == thing.identifier),
        key=lambda port: observed.rank(port.labels.get(labels.SUBJECT, "")),
    )
    groups = [
        one.identifier for one in project.of(kinds.SERVER_GROUP) if thing.identifier in one.body.get("member_ids", ())
    ]
    return {
        "networks": [_interface(project, port) for port in ports],
        "blockDevices": [*_boot(project, thing)],
        "schedulerHints": [{"group": group} for group in groups],
        "configDrive": bool(thing.body.get("has_config_drive")),
        # What the plugin itself does at an end: nothing at OpenStack says it, and its own default is no.
        "forceDelete": False,
        "stopBeforeDestroy": False,
    }


def _interface(project: _Project, port: Thing) -> Told:
    body = port.body
    addresses = [str(one["ip_address"]) for one in body.get("fixed_ips") or ()]
    first = {ipaddress.ip_address(one).version: one for one in reversed(addresses)}
    return {
        "accessNetwork": False,
        "fixedIpV4": first.get(4, ""),
        "fixedIpV6": first.get(6, ""),
        "mac": str(body.get("mac_address") or ""),
        "name": project.networks.get(str(body["network_id"]), ""),
        "port": port.identifier,
        "uuid": str(body["network_id"]),
    }


def _boot(project: _Project, server: Thing) -> Iterator[Told]:
    """The volume that it starts from, as it was asked for. Without the API's word on its end, that stays unsaid."""
    ends = {one.get("id"): one.get("delete_on_termination") for one in server.body.get("attached_volumes") or ()}
    for volume in project.of(kinds.VOLUME):
        attached = [one.get("server_id") for one in volume.body.get("attachments") or ()]
        if server.identifier in attached and volume.body.get("is_bootable"):
            yield {
                "bootIndex": 0,
                "deleteOnTermination": bool(ends.get(volume.identifier)),
                "destinationType": "volume",
                "deviceType": "",
                "diskBus": "",
                "guestFormat": "",
                "multiattach": False,
                "sourceType": "image",
                "uuid": str((volume.body.get("volume_image_metadata") or {}).get("image_id", "")),
                "volumeSize": volume.body.get("size"),
                "volumeType": volume.body.get("volume_type") or "",
            }


_KINDS: Mapping[str, Callable[[_Project, str, Thing], Told]] = {
    kinds.NETWORK: _tagged,
    kinds.SUBNET: _tagged,
    kinds.ROUTER: _tagged,
    kinds.FLOATING_IP: _tagged,
    kinds.GROUP: _group,
    kinds.PORT: _port,
    kinds.INSTANCE: _machine,
}
