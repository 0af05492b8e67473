"""Net peerings: what Outscale refuses of them is refused."""

from __future__ import annotations

from tests.sandbox.outscale import world
from tests.sandbox.outscale.server import Server, refused


def test_a_peering_routes_only_once_active(server: Server, net_id: str) -> None:
    far = world.net(server, "10.1.0.0/16")
    made = server.call("CreateNetPeering", SourceNetId=net_id, AccepterNetId=far)["NetPeering"]
    assert made["State"]["Name"] == "pending-acceptance"
    route = {"RouteTableId": world.main_table(server, net_id), "DestinationIpRange": "10.1.0.0/16"}
    assert refused(server, "CreateRoute", **route, NetPeeringId=made["NetPeeringId"]) == (409, "6003")
    accepted = server.call("AcceptNetPeering", NetPeeringId=made["NetPeeringId"])["NetPeering"]
    assert accepted["State"]["Name"] == "active"
    server.call("CreateRoute", **route, NetPeeringId=made["NetPeeringId"])
    assert refused(server, "AcceptNetPeering", NetPeeringId=made["NetPeeringId"]) == (409, "6003")
    assert refused(server, "RejectNetPeering", NetPeeringId=made["NetPeeringId"]) == (409, "6003")


def test_nets_that_overlap_make_a_failed_peering_that_cannot_be_accepted(server: Server, net_id: str) -> None:
    twin = world.net(server, "10.0.0.0/17")
    made = server.call("CreateNetPeering", SourceNetId=net_id, AccepterNetId=twin)["NetPeering"]
    assert made["State"]["Name"] == "failed"
    assert refused(server, "AcceptNetPeering", NetPeeringId=made["NetPeeringId"]) == (409, "6003")
    assert refused(server, "DeleteNetPeering", NetPeeringId=made["NetPeeringId"]) == (409, "6003")
    server.call("DeleteNet", NetId=twin)


def test_a_peering_is_made_once_and_its_opposite_is_rejected(server: Server, net_id: str) -> None:
    far = world.net(server, "10.1.0.0/16")
    made = server.call("CreateNetPeering", SourceNetId=net_id, AccepterNetId=far)["NetPeering"]["NetPeeringId"]
    assert refused(server, "CreateNetPeering", SourceNetId=net_id, AccepterNetId=far) == (409, "9067")
    opposite = server.call("CreateNetPeering", SourceNetId=far, AccepterNetId=net_id)["NetPeering"]["NetPeeringId"]
    server.call("AcceptNetPeering", NetPeeringId=made)
    states = server.call("ReadNetPeerings", Filters={"NetPeeringIds": [opposite]})["NetPeerings"]
    assert states[0]["State"]["Name"] == "rejected"
    late = server.call("CreateNetPeering", SourceNetId=far, AccepterNetId=net_id)["NetPeering"]
    assert late["State"]["Name"] == "rejected"


def test_a_net_is_not_peered_with_itself(server: Server, net_id: str) -> None:
    assert refused(server, "CreateNetPeering", SourceNetId=net_id, AccepterNetId=net_id) == (400, "4047")


def test_another_account_is_not_simulated(server: Server, net_id: str) -> None:
    other = {"SourceNetId": net_id, "AccepterNetId": net_id, "AccepterOwnerId": "999999999999"}
    assert refused(server, "CreateNetPeering", **other)[0] == 501
