"""Each breach that Cloud Temple's Terraform shows is refused by its rule, in a plan as in the files."""

from __future__ import annotations

import copy
import pathlib
from collections.abc import Callable

import pytest

from tests.cli import cloudtemple_terraform as written
from tests.cli.cloudtemple_terraform import (
    ARCHIVE,
    CANARY,
    DATABASE,
    RELAY,
    TRACES,
    UNJUDGED,
    WAYS,
    Ref,
    Terraform,
    bucket,
    exposed,
    findings,
    granted_twice,
    kept,
    more,
    of,
    put,
    states,
    vm,
    without,
)


def untagged(terraform: Terraform) -> None:
    del vm(terraform)["tags"]["rempart:data_class"]


def elsewhere(terraform: Terraform) -> None:
    terraform.provider["address"] = "shiva.example.org"


def in_clear(terraform: Terraform) -> None:
    terraform.provider["scheme"] = "http"


BREACHES: dict[str, tuple[Callable[[Terraform], None], str, str, str]] = {
    "a public bucket": (kept(access_type="public"), "STO-02", ARCHIVE, "public"),
    "a list that is the world": (
        kept(access_type="custom", whitelist=["0.0.0.0/0"]),
        "STO-02",
        ARCHIVE,
        "almost anyone",
    ),
    "a list that is the world in two halves": (
        kept(access_type="custom", whitelist=["0.0.0.0/1", "128.0.0.0/1"]),
        "STO-02",
        ARCHIVE,
        "almost anyone",
    ),
    "the whole of IPv4 written as IPv6": (
        kept(access_type="custom", whitelist=["::ffff:0.0.0.0/96"]),
        "STO-02",
        ARCHIVE,
        "almost anyone",
    ),
    "a list that is no list's": (kept(access_type="private", whitelist=["0.0.0.0/0"]), "STO-02", ARCHIVE, "anyone"),
    "an access by a list without one": (kept(access_type="custom"), "STO-02", ARCHIVE, "a list of addresses"),
    "a policy of copies without a name": (put(backup_sla_policies=[""]), "STO-07", DATABASE, "no policy of copies"),
    "a disk that no copy has": (
        more("cloudtemple_compute_virtual_disk.it", capacity=1 << 30, disk_mode="Independent_Persistent"),
        "STO-07",
        "cloudtemple_compute_virtual_disk.it",
        "leave it out",
    ),
    "a credential in the provider's block": (
        lambda terraform: terraform.provider.update(client_id="me", secret_id=CANARY),
        "IAM-06",
        "provider cloudtemple",
        "`secret_id`",
    ),
    "a list with a word in it": (kept(access_type="custom", whitelist=["office"]), "STO-02", ARCHIVE, "wrong type"),
    "an archive whose versions are off": (kept(versioning="Suspended"), "DAT-08", ARCHIVE, "versioning differs"),
    "traces whose versions are off": (
        lambda terraform: bucket(terraform, TRACES).update(versioning="Suspended"),
        "LOG-04",
        TRACES,
        "without versions",
    ),
    "traces that say nothing of versions": (
        lambda terraform: bucket(terraform, TRACES).__delitem__("versioning"),
        "LOG-04",
        TRACES,
        "without versions",
    ),
    "another access": (kept(access_type="open"), "STO-02", ARCHIVE, "open"),
    "no policy of copies": (without("backup_sla_policies"), "STO-07", DATABASE, "no policy of copies"),
    "an empty list of policies": (put(backup_sla_policies=[]), "STO-07", DATABASE, "no policy of copies"),
    "a floating address in a data zone": (
        lambda terraform: exposed(terraform, DATABASE),
        "NET-09",
        f"{DATABASE}/address/link",
        "outside the edge zones",
    ),
    "a service that is no part of the decision": (
        lambda terraform: exposed(terraform, DATABASE),
        "SOV-01",
        f"{DATABASE}/address",
        "vpc",
    ),
    "a password in cloud-init": (
        put(cloud_init={"cloud_config": f"#cloud-config\npassword: {CANARY}\n"}),
        "CPT-05",
        DATABASE,
        "password",
    ),
    "a secret beside the user data": (
        put(cloud_init={"cloud_config": "", "network_config": f"token: {CANARY}-0123456789"}),
        "CPT-05",
        DATABASE,
        "secret",
    ),
    "a seed from somewhere": (
        put(cloud_init={"cloud_config": "", "seedfrom": "http://seed.example.org/"}),
        "CPT-05",
        DATABASE,
        "a download from seed.example.org",
    ),
    "a tag that is missing": (untagged, "GOV-02", DATABASE, "rempart:data_class"),
    "no tags": (without("tags"), "GOV-01", written.machine(DATABASE), "does not say which part"),
    "an API that is none of the provider's": (elsewhere, "SOV-03", ARCHIVE, "elsewhere"),
    "an API in clear": (in_clear, "NET-10", "provider cloudtemple", "in clear"),
    "a key of the whole storage": (
        more("cloudtemple_object_storage_global_access_key.all"),
        "STO-06",
        "cloudtemple_object_storage_global_access_key.all",
        "every bucket",
    ),
    "a key of two bubbles": (granted_twice, "STO-06", f"{ARCHIVE}/grant", "several bubbles"),
    "a token that lasts a year": (
        more("cloudtemple_iam_personal_access_token.ci", name="ci", expiration_date="2027-11-20T00:00:00Z"),
        "IAM-06",
        "cloudtemple_iam_personal_access_token.ci",
        "90 days",
    ),
    "a token without a day": (
        more("cloudtemple_iam_personal_access_token.ci", name="ci", expiration_date="never"),
        "IAM-06",
        "cloudtemple_iam_personal_access_token.ci",
        "no day",
    ),
    "a token that serves nothing": (
        more("cloudtemple_iam_personal_access_token.ci", name="ci", expiration_date="2026-12-20T00:00:00Z"),
        "GOV-01",
        "cloudtemple_iam_personal_access_token.ci",
        "does not say which part",
    ),
    "a machine of a service that is not qualified": (
        more("cloudtemple_public_cloud_vm_instance.x", name="x", backup_policy_id="p"),
        "SOV-01",
        "cloudtemple_public_cloud_vm_instance.x",
        "vm-instances",
    ),
    "a type that nobody listed": (
        more("cloudtemple_load_balancer.x", name="x"),
        "GOV-01",
        "cloudtemple_load_balancer.x",
        "no rule knows",
    ),
}


