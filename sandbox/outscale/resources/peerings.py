"""Net peerings: asked for, accepted or rejected, usable by routes once active."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv4Network

from sandbox.outscale import states
from sandbox.outscale.errors import ApiError
from sandbox.outscale.operations import Answer, Call, operation
from sandbox.outscale.reading import quota, read
from sandbox.outscale.store import Record

EXPIRES_AFTER = timedelta(days=7)  # OpenAPI document, CreateNetPeering
_LIVE = ("pending-acceptance", "active")
_DELETABLE = _LIVE


@operation("CreateNetPeering")
def create_net_peering(call: Call) -> Answer:
    if call.request.get("AccepterOwnerId", call.account_id) != call.account_id:
        raise ApiError("not-simulated", "peering with another account is not simulated")
    source = call.store.require("net", call.request["SourceNetId"])
    accepter = call.store.require("net", call.request["AccepterNetId"])
    if source.id == accepter.id:
        raise ApiError("invalid-parameter-value", "a Net cannot be peered with itself")
    live = [p for p in call.store.all("net-peering") if p["State"]["Name"] in _LIVE]
    if any(_ends(p) == (source.id, accepter.id) for p in live):
        raise ApiError("vpc-peering-connection-already-exists", f"{source.id} and {accepter.id} are already peered")
    quota(call, "net_peering", len(live), "too-many-networklinks")
    state = _first_state(call, source, accepter, live)
    expires = (call.now + EXPIRES_AFTER).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    peering = call.store.insert(
        "net-peering",
        {
            "AccepterNet": _side(call, accepter),
            "ExpirationDate": expires if state["Name"] == "pending-acceptance" else None,
            "SourceNet": _side(call, source),
            "State": state,
            "Tags": [],
        },
    )
    if state["Name"] not in _LIVE:
        peering = states.bury(call, peering)
    return {"NetPeering": states.born(call, peering).body}


def _first_state(call: Call, source: Record, accepter: Record, live: list[Record]) -> dict[str, str]:
    if IPv4Network(source["IpRange"]).overlaps(IPv4Network(accepter["IpRange"])):
        return {"Name": "failed", "Message": "the two Nets have overlapping IP ranges"}
    if any(_ends(p) == (accepter.id, source.id) and p["State"]["Name"] == "active" for p in live):
        return {"Name": "rejected", "Message": "redundant: the opposite Net peering is active"}
    return {"Name": "pending-acceptance", "Message": f"Pending acceptance by {call.account_id}"}


def _ends(peering: Record) -> tuple[str, str]:
    return peering["SourceNet"]["NetId"], peering["AccepterNet"]["NetId"]


def _side(call: Call, net: Record) -> dict[str, str]:
    return {"AccountId": call.account_id, "IpRange": net["IpRange"], "NetId": net.id}


@operation("ReadNetPeerings")
def read_net_peerings(call: Call) -> Answer:
    return read(call, "net-peering")


@operation("AcceptNetPeering")
def accept_net_peering(call: Call) -> Answer:
    peering = _pending(call)
    for other in call.store.all("net-peering"):
        if _ends(other) == _ends(peering)[::-1] and other["State"]["Name"] == "pending-acceptance":
            _end(call, other, "rejected", "redundant: the opposite Net peering is active")
    return {"NetPeering": states.begin(call, peering, "active").body}


@states.on_settled("net-peering", "active")
def _active(call: Call, peering: Record) -> Record:
    return call.store.update(peering, State={"Name": "active", "Message": "Active"}, ExpirationDate=None)


@operation("RejectNetPeering")
def reject_net_peering(call: Call) -> Answer:
    _end(call, _pending(call), "rejected", f"Rejected by {call.account_id}")
    return {}


@operation("DeleteNetPeering")
def delete_net_peering(call: Call) -> Answer:
    peering = call.store.require("net-peering", call.request["NetPeeringId"], gone=True)
    state = peering["State"]["Name"]
    if state == "deleted":
        raise ApiError("no-such-networklink", f"{peering.id} is deleted")
    if state not in _DELETABLE:
        raise ApiError("invalid-state", f"{peering.id} is {state}: it cannot be deleted")
    _end(call, peering, "deleted", f"Deleted by {call.account_id}")
    return {}


def _pending(call: Call) -> Record:
    peering = call.store.require("net-peering", call.request["NetPeeringId"], gone=True)
    state = peering["State"]["Name"]
    if state != "pending-acceptance":
        raise ApiError("invalid-state", f"{peering.id} is {state}, not pending-acceptance")
    return peering


def _end(call: Call, peering: Record, name: str, message: str) -> Record:
    ended = call.store.update(peering, State={"Name": name, "Message": message}, ExpirationDate=None)
    return states.bury(call, ended)
