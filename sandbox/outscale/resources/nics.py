"""NICs: addresses and security groups in a Subnet, linked or not to a VM.

`meta["link"]` holds the link ({LinkNicId, VmId, DeviceNumber, DeleteOnVmDeletion}); the API's LinkNic is made from it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.outscale import states, values
from sandbox.outscale.errors import ApiError
from sandbox.outscale.operations import Answer, Call, operation
from sandbox.outscale.reading import quota, read
from sandbox.outscale.resources.public_ips import unlink_from_nic
from sandbox.outscale.resources.subnets import check_address, free_address
from sandbox.outscale.store import Record, check_id

SECONDARY_DEVICES = range(1, 8)  # OpenAPI document, LinkNic


@operation("CreateNic")
def create_nic(call: Call) -> Answer:
    subnet = call.store.require("subnet", call.request["SubnetId"])
    nic = insert(
        call,
        subnet,
        description=call.request.get("Description", ""),
        group_ids=call.request.get("SecurityGroupIds"),
        private_ips=call.request.get("PrivateIps", []),
    )
    return {"Nic": view(call, states.born(call, nic))}


def insert(
    call: Call,
    subnet: Record,
    *,
    description: str,
    group_ids: Sequence[str] | None,
    private_ips: Sequence[Mapping[str, Any]],
) -> Record:
    """Create a NIC in a Subnet, for CreateNic and for CreateVms."""
    quota(call, "nic_per_net", len(call.store.where("nic", NetId=subnet["NetId"])), "too-many-interfaces")
    mac = ":".join(f"{byte:02X}" for byte in b"\xaa" + secrets.token_bytes(5))
    return call.store.insert(
        "nic",
        {
            "AccountId": call.account_id,
            "Description": description,
            "IsSourceDestChecked": True,
            "MacAddress": mac,
            "NetId": subnet["NetId"],
            "PrivateIps": _addresses(call, subnet, private_ips),
            "SecurityGroups": groups(call, subnet["NetId"], group_ids),
            "SubnetId": subnet.id,
            "SubregionName": subnet["SubregionName"],
            "Tags": [],
        },
    )


def _addresses(call: Call, subnet: Record, wanted: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    chosen: list[dict[str, Any]] = []
    for one in wanted:
        besides = [ip["PrivateIp"] for ip in chosen]
        text = one.get("PrivateIp")
        ip = check_address(call, subnet, text, besides=besides) if text else free_address(call, subnet, besides=besides)
        chosen.append({"IsPrimary": one.get("IsPrimary", len(wanted) == 1), "PrivateIp": ip})
    primaries = sum(ip["IsPrimary"] for ip in chosen)
    if primaries > 1:
        raise ApiError("invalid-parameter-value", "PrivateIps: only one can be the primary private IP")
    if not primaries:
        ip = free_address(call, subnet, besides=[ip["PrivateIp"] for ip in chosen])
        chosen.insert(0, {"IsPrimary": True, "PrivateIp": ip})
    return chosen


def groups(call: Call, net_id: str, group_ids: Sequence[str] | None) -> list[dict[str, str]]:
    """The security groups named, all of this Net; the Net's default group when none is."""
    if group_ids is None:
        found = [g for g in call.store.where("security-group", NetId=net_id) if g.meta.get("default")]
    else:
        found = [call.store.require("security-group", group_id) for group_id in dict.fromkeys(group_ids)]
    if not found:
        raise ApiError("invalid-parameter-value", "SecurityGroupIds: give at least one")
    for group in found:
        if group["NetId"] != net_id:
            raise ApiError("network-mismatch", f"{group.id} is not in {net_id}")
    quota(call, "security_group_per_nic", len(found), "too-many-nic-sgs", wanted=0)
    return [{"SecurityGroupId": g.id, "SecurityGroupName": g["SecurityGroupName"]} for g in found]


@operation("ReadNics")
def read_nics(call: Call) -> Answer:
    return read(call, "nic", view)


@operation("UpdateNic")
def update_nic(call: Call) -> Answer:
    nic = call.store.require("nic", call.request["NicId"])
    changes: dict[str, Any] = {}
    if "Description" in call.request:
        changes["Description"] = call.request["Description"]
    if "SecurityGroupIds" in call.request:
        changes["SecurityGroups"] = groups(call, nic["NetId"], call.request["SecurityGroupIds"])
    nic = call.store.update(nic, **changes)
    wanted = call.request.get("LinkNic")
    if wanted is not None:
        link = nic.meta.get("link")
        if link is None or link["LinkNicId"] != wanted.get("LinkNicId"):
            raise ApiError("no-such-attachment", f"{nic.id} has no link {wanted.get('LinkNicId')}")
        delete = wanted.get("DeleteOnVmDeletion", link["DeleteOnVmDeletion"])
        nic = call.store.note(nic, link={**link, "DeleteOnVmDeletion": delete})
    return {"Nic": view(call, nic)}