@pytest.mark.parametrize("name", BREACHES)
def test_a_breach_is_refused_by_its_rule(name: str, small: Terraform, folder: pathlib.Path) -> None:
    change, rule, subject, says = BREACHES[name]
    broken = copy.deepcopy(small)
    change(broken)
    found = findings(broken, folder, "files")
    refused = [message for state, message in of(found, rule, subject) if state == "non_conform"]
    assert refused, of(found, rule, subject)
    assert any(says in message for message in refused)
    assert CANARY not in (folder / "out.json").read_text(encoding="utf-8")


def test_a_plan_and_the_files_get_the_same_findings(small: Terraform, folder: pathlib.Path) -> None:
    """But for what a plan has read from data sources: which image it is."""
    exposed(small, DATABASE)
    granted_twice(small)
    vm(small, RELAY)["cloud_init"] = {"cloud_config": f"password: {CANARY}"}
    del vm(small, RELAY)["tags"]["rempart:owner"]
    for address, arguments in UNJUDGED:
        small.resources[address] = {"virtual_machine_id": Ref(written.machine(DATABASE)), **arguments}
    more("cloudtemple_object_storage_global_access_key.all")(small)
    more("cloudtemple_iam_personal_access_token.ci", name="ci", expiration_date="2027-11-20T00:00:00Z")(small)
    more("cloudtemple_load_balancer.x", name="x")(small)
    told = [
        {
            (one["rule"], one["subject"], one["state"], one["message"])
            for one in findings(small, folder, how)
            if one["rule"] != "CPT-03"
        }
        for how in WAYS
    ]
    assert told[0] == told[1]
    assert len({rule for rule, _, state, _ in told[0] if state == "non_conform"}) >= 8


def test_a_key_of_one_bubble_needs_a_record_of_its_end(small: Terraform, folder: pathlib.Path) -> None:
    granted_twice(small)
    del small.resources["cloudtemple_object_storage_acl_entry.traces"]
    found = findings(small, folder, "files")
    assert states(found, "STO-06", f"{ARCHIVE}/grant") == {"conform"}
    account = "cloudtemple_object_storage_storage_account.app"
    assert states(found, "STO-06", account) == {"evidence_required"}
    assert states(found, "GOV-01", account) == {"non_conform"}, "the blueprint declares no such key"


def test_a_token_that_ends_soon_needs_a_record_of_its_beginning(small: Terraform, folder: pathlib.Path) -> None:
    more("cloudtemple_iam_personal_access_token.ci", name="ci", expiration_date="2026-12-20T00:00:00Z")(small)
    found = findings(small, folder, "files")
    assert states(found, "IAM-06", "cloudtemple_iam_personal_access_token.ci") == {"evidence_required"}
