"""What the compute part does and refuses: NICs, keypairs, VMs, volumes, tags."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.sandbox.outscale import world
from tests.sandbox.outscale.server import Server, refused


@pytest.fixture
def place(server: Server, net_id: str) -> str:
    """A Subnet 10.0.1.0/24 in the first Subregion."""
    return world.subnet(server, net_id)


def new(**more: Any) -> dict[str, Any]:
    return {"ImageId": world.IMAGE, "VmType": "tinav5.c1r2p2", **more}


# NICs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["10.0.1.0", "10.0.1.3", "10.0.1.255", "10.0.2.9", "nowhere"])
def test_a_nic_takes_no_reserved_and_no_foreign_address(server: Server, place: str, address: str) -> None:
    ips = [{"PrivateIp": address, "IsPrimary": True}]
    assert refused(server, "CreateNic", SubnetId=place, PrivateIps=ips) == (400, "4030")


def test_an_address_is_taken_once(server: Server, place: str) -> None:
    ips = [{"PrivateIp": "10.0.1.9", "IsPrimary": True}]
    nic = server.call("CreateNic", SubnetId=place, PrivateIps=ips)["Nic"]
    assert nic["PrivateIps"][0]["PrivateDnsName"].startswith("ip-10-0-1-9.")
    assert refused(server, "CreateNic", SubnetId=place, PrivateIps=ips) == (409, "9031")


def test_a_nic_has_the_default_group_unless_told_otherwise(server: Server, place: str) -> None:
    assert server.call("CreateNic", SubnetId=place)["Nic"]["SecurityGroups"][0]["SecurityGroupName"] == "default"


def test_the_groups_of_a_nic_are_of_its_net(server: Server, place: str) -> None:
    far = world.group(server, world.net(server, "10.1.0.0/16"))
    assert refused(server, "CreateNic", SubnetId=place, SecurityGroupIds=[far]) == (400, "4086")


def test_a_linked_nic_is_not_deleted_and_the_primary_one_not_unlinked(server: Server, place: str) -> None:
    vm = world.vm(server, place)
    nic = server.call("CreateNic", SubnetId=place)["Nic"]["NicId"]
    assert refused(server, "LinkNic", NicId=nic, VmId=vm, DeviceNumber=0) == (400, "4047")
    link = server.call("LinkNic", NicId=nic, VmId=vm, DeviceNumber=1)["LinkNicId"]
    assert refused(server, "DeleteNic", NicId=nic) == (409, "9004")
    other = server.call("CreateNic", SubnetId=place)["Nic"]["NicId"]
    assert refused(server, "LinkNic", NicId=other, VmId=vm, DeviceNumber=1) == (409, "9003")
    assert refused(server, "LinkNic", NicId=nic, VmId=vm, DeviceNumber=2) == (409, "9004")
    primary = server.call("ReadVms")["Vms"][0]["Nics"][0]["LinkNic"]["LinkNicId"]
    assert refused(server, "UnlinkNic", LinkNicId=primary)[0] == 400
    server.call("UnlinkNic", LinkNicId=link)
    server.call("DeleteNic", NicId=nic)


# Keypairs --------------------------------------------------------------------------------------------------------


def test_a_keypair_is_an_imported_public_key(server: Server) -> None:
    made = server.call("CreateKeypair", KeypairName="k", PublicKey=world.public_key())["Keypair"]
    assert made["KeypairType"] == "ssh-ed25519"
    assert len(made["KeypairFingerprint"].split(":")) == 16
    assert made["KeypairId"].startswith("key-")
    assert refused(server, "CreateKeypair", KeypairName="k", PublicKey=world.public_key()) == (409, "9011")
    assert refused(server, "CreateKeypair", KeypairName="other")[0] == 501
    raw = base64.b64decode(world.public_key()).decode()
    assert refused(server, "CreateKeypair", KeypairName="other", PublicKey=raw) == (400, "4032")
    assert refused(server, "CreateKeypair", KeypairName="é", PublicKey=world.public_key()) == (400, "4035")
    assert refused(server, "DeleteKeypair", KeypairName="none") == (400, "5071")
    server.call("DeleteKeypair", KeypairId=made["KeypairId"])


# VMs -------------------------------------------------------------------------------------------------------------


def test_a_vm_is_pending_then_running_then_shutting_down_then_terminated(server: Server, place: str) -> None:
    made = server.call("CreateVms", **new(SubnetId=place))["Vms"][0]
    assert made["State"] == "pending"
    vm = {"VmIds": [made["VmId"]]}
    states = [server.call("ReadVms", Filters=vm)["Vms"][0]["State"] for _ in range(2)]
    assert states == ["pending", "running"]
    assert server.call("DeleteVms", **vm)["Vms"][0]["CurrentState"] == "shutting-down"
    assert server.control.inventory()["Nic"] == 1, "nothing is free before it is terminated"
    states = [server.call("ReadVms", Filters=vm)["Vms"][0]["State"] for _ in range(3)]
    assert states == ["shutting-down", "terminated", "terminated"]
    assert "Vm" not in server.control.inventory()
    assert "Nic" not in server.control.inventory()
    assert "Volume" not in server.control.inventory()
    assert server.call("DeleteVms", **vm)["Vms"][0]["CurrentState"] == "terminated"


def test_time_settles_a_state_without_reads(server: Server, place: str) -> None:
    server.control.settings(states__vm__running__ms=50, states__vm__running__polls=1000)
    made = server.call("CreateVms", **new(SubnetId=place))["Vms"][0]["VmId"]
    world.wait(server, "ReadVms", "VmIds", made, "Vms", "running")


def test_a_terminated_vm_disappears_in_the_end(server: Server, place: str) -> None:
    server.control.settings(states__tombstone_ms=50)
    vm = world.vm(server, place)
    server.call("DeleteVms", VmIds=[vm])
    world.wait(server, "ReadVms", "VmIds", vm, "Vms", "terminated")
    for _ in range(1000):
        if not server.call("ReadVms", Filters={"VmIds": [vm]})["Vms"]:
            break
    assert refused(server, "DeleteVms", VmIds=[vm]) == (400, "5063")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ImageId": "ami-00000000"}, "5023"),
        ({"VmType": "tinav5.huge"}, "5024"),
        ({"KeypairName": "none"}, "5071"),
        ({"UserData": "not base64!"}, "4047"),
        ({"UserData": base64.b64encode(b"x" * (500 * 1024 + 1)).decode()}, "4106"),
        ({"SubnetId": "subnet-00000000"}, "5057"),
        ({"Placement": {"SubregionName": "eu-west-2a"}}, "5009"),
        ({"Nics": [{"NicId": "eni-00000000"}]}, "4046"),
        ({"MinVmsCount": 2}, "4047"),
        ({"VmInitiatedShutdownBehavior": "explode"}, "4047"),
    ],
)
def test_a_vm_that_makes_no_sense_is_refused_and_leaves_nothing(
    server: Server, place: str, changes: dict[str, Any], code: str
) -> None:
    before = server.control.inventory()
    assert refused(server, "CreateVms", **{**new(SubnetId=place), **changes}) == (400, code)
    assert server.control.inventory() == before


def test_a_vm_is_in_the_subregion_of_its_subnet(server: Server, place: str) -> None:
    wrong = new(SubnetId=place, Placement={"SubregionName": world.ZONE_B})
    assert refused(server, "CreateVms", **wrong) == (409, "9071")


def test_a_vm_in_the_public_cloud_is_not_simulated(server: Server) -> None:
    assert refused(server, "CreateVms", **new())[0] == 501


def test_a_vm_can_take_existing_nics_which_survive_it(server: Server, place: str) -> None:
    nic = server.call("CreateNic", SubnetId=place)["Nic"]["NicId"]
    assert refused(server, "CreateVms", **new(Nics=[{"NicId": nic, "DeviceNumber": 1}])) == (400, "4047")
    made = server.call("CreateVms", **new(Nics=[{"NicId": nic, "DeviceNumber": 0}]))["Vms"][0]
    assert [card["NicId"] for card in made["Nics"]] == [nic]
    assert refused(server, "CreateVms", **new(Nics=[{"NicId": nic, "DeviceNumber": 0}])) == (409, "9004")
    server.call("DeleteVms", VmIds=[made["VmId"]])
    world.wait(server, "ReadVms", "VmIds", made["VmId"], "Vms", "terminated")
    server.call("DeleteNic", NicId=nic)


def test_the_same_client_token_makes_one_vm(server: Server, place: str) -> None:
    first = server.call("CreateVms", **new(SubnetId=place, ClientToken="t"))["Vms"]
    again = server.call("CreateVms", **new(SubnetId=place, ClientToken="t"))["Vms"]
    assert [vm["VmId"] for vm in first] == [vm["VmId"] for vm in again]
    other = new(SubnetId=place, ClientToken="t", DeletionProtection=True)
    assert refused(server, "CreateVms", **other) == (400, "4091")


def test_a_protected_vm_is_not_deleted(server: Server, place: str) -> None:
    vm = world.vm(server, place, DeletionProtection=True)
    assert refused(server, "DeleteVms", VmIds=[vm])[0] == 409
    server.call("UpdateVm", VmId=vm, DeletionProtection=False)
    server.call("DeleteVms", VmIds=[vm])


def test_some_changes_need_a_stopped_vm(server: Server, place: str) -> None:
    vm = world.vm(server, place)
    assert refused(server, "UpdateVm", VmId=vm, VmType="tinav5.c2r4p2") == (409, "6006")
    assert server.call("StopVms", VmIds=[vm])["Vms"][0]["CurrentState"] == "stopping"
    assert refused(server, "UpdateVm", VmId=vm, VmType="tinav5.c2r4p2") == (409, "6006")
    world.wait(server, "ReadVms", "VmIds", vm, "Vms", "stopped")
    assert server.call("UpdateVm", VmId=vm, VmType="tinav5.c2r4p2")["Vm"]["VmType"] == "tinav5.c2r4p2"
    assert refused(server, "RebootVms", VmIds=[vm]) == (409, "6006")
    server.call("StartVms", VmIds=[vm])
    world.wait(server, "ReadVms", "VmIds", vm, "Vms", "running")


def test_a_vm_can_be_born_stopped(server: Server, place: str) -> None:
    made = server.call("CreateVms", **new(SubnetId=place, BootOnCreation=False))["Vms"][0]["VmId"]
    world.wait(server, "ReadVms", "VmIds", made, "Vms", "stopped")
    assert server.call("ReadVmsState")["VmStates"] == []
    assert [vm["VmState"] for vm in server.call("ReadVmsState", AllVms=True)["VmStates"]] == ["stopped"]


def test_stopping_a_vm_takes_its_public_ip_away(server: Server, net_id: str, place: str) -> None:
    world.internet(server, net_id)
    vm, ip = world.vm(server, place), world.public_ip(server)
    server.call("LinkPublicIp", PublicIpId=ip, VmId=vm)
    assert server.call("ReadVms")["Vms"][0]["PublicIp"].startswith("203.0.113.")
    server.call("StopVms", VmIds=[vm])
    stopped = world.wait(server, "ReadVms", "VmIds", vm, "Vms", "stopped")
    assert "PublicIp" not in stopped


def test_the_quotas_of_vms_and_cores_hold(server: Server, place: str) -> None:
    server.control.settings(quota__vm=1, quota__core=2)
    assert refused(server, "CreateVms", **new(SubnetId=place, VmType="tinav5.c4r8p2")) == (400, "10029")
    world.vm(server, place)
    assert refused(server, "CreateVms", **new(SubnetId=place)) == (400, "10010")


def test_user_data_never_reaches_the_log_of_calls(server: Server, place: str) -> None:
    secret = base64.b64encode(b"password=canary").decode()
    server.call("CreateVms", **new(SubnetId=place, UserData=secret))
    assert server.call("ReadVms")["Vms"][0]["UserData"] == secret
    assert secret not in str(server.call("ReadApiLogs")["Logs"])
    assert secret not in str(server.control.calls())
    assert secret not in server.log


# Volumes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Size": None}, "7000"),
        ({"Size": 0}, "4078"),
        ({"Size": 14902}, "4078"),
        ({"VolumeType": "floppy"}, "4047"),
        ({"VolumeType": "io1"}, "7000"),
        ({"VolumeType": "io1", "Iops": 3001}, "4029"),
        ({"Iops": 100}, "4046"),
        ({"SnapshotId": "snap-12345678"}, "5054"),
        ({"SubregionName": "eu-west-2a"}, "5009"),
    ],
)
def test_a_volume_that_makes_no_sense_is_refused(server: Server, changes: dict[str, Any], code: str) -> None:
    whole = {"SubregionName": world.ZONE_A, "Size": 10, **changes}
    request = {name: value for name, value in whole.items() if value is not None}
    assert refused(server, "CreateVolume", **request) == (400, code)


def test_a_volume_is_creating_then_available(server: Server) -> None:
    made = server.call("CreateVolume", SubregionName=world.ZONE_A, Size=10)["Volume"]
    assert made["State"] == "creating"
    assert refused(server, "DeleteVolume", VolumeId=made["VolumeId"]) == (409, "6007")
    states = [server.call("ReadVolumes")["Volumes"][0]["State"] for _ in range(2)]
    assert states == ["creating", "available"]


def test_a_volume_goes_to_one_vm_of_its_subregion(server: Server, place: str) -> None:
    vm, volume, other = world.vm(server, place), world.volume(server), world.volume(server)
    far = world.volume(server, world.ZONE_B)
    assert refused(server, "LinkVolume", VolumeId=far, VmId=vm, DeviceName="/dev/sdb") == (409, "9071")
    assert refused(server, "LinkVolume", VolumeId=volume, VmId=vm, DeviceName="/dev/null") == (400, "4019")
    server.call("LinkVolume", VolumeId=volume, VmId=vm, DeviceName="/dev/sdb")
    assert refused(server, "LinkVolume", VolumeId=volume, VmId=vm, DeviceName="/dev/sdc") == (409, "6007")
    assert refused(server, "LinkVolume", VolumeId=other, VmId=vm, DeviceName="/dev/sdb") == (409, "9003")
    assert refused(server, "DeleteVolume", VolumeId=volume) == (409, "6007")
    shown = server.call("ReadVolumes", Filters={"LinkVolumeVmIds": [vm], "LinkVolumeDeviceNames": ["/dev/sdb"]})
    assert [v["VolumeId"] for v in shown["Volumes"]] == [volume]
    server.call("DeleteVms", VmIds=[vm])
    world.wait(server, "ReadVms", "VmIds", vm, "Vms", "terminated")
    world.wait(server, "ReadVolumes", "VolumeIds", volume, "Volumes", "available")


def test_a_volume_is_not_linked_to_a_vm_that_is_not_ready(server: Server, place: str) -> None:
    vm = server.call("CreateVms", **new(SubnetId=place))["Vms"][0]["VmId"]
    link = {"VolumeId": world.volume(server), "VmId": vm, "DeviceName": "/dev/sdb"}
    assert refused(server, "LinkVolume", **link) == (409, "6006")


def test_the_root_volume_is_only_unlinked_from_a_stopped_vm(server: Server, place: str) -> None:
    world.vm(server, place)
    root = server.call("ReadVolumes")["Volumes"][0]["VolumeId"]
    assert refused(server, "UnlinkVolume", VolumeId=root) == (409, "6006")


def test_a_volume_only_grows_and_not_at_once(server: Server) -> None:
    volume = world.volume(server)
    assert refused(server, "UpdateVolume", VolumeId=volume, Size=5) == (400, "4078")
    before = server.call("UpdateVolume", VolumeId=volume, Size=20, VolumeType="io1", Iops=500)["Volume"]
    assert (before["Size"], before["VolumeType"]) == (10, "standard")
    assert refused(server, "UpdateVolume", VolumeId=volume, Size=30) == (409, "6007")
    world.wait(server, "ReadVolumeUpdateTasks", "TaskIds", before["TaskId"], "VolumeUpdateTasks", "completed")
    after = server.call("ReadVolumes")["Volumes"][0]
    assert (after["Size"], after["VolumeType"], after["Iops"]) == (20, "io1", 500)
    assert "TaskId" not in after


# Tags ------------------------------------------------------------------------------------------------------------


def tag(key: str, value: str = "v") -> list[dict[str, str]]:
    return [{"Key": key, "Value": value}]


def test_tags_are_set_replaced_filtered_and_taken_away(server: Server, net_id: str) -> None:
    server.call("CreateTags", ResourceIds=[net_id], Tags=tag("Name", "one"))
    server.call("CreateTags", ResourceIds=[net_id], Tags=tag("Name", "two"))
    for filters in ({"Tags": ["Name=two"]}, {"TagKeys": ["Name"]}, {"TagValues": ["two"]}):
        assert [n["NetId"] for n in server.call("ReadNets", Filters=filters)["Nets"]] == [net_id]
    assert server.call("ReadNets", Filters={"Tags": ["Name=one"]})["Nets"] == []
    shown = server.call("ReadTags", Filters={"ResourceTypes": ["vpc"], "Keys": ["Name"]})["Tags"]
    assert shown == [{"Key": "Name", "Value": "two", "ResourceId": net_id, "ResourceType": "vpc"}]
    server.call("DeleteTags", ResourceIds=[net_id], Tags=tag("Name", "one"))
    assert server.call("ReadTags")["Tags"] == shown, "another value: another tag"
    server.call("DeleteTags", ResourceIds=[net_id], Tags=tag("Name", "two"))
    assert server.call("ReadTags")["Tags"] == []


def test_tags_on_something_absent_change_nothing_at_all(server: Server, net_id: str) -> None:
    assert refused(server, "CreateTags", ResourceIds=[net_id, "vpc-00000000"], Tags=tag("a")) == (400, "5044")
    assert server.call("ReadTags")["Tags"] == []


@pytest.mark.parametrize(
    ("tags", "code"), [(tag(""), "4069"), (tag("k" * 256), "4069"), (tag("k", "v" * 256), "4071"), ([], "7000")]
)
def test_tags_that_are_too_long_are_refused(server: Server, net_id: str, tags: Any, code: str) -> None:
    assert refused(server, "CreateTags", ResourceIds=[net_id], Tags=tags) == (400, code)


def test_the_limit_of_tags_holds(server: Server, net_id: str) -> None:
    server.control.settings(quota__tag_per_resource=2)
    server.call("CreateTags", ResourceIds=[net_id], Tags=[*tag("a"), *tag("b")])
    server.call("CreateTags", ResourceIds=[net_id], Tags=tag("a", "again"))
    assert refused(server, "CreateTags", ResourceIds=[net_id], Tags=tag("c")) == (400, "10041")


def test_what_has_no_tags_is_not_tagged(server: Server) -> None:
    assert refused(server, "CreateTags", ResourceIds=["rtbassoc-12345678"], Tags=tag("a")) == (400, "4104")
