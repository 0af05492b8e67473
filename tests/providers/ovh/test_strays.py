"""What a lost answer left in OpenStack is removed; what holds data, serves somebody or is somebody else's is not."""

from __future__ import annotations

import datetime as dt
import pathlib
from collections.abc import Callable
from typing import Any

import pytest
from openstack.block_storage.v3 import volume
from openstack.compute.v2 import keypair, server, server_group

from blueprint import loader, naming, planner, target
from providers import observation, strays
from providers.ovh import kinds
from providers.ovh import strays as ovh
from providers.strays import Claim, Held, Stray, Swept, Why
from tests.providers.ovh.project import Cloud, Neutron

PLACE = "ovh-sandbox"
CLAIM = Claim(planner.plan(loader.load(loader.find("minimal")), target.load(PLACE), "dev"), PLACE)
OURS, OTHER = ("minimal", "dev"), ("minimal", "prod")
STUDY, ZONE = "bubbles/study", "bubbles/study/zones/app"
FILTER, FLOW, NIC = f"{ZONE}/filter", "flows/f/ingress/study.app/1", "bubbles/study/machines/app/1/nic"
ALL = frozenset({"network", "compute", "bastion", "storage"})
HELD = Held(frozenset({"net-held", "sub-held", "sg-held", "rule-held", "port-held"}), ALL)
BEGUN = dt.datetime(2026, 11, 28, 12, 0, 0, 700000, dt.UTC)
AFTER, BEFORE = "2026-11-28T12:00:04Z", "2026-11-28T11:00:00Z"


def claimed(subject: str, owner: tuple[str, str] = OURS, place: str = PLACE, **more: Any) -> dict[str, Any]:
    """What the adapter writes: name, description, tags."""
    parts = subject.split("/")
    named = parts[1:] if len(parts) == 2 else parts
    tags = [f"rempart:platform={owner[0]}", f"rempart:environment={owner[1]}", f"rempart:subject={subject}"]
    layer = "bastion" if parts[0] == "bastion" else "compute" if parts[-1] == "nic" else "network"
    said = f"{subject} stack={owner[0]}.{place}.{owner[1]}.{layer}"
    return {"name": naming.of(*owner, *named), "description": said, "tags": tags, **more}


def untagged(subject: str, owner: tuple[str, str] = OURS, **more: Any) -> dict[str, Any]:
    """What is left of it where the answer to the creation is lost."""
    return {**claimed(subject, owner), "tags": [], **more}


def rule_in(group: str, subject: str = FLOW, of: str = FILTER, **more: Any) -> dict[str, Any]:
    said = {"description": f"{subject} securityGroupId={of}", "security_group_id": group, "direction": "ingress"}
    return {**said, **more}


@pytest.fixture
def neutron() -> Neutron:
    """A platform that stands, each thing once: all of it is held."""
    made = Neutron()
    made.put("networks", "net-held", claimed(STUDY))
    made.put("subnets", "sub-held", claimed(f"{ZONE}/az/a", network_id="net-held"))
    made.put("security_groups", "sg-held", claimed(FILTER))
    made.put("security_group_rules", "rule-held", rule_in("sg-held"))
    device = {"network_id": "net-held", "device_id": "vm", "device_owner": "compute:a", "security_groups": ["sg-held"]}
    made.put("ports", "port-held", claimed(NIC, **device, fixed_ips=[{"subnet_id": "sub-held"}]))
    return made


def sweep(neutron: Neutron, held: Held = HELD, wanted: frozenset[str] = ALL, **beside: list[Any]) -> Swept:
    told: list[Stray] = []
    done = ovh._sweep(Cloud(neutron, beside), CLAIM, wanted, held, told.append)
    assert [one.identifier for one in told if one in done.removed] == neutron.deleted
    return done


def why(done: Swept) -> dict[str, Why]:
    return {one.stray.identifier: one.why for one in done.kept}


def test_what_is_held_is_never_looked_at_twice(neutron: Neutron) -> None:
    assert sweep(neutron) == Swept((), ())
    assert neutron.deleted == []


