"""What Terraform of Cloud Temple shows of a platform that is as it should be. What it cannot show never passes."""

from __future__ import annotations

import copy
import pathlib
from collections.abc import Callable

import pytest

from blueprint import plan as plans
from cli import review
from tests.cli import cloudtemple_terraform as written
from tests.cli.cloudtemple_terraform import (
    ARCHIVE,
    BASTION,
    DATABASE,
    SEEN,
    TRACES,
    WAYS,
    Terraform,
    Var,
    findings,
    kept,
    more,
    of,
    put,
    states,
    without,
)


@pytest.mark.parametrize("how", WAYS)
def test_nothing_of_a_compliant_platform_is_refused(how: str, small: Terraform, folder: pathlib.Path) -> None:
    found = findings(small, folder, how)
    assert [one for one in found if one["state"] == "non_conform"] == []
    subjects = {one["subject"] for one in found if one["rule"] == "GOV-01" and one["state"] == "conform"}
    assert {DATABASE, f"{DATABASE}/nic", f"{DATABASE}/disks/data", ARCHIVE, TRACES, BASTION} <= subjects


@pytest.mark.parametrize("how", WAYS)
def test_keys_of_one_bubble_each_are_as_planned(how: str, plan: plans.Plan, folder: pathlib.Path) -> None:
    found = findings(written.whole(plan), folder, how)
    assert [one for one in found if one["state"] == "non_conform"] == []
    for subject in (f"{ARCHIVE}/grant", f"{TRACES}/grant"):
        assert states(found, "GOV-01", subject) == states(found, "STO-06", subject) == {"conform"}
    for key in plan.storage_keys:
        assert states(found, "GOV-01", key.subject) == {"conform"}
        assert states(found, "STO-06", key.subject) == {"evidence_required"}, "that it ends, no type says"


EXPECTED = (
    ("NET-03", DATABASE, "not_observable", "`filters`"),
    ("NET-03", f"{DATABASE}/nic", "not_observable", "`filters`"),
    ("SOV-03", DATABASE, "not_observable", "`az`"),
    ("SOV-03", f"{DATABASE}/disks/data", "not_observable", "`az`"),
    ("CPT-01", DATABASE, "not_observable", "`az`"),
    ("CPT-04", DATABASE, "evidence_required", "own disk"),
    ("STO-01", ARCHIVE, "not_observable", "`encrypted`"),
    ("STO-01", f"{DATABASE}/disks/data", "evidence_required", "encryption"),
    ("STO-02", ARCHIVE, "not_observable", "`policy`"),
    ("STO-03", ARCHIVE, "not_observable", "`policy`"),
    ("STO-04", ARCHIVE, "not_observable", "`policy`"),
    ("LOG-03", TRACES, "not_observable", "`expiry`"),
    ("LOG-04", TRACES, "not_observable", "`lock_days`"),
    ("DAT-01", f"{DATABASE}/nic", "not_observable", "`networkId` points at is given elsewhere"),
    ("DAT-01", DATABASE, "not_observable", "`osNetworkAdapter` points at is given elsewhere"),
    ("NET-02", ARCHIVE, "evidence_required", "no tags"),
    ("STO-07", DATABASE, "evidence_required", "policy of copies"),
    ("SOV-01", DATABASE, "evidence_required", "decision 3389"),
    ("CPT-05", DATABASE, "conform", ""),
    ("GOV-02", DATABASE, "conform", ""),
    ("SOV-03", ARCHIVE, "conform", ""),
)


@pytest.mark.parametrize("how", WAYS)
def test_what_the_provider_does_not_have_is_never_a_pass(how: str, small: Terraform, folder: pathlib.Path) -> None:
    found = findings(small, folder, how)
    for rule, subject, state, says in EXPECTED:
        answers = of(found, rule, subject)
        assert {one for one, _ in answers} == {state}, (rule, subject)
        assert all(says in message for _, message in answers), (rule, subject)


@pytest.mark.parametrize("how", WAYS)
def test_a_credential_that_a_variable_gives_is_written_nowhere(
    how: str, small: Terraform, folder: pathlib.Path
) -> None:
    small.provider["secret_id"] = Var("asked")
    small.resources["cloudtemple_iam_personal_access_token.it"] = {"expiration_date": Var("asked")}
    assert states(findings(small, folder, how), "IAM-06", "provider cloudtemple") == set()