@operation("DeleteNic")
def delete_nic(call: Call) -> Answer:
    nic = call.store.require("nic", call.request["NicId"])
    if "link" in nic.meta:
        raise ApiError("device-in-use", f"{nic.id} is linked to {nic.meta['link']['VmId']}")
    remove(call, nic)
    return {}


def remove(call: Call, nic: Record) -> None:
    unlink_from_nic(call, nic)
    call.store.delete(nic)


@operation("LinkNic")
def link_nic(call: Call) -> Answer:
    nic = call.store.require("nic", call.request["NicId"])
    vm = call.store.require("vm", call.request["VmId"])
    device = call.request["DeviceNumber"]
    if device not in SECONDARY_DEVICES:
        raise ApiError("invalid-parameter-value", "DeviceNumber must be between 1 and 7")
    if vm["State"] not in ("running", "stopped"):
        raise ApiError("invalid-vm-state", f"{vm.id} is {vm['State']}")
    if nic["SubregionName"] != vm["Placement"]["SubregionName"]:
        raise ApiError("zone-mismatch", f"{nic.id} and {vm.id} are not in the same Subregion")
    linked = linked_nics(call, vm.id)
    if linked and linked[0]["NetId"] != nic["NetId"]:
        raise ApiError("network-mismatch", f"{nic.id} and {vm.id} are not in the same Net")
    return {"LinkNicId": attach(call, nic, vm.id, device, delete=False).meta["link"]["LinkNicId"]}


def attach(call: Call, nic: Record, vm_id: str, device: int, *, delete: bool) -> Record:
    """Link a free NIC to a free device of a VM."""
    if "link" in nic.meta:
        raise ApiError("device-in-use", f"{nic.id} is linked to {nic.meta['link']['VmId']}")
    if any(other.meta["link"]["DeviceNumber"] == device for other in linked_nics(call, vm_id)):
        raise ApiError("device-conflict", f"device {device} of {vm_id} is taken")
    link_id = call.store.new_id("eni-attach")
    link = {"LinkNicId": link_id, "VmId": vm_id, "DeviceNumber": device, "DeleteOnVmDeletion": delete}
    for ip in call.store.where("public-ip", NicId=nic.id):
        call.store.update(ip, VmId=vm_id)
    return call.store.note(nic, link=link)


@operation("UnlinkNic")
def unlink_nic(call: Call) -> Answer:
    link_id = call.request["LinkNicId"]
    check_id(link_id, "eni-attach")
    found = [nic for nic in call.store.all("nic") if nic.meta.get("link", {}).get("LinkNicId") == link_id]
    if not found:
        raise ApiError("no-such-attachment", f"{link_id} does not exist")
    if found[0].meta["link"]["DeviceNumber"] == 0:
        raise ApiError("invalid-parameter-value", "the primary NIC of a VM cannot be unlinked")
    detach(call, found[0])
    return {}


def detach(call: Call, nic: Record) -> None:
    for ip in call.store.where("public-ip", NicId=nic.id):
        call.store.update(ip, VmId=None)
    call.store.note(nic, link=None)


def linked_nics(call: Call, vm_id: str) -> list[Record]:
    """The NICs of a VM, by device number."""
    return sorted(call.store.linked("nic", vm_id), key=lambda nic: int(nic.meta["link"]["DeviceNumber"]))


def view(call: Call, nic: Record) -> dict[str, Any]:
    """A NIC as ReadNics shows it."""
    public = {ip["PrivateIp"]: ip for ip in call.store.where("public-ip", NicId=nic.id)}
    addresses = [_address(call, one, public.get(one["PrivateIp"])) for one in nic["PrivateIps"]]
    primary = next(one for one in addresses if one["IsPrimary"])
    shown = {
        **nic.body,
        "PrivateDnsName": primary["PrivateDnsName"],
        "PrivateIps": addresses,
        "State": "in-use" if "link" in nic.meta else "available",
    }
    if "LinkPublicIp" in primary:
        shown["LinkPublicIp"] = primary["LinkPublicIp"]
    if "link" in nic.meta:
        shown["LinkNic"] = {**nic.meta["link"], "State": "attached", "VmAccountId": call.account_id}
    return shown


def _address(call: Call, one: dict[str, Any], ip: Record | None) -> dict[str, Any]:
    shown = {**one, "PrivateDnsName": values.name_of_ip(one["PrivateIp"], call.region)}
    if ip is None:
        return shown
    link = {
        "LinkPublicIpId": ip["LinkPublicIpId"],
        "PublicDnsName": f"ows-{ip['PublicIp'].replace('.', '-')}.{call.region}.compute.outscale.com",
        "PublicIp": ip["PublicIp"],
        "PublicIpAccountId": call.account_id,
        "PublicIpId": ip.id,
    }
    return {**shown, "LinkPublicIp": link}
