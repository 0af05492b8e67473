"""Keypairs, NICs and VMs."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from plugins.outscale.kinds.sources import KEYPAIRS, NICS, VMS
from plugins.outscale.shapes import Attribute, Delete, Shape, Update, Wait
from plugins.outscale.sources import Item
from plugins.runtime.declare import Field, ListOf, Record, Values


def _to_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _from_base64(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return text  # not text that we sent: told as the API has it


KEYPAIR = Shape(
    "Keypair",
    "An imported public key. The private key never comes near the API or the state.",
    attributes=(
        Attribute("keypairName", required=True, immutable=True),
        Attribute(
            "publicKey",
            required=True,
            immutable=True,
            write_only=True,
            encode=_to_base64,
            description="OpenSSH, PEM, PKCS8 or RFC4716 text.",
        ),
    ),
    outputs=(Attribute("keypairId"), Attribute("keypairFingerprint"), Attribute("keypairType")),
    source=KEYPAIRS,
    id=("keypairId",),
    create="CreateKeypair",
    answer="Keypair",
    delete=Delete("DeleteKeypair", ("keypairId",)),
    tagged=True,
    unique=True,
    replace_first=True,
)

_PRIVATE_IP = Record("NicPrivateIp", (Field("privateIp", required=True), Field("isPrimary", "boolean", default=False)))


def _send_private_ips(ips: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"PrivateIp": ip["privateIp"], "IsPrimary": ip.get("isPrimary", False)} for ip in ips]


def _take_private_ips(ips: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"privateIp": ip["PrivateIp"], "isPrimary": ip.get("IsPrimary", False)} for ip in ips]


def _linked(card: Item) -> bool:
    """A VM made in a Subnet brings its own NIC, and it goes with the VM; one that we lost is linked to nothing yet."""
    return bool(card.get("LinkNic"))


NIC = Shape(
    "Nic",
    "A network interface card in a Subnet.",
    attributes=(
        Attribute("subnetId", required=True, immutable=True),
        Attribute(
            "securityGroupIds",
            ListOf("string"),
            unordered=True,
            server_chosen=True,
            take="SecurityGroups[].SecurityGroupId",
        ),
        Attribute("description"),
        Attribute(
            "privateIps",
            ListOf(_PRIVATE_IP),
            immutable=True,
            unordered=True,
            server_chosen=True,
            encode=_send_private_ips,
            decode=_take_private_ips,
        ),
    ),
    outputs=(Attribute("nicId"), Attribute("netId"), Attribute("macAddress"), Attribute("state", volatile=True)),
    source=NICS,
    id=("nicId",),
    create="CreateNic",
    answer="Nic",
    updates=(Update("UpdateNic", ("securityGroupIds", "description"), always=("nicId",), one_by_one=True),),
    delete=Delete("DeleteNic", ("nicId",)),
    tagged=True,
    beside=_linked,
    replace_first=True,
)

_VM_NIC = Record("VmNic", (Field("nicId", required=True), Field("deviceNumber", "integer", required=True)))


def _send_nics(nics: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"NicId": nic["nicId"], "DeviceNumber": nic["deviceNumber"]} for nic in nics]


def _take_nics(nics: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"nicId": nic["NicId"], "deviceNumber": (nic.get("LinkNic") or {}).get("DeviceNumber", 0)} for nic in nics]


def _check_vm(inputs: Values) -> Mapping[str, str]:
    if len(inputs.get("userData", "").encode()) > 500 * 1024:
        return {"userData": "limited to 500 KiB"}
    return {}


VM = Shape(
    "Vm",
    "A virtual machine, in a Subnet or on NICs that exist.",
    attributes=(
        Attribute("imageId", required=True, immutable=True),
        Attribute("vmType", server_chosen=True, description="A change stops the VM and starts it again."),
        Attribute("subnetId", immutable=True, server_chosen=True),
        Attribute(
            "securityGroupIds",
            ListOf("string"),
            unordered=True,
            server_chosen=True,
            take="SecurityGroups[].SecurityGroupId",
        ),
        Attribute("keypairName", immutable=True, server_chosen=True),
        Attribute(
            "userData",
            immutable=True,
            secret=True,
            encode=_to_base64,
            decode=_from_base64,
            description="Plain text; sent in base64.",
        ),
        Attribute(
            "placementSubregionName",
            immutable=True,
            server_chosen=True,
            key="Placement",
            take="Placement.SubregionName",
            encode=lambda name: {"SubregionName": name},
        ),
        Attribute(
            "nics",
            ListOf(_VM_NIC),
            immutable=True,
            unordered=True,
            server_chosen=True,
            encode=_send_nics,
            decode=_take_nics,
            description="NICs that exist, device 0 first. Excludes subnetId and securityGroupIds.",
        ),
        Attribute("deletionProtection", "boolean", default=False),
        Attribute("bootOnCreation", "boolean", write_only=True, default=True),
    ),
    outputs=(Attribute("vmId"), Attribute("state", volatile=True), Attribute("privateIp"), Attribute("netId")),
    source=VMS,
    id=("vmId",),
    create="CreateVms",
    answer="Vms[0]",
    updates=(
        Update("UpdateVm", ("vmType",), always=("vmId",), stopped=True),
        Update("UpdateVm", ("securityGroupIds", "deletionProtection"), always=("vmId",)),
    ),
    delete=Delete("DeleteVms", ("vmId",), listed={"vmId": "VmIds"}),
    wait=Wait("State", until=("running", "stopped"), failed=("quarantine",), gone=("terminated",), first=2.0),
    tagged=True,
    token=True,
    replace_first=True,
    check=_check_vm,
)
