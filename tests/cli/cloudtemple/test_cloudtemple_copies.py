"""STO-07 and STO-06 on Cloud Temple: policies of copies wherever they are given, and what grants on buckets give."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from tests.cli.cloudtemple_terraform import (
    ARCHIVE,
    DATABASE,
    WAYS,
    Ref,
    Terraform,
    Var,
    bucket,
    findings,
    label,
    of,
    states,
    vm,
)

VMWARE = f"cloudtemple_compute_virtual_machine.{label(DATABASE)}"
DISK = "cloudtemple_compute_virtual_disk.it"
ASSIGNED = "cloudtemple_backup_sla_policy_assignment.it"
POLICY = Ref("data.cloudtemple_backup_sla_policy.daily")


def on_vmware(small: Terraform, **arguments: Any) -> None:
    """The database's machine is one of VMware, which names no policy of copies by itself."""
    given = {key: vm(small)[key] for key in ("name", "tags", "memory", "cpu")}
    small.resources = {VMWARE: {**given, "guest_operating_system_moref": "debian12_64Guest", **arguments}}


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize(
    ("policies", "state"),
    [
        (None, "non_conform"),
        ([POLICY], "evidence_required"),
        ([], "non_conform"),
        ([""], "non_conform"),
        (Var("asked"), "not_observable"),
    ],
    ids=["no assignment", "a policy", "an empty list", "no name", "a variable"],
)
def test_a_policy_that_a_resource_of_its_own_gives_is_the_machine_s(
    how: str, policies: Any, state: str, small: Terraform, folder: pathlib.Path
) -> None:
    on_vmware(small)
    if policies is not None:
        small.resources[ASSIGNED] = {"virtual_machine_id": Ref(VMWARE), "sla_policy_ids": policies}
    found = findings(small, folder, how)
    assert states(found, "STO-07", DATABASE) == {state}
    if policies is not None:
        assert states(found, "GOV-01", f"{DATABASE}/copies") == {"conform"}
        assert "non_conform" not in states(found, "GOV-09", f"{DATABASE}/copies")


@pytest.mark.parametrize("how", WAYS)
def test_a_machine_s_own_policy_counts_beside_an_empty_assignment(
    how: str, small: Terraform, folder: pathlib.Path
) -> None:
    on_vmware(small, backup_sla_policies=[POLICY])
    small.resources[ASSIGNED] = {"virtual_machine_id": Ref(VMWARE), "sla_policy_ids": []}
    assert states(findings(small, folder, how), "STO-07", DATABASE) == {"evidence_required"}


@pytest.mark.parametrize("how", WAYS)
def test_where_an_assignment_does_not_say_whose_it_is_no_machine_is_said_to_have_none(
    how: str, small: Terraform, folder: pathlib.Path
) -> None:
    on_vmware(small)
    small.resources[ASSIGNED] = {"virtual_machine_id": Var("which"), "sla_policy_ids": [POLICY]}
    found = findings(small, folder, how)
    assert states(found, "STO-07", DATABASE) == {"not_observable"}
    assert "conform" not in states(found, "GOV-01", ASSIGNED)


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({}, None),
        ({"backup_sla_policies": [POLICY]}, ("evidence_required", "it names a policy of copies")),
        ({"backup_sla_policies": [""]}, ("non_conform", "only its machine's would hold it")),
        ({"backup_sla_policies": Var("asked")}, ("not_observable", "`copied`")),
        (
            {"backup_sla_policies": [POLICY], "disk_mode": "independent_persistent"},
            ("non_conform", "copies of its machine leave it out"),
        ),
    ],
    ids=["with its machine", "a policy", "no name", "a variable", "a mode that no copy holds"],
)
def test_a_disk_of_vmware_may_name_a_policy_of_its_own(
    how: str, arguments: dict[str, Any], says: tuple[str, str] | None, small: Terraform, folder: pathlib.Path
) -> None:
    on_vmware(small, backup_sla_policies=[POLICY])
    given = {"capacity": 1 << 30, "disk_mode": "persistent", "virtual_machine_id": Ref(VMWARE)}
    small.resources[DISK] = {**given, **arguments}
    found = findings(small, folder, how)
    (disk,) = {one["subject"] for one in found if one["type"] == "cloudtemple:vmware:VirtualDisk"}
    answers = of(found, "STO-07", disk)
    assert len(answers) == (says is not None)
    for state, message in answers:
        assert says is not None
        assert (state, says[1] in message) == (says[0], True), message


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("inside", [True, False], ids=["acl_entry in the bucket", "a resource of its own"])
@pytest.mark.parametrize(
    ("role", "state", "says"),
    [
        ("READ", "conform", ""),
        ("write", "conform", ""),
        ("FULL_CONTROL", "non_conform", "who else opens the bucket"),
        (" full_control ", "non_conform", "who else opens the bucket"),
        ("MAINTAINER", "not_observable", "`gives` cannot be read"),
        (Var("asked"), "not_observable", "`gives`"),
    ],
)
def test_a_grant_lets_a_key_read_or_write_and_not_say_who_else_may(
    how: str, inside: bool, role: Any, state: str, says: str, small: Terraform, folder: pathlib.Path
) -> None:
    small.resources["cloudtemple_object_storage_storage_account.app"] = {"name": "app"}
    entry = {"storage_account": Ref("cloudtemple_object_storage_storage_account.app", "name"), "role": role}
    if inside:
        bucket(small)["acl_entry"] = [entry]
    else:
        address = f"cloudtemple_object_storage_bucket.{label(ARCHIVE)}"
        small.resources["cloudtemple_object_storage_acl_entry.it"] = {"bucket": Ref(address, "name"), **entry}
    ((found, message),) = of(findings(small, folder, how), "STO-06", f"{ARCHIVE}/grant")
    assert (found, says in message) == (state, True), message


@pytest.mark.parametrize("how", WAYS)
def test_a_bucket_has_as_many_grants_as_keys(how: str, small: Terraform, folder: pathlib.Path) -> None:
    """Two say the same subject, and neither is the other a second time."""
    entries = []
    for name in ("reader", "writer"):
        small.resources[f"cloudtemple_object_storage_storage_account.{name}"] = {"name": name}
        account = Ref(f"cloudtemple_object_storage_storage_account.{name}", "name")
        entries.append({"storage_account": account, "role": "READ" if name == "reader" else "WRITE"})
    bucket(small)["acl_entry"] = entries
    assert states(findings(small, folder, how), "GOV-01", f"{ARCHIVE}/grant") == {"conform"}
