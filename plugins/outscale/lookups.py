"""Functions that only read: images, subregions, VM types, quotas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugins.outscale.session import Session
from plugins.outscale.shapes import Attribute, pascal
from plugins.runtime.call import Call
from plugins.runtime.declare import Field, ListOf, Lookup, Record, Values

_IMAGE = Record(
    "Image",
    (
        Attribute("imageId", required=True),
        Attribute("imageName"),
        Attribute("accountAlias"),
        Attribute("accountId"),
        Attribute("architecture"),
        Attribute("creationDate"),
        Attribute("description"),
        Attribute("state"),
        Attribute("rootDeviceName"),
    ),
)
_SUBREGION = Record(
    "Subregion",
    (
        Attribute("subregionName", required=True),
        Attribute("regionName"),
        Attribute("state"),
        Attribute("locationCode"),
    ),
)
_VM_TYPE = Record(
    "VmType",
    (
        Attribute("vmTypeName", required=True),
        Attribute("vcoreCount", "integer"),
        Attribute("memorySize", "number", "GiB."),
        Attribute("volumeCount", "integer"),
        Attribute("maxPrivateIps", "integer"),
        Attribute("gpu", "integer"),
        Attribute("bsuOptimized", "boolean"),
    ),
)
_QUOTA = Record(
    "Quota",
    (
        Attribute("name", required=True),
        Attribute("quotaCollection"),
        Attribute("shortDescription"),
        Attribute("accountId"),
        Attribute("maxValue", "integer"),
        Attribute("usedValue", "integer"),
    ),
)


def _filters(inputs: Values) -> dict[str, Any]:
    return {pascal(name): value for name, value in inputs.items() if value not in (None, [])}


def _read(call: Call[Session], name: str, items: str, inputs: Values, record: Record) -> list[dict[str, Any]]:
    found = call.session.client.pages(call, name, items, _filters(inputs))
    return [_plain(record, item) for item in found]


def _plain(record: Record, item: Mapping[str, Any]) -> dict[str, Any]:
    return {field.name: item[pascal(field.name)] for field in record.fields if item.get(pascal(field.name)) is not None}


def get_images(call: Call[Session], inputs: Values) -> Values:
    return {"images": _read(call, "ReadImages", "Images", inputs, _IMAGE)}


def get_subregions(call: Call[Session], inputs: Values) -> Values:
    return {"subregions": _read(call, "ReadSubregions", "Subregions", inputs, _SUBREGION)}


def get_vm_types(call: Call[Session], inputs: Values) -> Values:
    return {"vmTypes": _read(call, "ReadVmTypes", "VmTypes", inputs, _VM_TYPE)}


def get_quotas(call: Call[Session], inputs: Values) -> Values:
    kinds = call.session.client.pages(call, "ReadQuotas", "QuotaTypes", _filters(inputs))
    return {"quotas": [_plain(_QUOTA, quota) for kind in kinds for quota in kind.get("Quotas") or []]}


def _lookup(
    name: str, description: str, filters: tuple[str, ...], output: str, record: Record, run: Any
) -> Lookup[Session]:
    inputs = tuple(Field(each, ListOf("string"), "Only these.") for each in filters)
    return Lookup(name, description, inputs, (Field(output, ListOf(record)),), run)


LOOKUPS = (
    _lookup(
        "getImages",
        "Images that the account may use.",
        ("imageIds", "imageNames", "accountAliases", "accountIds", "architectures", "states"),
        "images",
        _IMAGE,
        get_images,
    ),
    _lookup(
        "getSubregions", "Availability zones.", ("subregionNames", "states"), "subregions", _SUBREGION, get_subregions
    ),
    _lookup("getVmTypes", "Types of VMs.", ("vmTypeNames",), "vmTypes", _VM_TYPE, get_vm_types),
    _lookup(
        "getQuotas",
        "Quotas and what is used.",
        ("quotaNames", "quotaTypes", "collections"),
        "quotas",
        _QUOTA,
        get_quotas,
    ),
)