@pytest.mark.parametrize("body", [claimed, untagged], ids=["tagged", "the tags were not written yet"])
def test_twins_of_what_is_held_go_users_first(neutron: Neutron, body: Callable[..., dict[str, Any]]) -> None:
    neutron.put("networks", "net-2", body(STUDY))
    neutron.put("subnets", "sub-2", body(f"{ZONE}/az/a", network_id="net-2"))
    neutron.put("security_groups", "sg-2", body(FILTER))
    neutron.put("security_group_rules", "rule-2", rule_in("sg-2"))
    neutron.put("security_group_rules", "born-2", {"security_group_id": "sg-2", "direction": "egress"})
    address = {"network_id": "net-2", "fixed_ips": [{"subnet_id": "sub-2"}], "security_groups": ["sg-2"]}
    neutron.put("ports", "port-2", body(NIC, **address))
    neutron.put("ports", "dhcp-2", {"network_id": "net-2", "device_owner": "network:dhcp", "device_id": "dhcp"})
    done = sweep(neutron)
    assert neutron.deleted == ["port-2", "sg-2", "sub-2", "net-2"]
    assert set(neutron.rows["security_group_rules"]) == {"rule-held"}, "a group takes its rules along"
    assert done.kept == ()
    assert {"net-held", "sub-held", "sg-held", "rule-held", "port-held"} <= {
        i for r in neutron.rows.values() for i in r
    }


def test_a_rule_that_strays_in_a_group_that_stands_goes_alone(neutron: Neutron) -> None:
    neutron.put("security_group_rules", "rule-2", rule_in("sg-held", "flows/g/ingress/study.app/1"))
    sweep(neutron)
    assert neutron.deleted == ["rule-2"]


@pytest.mark.parametrize(
    ("listing", "body"),
    [
        ("networks", claimed(STUDY, OTHER)),
        ("networks", untagged(STUDY, OTHER)),
        ("networks", claimed(STUDY, ("other", "dev"))),
        ("networks", claimed(STUDY, place="beside")),
        ("networks", {**untagged(STUDY), "description": STUDY}),
        ("networks", {**untagged(STUDY), "description": f"{STUDY} stack=minimal.ovh-sandbox.dev.compute"}),
        ("networks", {**claimed(STUDY), "tags": ["rempart:platform=minimal", f"rempart:subject={STUDY}"]}),
        ("networks", {**claimed(STUDY), "tags": ["team=radiology"]}),
        ("networks", {**claimed(STUDY), "name": "renamed-by-hand"}),
        ("networks", {**untagged(STUDY), "description": ""}),
        ("networks", {**untagged("bubbles/other"), "name": untagged(STUDY)["name"]}),
        ("networks", {"name": "vpn", "description": "the hospital's VPN"}),
        ("networks", {**claimed(STUDY), "project_id": "another"}),
        ("security_groups", {"name": "default", "description": "Default security group"}),
        ("security_group_rules", rule_in("sg-held", "", description="")),
        ("security_group_rules", rule_in("sg-held", of="bubbles/other/zones/z/filter")),
        ("security_group_rules", rule_in("sg-held", description="opened by hand")),
        ("security_group_rules", rule_in("sg-of-nobody")),
    ],
    ids=[
        "another environment", "another environment, untagged", "another platform", "another target's stack",
        "no stack's mark", "another layer's mark", "half of a claim",
        "tags of somebody", "renamed", "a name without subject", "name and subject differ", "nobody's",
        "another project", "default group", "rule without words", "rule of another group", "rule by hand",
        "rule in a group of nobody",
    ],
)  # fmt: skip
def test_whose_claim_is_not_this_one_or_cannot_be_read_stays(
    listing: str, body: dict[str, Any], neutron: Neutron
) -> None:
    neutron.put(listing, "theirs", body)
    assert sweep(neutron).removed == ()
    assert neutron.deleted == []


def test_ids_are_compared_and_not_names(neutron: Neutron) -> None:
    neutron.put("networks", "net-2", claimed(STUDY))
    one, two = sweep(neutron).removed, Held(HELD.ids - {"net-held"} | {"net-2"}, ALL)
    assert [stray.identifier for stray in one] == ["net-2"]
    neutron.put("networks", "net-2", claimed(STUDY))
    assert why(sweep_again(neutron, two)) == {"net-held": Why.USED}, "the other one is held now, and this one is used"


def sweep_again(neutron: Neutron, held: Held) -> Swept:
    neutron.deleted.clear()
    return sweep(neutron, held)


@pytest.mark.parametrize("layers", [frozenset[str](), ALL - {"network"}], ids=["no state at all", "one state is lost"])
def test_nothing_goes_from_a_layer_whose_state_holds_nothing(layers: frozenset[str], neutron: Neutron) -> None:
    held = Held(frozenset(), layers)
    done = sweep(neutron, held)
    assert neutron.deleted == []
    assert {identifier for identifier, reason in why(done).items() if reason is Why.STATE_LOST} >= {
        "net-held", "sub-held", "sg-held", "rule-held"
    }  # fmt: skip
    assert why(done)["port-held"] is (Why.USED if "compute" in layers else Why.STATE_LOST)


