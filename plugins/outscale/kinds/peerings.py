"""Net peerings and their acceptation."""

from __future__ import annotations

from plugins.outscale.kinds.sources import NET_PEERINGS
from plugins.outscale.shapes import Attribute, Delete, Shape, Wait

_OVER = ("deleted", "rejected", "failed", "expired")

NET_PEERING = Shape(
    "NetPeering",
    "A request to peer two Nets. One that was rejected, failed or expired is as good as gone: it cannot be deleted.",
    attributes=(
        Attribute("sourceNetId", required=True, immutable=True, take="SourceNet.NetId"),
        Attribute("accepterNetId", required=True, immutable=True, take="AccepterNet.NetId"),
        Attribute("accepterOwnerId", immutable=True, server_chosen=True, take="AccepterNet.AccountId"),
    ),
    outputs=(Attribute("netPeeringId"), Attribute("state", take="State.Name", volatile=True)),
    source=NET_PEERINGS,
    id=("netPeeringId",),
    create="CreateNetPeering",
    answer="NetPeering",
    delete=Delete("DeleteNetPeering", ("netPeeringId",)),
    wait=Wait("State.Name", until=("pending-acceptance", "active"), gone=_OVER),
    tagged=True,
    unique=True,
    replace_first=True,
)

NET_PEERING_ACCEPTATION = Shape(
    "NetPeeringAcceptation",
    "The acceptation of a Net peering. Its id is the peering's; it ends with the peering.",
    attributes=(Attribute("netPeeringId", required=True, immutable=True),),
    outputs=(Attribute("state", take="State.Name", volatile=True),),
    source=NET_PEERINGS,
    id=("netPeeringId",),
    create="AcceptNetPeering",
    answer="NetPeering",
    wait=Wait("State.Name", until=("active",), failed=_OVER, alive=("active",)),
    unique=True,
)
