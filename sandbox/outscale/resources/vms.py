"""VMs in a Net: creation, states, changes, termination. What they run is not simulated."""

from __future__ import annotations

from typing import Any

from sandbox.outscale import catalog, filters, idempotency, paging, states
from sandbox.outscale.errors import ApiError
from sandbox.outscale.operations import Answer, Call, operation
from sandbox.outscale.reading import read
from sandbox.outscale.resources import nics, volumes
from sandbox.outscale.resources.keypairs import named
from sandbox.outscale.resources.public_ips import AUTO_ATTACH, unlink_from_nic
from sandbox.outscale.resources.vm_creation import check_user_data, create_vms
from sandbox.outscale.store import Record

_STOPPED_ONLY = ("NestedVirtualization", "Performance", "UserData", "VmType")  # OpenAPI document, UpdateVm
_PLAIN = (
    "DeletionProtection",
    "IsSourceDestChecked",
    "VmInitiatedShutdownBehavior",
    "ShutdownBehaviorConfiguration",
    "ActionsOnNextBoot",
    *_STOPPED_ONLY,
)


@operation("CreateVms")
def create(call: Call) -> Answer:
    return {"Vms": [view(call, vm) for vm in idempotency.once(call, create_vms)]}


@operation("ReadVms")
def read_vms(call: Call) -> Answer:
    return read(call, "vm", view)


@operation("ReadVmsState")
def read_vms_state(call: Call) -> Answer:
    """Running VMs only, unless AllVms. It counts as a look at each VM, as ReadVms does."""
    wanted = call.request.get("Filters", {})
    paths = {"VmIds": "VmId", "VmStates": "VmState", "SubregionNames": "SubregionName"}
    filters.check(wanted, paths, tags=False)
    found = []
    for record in call.store.all("vm", gone=True, ids=wanted.get("VmIds")):
        vm = states.observe(call, record)
        if vm is None or (vm["State"] != "running" and not call.request.get("AllVms", False)):
            continue
        place = vm["Placement"]["SubregionName"]
        shown = {"MaintenanceEvents": [], "SubregionName": place, "VmId": vm.id, "VmState": vm["State"]}
        if filters.matches(shown, wanted, paths):
            found.append((vm.seq, shown))
    items, token = paging.page(found, call.operation, call.request)
    return {"VmStates": items, **({"NextPageToken": token} if token else {})}


@operation("UpdateVm")
def update_vm(call: Call) -> Answer:
    vm = call.store.require("vm", call.request["VmId"])
    for name in ("BlockDeviceMappings", "BsuOptimized"):
        if name in call.request:
            raise ApiError("not-simulated", f"UpdateVm with {name} is not simulated")
    needs_stop = [name for name in _STOPPED_ONLY if name in call.request]
    if needs_stop and vm["State"] != "stopped":
        raise ApiError("invalid-vm-state", f"{vm.id} is {vm['State']}: stop it to change {', '.join(needs_stop)}")
    if vm["State"] not in ("running", "stopped"):
        raise ApiError("invalid-vm-state", f"{vm.id} is {vm['State']}")
    if "VmType" in call.request and catalog.vm_type(call.request["VmType"]) is None:
        raise ApiError("no-such-instance-type", f"{call.request['VmType']} is not a VM type")
    if "UserData" in call.request:
        check_user_data(call.request["UserData"])
    changes = {name: call.request[name] for name in _PLAIN if name in call.request}
    if call.request.get("KeypairName"):
        changes["KeypairName"] = named(call, call.request["KeypairName"])["KeypairName"]
    if "SecurityGroupIds" in call.request:
        primary = nics.linked_nics(call, vm.id)[0]
        found = nics.groups(call, primary["NetId"], call.request["SecurityGroupIds"])
        call.store.update(primary, SecurityGroups=found)
    return {"Vm": view(call, call.store.update(vm, **changes))}


def _named_vms(call: Call, *, gone: bool = False) -> list[Record]:
    ids = list(dict.fromkeys(call.request["VmIds"]))
    if not ids:
        raise ApiError("missing-parameter", "VmIds must not be empty")
    return [call.store.require("vm", vm_id, gone=gone) for vm_id in ids]


def _change(call: Call, vm: Record, through: str, to: str) -> dict[str, str]:
    """Start a transition and say it as the API does."""
    moving = states.begin(call, call.store.update(vm, State=through), to)
    return {"CurrentState": moving["State"], "PreviousState": vm["State"], "VmId": vm.id}


def _still(vm: Record) -> dict[str, str]:
    return {"CurrentState": vm["State"], "PreviousState": vm["State"], "VmId": vm.id}


@operation("StartVms")
def start_vms(call: Call) -> Answer:
    vms = _named_vms(call)
    for vm in vms:
        if vm["State"] not in ("stopped", "running"):
            raise ApiError("invalid-vm-state", f"{vm.id} is {vm['State']}")
    return {"Vms": [_still(v) if v["State"] == "running" else _change(call, v, "pending", "running") for v in vms]}