@pytest.mark.parametrize("mode", ["persistent", None])
def test_a_disk_that_copies_hold_is_judged_with_its_machine(
    mode: str | None, small: Terraform, folder: pathlib.Path
) -> None:
    address = "cloudtemple_compute_virtual_disk.it"
    small.resources[address] = {"capacity": 1 << 30} | ({"disk_mode": mode} if mode else {})
    assert "non_conform" not in states(findings(small, folder, "files"), "STO-07", address)


OPEN: dict[str, tuple[Callable[[Terraform], None], str, str]] = {
    "access": (kept(access_type=Var("asked")), "STO-02", ARCHIVE),
    "list": (kept(access_type="custom", whitelist=Var("asked")), "STO-02", ARCHIVE),
    "an entry of the list": (kept(access_type="custom", whitelist=[Var("asked")]), "STO-02", ARCHIVE),
    "policies of copies": (put(backup_sla_policies=Var("asked")), "STO-07", DATABASE),
    "the mode of a disk": (
        more("cloudtemple_compute_virtual_disk.it", capacity=1 << 30, disk_mode=Var("asked")),
        "STO-07",
        "cloudtemple_compute_virtual_disk.it",
    ),
    "cloud-init": (put(cloud_init=Var("asked")), "CPT-05", DATABASE),
    "a part of cloud-init": (
        put(cloud_init={"cloud_config": "", "network_config": Var("asked")}),
        "CPT-05",
        DATABASE,
    ),
    "an image in its drive": (put(mount_iso="de2b8b80-8b90-414a-bc33-e12f61a4c05c"), "CPT-05", DATABASE),
    "a seed": (put(cloud_init={"cloud_config": "", "seedfrom": Var("asked")}), "CPT-05", DATABASE),
    "tags": (put(tags=Var("asked")), "GOV-02", written.machine(DATABASE)),
    "the end of a token": (
        more("cloudtemple_iam_personal_access_token.t", name="t", expiration_date=Var("asked")),
        "IAM-06",
        "cloudtemple_iam_personal_access_token.t",
    ),
}


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("name", OPEN)
def test_what_does_not_resolve_never_passes(name: str, how: str, small: Terraform, folder: pathlib.Path) -> None:
    change, rule, subject = OPEN[name]
    broken = copy.deepcopy(small)
    change(broken)
    found = states(findings(broken, folder, how), rule, subject)
    assert found
    assert found <= {"not_observable", "non_conform"}


@pytest.mark.parametrize("how", WAYS)
def test_an_address_of_the_api_that_nothing_says_may_be_any(how: str, small: Terraform, folder: pathlib.Path) -> None:
    small.provider.clear()
    found = findings(small, folder, how)
    assert states(found, "SOV-03", ARCHIVE) == {"not_observable"}


def test_an_id_that_a_data_source_gives_is_nobodys_in_files(small: Terraform, folder: pathlib.Path) -> None:
    """tfparse makes one up: it must not be taken for the author's."""
    reading = review.read(small.saved(folder, "files"))
    one = next(block for block in reading.blocks if block.address == written.machine(DATABASE))
    assert {"marketplace_item_id", "backup_sla_policies[0]"} <= one.unresolved
    found = findings(small, folder, "files")
    assert states(found, "CPT-03", DATABASE) == {"not_observable"}


def test_without_a_blueprint_what_needs_none_is_still_refused(small: Terraform, folder: pathlib.Path) -> None:
    kept(access_type="public")(small)
    without("backup_sla_policies")(small)
    more("cloudtemple_object_storage_global_access_key.all")(small)
    found = findings(small, folder, "files", None)
    address = f"{SEEN}.{written.label(ARCHIVE)}"
    assert states(found, "STO-02", address) == {"non_conform"}
    assert states(found, "STO-07", DATABASE) == {"non_conform"}
    assert states(found, "STO-06", "cloudtemple_object_storage_global_access_key.all") == {"non_conform"}
    assert states(found, "GOV-01", address) == {"not_observable"}
    assert {one["location"] for one in found if one["subject"] == address} != {""}


@pytest.mark.parametrize("how", WAYS)
def test_its_findings_say_where_they_are_written(how: str, small: Terraform, folder: pathlib.Path) -> None:
    kept(access_type="public")(small)
    (place,) = {
        one["location"]
        for one in findings(small, folder, how)
        if (one["rule"], one["state"]) == ("STO-02", "non_conform")
    }
    if how == "plan":
        assert place == f"plan.json#{SEEN}.{written.label(ARCHIVE)}"
        return
    lines = (folder / "files" / "main.tf").read_text(encoding="utf-8").splitlines()
    assert lines[int(place.partition(":")[2]) - 1] == f'resource "{SEEN}" "{written.label(ARCHIVE)}" {{'
