"""What lets the plugin say "gone", how many calls it takes, and how deletions wait."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.plugins.outscale.world import World
from tests.plugins.runtime.wire import Engine, Refused
from tests.sandbox.outscale.server import Server

pytestmark = pytest.mark.contract


def test_a_refused_read_is_never_taken_for_an_absence(cloud: Engine, server: Server) -> None:
    world = World(cloud)
    thing = world.make("Net", ipRange="10.0.0.0/16")
    server.control.fault("forbidden", "ReadNets", count=1)
    with pytest.raises(Refused, match="the right to ReadNets"):
        world.refresh(thing)
    assert world.refresh(thing)[0] == thing.id


def test_a_read_that_fails_for_a_while_is_tried_again(cloud: Engine, server: Server) -> None:
    world = World(cloud)
    thing = world.make("Net", ipRange="10.0.0.0/16")
    server.control.fault("error", "ReadNets", count=2)
    server.control.fault("reset_before", "ReadNets")
    server.control.fault("throttle", "ReadNets")
    assert world.refresh(thing)[0] == thing.id


def test_a_read_that_keeps_failing_is_an_error_and_not_an_absence(cloud: Engine, server: Server) -> None:
    world = World(cloud)
    thing = world.make("Net", ipRange="10.0.0.0/16")
    server.control.fault("error", "ReadNets", count=100)
    with pytest.raises(Refused, match="gave no answer to ReadNets"):
        world.refresh(thing)
    server.control.clear_faults()
    server.control.fault("error", "ReadNets", count=100)
    with pytest.raises(Refused):
        world.delete(thing)
    server.control.clear_faults()


def test_an_absence_in_a_listing_is_confirmed_by_a_read_of_its_own(start: Callable[[], Engine], server: Server) -> None:
    """Another process creates something after this one has listed the kind."""
    mine = start()
    first = World(mine).make("Net", ipRange="10.0.0.0/16")
    mine.read(first.urn, first.id, first.inputs, first.outputs)
    late = World(start()).make("Net", ipRange="10.1.0.0/16")
    assert mine.read(late.urn, late.id, late.inputs, late.outputs)[0] == late.id


def test_a_refresh_of_many_takes_one_call_of_each_kind(cloud: Engine, server: Server) -> None:
    world = World(cloud)
    net = world.net()
    group = world.group(net)
    for port in range(40):
        world.make(
            "SecurityGroupRule", securityGroupId=group, flow="Inbound", ipProtocol="tcp",
            fromPortRange=port + 1, toPortRange=port + 1, ipRange="10.0.1.0/24",
        )  # fmt: skip
    mark = server.control.mark()
    with ThreadPoolExecutor(8) as pool:
        assert all(found[0] for found in pool.map(world.refresh, world.things))
    assert server.control.counts(mark) == {"ReadNets": 1, "ReadSecurityGroups": 1}


def test_a_listing_follows_every_page(cloud: Engine, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plugins.outscale.client.PAGE", 3)
    world = World(cloud)
    for _ in range(8):
        world.make("PublicIp")
    mark = server.control.mark()
    assert [world.refresh(thing)[0] for thing in world.things] == [thing.id for thing in world.things]
    assert server.control.counts(mark) == {"ReadPublicIps": 3}


def test_machines_that_start_together_are_waited_for_together(cloud: Engine, server: Server) -> None:
    world = World(cloud)
    subnet, image = world.subnet(), world.image()
    server.control.fault("slow_state", "CreateVms", count=6, polls=8)
    mark = server.control.mark()
    inputs = {"imageId": image, "subnetId": subnet, "bootOnCreation": True, "deletionProtection": False}
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda number: cloud.create(cloud.urn("Vm", f"vm-{number}"), inputs), range(6)))
    assert {outputs.values["state"] for _, outputs in made} == {"running"}
    assert server.control.counts(mark)["CreateVms"] == 6
    assert server.control.counts(mark)["ReadVms"] <= 32, "one by one would be 6 times 8 at least"


def test_a_write_makes_the_next_refresh_look_again(cloud: Engine, server: Server) -> None:
    world = World(cloud)
    thing = world.make("Subnet", netId=world.net(), ipRange="10.0.1.0/24")
    world.refresh(thing)
    world.change(thing, mapPublicIpOnLaunch=True)
    assert world.refresh(thing)[1].values["mapPublicIpOnLaunch"] is True


def test_drift_is_seen(start: Callable[[], Engine], server: Server) -> None:
    world = World(start())
    net = world.make("Net", ipRange="10.0.0.0/16", emptyDefaultSecurityGroup=True)
    assert net.outputs["defaultSecurityGroupEmptied"] is True
    group = net.outputs["defaultSecurityGroupId"]
    server.call("CreateSecurityGroupRule", SecurityGroupId=group, Flow="Inbound", IpProtocol="-1", IpRange="0.0.0.0/0")
    again = World(start())
    _, inputs, outputs = again.refresh(net)
    assert inputs.values["emptyDefaultSecurityGroup"] is False
    assert outputs.values["defaultSecurityGroupEmptied"] is False
    updated = again.cloud.update(net.urn, net.id, inputs.values, outputs.values, net.inputs)
    assert updated.values["defaultSecurityGroupEmptied"] is True
    [found] = server.call("ReadSecurityGroups", Filters={"SecurityGroupIds": [group]})["SecurityGroups"]
    assert found["InboundRules"] == found["OutboundRules"] == []


def test_a_default_group_that_somebody_emptied_is_no_difference_to_a_program_that_does_not_ask(
    cloud: Engine, server: Server
) -> None:
    world = World(cloud)
    net = world.make("Net", ipRange="10.0.0.0/16")
    [group] = server.call("ReadSecurityGroups", Filters={"NetIds": [net.id]})["SecurityGroups"]
    for flow in ("Inbound", "Outbound"):
        server.call(
            "DeleteSecurityGroupRule", SecurityGroupId=group["SecurityGroupId"], Flow=flow, Rules=group[f"{flow}Rules"]
        )
    _, inputs, outputs = world.refresh(net)
    assert inputs.values == net.inputs
    assert outputs.values["defaultSecurityGroupEmptied"] is True


def test_a_rule_added_behind_our_back_is_seen_on_the_group(start: Callable[[], Engine], server: Server) -> None:
    world = World(start())
    group = world.make("SecurityGroup", netId=world.net(), securityGroupName="filter", description="d")
    assert group.outputs["implicitRulesRemoved"] is True
    server.call(
        "CreateSecurityGroupRule", SecurityGroupId=group.id, Flow="Outbound", IpProtocol="-1", IpRange="0.0.0.0/0"
    )
    assert World(start()).refresh(group)[2].values["implicitRulesRemoved"] is False


def test_rules_of_the_same_ports_are_told_apart(cloud: Engine) -> None:
    """The API shows them as one rule with several ranges."""
    world = World(cloud)
    group = world.group(world.net())
    shared = {"securityGroupId": group, "flow": "Outbound", "ipProtocol": "tcp", "fromPortRange": 53, "toPortRange": 53}
    one = world.make("SecurityGroupRule", **shared, ipRange="10.0.1.0/24")
    other = world.make("SecurityGroupRule", **shared, ipRange="10.0.2.0/24")
    world.delete(one)
    assert world.refresh(one)[0] == ""
    assert world.refresh(other)[0] == other.id


def test_a_rule_for_every_protocol_needs_no_ports(cloud: Engine) -> None:
    world = World(cloud)
    group = world.group(world.net())
    rule = world.make(
        "SecurityGroupRule", securityGroupId=group, flow="Inbound", ipProtocol="-1", ipRange="10.0.1.0/24"
    )
    assert world.refresh(rule)[1].values == rule.inputs
    id, inputs, _ = cloud.read(rule.urn, rule.id)
    assert (id, inputs.values["ipProtocol"]) == (rule.id, "-1")
    world.delete(rule)


def test_a_deletion_waits_for_what_still_uses_it(cloud: Engine, server: Server) -> None:
    world = World(cloud)
    net = world.make("Net", ipRange="10.0.0.0/16")
    subnet = world.make("Subnet", netId=net.id, ipRange="10.0.1.0/24")
    with ThreadPoolExecutor(2) as pool:
        going = pool.submit(cloud.delete, net.urn, net.id, net.outputs)
        while server.control.counts().get("DeleteNet", 0) < 2:
            assert not going.done()
        cloud.delete(subnet.urn, subnet.id, subnet.outputs)
        going.result(timeout=10)
    assert server.control.inventory().get("net", 0) == 0


def test_a_deletion_that_stays_in_conflict_says_with_what(cloud: Engine) -> None:
    world = World(cloud)
    net = world.make("Net", ipRange="10.0.0.0/16")
    subnet = world.subnet(net.id)
    with pytest.raises(Refused) as refused:
        cloud.delete(net.urn, net.id, net.outputs, timeout=6)
    assert subnet in refused.value.message
    assert "custom_timeouts" in refused.value.message


def test_a_deletion_that_ends_in_a_read_says_what_was_in_the_way(cloud: Engine, server: Server) -> None:
    world = World(cloud)
    net = world.make("Net", ipRange="10.0.0.0/16")
    subnet = world.subnet(net.id)
    server.control.fault("throttle", "ReadNets", count=1000)
    with pytest.raises(Refused) as refused:
        cloud.delete(net.urn, net.id, net.outputs, timeout=6)
    assert "no answer to ReadNets" in refused.value.message
    assert subnet in refused.value.message


@pytest.mark.parametrize("fault", ["reset_after", "error_after", "reset_before", "throttle"])
def test_a_deletion_whose_answer_is_lost_ends_when_it_is_gone(fault: str, cloud: Engine, server: Server) -> None:
    world = World(cloud)
    thing = world.make("Net", ipRange="10.0.0.0/16")
    server.control.fault(fault, "DeleteNet")
    world.delete(thing)
    assert server.call("ReadNets")["Nets"] == []


def test_a_forbidden_deletion_keeps_the_resource(cloud: Engine, server: Server) -> None:
    world = World(cloud)
    thing = world.make("Net", ipRange="10.0.0.0/16")
    server.control.fault("forbidden", "DeleteNet")
    with pytest.raises(Refused, match="the right to DeleteNet"):
        cloud.delete(thing.urn, thing.id, thing.outputs)


def test_a_protected_machine_is_not_deleted_and_says_how(cloud: Engine) -> None:
    world = World(cloud)
    vm = world.make("Vm", imageId=world.image(), subnetId=world.subnet(), deletionProtection=True)
    with pytest.raises(Refused, match="deletionProtection"):
        cloud.delete(vm.urn, vm.id, vm.outputs, timeout=5)
    assert world.change(vm, deletionProtection=False) == (["deletionProtection"], [])
    world.delete(vm)


def test_a_stopped_machine_stays_stopped_through_a_change_of_type(cloud: Engine, server: Server) -> None:
    world = World(cloud)
    vm = world.make("Vm", imageId=world.image(), subnetId=world.subnet(), bootOnCreation=False, vmType="tinav5.c1r1p2")
    assert vm.outputs["state"] == "stopped"
    mark = server.control.mark()
    world.change(vm, vmType="tinav5.c2r4p2")
    assert vm.outputs["state"] == "stopped"
    assert "StartVms" not in server.control.counts(mark)


def test_an_import_with_a_wrong_id_says_its_form(cloud: Engine) -> None:
    with pytest.raises(Refused, match="Its form is <routeTableId>_<destinationIpRange>"):
        cloud.read(cloud.urn("Route"), "rtb-12345678")


def test_a_peering_that_failed_is_told_and_can_be_deleted(cloud: Engine) -> None:
    from tests.plugins.runtime.wire import Halfway

    world = World(cloud)
    one, other = world.net("10.1.0.0/16"), world.net("10.1.0.0/24")
    urn = cloud.urn("NetPeering")
    with pytest.raises(Halfway) as halfway:
        cloud.create(urn, {"sourceNetId": one, "accepterNetId": other})
    assert "failed" in halfway.value.reasons[0]
    cloud.delete(urn, halfway.value.id, halfway.value.outputs.values, timeout=5)


def test_lookups_answer_and_filter(cloud: Engine) -> None:
    zones = [zone["subregionName"] for zone in cloud.invoke("getSubregions")["subregions"]]
    assert len(zones) >= 2
    assert [
        zone["subregionName"] for zone in cloud.invoke("getSubregions", subregionNames=zones[:1])["subregions"]
    ] == (zones[:1])
    [vm_type] = cloud.invoke("getVmTypes", vmTypeNames=["tinav5.c1r1p2"])["vmTypes"]
    assert (vm_type["vcoreCount"], vm_type["memorySize"]) == (1, 1)
    assert {"name", "maxValue", "usedValue"} <= set(cloud.invoke("getQuotas")["quotas"][0])
    image = cloud.invoke("getImages")["images"][0]
    assert cloud.invoke("getImages", imageIds=[image["imageId"]])["images"] == [image]