@operation("StopVms")
def stop_vms(call: Call) -> Answer:
    vms = _named_vms(call)
    for vm in vms:
        if vm["State"] not in ("stopped", "running"):
            raise ApiError("invalid-vm-state", f"{vm.id} is {vm['State']}")
    return {"Vms": [_still(v) if v["State"] == "stopped" else _change(call, v, "stopping", "stopped") for v in vms]}


@operation("RebootVms")
def reboot_vms(call: Call) -> Answer:
    for vm in _named_vms(call):
        if vm["State"] != "running":
            raise ApiError("invalid-vm-state", f"{vm.id} is {vm['State']}")
    return {}


@operation("DeleteVms")
def delete_vms(call: Call) -> Answer:
    """Terminate; doing it again succeeds while the VM is still shown (OpenAPI document, DeleteVms)."""
    vms = _named_vms(call, gone=True)
    for vm in vms:
        if vm["DeletionProtection"] and not vm.gone:
            raise ApiError("deletion-protected", f"{vm.id} has DeletionProtection: set it to false first")
    ending = ("shutting-down", "terminated")
    return {
        "Vms": [_still(v) if v["State"] in ending else _change(call, v, "shutting-down", "terminated") for v in vms]
    }


@states.on_settled("vm", "stopped")
def _stopped(call: Call, vm: Record) -> Record:
    """A stop takes public IPs away, unless a tag says to keep them (OpenAPI document, LinkPublicIp)."""
    keep = frozenset(tag["Value"] for tag in vm["Tags"] if tag["Key"] == AUTO_ATTACH)
    for nic in nics.linked_nics(call, vm.id):
        unlink_from_nic(call, nic, keep=keep)
    return vm


@states.on_settled("vm", "terminated")
def _terminated(call: Call, vm: Record) -> Record:
    """What was to go with the VM goes; the rest is free again."""
    for nic in nics.linked_nics(call, vm.id):
        unlink_from_nic(call, nic)
        if nic.meta["link"]["DeleteOnVmDeletion"]:
            nics.remove(call, nic)
        else:
            nics.detach(call, nic)
    for volume in volumes.linked_volumes(call, vm.id):
        if volume.meta["link"]["DeleteOnVmDeletion"]:
            call.store.delete(volume)
        else:
            volumes.detach(call, volume)
    return states.bury(call, vm)


def view(call: Call, vm: Record) -> dict[str, Any]:
    """A VM as ReadVms shows it, with its NICs and volumes."""
    cards = [_nic_light(nics.view(call, nic)) for nic in nics.linked_nics(call, vm.id)]
    shown = {**vm.body, "BlockDeviceMappings": [_mapping(v) for v in volumes.linked_volumes(call, vm.id)]}
    if not cards:  # terminated
        return {**shown, "Nics": [], "SecurityGroups": []}
    primary = cards[0]
    shown |= {
        "IsSourceDestChecked": primary["IsSourceDestChecked"],
        "NetId": primary["NetId"],
        "Nics": cards,
        "PrivateDnsName": primary["PrivateDnsName"],
        "PrivateIp": next(ip["PrivateIp"] for ip in primary["PrivateIps"] if ip["IsPrimary"]),
        "SecurityGroups": primary["SecurityGroups"],
        "SubnetId": primary["SubnetId"],
    }
    if "LinkPublicIp" in primary:
        shown["PublicIp"] = primary["LinkPublicIp"]["PublicIp"]
        shown["PublicDnsName"] = primary["LinkPublicIp"]["PublicDnsName"]
    return shown


def _nic_light(nic: dict[str, Any]) -> dict[str, Any]:
    """A NIC inside a VM has fewer fields than one on its own."""
    light = {k: v for k, v in nic.items() if k not in ("Tags", "SubregionName")}
    light["LinkNic"] = {k: v for k, v in nic["LinkNic"].items() if k not in ("VmId", "VmAccountId")}
    light["PrivateIps"] = [_light(ip) for ip in nic["PrivateIps"]]
    return _light(light)


def _light(owner: dict[str, Any]) -> dict[str, Any]:
    link = owner.get("LinkPublicIp")
    if link is None:
        return owner
    return {
        **owner,
        "LinkPublicIp": {k: v for k, v in link.items() if k not in ("LinkPublicIpId", "PublicIpId")},
    }


def _mapping(volume: Record) -> dict[str, Any]:
    link = volume.meta["link"]
    bsu = {"DeleteOnVmDeletion": link["DeleteOnVmDeletion"], "LinkDate": link["LinkDate"], "State": "attached"}
    return {"Bsu": {**bsu, "VolumeId": volume.id}, "DeviceName": link["DeviceName"]}
