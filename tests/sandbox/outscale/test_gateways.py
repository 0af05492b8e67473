"""Internet services, NAT services and public IPs: what Outscale refuses of them is refused."""

from __future__ import annotations

from tests.sandbox.outscale import world
from tests.sandbox.outscale.server import Server, refused


def test_a_net_has_one_internet_service_and_a_service_one_net(server: Server, net_id: str) -> None:
    first, second = (server.call("CreateInternetService")["InternetService"]["InternetServiceId"] for _ in range(2))
    far = world.net(server, "10.1.0.0/16")
    server.call("LinkInternetService", InternetServiceId=first, NetId=net_id)
    assert refused(server, "LinkInternetService", InternetServiceId=first, NetId=far) == (409, "9024")
    assert refused(server, "LinkInternetService", InternetServiceId=second, NetId=net_id) == (409, "9065")
    assert refused(server, "DeleteInternetService", InternetServiceId=first) == (409, "9024")
    assert refused(server, "UnlinkInternetService", InternetServiceId=second, NetId=net_id) == (409, "9026")


def test_a_nat_service_needs_a_public_subnet_and_a_free_ip(server: Server, net_id: str) -> None:
    place, other = world.subnet(server, net_id), world.subnet(server, net_id, "10.0.2.0/24")
    ip = world.public_ip(server)
    assert refused(server, "CreateNatService", SubnetId=place, PublicIpId=ip) == (409, "9045")
    service = world.internet(server, net_id)
    nat = server.call("CreateNatService", SubnetId=place, PublicIpId=ip)["NatService"]
    assert nat["State"] == "pending"
    assert refused(server, "CreateNatService", SubnetId=place, PublicIpId=world.public_ip(server)) == (409, "9037")
    assert refused(server, "CreateNatService", SubnetId=other, PublicIpId=ip) == (409, "9031")
    assert refused(server, "DeletePublicIp", PublicIpId=ip) == (409, "9031")
    assert refused(server, "DeleteSubnet", SubnetId=place) == (409, "9057")
    assert refused(server, "UnlinkInternetService", InternetServiceId=service, NetId=net_id) == (409, "9002")
    route = {"RouteTableId": server.call("CreateRouteTable", NetId=net_id)["RouteTable"]["RouteTableId"]}
    route |= {"DestinationIpRange": "0.0.0.0/0", "NatServiceId": nat["NatServiceId"]}
    assert refused(server, "CreateRoute", **route) == (409, "6003")
    world.wait(server, "ReadNatServices", "NatServiceIds", nat["NatServiceId"], "NatServices", "available")
    server.call("CreateRoute", **route)


def test_a_nat_service_takes_time_to_go_and_then_frees_its_ip(server: Server, net_id: str) -> None:
    place, ip = world.subnet(server, net_id), world.public_ip(server)
    world.internet(server, net_id)
    nat = server.call("CreateNatService", SubnetId=place, PublicIpId=ip)["NatService"]["NatServiceId"]
    server.call("DeleteNatService", NatServiceId=nat)
    assert refused(server, "DeleteSubnet", SubnetId=place) == (409, "9057")
    world.wait(server, "ReadNatServices", "NatServiceIds", nat, "NatServices", "deleted")
    assert refused(server, "DeleteNatService", NatServiceId=nat) == (400, "5032")
    server.call("DeleteSubnet", SubnetId=place)
    server.call("DeletePublicIp", PublicIpId=ip)


def test_a_nat_service_can_be_asked_for_twice_with_one_token(server: Server, net_id: str) -> None:
    world.internet(server, net_id)
    request = {"SubnetId": world.subnet(server, net_id), "PublicIpId": world.public_ip(server), "ClientToken": "t"}
    first = server.call("CreateNatService", **request)["NatService"]
    assert server.call("CreateNatService", **request)["NatService"]["NatServiceId"] == first["NatServiceId"]
    assert refused(server, "CreateNatService", **{**request, "PublicIpId": world.public_ip(server)}) == (400, "4091")


def test_a_public_ip_goes_to_one_nic_at_a_time(server: Server, net_id: str) -> None:
    place = world.subnet(server, net_id)
    nics = [server.call("CreateNic", SubnetId=place)["Nic"]["NicId"] for _ in range(2)]
    ip = world.public_ip(server)
    assert refused(server, "LinkPublicIp", PublicIpId=ip, NicId=nics[0]) == (409, "9027")
    world.internet(server, net_id)
    server.call("LinkPublicIp", PublicIpId=ip, NicId=nics[0])
    assert refused(server, "LinkPublicIp", PublicIpId=ip, NicId=nics[1]) == (409, "9031")
    assert refused(server, "LinkPublicIp", PublicIpId=world.public_ip(server), NicId=nics[0]) == (409, "9031")
    assert refused(server, "DeletePublicIp", PublicIpId=ip) == (409, "9031")
    assert refused(server, "LinkPublicIp", PublicIpId=ip) == (400, "7000")
    assert refused(server, "LinkPublicIp", PublicIpId=ip, NicId=nics[0], VmId="i-12345678") == (400, "4046")
    moved = server.call("LinkPublicIp", PublicIpId=ip, NicId=nics[1], AllowRelink=True)["LinkPublicIpId"]
    shown = server.call("ReadNics", Filters={"LinkPublicIpPublicIpIds": [ip]})["Nics"]
    assert [nic["NicId"] for nic in shown] == [nics[1]]
    server.call("UnlinkPublicIp", LinkPublicIpId=moved)
    assert refused(server, "UnlinkPublicIp", LinkPublicIpId=moved) == (400, "5026")
    server.call("DeletePublicIp", PublicIpId=ip)