def begun(*layers: str, standing: frozenset[str] = frozenset(), ids: frozenset[str] = frozenset()) -> Held:
    return Held(ids, standing, dict.fromkeys(layers, BEGUN))


@pytest.fixture
def cut() -> Neutron:
    """What a first run leaves that was cut before an answer came: what stands on no other, some of it without tags."""
    made = Neutron()
    made.put("networks", "net-1", untagged(STUDY, created_at=AFTER))
    made.put("security_groups", "sg-1", claimed(FILTER, created_at=AFTER))
    made.put("security_groups", "sg-2", untagged("bubbles/study/zones/data/filter", created_at=AFTER))
    made.put("security_group_rules", "born-2", {"security_group_id": "sg-2", "direction": "egress"})
    return made


def test_what_a_first_run_left_that_was_cut_before_any_answer_goes(cut: Neutron) -> None:
    assert sweep(cut, begun("network")).kept == ()
    assert sorted(cut.deleted) == ["net-1", "sg-1", "sg-2"]


def test_ports_of_a_first_run_go_where_the_network_stands(neutron: Neutron) -> None:
    neutron.put("ports", "port-2", untagged(NIC, network_id="net-held", created_at=AFTER))
    neutron.put("ports", "port-3", claimed("bastion/1/nic", network_id="net-held", created_at=AFTER))
    sweep(neutron, begun("compute", standing=frozenset({"network"}), ids=HELD.ids))
    assert neutron.deleted == ["port-2"], "the bastion's layer was not begun"


@pytest.mark.parametrize(
    ("listing", "body"),
    [
        ("networks", claimed("bubbles/older", created_at=BEFORE)),
        ("networks", claimed("bubbles/undated")),
        ("networks", claimed("bubbles/undated", created_at="soon")),
        ("subnets", claimed(f"{ZONE}/az/a", network_id="net-1", created_at=AFTER)),
        ("security_group_rules", rule_in("sg-1")),
        ("ports", {**claimed("peerings/a/attachments/b", created_at=AFTER), "network_id": "net-1"}),
    ],
    ids=["older than the state", "of no date", "of no readable date", "a subnet", "a rule", "a router's port"],
)
def test_one_thing_that_no_cut_run_leaves_says_that_the_state_is_lost(
    listing: str, body: dict[str, Any], cut: Neutron
) -> None:
    cut.put(listing, "telling", body)
    done = sweep(cut, begun("network"))
    assert cut.deleted == []
    assert set(why(done).values()) == {Why.STATE_LOST}
    assert {"telling", "net-1", "sg-1", "sg-2"} <= set(why(done))


def test_what_a_cut_run_left_and_another_uses_stays(cut: Neutron) -> None:
    cut.put("ports", "theirs", {"network_id": "net-1", "device_id": "vm", "device_owner": "compute:a"})
    cut.put("security_group_rules", "by-hand", {"security_group_id": "sg-2", "direction": "ingress", "protocol": "tcp"})
    assert why(sweep(cut, begun("network"))) == {"net-1": Why.USED, "sg-2": Why.USED}
    assert cut.deleted == ["sg-1"]


def test_a_group_that_a_port_carries_keeps_its_rules(neutron: Neutron) -> None:
    neutron.put("security_groups", "sg-2", claimed(FILTER))
    neutron.put("security_group_rules", "rule-2", rule_in("sg-2"))
    neutron.put("ports", "guarded", {"network_id": "net-held", "device_id": "vm", "security_groups": ["sg-2"]})
    assert why(sweep(neutron)) == {"sg-2": Why.USED}
    assert "rule-2" in neutron.rows["security_group_rules"]


def test_only_the_layers_that_are_asked_for_are_swept(neutron: Neutron) -> None:
    neutron.put("networks", "net-2", claimed(STUDY))
    neutron.put("ports", "port-2", claimed(NIC, network_id="net-held"))
    neutron.put("ports", "port-3", claimed("bastion/1/nic", network_id="net-held"))
    sweep(neutron, wanted=frozenset({"compute"}))
    assert neutron.deleted == ["port-2"]


