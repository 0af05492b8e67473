"""The endpoint against its OpenAPI document: shapes of requests and answers, unknown things, honest refusals."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import psutil
import pytest
import requests
import yaml

from sandbox.outscale import document, errors, filters, kinds
from sandbox.outscale.operations import handlers
from tests.sandbox.outscale import world
from tests.sandbox.outscale.server import Refused, Server, running_server


def refused(server: Server, operation: str, **request: object) -> Refused:
    with pytest.raises(Refused) as caught:
        server.call(operation, **request)
    return caught.value


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("document")


@pytest.fixture(scope="module")
def spec(folder: Path) -> document.Document:
    """Parsed, which takes a second; its cache is in `folder`."""
    assert not list(folder.iterdir())
    return document.load(folder)


def test_every_operation_of_the_document_is_known(spec: document.Document) -> None:
    assert len(spec.operations) == 236
    assert set(handlers()) <= set(spec.operations)


def test_the_parsed_document_is_cached_and_read_back_the_same(spec: document.Document, folder: Path) -> None:
    started = time.process_time()
    again = document.load(folder)
    assert time.process_time() - started < 0.3
    assert again == spec
    assert len(list(folder.glob("openapi-*.json"))) == 1


def test_a_cache_of_another_document_is_not_used(spec: document.Document, folder: Path, tmp_path: Path) -> None:
    (cache,) = folder.glob("openapi-*.json")
    shutil.copy(cache, tmp_path / "openapi-1-0000000000000000.json")
    assert len(document.load(tmp_path).operations) == 236


def test_filters_are_those_of_the_document_and_lead_to_fields_of_its_answers(spec: document.Document) -> None:
    for kind in kinds.table().values():
        known = spec.properties(kind.filter_schema)
        assert set(kind.filters) <= set(known), kind.name
        answer = spec.operations[kind.read][1]
        for name, path in kind.filters.items():
            node = {"$ref": spec.properties(answer)[kind.list]["items"]["$ref"]}
            for part in path.split("."):
                while "$ref" in node or "items" in node:
                    node = node["items"] if "items" in node else spec.schemas[node["$ref"].rsplit("/", 1)[-1]]
                assert part in node["properties"], (kind.name, name, part)
                node = node["properties"][part]
        assert (set(known) >= filters.TAG_FILTERS) == (kind.tag_type is not None), kind.name


def test_errors_named_after_the_sdk_have_its_codes() -> None:
    table = yaml.safe_load((document.source_path().parent / "gateway_errors.yaml").read_text(encoding="utf-8"))
    for kind in errors.table().values():
        if kind.source == "sdk":
            assert table[int(kind.code)]["Type"] == kind.type, kind.name
        else:
            assert kind.confidence in ("assumed", "observed") or kind.source == "sandbox", kind.name


@pytest.mark.parametrize("operation", ["CreateNet", "CreateLoadBalancer"])
def test_an_unknown_parameter_is_refused_even_where_nothing_is_simulated(server: Server, operation: str) -> None:
    answer = refused(server, operation, Wrong=1)
    assert (answer.status, answer.type) == (400, "InvalidParameter")
    assert "Wrong" in answer.details


def test_an_unknown_parameter_deep_inside_is_refused(server: Server) -> None:
    answer = refused(server, "CreateVms", ImageId="ami-1", Placement={"SubregionName": "x", "Wrong": 1})
    assert answer.type == "InvalidParameter"
    assert "Placement" in answer.details


def test_a_missing_parameter_is_refused(server: Server) -> None:
    answer = refused(server, "CreateNet")
    assert (answer.status, answer.code, answer.type) == (400, "7000", "MissingParameter")


def test_a_parameter_of_the_wrong_type_is_refused_without_repeating_it(server: Server) -> None:
    answer = refused(server, "CreateNet", IpRange={"secret": "hunter2"})
    assert (answer.status, answer.code) == (400, "4108")
    assert "hunter2" not in answer.details


def test_a_value_out_of_an_enumeration_is_refused(server: Server) -> None:
    assert refused(server, "CreateVms", ImageId="ami-1", Performance="lightning").type == "InvalidParameterValue"


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"])
def test_a_body_that_is_not_a_json_object_is_refused(server: Server, body: bytes) -> None:
    answer = server.post("ReadNets", body)
    assert answer.status_code == 400
    assert answer.json()["Errors"][0]["Code"] == "4045"


def test_an_operation_that_does_not_exist_is_refused(server: Server) -> None:
    answer = server.post("MakeCoffee", {})
    assert (answer.status_code, answer.json()["Errors"][0]["Type"]) == (404, "InvalidResource")


def test_another_method_than_post_is_refused(server: Server) -> None:
    headers = server.sign("ReadNets", b"", method="PUT")
    answer = requests.put(f"{server.url}/ReadNets", headers=headers, timeout=10)
    assert answer.status_code == 405
    assert not server.document.error_response_errors(answer.json())


def test_what_is_not_simulated_says_so_loudly(server: Server) -> None:
    answer = server.post("ReadLoadBalancers", {})
    assert answer.status_code == 501
    assert answer.json()["Errors"][0]["Type"] == "NotSimulated"
    assert "ReadLoadBalancers" in answer.headers["X-Rempart-Not-Simulated"]
    assert "NOT SIMULATED: ReadLoadBalancers" in server.log


def test_a_filter_that_is_not_simulated_is_refused_rather_than_ignored(server: Server) -> None:
    assert refused(server, "ReadNets", Filters={"IsDefault": True}).status == 501


def test_a_dry_run_is_refused_rather_than_carried_out(server: Server) -> None:
    assert refused(server, "CreateNet", IpRange="10.0.0.0/16", DryRun=True).status == 501
    assert "Net" not in server.control.inventory()


def test_a_warm_start_costs_less_than_a_second_and_a_half_of_processor(tmp_path: Path) -> None:
    """Processor time, 0.5 s when measured: the clock of a busy machine would measure the others."""
    with running_server(tmp_path):
        pass
    with running_server(tmp_path) as server:
        spent = psutil.Process(server.process.pid).cpu_times()
        assert spent.user + spent.system < 1.5
        assert server.control.health()["simulated"] is True


def test_every_simulated_operation_answers_as_the_document_says(server: Server) -> None:
    """One walk through the whole: `server.call` checks each answer; at the end, none was forgotten."""
    call = server.call
    for read in ("ReadRegions", "ReadSubregions", "ReadImages", "ReadVmTypes", "ReadQuotas", "ReadAccounts"):
        call(read)
    one, two = world.net(server), world.net(server, "10.1.0.0/16")
    options = call("CreateDhcpOptions", DomainName="example.com")["DhcpOptionsSet"]["DhcpOptionsSetId"]
    call("UpdateNet", NetId=one, DhcpOptionsSetId=options)
    call("UpdateNet", NetId=one, DhcpOptionsSetId="default")
    call("ReadDhcpOptions")
    call("DeleteDhcpOptions", DhcpOptionsSetId=options)
    place = world.subnet(server, one)
    call("UpdateSubnet", SubnetId=place, MapPublicIpOnLaunch=True)
    gateway = world.internet(server, one)
    table = call("CreateRouteTable", NetId=one)["RouteTable"]["RouteTableId"]
    link = call("LinkRouteTable", RouteTableId=table, SubnetId=place)["LinkRouteTableId"]
    link = call("UpdateRouteTableLink", RouteTableId=world.main_table(server, one), LinkRouteTableId=link)[
        "LinkRouteTableId"
    ]
    address = world.public_ip(server)
    nat = call("CreateNatService", SubnetId=place, PublicIpId=address)["NatService"]["NatServiceId"]
    world.wait(server, "ReadNatServices", "NatServiceIds", nat, "NatServices", "available")
    call("CreateRoute", RouteTableId=table, DestinationIpRange="0.0.0.0/0", NatServiceId=nat)
    joined = world.peering(server, one, two)
    call("UpdateRoute", RouteTableId=table, DestinationIpRange="0.0.0.0/0", NetPeeringId=joined)
    call("DeleteRoute", RouteTableId=table, DestinationIpRange="0.0.0.0/0")
    other = call("CreateNetPeering", SourceNetId=two, AccepterNetId=world.net(server, "10.2.0.0/16"))["NetPeering"]
    call("RejectNetPeering", NetPeeringId=other["NetPeeringId"])
    group = world.group(server, one)
    rule = {"SecurityGroupId": group, "Flow": "Inbound", "IpProtocol": "tcp", "FromPortRange": 22, "ToPortRange": 22}
    call("CreateSecurityGroupRule", **rule, IpRange="10.1.0.0/16")
    call("DeleteSecurityGroupRule", **rule, IpRange="10.1.0.0/16")
    call("CreateKeypair", KeypairName="k", PublicKey=world.public_key())
    machine = world.vm(server, place, KeypairName="k")
    card = call("CreateNic", SubnetId=place, SecurityGroupIds=[group])["Nic"]["NicId"]
    call("UpdateNic", NicId=card, Description="second")
    card_link = call("LinkNic", NicId=card, VmId=machine, DeviceNumber=1)["LinkNicId"]
    spare = world.public_ip(server)
    call("LinkPublicIp", PublicIpId=spare, NicId=card)
    disk = world.volume(server)
    call("LinkVolume", VolumeId=disk, VmId=machine, DeviceName="/dev/sdb")
    call("UpdateVolume", VolumeId=disk, Size=20)
    call("ReadVolumeUpdateTasks")
    call("UpdateVm", VmId=machine, DeletionProtection=False)
    call("RebootVms", VmIds=[machine])
    call("StopVms", VmIds=[machine])
    world.wait(server, "ReadVms", "VmIds", machine, "Vms", "stopped")
    call("StartVms", VmIds=[machine])
    call("ReadVmsState", AllVms=True)
    call("CreateTags", ResourceIds=[machine, one], Tags=[{"Key": "k", "Value": "v"}])
    call("DeleteTags", ResourceIds=[one], Tags=[{"Key": "k", "Value": "v"}])
    for kind in kinds.table().values():
        call(kind.read)
    call("ReadTags")
    call("ReadApiLogs")
    assert refused(server, "CheckAuthentication", Login="a", Password="b").status == 401
    call("LinkPublicIp", PublicIpId=spare, NicId=card, AllowRelink=True)
    call("UnlinkPublicIp", PublicIp=_ip(server, spare))
    call("UnlinkVolume", VolumeId=disk)
    call("DeleteVolume", VolumeId=disk)
    call("UnlinkNic", LinkNicId=card_link)
    call("DeleteNic", NicId=card)
    call("DeleteVms", VmIds=[machine])
    world.wait(server, "ReadVms", "VmIds", machine, "Vms", "terminated")
    call("DeleteKeypair", KeypairName="k")
    call("DeleteSecurityGroup", SecurityGroupId=group)
    call("DeleteNatService", NatServiceId=nat)
    world.wait(server, "ReadNatServices", "NatServiceIds", nat, "NatServices", "deleted")
    call("DeleteNetPeering", NetPeeringId=joined)
    call("UnlinkRouteTable", LinkRouteTableId=link)
    call("DeleteRouteTable", RouteTableId=table)
    call("UnlinkInternetService", InternetServiceId=gateway, NetId=one)
    call("DeleteInternetService", InternetServiceId=gateway)
    call("DeletePublicIp", PublicIpId=address)
    call("DeletePublicIp", PublicIpId=spare)
    call("DeleteSubnet", SubnetId=place)
    for net_id in [n["NetId"] for n in call("ReadNets")["Nets"]]:
        call("DeleteNet", NetId=net_id)
    assert server.control.inventory() == {}
    assert set(handlers()) == set(server.control.counts())


def _ip(server: Server, public_ip_id: str) -> str:
    found = server.call("ReadPublicIps", Filters={"PublicIpIds": [public_ip_id]})
    return str(found["PublicIps"][0]["PublicIp"])
