"""CreateVms: everything that a request says is checked before the first VM is made."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.outscale import catalog, states, values
from sandbox.outscale.errors import ApiError
from sandbox.outscale.operations import Call
from sandbox.outscale.reading import quota
from sandbox.outscale.resources import nics, volumes
from sandbox.outscale.resources.keypairs import named
from sandbox.outscale.resources.offer import root_snapshot
from sandbox.outscale.store import Record

USER_DATA_LIMIT = 500 * 1024  # bytes, decoded (OpenAPI document)
DEVICES = range(8)
ROOT = "/dev/sda1"
_NOT_SIMULATED = ("BsuOptimized", "SecurityGroups")
_WITH_NICS = ("SubnetId", "SecurityGroupIds", "PrivateIps")


@dataclass(frozen=True)
class Card:
    """A NIC that a VM will get: one that exists, or one to create in `subnet`."""

    device: int
    subnet: Record
    existing: Record | None
    wanted: Mapping[str, Any]


def create_vms(call: Call) -> list[Record]:
    """The VMs of a CreateVms request."""
    request = call.request
    for name in _NOT_SIMULATED:
        if request.get(name):
            raise ApiError("not-simulated", f"CreateVms with {name} is not simulated")
    image = catalog.image(request["ImageId"])
    if image is None:
        raise ApiError("no-such-image", f"{request['ImageId']} does not exist")
    if image["tpm_mandatory"] and request.get("TpmEnabled") is False:
        raise ApiError("invalid-parameter-value", f"{image['id']} needs a TPM")
    vm_type = catalog.vm_type(request.get("VmType", "t2.small"))
    if vm_type is None:
        raise ApiError("no-such-instance-type", f"{request['VmType']} is not a VM type")
    if "KeypairName" in request:
        named(call, request["KeypairName"])
    if "UserData" in request:
        check_user_data(request["UserData"])
    cards = _cards(call)
    count = _count(call, cards, vm_type)
    return [_create_one(call, image, vm_type, cards, number) for number in range(count)]


def check_user_data(text: str) -> None:
    """Base64 of at most 500 KiB. The text itself is never repeated in an error."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ApiError("invalid-parameter-value", "UserData must be Base64-encoded") from error
    if len(decoded) > USER_DATA_LIMIT:
        raise ApiError("invalid-parameter-value-length", f"UserData is limited to {USER_DATA_LIMIT} bytes")


def _count(call: Call, cards: list[Card], vm_type: catalog.VmType) -> int:
    least, most = int(call.request.get("MinVmsCount", 1)), int(call.request.get("MaxVmsCount", 1))
    if not 1 <= least <= most:
        raise ApiError("invalid-parameter-value", "MinVmsCount and MaxVmsCount: 1 <= Min <= Max")
    if most > 1 and any(card.existing for card in cards):
        raise ApiError("invalid-parameter-set", "an existing NIC can only go to one VM")
    vms = call.store.all("vm")
    used = sum((catalog.vm_type(vm["VmType"]) or vm_type).cores for vm in vms)
    room = int(call.settings["quota.vm"]) - len(vms)
    quota(call, "vm", len(vms), "too-many-instances", wanted=least)
    quota(call, "core", used, "too-many-cores", wanted=least * vm_type.cores)
    return min(most, room)


def _cards(call: Call) -> list[Card]:
    """The NICs to give, by device; device 0 is compulsory and all are of one Net and one Subregion."""
    request = call.request
    if "Nics" in request:
        both = [name for name in _WITH_NICS if name in request]
        if both:
            raise ApiError("invalid-parameter-set", f"Nics excludes {', '.join(both)}")
        cards = [_card(call, position, wanted) for position, wanted in enumerate(request["Nics"])]
    elif "SubnetId" in request:
        ips = [{"PrivateIp": ip, "IsPrimary": n == 0} for n, ip in enumerate(request.get("PrivateIps", []))]
        wanted = {"SecurityGroupIds": request.get("SecurityGroupIds"), "PrivateIps": ips, "DeleteOnVmDeletion": True}
        subnet = call.store.require("subnet", request["SubnetId"])
        cards = [Card(0, subnet, None, {**wanted, "Description": "Primary network interface"})]
    else:
        raise ApiError("not-simulated", "VMs in the public Cloud are not simulated: give SubnetId or Nics")
    _check_cards(call, cards)
    return sorted(cards, key=lambda card: card.device)


def _card(call: Call, position: int, wanted: Mapping[str, Any]) -> Card:
    if "NicId" in wanted:
        if extra := sorted(set(wanted) - {"NicId", "DeviceNumber"}):
            raise ApiError("invalid-parameter-set", f"Nics: with NicId, not {', '.join(extra)}")
        nic = call.store.require("nic", wanted["NicId"])
        if "link" in nic.meta:
            raise ApiError("device-in-use", f"{nic.id} is linked to {nic.meta['link']['VmId']}")
        return Card(wanted.get("DeviceNumber", position), call.store.require("subnet", nic["SubnetId"]), nic, wanted)
    for name in ("SubnetId", "DeviceNumber"):
        if name not in wanted:
            raise ApiError("missing-parameter", f"Nics: {name} is needed to create a NIC")
    if "SecondaryPrivateIpCount" in wanted:
        raise ApiError("not-simulated", "SecondaryPrivateIpCount is not simulated")
    return Card(wanted["DeviceNumber"], call.store.require("subnet", wanted["SubnetId"]), None, wanted)


