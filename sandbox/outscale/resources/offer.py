"""What can be read and never changed: Regions, Subregions, images, VM types, quotas, the account, sign-in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.outscale import catalog, filters, paging, values
from sandbox.outscale.errors import ApiError
from sandbox.outscale.kinds import kind
from sandbox.outscale.operations import Answer, Call, operation

_IMAGE_FILTERS = {
    "ImageIds": "ImageId",
    "ImageNames": "ImageName",
    "AccountAliases": "AccountAlias",
    "AccountIds": "AccountId",
    "Architectures": "Architecture",
    "BootModes": "BootModes",
    "Descriptions": "Description",
    "RootDeviceNames": "RootDeviceName",
    "RootDeviceTypes": "RootDeviceType",
    "SecureBoot": "SecureBoot",
    "States": "State",
    "TpmMandatory": "TpmMandatory",
    "PermissionsToLaunchGlobalPermission": "PermissionsToLaunch.GlobalPermission",
}
_SUBREGION_FILTERS = {"RegionNames": "RegionName", "States": "State", "SubregionNames": "SubregionName"}
_TYPE_FILTERS = {
    "BsuOptimized": "BsuOptimized",
    "Gpus": "Gpu",
    "MemorySizes": "MemorySize",
    "VcoreCounts": "VcoreCount",
    "VmTypeNames": "VmTypeName",
}


def _listed(call: Call, field: str, items: list[dict[str, Any]], paths: Mapping[str, str], *, tags: bool) -> Answer:
    wanted = call.request.get("Filters", {})
    filters.check(wanted, paths, tags=tags)
    found = [(n, item) for n, item in enumerate(items, 1) if filters.matches(item, wanted, paths)]
    shown, token = paging.page(found, call.operation, call.request)
    return {field: shown, **({"NextPageToken": token} if token else {})}


@operation("ReadRegions")
def read_regions(_call: Call) -> Answer:
    regions = catalog.tree()["regions"]
    return {"Regions": [{"Endpoint": f"api.{name}.outscale.com", "RegionName": name} for name in regions]}


@operation("ReadSubregions")
def read_subregions(call: Call) -> Answer:
    codes = catalog.tree()["location_codes"]
    items = [
        {"LocationCode": codes[name[-1]], "RegionName": call.region, "State": "available", "SubregionName": name}
        for name in values.subregions(call.region)
    ]
    return _listed(call, "Subregions", items, _SUBREGION_FILTERS, tags=False)


@operation("ReadImages")
def read_images(call: Call) -> Answer:
    items = [_image(line) for line in catalog.tree()["images"]]
    return _listed(call, "Images", items, _IMAGE_FILTERS, tags=True)


def _image(line: dict[str, Any]) -> dict[str, Any]:
    bsu = {"DeleteOnVmDeletion": True, "SnapshotId": root_snapshot(line), "VolumeSize": line["size"]}
    return {
        "AccountAlias": "Outscale",
        "AccountId": "000000000000",
        "Architecture": "x86_64",
        "BlockDeviceMappings": [{"Bsu": {**bsu, "VolumeType": "standard"}, "DeviceName": "/dev/sda1"}],
        "BootModes": ["legacy", "uefi"],
        "CreationDate": line["created"],
        "Description": "simulated image",
        "FileLocation": f"Outscale/{line['name']}",
        "ImageId": line["id"],
        "ImageName": line["name"],
        "ImageType": "machine",
        "PermissionsToLaunch": {"AccountIds": [], "GlobalPermission": True},
        "ProductCodes": ["0001"],
        "RootDeviceName": "/dev/sda1",
        "RootDeviceType": "bsu",
        "SecureBoot": False,
        "State": "available",
        "StateComment": {},
        "Tags": [],
        "TpmMandatory": line["tpm_mandatory"],
    }


def root_snapshot(line: dict[str, Any]) -> str:
    """The snapshot behind an image's root device."""
    return str(line["id"]).replace("ami-", "snap-")


@operation("ReadVmTypes")
def read_vm_types(call: Call) -> Answer:
    items = [
        {
            "BsuOptimized": False,
            "MaxPrivateIps": 4,
            "MemorySize": memory,
            "VcoreCount": cores,
            "VmTypeName": name,
            "VolumeCount": 0,
        }
        for name, (cores, memory) in catalog.tree()["vm_types"].items()
    ]
    return _listed(call, "VmTypes", items, _TYPE_FILTERS, tags=False)


@operation("ReadQuotas")
def read_quotas(call: Call) -> Answer:
    used = call.store.counts()
    items = [
        {
            "AccountId": call.account_id,
            "Description": line["description"],
            "MaxValue": int(call.settings[f"quota.{line['setting']}"]),
            "Name": line["name"],
            "QuotaCollection": line["collection"],
            "ShortDescription": line["short"],
            "UsedValue": used.get(kind(line["counts"]).title, 0),
        }
        for line in catalog.tree()["quotas"]
    ]
    wanted = dict(call.request.get("Filters", {}))
    paths = {"Collections": "QuotaCollection", "QuotaNames": "Name", "ShortDescriptions": "ShortDescription"}
    types = wanted.pop("QuotaTypes", ["global"])
    found = [(n, item) for n, item in enumerate(items, 1) if filters.matches(item, wanted, paths)]
    shown, token = paging.page(found if "global" in types else [], call.operation, call.request)
    answer: Answer = {"QuotaTypes": [{"QuotaType": "global", "Quotas": shown}] if shown else []}
    return {**answer, **({"NextPageToken": token} if token else {})}


@operation("ReadAccounts")
def read_accounts(call: Call) -> Answer:
    account = {
        "AccountId": call.account_id,
        "AdditionalEmails": [],
        "City": "Paris",
        "CompanyName": "Rempart sandbox",
        "Country": "France",
        "CustomerId": call.account_id,
        "Email": "sandbox@example.com",
        "FirstName": "Simulated",
        "LastName": "Account",
        "OutscaleLoginAllowed": False,
        "ZipCode": "75000",
    }
    return {"Accounts": [account]}


@operation("CheckAuthentication")
def check_authentication(_call: Call) -> Answer:
    """No login and password exist in the sandbox: none can be right."""
    raise ApiError("authentication-failed", "the sandbox has no login with a password")