def test_what_is_used_stays(neutron: Neutron) -> None:
    neutron.put("networks", "net-2", claimed(STUDY))
    neutron.put("subnets", "theirs", {"name": "by hand", "network_id": "net-2"})
    neutron.put("networks", "net-3", claimed(STUDY, shared=True))
    neutron.put("networks", "net-4", claimed(STUDY))
    neutron.put("ports", "vpn", {"network_id": "net-4", "device_owner": "compute:a", "device_id": "vm"})
    neutron.put("subnets", "sub-2", claimed(f"{ZONE}/az/a", network_id="net-4"))
    neutron.put("ports", "in-it", {"network_id": "net-4", "device_id": "", "fixed_ips": [{"subnet_id": "sub-2"}]})
    neutron.put("security_groups", "sg-2", claimed(FILTER))
    neutron.put("security_group_rules", "points", {"security_group_id": "theirs", "remote_group_id": "sg-2"})
    neutron.put("security_groups", "sg-3", claimed(FILTER))
    neutron.put("security_group_rules", "by-hand", {"security_group_id": "sg-3", "direction": "ingress"})
    neutron.put("security_groups", "sg-4", claimed(FILTER))
    neutron.put("ports", "guarded", {"network_id": "net-4", "security_groups": ["sg-4"]})
    neutron.put("ports", "port-2", claimed(NIC, network_id="net-held", device_id="vm-2", device_owner="compute:a"))
    neutron.put("ports", "port-3", claimed(NIC, network_id="net-held"))
    neutron.put("ips", "fip", {"port_id": "port-3", "floating_ip_address": "192.0.2.1"})
    done = sweep(neutron)
    assert neutron.deleted == []
    expected = {"net-2", "net-3", "net-4", "sub-2", "sg-2", "sg-3", "sg-4", "port-2", "port-3"}
    assert why(done) == dict.fromkeys(expected, Why.USED)


def test_what_changes_while_it_is_looked_at_stays(neutron: Neutron) -> None:
    neutron.put("ports", "port-2", claimed(NIC, network_id="net-held"))
    neutron.before_delete = lambda identifier: neutron.rows["ports"][identifier].update(
        device_id="vm-2", revision_number=4
    )
    assert why(sweep(neutron)) == {"port-2": Why.CHANGED}
    assert "port-2" in neutron.rows["ports"]


def test_what_holds_data_is_named_and_stays(neutron: Neutron) -> None:
    subject, mark = "bubbles/study/machines/app/1/disks/data", "minimal.ovh-sandbox.dev.compute"
    told = {"rempart:platform": "minimal", "rempart:environment": "dev", "rempart:subject": subject}
    told["rempart:stack"] = mark
    disks = [
        volume.Volume.existing(id="vol-1", name="any", metadata=told, size=1),
        volume.Volume.existing(id="vol-2", name="any", metadata={**told, "rempart:environment": "prod"}, size=1),
        volume.Volume.existing(id="vol-3", name="any", metadata={**told, "rempart:stack": "another"}, size=1),
    ]
    done = sweep(neutron, volumes=disks)
    assert why(done) == {"vol-1": Why.DATA}
    assert done.kept[0].stray == Stray(kinds.VOLUME, "vol-1", subject, "compute")


MACHINE = "bubbles/study/machines/app/1"
MARKED = {
    "rempart:platform": "minimal",
    "rempart:environment": "dev",
    "rempart:stack": "minimal.ovh-sandbox.dev.compute",
}


def ran(identifier: str, subject: str = MACHINE, **more: str) -> server.Server:
    return server.Server.existing(
        id=identifier, status="ACTIVE", metadata={**MARKED, "rempart:subject": subject, **more}
    )


def disk(identifier: str, *attached: str, of: str = MACHINE) -> volume.Volume:
    told = {**MARKED, "rempart:subject": f"{of}/disks/data"}
    where = [{"server_id": one, "attachment_id": f"a-{one}"} for one in attached]
    return volume.Volume.existing(id=identifier, metadata=told, size=1, attachments=where)


def test_two_that_claim_one_subject_are_twins_whoever_holds_one(neutron: Neutron) -> None:
    two = {"servers": [ran("vm-1"), ran("vm-2")], "volumes": [disk("vol-1"), disk("vol-2")]}
    names = dict.fromkeys(("vm-1", "vm-2", "vol-1", "vol-2"), Why.TWIN)
    assert why(sweep(neutron, **two)) == names
    held = Held(HELD.ids | {"vm-1", "vol-2"}, ALL)
    assert why(sweep(neutron, held, **two)) == {"vm-2": Why.TWIN, "vol-1": Why.TWIN}
    assert neutron.deleted == []