def _check_cards(call: Call, cards: list[Card]) -> None:
    devices = [card.device for card in cards]
    if 0 not in devices or any(device not in DEVICES for device in devices):
        raise ApiError("invalid-parameter-value", "Nics: devices are 0 to 7, and 0 is compulsory")
    if len(set(devices)) != len(devices):
        raise ApiError("device-conflict", "Nics: the same DeviceNumber twice")
    existing = [card.existing.id for card in cards if card.existing]
    if len(set(existing)) != len(existing):
        raise ApiError("device-in-use", "Nics: the same NicId twice")
    if len({card.subnet["NetId"] for card in cards}) > 1:
        raise ApiError("network-mismatch", "Nics: all must be in one Net")
    places = {card.subnet["SubregionName"] for card in cards}
    asked = call.request.get("Placement", {}).get("SubregionName")
    if asked is not None:
        places.add(values.subregion(call, asked))
    if len(places) > 1:
        raise ApiError("zone-mismatch", f"the VM cannot be in {' and '.join(sorted(places))}")


def _create_one(call: Call, image: dict[str, Any], vm_type: catalog.VmType, cards: list[Card], number: int) -> Record:
    request = call.request
    place = cards[0].subnet["SubregionName"]
    tenancy = request.get("Placement", {}).get("Tenancy", "default")
    behavior = request.get("VmInitiatedShutdownBehavior", "stop")
    vm = call.store.insert(
        "vm",
        {
            "ActionsOnNextBoot": request.get("ActionsOnNextBoot", {"SecureBoot": "none"}),
            "Architecture": "x86_64",
            "BootMode": request.get("BootMode", "legacy"),
            "BsuOptimized": False,
            "ClientToken": request.get("ClientToken"),
            "CreationDate": volumes.stamp(call),
            "DeletionProtection": request.get("DeletionProtection", False),
            "Hypervisor": "xen",
            "ImageId": image["id"],
            "KeypairName": request.get("KeypairName"),
            "LaunchNumber": number,
            "NestedVirtualization": request.get("NestedVirtualization", False),
            "OsFamily": image["os"],
            "Performance": vm_type.performance or request.get("Performance", "high"),
            "Placement": {
                "SubregionName": place,
                "Tenancy": values.one_of(tenancy, ("default", "dedicated"), "Tenancy"),
            },
            "ProductCodes": ["0001"],
            "ReservationId": call.store.new_id("r"),
            "RootDeviceName": ROOT,
            "RootDeviceType": "bsu",
            "ShutdownBehaviorConfiguration": request.get("ShutdownBehaviorConfiguration"),
            "State": "pending",
            "StateReason": "",
            "Tags": [],
            "TpmEnabled": request.get("TpmEnabled", image["tpm_mandatory"]),
            "UserData": request.get("UserData", ""),
            "VmInitiatedShutdownBehavior": values.one_of(
                behavior, ("stop", "restart", "terminate"), "VmInitiatedShutdownBehavior"
            ),
            "VmType": vm_type.name,
        },
    )
    for card in cards:
        _give_nic(call, vm, card)
    _give_volumes(call, vm, image, place)
    to = "running" if request.get("BootOnCreation", True) else "stopped"
    return states.born(call, states.begin(call, vm, to))


def _give_nic(call: Call, vm: Record, card: Card) -> None:
    if card.existing is not None:
        nics.attach(call, card.existing, vm.id, card.device, delete=False)
        return
    nic = nics.insert(
        call,
        card.subnet,
        description=card.wanted.get("Description", ""),
        group_ids=card.wanted.get("SecurityGroupIds"),
        private_ips=card.wanted.get("PrivateIps", []),
    )
    nics.attach(call, nic, vm.id, card.device, delete=card.wanted.get("DeleteOnVmDeletion", True))


def _give_volumes(call: Call, vm: Record, image: dict[str, Any], place: str) -> None:
    asked = {mapping.get("DeviceName", ROOT): mapping for mapping in call.request.get("BlockDeviceMappings", [])}
    for device, mapping in {ROOT: {}, **asked}.items():
        if "NoDevice" in mapping or "VirtualDeviceName" in mapping:
            raise ApiError("not-simulated", "NoDevice and VirtualDeviceName are not simulated")
        bsu = mapping.get("Bsu", {})
        if device != ROOT and ("SnapshotId" in bsu or "VolumeSize" not in bsu):
            raise ApiError("not-simulated", f"{device}: give Bsu.VolumeSize; snapshots are not simulated")
        size = bsu.get("VolumeSize", image["size"])
        if device == ROOT and size < image["size"]:
            raise ApiError("invalid-volume-size", f"{image['id']} needs at least {image['size']} GiB")
        volume = volumes.insert(
            call,
            size=size,
            volume_type=bsu.get("VolumeType", "standard"),
            iops=bsu.get("Iops"),
            subregion=place,
            snapshot=root_snapshot(image) if device == ROOT else None,
        )
        volumes.attach(call, volume, vm.id, device, delete=bsu.get("DeleteOnVmDeletion", True))
