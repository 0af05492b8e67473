"""Plans that OpenTofu made with the providers' own programs, read beside the files that they were made of.

`plans/<provider>/main.tf`, `tofu plan -refresh=false` with OpenTofu 1.12.6 and the versions in `schemas/`, made-up
credentials, no cloud; hosts of registries and times are left out of what `tofu show -json` printed. To sign in, Cloud
Temple's provider was given a stand-in.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import pathlib
import shutil
from typing import Any

import pytest

from blueprint import facts
from blueprint.facts import Fact
from blueprint.values import NOT_OBSERVABLE, Malformed
from cli import review
from providers.ovh import kinds
from providers.terraform import mapping
from providers.terraform.mapping import Resource
from tests.cli.reviewing import of, reviewed
from tests.policies import runs

PLANS = pathlib.Path(__file__).parent / "plans"
PROVIDERS = {"outscale": "outscale", "openstack": "ovh", "cloudtemple": "cloudtemple"}
"""Folder -> provider, as this project names it."""
ASKED = {
    "outscale": {"outscale_security_group_rule.security_groups_members", "outscale_vm.block_device_mappings"},
    "openstack": {
        "openstack_networking_network_v2.value_specs",
        "openstack_networking_port_v2.device_owner",
        "openstack_networking_subnet_v2.dns_nameservers",
    },
    "cloudtemple": {"cloudtemple_compute_iaas_opensource_virtual_machine.replication_policy_id"},
}
"""What the samples say that no rule reads."""


def files(name: str, folder: pathlib.Path) -> pathlib.Path:
    shutil.copy(PLANS / name / "main.tf", folder / "main.tf")
    return folder


def resources(path: pathlib.Path, provider: str) -> list[Resource]:
    reading = review.read(path)
    made, unknown = review.resolve(reading, provider, None)
    assert (reading.problems, unknown) == ((), [])
    return made


def read(path: pathlib.Path, provider: str) -> dict[str, Fact]:
    return {fact.origin.urn: fact for fact in review.facts_of(resources(path, provider), provider)}


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_plan_and_its_files_make_the_same_facts(name: str, tmp_path: pathlib.Path) -> None:
    planned = read(PLANS / name / "plan.json", PROVIDERS[name])
    written = read(files(name, tmp_path), PROVIDERS[name])
    assert len(planned) > 10
    # As text: what points at something that nothing names cannot be compared.
    assert {urn: repr(one) for urn, one in planned.items()} == {urn: repr(one) for urn, one in written.items()}


@pytest.mark.parametrize("name", PROVIDERS)
def test_nothing_in_a_real_plan_has_a_shape_that_no_reader_expects(name: str) -> None:
    strange = [
        (urn, field.name)
        for urn, fact in read(PLANS / name / "plan.json", PROVIDERS[name]).items()
        for field in dataclasses.fields(fact)
        if isinstance(getattr(fact, field.name), Malformed)
    ]
    allowed = [("outscale_security_group_rule.it.rules[1].ip_ranges[0]", "cidrs")]  # it names a group, and no range
    assert strange == (allowed if name == "outscale" else [])


@pytest.mark.parametrize("how", ["plan", "files"])
@pytest.mark.parametrize("name", PROVIDERS)
def test_an_argument_that_no_rule_reads_asks_for_an_answer(name: str, how: str, tmp_path: pathlib.Path) -> None:
    path = PLANS / name / "plan.json" if how == "plan" else files(name, tmp_path)
    assert {one for each in resources(path, PROVIDERS[name]) for one in each.unread} == ASKED[name]


@pytest.fixture
def settled(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    runs.settle(monkeypatch, tmp_path / "work")
    return tmp_path


SAID = {
    "outscale": [
        ("GOV-01", "outscale_vm.it.block_device_mappings", "evidence_required", "no rule reads its argument"),
        ("NET-03", "outscale_vm.it", "non_conform", "no resource of its own"),
        ("NET-04", "outscale_security_group_rule.it.rules[0].ip_ranges[1]", "non_conform", ""),
        ("NET-09", 'outscale_subnet.it["b"]', "non_conform", "public"),
        ("SOV-03", "provider outscale", "conform", ""),
        ("NET-10", "provider outscale", "conform", ""),
    ],
    "openstack": [
        ("GOV-01", "openstack_networking_network_v2.it.value_specs", "evidence_required", "no rule reads its argument"),
        ("SOV-03", "provider openstack", "non_conform", "no rule reads its `endpointOverrides`"),
        ("NET-10", "provider openstack", "non_conform", "certificate"),
        ("NET-03", "openstack_compute_instance_v2.it", "non_conform", "no resource of its own"),
        ("NET-04", 'openstack_networking_secgroup_rule_v2.it["ssh"]', "non_conform", ""),
    ],
    "cloudtemple": [
        ("STO-07", "bubbles/study/tiers/database/1", "non_conform", "a disk that it is born with"),
        ("STO-02", "cloudtemple_object_storage_bucket.list", "non_conform", "almost anyone"),
        ("STO-06", "cloudtemple_object_storage_global_access_key.all", "non_conform", "every bucket"),
        ("IAM-06", "cloudtemple_iam_personal_access_token.ci", "non_conform", "90 days"),
    ],
}
"""(rule, subject, state, part of its message)."""


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_review_of_a_plan_says_what_the_one_of_its_files_does(name: str, settled: pathlib.Path) -> None:
    folder = settled / "files"
    folder.mkdir()
    said: list[set[tuple[str, ...]]] = []
    for path in (PLANS / name / "plan.json", files(name, folder)):
        document = reviewed(path, settled)
        assert document["problems"] == []
        keys = ("rule", "subject", "state", "message")
        said.append({tuple(one[key] for key in keys) for one in document["findings"]})
        for rule, subject, state, text in SAID[name]:
            found = of(document, rule)[subject]
            assert found[0] == state, (rule, subject, found)
            assert text in found[1]
        assert "not-a-real-one" not in (settled / "out.json").read_text(encoding="utf-8")
    assert said[0] == said[1]


# Of user data, OpenStack's provider keeps a digest

TEXT = "#cloud-config\n"
DIGEST = hashlib.sha1(TEXT.encode(), usedforsecurity=False).hexdigest()
MACHINE = "openstack_compute_instance_v2.it"


def changed(folder: pathlib.Path, expression: Any) -> Fact:
    """The machine of the plan, its user data written in another way."""
    document = json.loads((PLANS / "openstack" / "plan.json").read_text(encoding="utf-8"))
    for one in document["configuration"]["root_module"]["resources"]:
        if one["address"] == MACHINE:
            one["expressions"]["user_data"] = expression
            one["expressions"].pop("personality")
    for one in document["resource_changes"]:
        if one["address"] == MACHINE:
            assert one["change"]["after"]["user_data"] == DIGEST
            one["change"]["after"]["personality"] = []
    path = folder / "plan.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return read(path, "ovh")[MACHINE]


def test_user_data_that_is_written_out_is_read_and_its_digest_is_not(tmp_path: pathlib.Path) -> None:
    fact = changed(tmp_path, {"constant_value": TEXT})
    assert isinstance(fact, facts.Machine)
    assert fact.user_data == TEXT


def test_a_digest_alone_is_not_taken_for_the_text(tmp_path: pathlib.Path) -> None:
    fact = changed(tmp_path, {"references": ["var.text"]})
    assert isinstance(fact, facts.Machine)
    assert fact.user_data is NOT_OBSERVABLE


def test_a_digest_of_just_what_the_plan_says_is_as_planned() -> None:
    from providers.ovh import terraform

    one = Resource("x", kinds.INSTANCE, {"userData": NOT_OBSERVABLE}, {}, "", {}, digests={"userData": DIGEST})
    assert terraform._with_user_data(one, TEXT).properties["userData"] == TEXT
    assert terraform._with_user_data(one, "#cloud-config\nruncmd: [x]\n") is one
    assert terraform._with_user_data(one, None) is one
    assert mapping.load("ovh").types["openstack_compute_instance_v2"].hashed == ("user_data",)


@pytest.mark.parametrize(
    ("name", "address", "source"),
    [
        ("outscale", "outscale_volume.it", "snap-12345678"),
        ("openstack", "openstack_blockstorage_volume_v3.it", "0c1d0b1e-0000-4000-8000-000000000000"),
    ],
)
def test_a_disk_that_is_filled_from_something_says_from_what(name: str, address: str, source: str) -> None:
    disk = read(PLANS / name / "plan.json", PROVIDERS[name])[address]
    assert isinstance(disk, facts.Disk)
    assert disk.snapshot == source


def test_interfaces_of_both_kinds_of_block_are_seen_and_one_that_is_born_with_its_machine_has_no_subject() -> None:
    machine = read(PLANS / "outscale" / "plan.json", "outscale")["outscale_vm.it"]
    assert isinstance(machine, facts.Machine)
    assert machine.interfaces == ("unmanaged outscale_nic.it", "")


def test_a_list_of_one_policy_keeps_machines_apart() -> None:
    group = read(PLANS / "openstack" / "plan.json", "ovh")["openstack_compute_servergroup_v2.it"]
    assert isinstance(group, facts.Placement)
    assert group.apart is True


def test_a_password_for_the_first_user_is_read_as_cloud_init_would() -> None:
    machine = read(PLANS / "openstack" / "plan.json", "ovh")[MACHINE]
    assert isinstance(machine, facts.Machine)
    assert machine.also == ("password: not-a-real-one",)
