"""Ways out of a Net: internet services, NAT services, public IPs and their links."""

from __future__ import annotations

from collections.abc import Mapping

from plugins.outscale.kinds.sources import INTERNET_SERVICES, NAT_SERVICES, PUBLIC_IPS
from plugins.outscale.shapes import Attribute, Delete, Shape, Wait, itself
from plugins.outscale.sources import Item
from plugins.runtime.declare import Values

INTERNET_SERVICE = Shape(
    "InternetService",
    "An internet service, to be linked to a Net.",
    attributes=(),
    outputs=(Attribute("internetServiceId"),),
    source=INTERNET_SERVICES,
    id=("internetServiceId",),
    create="CreateInternetService",
    answer="InternetService",
    delete=Delete("DeleteInternetService", ("internetServiceId",)),
    tagged=True,
)

INTERNET_SERVICE_LINK = Shape(
    "InternetServiceLink",
    "The link of an internet service to a Net. Its id is the internet service's.",
    attributes=(
        Attribute("internetServiceId", required=True, immutable=True),
        Attribute("netId", required=True, immutable=True),
    ),
    outputs=(),
    source=INTERNET_SERVICES,
    id=("internetServiceId",),
    create="LinkInternetService",
    pick=itself("NetId", netId="NetId"),
    delete=Delete("UnlinkInternetService", ("internetServiceId", "netId")),
    unique=True,
    replace_first=True,
)

NAT_SERVICE = Shape(
    "NatService",
    "A NAT service in a public Subnet.",
    attributes=(
        Attribute("subnetId", required=True, immutable=True),
        Attribute("publicIpId", required=True, immutable=True, take="PublicIps[0].PublicIpId"),
    ),
    outputs=(
        Attribute("natServiceId"),
        Attribute("netId"),
        Attribute("state"),
        Attribute("publicIp", take="PublicIps[0].PublicIp"),
    ),
    source=NAT_SERVICES,
    id=("natServiceId",),
    create="CreateNatService",
    answer="NatService",
    delete=Delete("DeleteNatService", ("natServiceId",)),
    wait=Wait("State", until=("available",), gone=("deleted",), first=2.0),
    tagged=True,
    token=True,
    replace_first=True,
)


def _linked(ip: Item) -> bool:
    """One that we lost is linked to nothing yet."""
    return bool(ip.get("LinkPublicIpId"))


PUBLIC_IP = Shape(
    "PublicIp",
    "A public IP of the account.",
    attributes=(),
    outputs=(Attribute("publicIpId"), Attribute("publicIp")),
    source=PUBLIC_IPS,
    id=("publicIpId",),
    create="CreatePublicIp",
    answer="PublicIp",
    delete=Delete("DeletePublicIp", ("publicIpId",)),
    tagged=True,
    beside=_linked,
)


def _one_target(inputs: Values) -> Mapping[str, str]:
    return {"vmId": "give either vmId or nicId, not both"} if "vmId" in inputs and "nicId" in inputs else {}


PUBLIC_IP_LINK = Shape(
    "PublicIpLink",
    "The link of a public IP to a VM or a NIC. Its id is the public IP's.",
    attributes=(
        Attribute("publicIpId", required=True, immutable=True),
        Attribute("vmId", immutable=True, server_chosen=True),
        Attribute("nicId", immutable=True, server_chosen=True),
        Attribute("allowRelink", "boolean", write_only=True, description="Take it from what it is linked to now."),
    ),
    outputs=(Attribute("linkPublicIpId"),),
    source=PUBLIC_IPS,
    id=("publicIpId",),
    create="LinkPublicIp",
    pick=itself("LinkPublicIpId", vmId="VmId", nicId="NicId"),
    delete=Delete("UnlinkPublicIp", ("linkPublicIpId",)),
    unique=True,
    replace_first=True,
    check=_one_target,
)