def test_one_of_another_stack_is_no_twin(neutron: Neutron) -> None:
    theirs = ran("vm-2", **{"rempart:environment": "prod", "rempart:stack": "minimal.ovh-sandbox.prod.compute"})
    assert why(sweep(neutron, servers=[ran("vm-1"), theirs])) == {"vm-1": Why.DATA}


def test_a_disk_that_hangs_on_its_machine_strays_with_it_unless_that_is_held(neutron: Neutron) -> None:
    things = {"servers": [ran("vm-1"), ran("vm-9", f"{MACHINE}0")], "volumes": [disk("vol-1", "vm-1")]}
    link = Stray(kinds.ATTACHMENT, "vm-1/vol-1", f"{MACHINE}/disks/data/link", "compute")
    assert link in [one.stray for one in sweep(neutron, **things).kept if one.why is Why.DATA]
    known = sweep(neutron, Held(HELD.ids | {"vm-1", "vm-9", "vol-1", "vm-1/vol-1"}, ALL), **things)
    assert known == Swept((), ())
    elsewhere = {**things, "volumes": [disk("vol-1", "vm-9", "vm-of-nobody")]}
    assert kinds.ATTACHMENT not in {one.stray.kind for one in sweep(neutron, **elsewhere).kept}


def test_an_interface_on_which_a_machine_of_the_stack_runs_may_serve(neutron: Neutron) -> None:
    """Else it is in use, and nobody of ours says by whom."""
    on = {"network_id": "net-held", "device_owner": "compute:a"}
    neutron.put("ports", "port-2", claimed(f"{MACHINE}0/nic", **on, device_id="vm-1"))
    neutron.put("ports", "port-3", claimed(f"{MACHINE}1/nic", **on, device_id="vm-of-nobody"))
    done = why(sweep(neutron, servers=[ran("vm-1", f"{MACHINE}0")]))
    assert done == {"vm-1": Why.DATA, "port-2": Why.DATA, "port-3": Why.USED}
    assert neutron.deleted == []


def test_a_machine_of_a_layer_without_a_state_says_that_the_state_is_lost(neutron: Neutron) -> None:
    mark = {
        "rempart:platform": "minimal",
        "rempart:environment": "dev",
        "rempart:stack": "minimal.ovh-sandbox.dev.compute",
    }
    machine = server.Server.existing(id="vm-1", metadata={**mark, "rempart:subject": "bubbles/study/tiers/app/1"})
    machine.created_at = AFTER
    neutron.put("ports", "port-2", untagged(NIC, network_id="net-held", created_at=AFTER))
    done = sweep(neutron, begun("compute", standing=frozenset({"network"}), ids=HELD.ids), servers=[machine])
    assert neutron.deleted == []
    assert why(done) == {"vm-1": Why.STATE_LOST, "port-2": Why.STATE_LOST}


def test_what_bears_no_mark_is_known_by_its_name_and_named_only(neutron: Neutron) -> None:
    pairs = [keypair.Keypair.existing(id=name, name=name) for name in (naming.of(*OURS, "bastion"), "mine")]
    tier = "bubbles/study/tiers/database/placement"
    groups = [
        server_group.ServerGroup.existing(id=f"group-{number}", name=naming.of(*owner, *tier.split("/")))
        for number, owner in enumerate((OURS, OTHER))
    ]
    done = sweep(neutron, keypairs=pairs, server_groups=groups)
    assert [(one.stray.subject, one.why) for one in done.kept] == [
        ("bastion/keypair", Why.NAMED),
        (tier, Why.NAMED),
    ]
    assert f"openstack keypair delete {naming.of(*OURS, 'bastion')}" in done.kept[0].remedy
    assert "openstack server group delete group-0" in done.kept[1].remedy
    held = Held(HELD.ids | {naming.of(*OURS, "bastion"), "group-0"}, ALL)
    assert sweep(neutron, held, keypairs=pairs, server_groups=groups).kept == ()


def test_the_deployers_credentials_are_used_and_never_the_readers(tmp_path: pathlib.Path) -> None:
    env = {"OS_CLIENT_CONFIG_FILE": str(tmp_path / "clouds.yaml"), "OS_CLOUD": "deployer"}
    account = ovh.account({**env, "REMPART_READER_CLOUD": "reader"}, "r")
    assert (account.cloud, account.reader) == ("deployer", False)
    with pytest.raises(observation.Unreachable, match="OS_CLOUD"):
        ovh.account({"OS_CLIENT_CONFIG_FILE": "f"}, "r")


def test_only_a_provider_whose_plugin_keeps_no_notes_has_a_sweeper() -> None:
    assert strays.load("ovh") is ovh
    assert strays.load("outscale") is None
