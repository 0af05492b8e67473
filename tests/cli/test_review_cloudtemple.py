"""Terraform of Cloud Temple under the same rules: what it shows is judged, and what it cannot show never passes."""

from __future__ import annotations

import copy
import datetime as dt
import json
import pathlib
from collections.abc import Callable
from typing import Any

import pytest

from blueprint import facts, workspace
from blueprint import plan as plans
from blueprint import target as targets
from blueprint.errors import UnknownName
from cli import main, review
from cli import report as command
from policies import outside
from providers import capabilities, registry
from providers.cloudtemple import kinds
from providers.cloudtemple import terraform as cloudtemple
from providers.terraform import mapping
from providers.terraform.blocks import Block
from tests.cli import cloudtemple_terraform as written
from tests.cli.cloudtemple_terraform import Ref, Terraform, Var
from tests.policies import runs

CANARY = "canary-77ab20"
TYPES = mapping.load("cloudtemple").types
DATABASE = "bubbles/study/tiers/database/1"
BASTION = "bastion/1"
RELAY = "bubbles/administration/tiers/relay/1"
ARCHIVE = "bubbles/study/buckets/archive"
TRACES = "bubbles/administration/buckets/traces"
SEEN = "cloudtemple_object_storage_bucket"
WAYS = ("plan", "files")
OFFERED = (
    *("compute_network_adapter", "compute_virtual_controller", "compute_virtual_disk", "compute_virtual_machine"),
    *("compute_iaas_opensource_network_adapter", "compute_iaas_opensource_replication_policy"),
    *("compute_iaas_opensource_virtual_disk", "compute_iaas_opensource_virtual_machine", "iam_personal_access_token"),
    *("object_storage_acl_entry", "object_storage_bucket", "object_storage_global_access_key"),
    *("object_storage_storage_account", "public_cloud_vm_disk", "public_cloud_vm_instance"),
    *("public_cloud_vm_network_adapter", "public_cloud_vm_snapshot", "vpc_floating_ip", "vpc_floating_ip_binding"),
    "vpc_static_ip",
)
"""Resource types of the provider's version that the file names, from its documentation."""


@pytest.fixture(autouse=True)
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """Runs of their own, the platform, and the target on one day: dates must not move under the tests."""
    runs.settle(monkeypatch, tmp_path / "work")
    monkeypatch.setenv(workspace.PLATFORMS_VARIABLE, str(written.platform(tmp_path / "platforms")))
    kept = (targets.folder().parent / "reviewed" / "cloudtemple.yaml").read_text(encoding="utf-8")
    pinned = tmp_path / "reviewed"
    pinned.mkdir()
    (pinned / "cloudtemple.yaml").write_text(f"{kept}as_of: 2026-11-29\n", encoding="utf-8")
    monkeypatch.setattr(targets, "_reviewed", lambda: pinned)
    return tmp_path


@pytest.fixture
def plan(folder: pathlib.Path) -> plans.Plan:
    return written.plan_of()


@pytest.fixture
def small(plan: plans.Plan) -> Terraform:
    return written.compliant(plan)


def findings(terraform: Terraform, folder: pathlib.Path, how: str, platform: str | None = written.PLATFORM) -> Any:
    review.review(str(terraform.saved(folder, how)), platform, None, "dev", "json", str(folder / "out.json"))
    document = json.loads((folder / "out.json").read_text(encoding="utf-8"))
    assert document["problems"] == []
    return document["findings"]


def of(found: Any, rule: str, subject: str) -> set[tuple[str, str]]:
    """(state, message) of every answer of a rule on a subject."""
    return {(one["state"], one["message"]) for one in found if (one["rule"], one["subject"]) == (rule, subject)}


def states(found: Any, rule: str, subject: str) -> set[str]:
    return {state for state, _ in of(found, rule, subject)}


def vm(terraform: Terraform, subject: str = DATABASE) -> dict[str, Any]:
    return terraform.resources[written.machine(subject)]


def bucket(terraform: Terraform, subject: str = ARCHIVE) -> dict[str, Any]:
    return terraform.resources[f"{SEEN}.{written.label(subject)}"]


# What is listed


def test_every_type_of_the_provider_is_listed_and_no_other() -> None:
    assert set(TYPES) == {f"cloudtemple_{name}" for name in OFFERED}


@pytest.mark.parametrize("name", TYPES)
def test_every_type_has_its_fact_and_a_bare_one_is_no_crash(name: str) -> None:
    block = Block(f"{name}.x", name, {}, {}, frozenset(), "main.tf:1", {})
    (resource,) = cloudtemple.subjects([mapping.translate(block, TYPES[name])], None)
    (made,) = review.facts_of([resource], "cloudtemple")
    assert not isinstance(made, facts.Unmapped)
    assert isinstance(made, facts.Unjudged) is bool(TYPES[name].unjudged)
    assert (resource.kind in kinds.UNJUDGED) is bool(TYPES[name].unjudged)


def test_every_statement_of_the_offer_has_a_source_and_a_day() -> None:
    (offer,) = capabilities.load("cloudtemple").offers.values()
    assert offer.qualification is not None
    assert (offer.qualification.decision, offer.qualification.version) == ("3389", "3.2")
    for name, part in {**offer.bricks, **offer.features}.items():
        assert part.source, name
        assert part.read_on <= dt.date(2026, 11, 29), name
    assert set(kinds.SERVICES.values()) <= set(offer.features)


# A platform that is as it should be


@pytest.mark.parametrize("how", WAYS)
def test_nothing_of_a_compliant_platform_is_refused(how: str, small: Terraform, folder: pathlib.Path) -> None:
    found = findings(small, folder, how)
    assert [one for one in found if one["state"] == "non_conform"] == []
    subjects = {one["subject"] for one in found if one["rule"] == "GOV-01" and one["state"] == "conform"}
    assert {DATABASE, f"{DATABASE}/nic", f"{DATABASE}/disks/data", ARCHIVE, TRACES, BASTION} <= subjects


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


# Breaches


UNJUDGED = (
    ("cloudtemple_compute_virtual_controller.cd", {"type": "CD/DVD", "iso_path": "x.iso"}),
    ("cloudtemple_compute_iaas_opensource_replication_policy.p", {"name": "p", "interval": [{"hours": 1}]}),
    ("cloudtemple_public_cloud_vm_snapshot.s", {"name": "s"}),
)


def exposed(terraform: Terraform, subject: str) -> None:
    """A floating address on a machine, by the chain that the provider documents."""
    adapter = f"cloudtemple_compute_iaas_opensource_network_adapter.{written.label(subject)}"
    terraform.resources |= {
        "cloudtemple_vpc_static_ip.it": {
            "private_network_id": Ref("data.cloudtemple_compute_network.vlan"),
            "mac_address": Ref(adapter, "mac_address"),
        },
        "cloudtemple_vpc_floating_ip.it": {"description": "it"},
        "cloudtemple_vpc_floating_ip_binding.it": {
            "floating_ip_id": Ref("cloudtemple_vpc_floating_ip.it"),
            "static_ip_id": Ref("cloudtemple_vpc_static_ip.it"),
        },
    }


def put(**arguments: Any) -> Callable[[Terraform], None]:
    """On the database's machine."""
    return lambda terraform: vm(terraform).update(arguments)


def kept(**arguments: Any) -> Callable[[Terraform], None]:
    """On the archive's bucket."""
    return lambda terraform: bucket(terraform).update(arguments)


def without(name: str) -> Callable[[Terraform], None]:
    return lambda terraform: vm(terraform).__delitem__(name)


def more(address: str, **arguments: Any) -> Callable[[Terraform], None]:
    return lambda terraform: terraform.resources.__setitem__(address, arguments)


def untagged(terraform: Terraform) -> None:
    del vm(terraform)["tags"]["rempart:data_class"]


def elsewhere(terraform: Terraform) -> None:
    terraform.provider["address"] = "shiva.example.org"


def in_clear(terraform: Terraform) -> None:
    terraform.provider["scheme"] = "http"


def granted_twice(terraform: Terraform) -> None:
    account = {"name": "app"}
    terraform.resources["cloudtemple_object_storage_storage_account.app"] = account
    app = Ref("cloudtemple_object_storage_storage_account.app", "name")
    bucket(terraform)["acl_entry"] = [{"storage_account": app, "role": "read_only"}]
    other = bucket(terraform, TRACES)["name"]
    entry = {"bucket": other, "storage_account": "app", "role": "read_write"}
    terraform.resources["cloudtemple_object_storage_acl_entry.traces"] = entry


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
    "a list with a word in it": (kept(access_type="custom", whitelist=["office"]), "STO-02", ARCHIVE, "wrong type"),
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


@pytest.mark.parametrize("how", WAYS)
def test_an_address_at_the_edge_is_as_planned(how: str, small: Terraform, folder: pathlib.Path) -> None:
    exposed(small, BASTION)
    found = findings(small, folder, how)
    for subject in (f"{BASTION}/address", f"{BASTION}/address/link"):
        assert states(found, "NET-09", subject) == {"conform"}
        assert states(found, "GOV-01", subject) == {"conform"}
    assert states(found, "GOV-01", f"{BASTION}/nic/static") == {"conform"}


def test_an_address_whose_machine_nothing_says_is_refused(small: Terraform, folder: pathlib.Path) -> None:
    exposed(small, BASTION)
    small.resources["cloudtemple_vpc_static_ip.it"]["mac_address"] = "00:50:56:ab:cd:ef"
    found = findings(small, folder, "files")
    binding = "cloudtemple_vpc_floating_ip_binding.it"
    assert states(found, "GOV-01", binding) == {"non_conform"}
    assert "conform" not in states(found, "NET-09", binding)


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("card", ["00:50:56:AB:cd:ef", "00:50:56:ab:cd:ef"])
def test_a_hardware_address_that_is_written_out_leads_to_its_adapter(
    how: str, card: str, small: Terraform, folder: pathlib.Path
) -> None:
    exposed(small, BASTION)
    adapter = f"cloudtemple_compute_iaas_opensource_network_adapter.{written.label(BASTION)}"
    small.resources[adapter]["mac_address"] = "00:50:56:ab:cd:ef"
    small.resources["cloudtemple_vpc_static_ip.it"]["mac_address"] = card
    assert states(findings(small, folder, how), "NET-09", f"{BASTION}/address/link") == {"conform"}


def test_of_two_adapters_nothing_says_which_is_the_planned_one(small: Terraform, folder: pathlib.Path) -> None:
    second = {"virtual_machine_id": Ref(written.machine(RELAY)), "network_id": "other"}
    small.resources["cloudtemple_compute_iaas_opensource_network_adapter.second"] = second
    found = findings(small, folder, "files")
    first = f"cloudtemple_compute_iaas_opensource_network_adapter.{written.label(RELAY)}"
    for subject in (first, "cloudtemple_compute_iaas_opensource_network_adapter.second"):
        assert states(found, "GOV-01", subject) == {"non_conform"}


def test_a_narrow_list_of_addresses_is_no_breach_and_no_pass(small: Terraform, folder: pathlib.Path) -> None:
    bucket(small).update(access_type="custom", whitelist=["192.0.2.0/28", "192.0.2.0/32"])
    assert states(findings(small, folder, "files"), "STO-02", ARCHIVE) == {"not_observable"}


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


@pytest.mark.parametrize("platform", [written.PLATFORM, None])
@pytest.mark.parametrize(("address", "arguments"), UNJUDGED)
def test_a_type_without_a_rule_says_why_and_never_passes(
    address: str, arguments: Any, platform: str | None, small: Terraform, folder: pathlib.Path
) -> None:
    small.resources[address] = {"virtual_machine_id": Ref(written.machine(DATABASE)), **arguments}
    answers = of(findings(small, folder, "plan", platform), "GOV-01", address)
    assert answers == {("evidence_required", TYPES[address.partition(".")[0]].unjudged)}


# What does not resolve

OPEN: dict[str, tuple[Callable[[Terraform], None], str, str]] = {
    "access": (kept(access_type=Var("asked")), "STO-02", ARCHIVE),
    "list": (kept(access_type="custom", whitelist=Var("asked")), "STO-02", ARCHIVE),
    "an entry of the list": (kept(access_type="custom", whitelist=[Var("asked")]), "STO-02", ARCHIVE),
    "policies of copies": (put(backup_sla_policies=Var("asked")), "STO-07", DATABASE),
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


# Without a blueprint


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


# Secrets

SECRETS: dict[str, Callable[[Terraform], None]] = {
    "cloud-init": put(cloud_init={"cloud_config": f"password: {CANARY}"}),
    "the provider's own": lambda terraform: terraform.provider.update(secret_id=CANARY),
}


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_never_shown(
    name: str, how: str, small: Terraform, folder: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    SECRETS[name](small)
    path = small.saved(folder, how)
    for kind in command.FORMATS:
        review.review(str(path), written.PLATFORM, None, "dev", kind, str(folder / "out"))
        assert CANARY not in (folder / "out").read_text(encoding="utf-8"), kind
    captured = capsys.readouterr()
    assert CANARY not in captured.out + captured.err
    kept_files = [one for one in (folder / "work").rglob("*") if one.is_file()]
    assert not any(CANARY in one.read_text(encoding="utf-8", errors="replace") for one in kept_files)


@pytest.mark.parametrize(
    "born",
    [
        {"cloud_init": {"user-data": "I2Nsb3VkLWNvbmZpZwpwYXNzd29yZDogY2FuYXJ5LTc3YWIyMAo="}},
        {"cloud_init": {"user-data": "", "password": CANARY}},
        {"extra_config": {"guestinfo.userdata": f"#cloud-config\npassword: {CANARY}\n"}},
        {"customize": [{"windows_config": [{"password": CANARY, "auto_logon": True}]}]},
        {"customize": [{"windows_config": [{"domain": [{"admin_password": CANARY}]}]}]},
    ],
    ids=["base64", "the image's own user", "guestinfo", "windows", "its domain"],
)
def test_every_way_in_which_a_vmware_machine_is_born_is_read(born: Any, small: Terraform, folder: pathlib.Path) -> None:
    given = {key: value for key, value in vm(small).items() if key in ("name", "tags", "backup_sla_policies")}
    small.resources["cloudtemple_compute_virtual_machine.db"] = {**given, **born}
    found = findings(small, folder, "files", None)
    assert "non_conform" in states(found, "CPT-05", DATABASE)
    assert CANARY not in (folder / "out.json").read_text(encoding="utf-8")


# Buckets, said by two providers

S3 = 'provider "aws" {\n  region = "fr1"\n  endpoints {\n    s3 = "https://small.s3.fr1.cloud-temple.com"\n  }\n}\n'


def beside(small: Terraform, folder: pathlib.Path, text: str) -> Any:
    path = small.saved(folder, "files")
    (path / "s3.tf").write_text(S3 + text, encoding="utf-8")
    review.review(str(path), written.PLATFORM, None, "dev", "json", str(folder / "out.json"))
    return json.loads((folder / "out.json").read_text(encoding="utf-8"))["findings"]


def test_what_the_s3_interface_says_of_a_bucket_is_judged_with_it(small: Terraform, folder: pathlib.Path) -> None:
    address = f"{SEEN}.{written.label(ARCHIVE)}"
    text = f"""
resource "aws_s3_bucket_policy" "it" {{
  bucket = {address}.name
  policy = jsonencode({{ Statement = [{{ Effect = "Allow", Principal = "*", Action = "s3:*", Resource = "*" }}] }})
}}
"""
    found = beside(small, folder, text)
    assert ("non_conform", "its policy lets anyone in") in of(found, "STO-02", ARCHIVE)
    assert states(found, "STO-02", TRACES) == {"not_observable"}
    assert states(found, "SOV-03", "provider cloudtemple") == {"conform"}


def test_an_s3_part_of_a_bucket_that_is_not_there_is_refused(small: Terraform, folder: pathlib.Path) -> None:
    """What it opens lies where no rule looks."""
    text = 'resource "aws_s3_bucket_acl" "it" {\n  bucket = "nobody"\n  acl = "public-read"\n}\n'
    found = beside(small, folder, text)
    assert of(found, "GOV-01", "aws_s3_bucket_acl.it") == {
        ("non_conform", "no rule knows resources of type terraform:aws_s3_bucket_acl")
    }


def test_an_s3_part_of_some_bucket_makes_every_bucket_uncertain(small: Terraform, folder: pathlib.Path) -> None:
    text = 'variable "which" {}\nresource "aws_s3_bucket_acl" "it" {\n  bucket = var.which\n  acl = "public-read"\n}\n'
    found = beside(small, folder, text)
    assert of(found, "STO-02", ARCHIVE) == {("not_observable", "`acl` cannot be read from this provider")}


def test_a_bucket_that_only_the_s3_interface_makes_is_known_too(small: Terraform, folder: pathlib.Path) -> None:
    name = bucket(small)["name"]
    del small.resources[f"{SEEN}.{written.label(ARCHIVE)}"]
    tag = f'tags = {{ "rempart:subject" = "{ARCHIVE}" }}'
    text = f"""
resource "aws_s3_bucket" "it" {{
  bucket = "{name}"
  {tag}
}}
resource "aws_s3_bucket_acl" "it" {{
  bucket = aws_s3_bucket.it.id
  acl    = "public-read"
}}
"""
    found = beside(small, folder, text)
    assert "non_conform" in states(found, "STO-02", ARCHIVE)
    assert states(found, "GOV-01", ARCHIVE) == {"conform"}
    assert states(found, "SOV-03", "provider s3") == {"conform"}


# A state


def test_a_state_is_followed_by_id_by_name_and_by_hardware_address(folder: pathlib.Path, plan: plans.Plan) -> None:
    tags = {"rempart:subject": BASTION}
    name = next(one.name for one in plan.buckets if one.subject == ARCHIVE)
    assert name == "archive"
    shown: list[tuple[str, dict[str, Any]]] = [
        ("cloudtemple_compute_virtual_machine.b", {"id": "vm-1", "name": "b", "tags": tags}),
        (
            "cloudtemple_compute_network_adapter.b",
            {"id": "nic-1", "virtual_machine_id": "vm-1", "network_id": "n-1", "mac_address": "00:50:56:00:00:01"},
        ),
        ("cloudtemple_vpc_static_ip.b", {"id": "sip-1", "mac_address": "00:50:56:00:00:01"}),
        ("cloudtemple_vpc_floating_ip.b", {"id": "fip-1", "static_ip_id": "sip-1"}),
        (
            "cloudtemple_vpc_floating_ip_binding.b",
            {"id": "fip-1/sip-1", "floating_ip_id": "fip-1", "static_ip_id": "sip-1"},
        ),
        (
            "cloudtemple_object_storage_bucket.b",
            {"id": "b", "name": "b", "access_type": "public", "acl_entry": [{"role": "r", "storage_account": "app"}]},
        ),
        ("cloudtemple_object_storage_storage_account.b", {"id": "acc-1", "name": "app"}),
    ]
    resources = [
        {"address": address, "mode": "managed", "type": address.partition(".")[0], "values": values}
        for address, values in shown
    ]
    path = folder / "state.json"
    path.write_text(json.dumps({"values": {"root_module": {"resources": resources}}}), encoding="utf-8")
    made, unknown = review.resolve(review.read(path), "cloudtemple", plan)
    assert unknown == []
    assert {one.address: one.subject for one in made if one.subject} == {
        "cloudtemple_compute_virtual_machine.b": BASTION,
        "cloudtemple_compute_network_adapter.b": f"{BASTION}/nic",
        "cloudtemple_vpc_static_ip.b": f"{BASTION}/nic/static",
        "cloudtemple_vpc_floating_ip.b": f"{BASTION}/address",
        "cloudtemple_vpc_floating_ip_binding.b": f"{BASTION}/address/link",
    }
    grant = next(one for one in made if one.kind == kinds.GRANT)
    assert grant.ids == {
        "bucket": "cloudtemple_object_storage_bucket.b",
        "storageAccount": "cloudtemple_object_storage_storage_account.b",
    }


def test_the_secrets_that_a_state_holds_are_not_shown(folder: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The provider keeps the secret half of every key there: its keys are judged, and their values read by nobody."""
    shown = [
        ("cloudtemple_object_storage_storage_account", {"name": "app", "access_secret_key": CANARY}),
        ("cloudtemple_object_storage_global_access_key", {"access_key_id": CANARY, "access_secret_key": CANARY}),
        ("cloudtemple_iam_personal_access_token", {"expiration_date": "2027-11-20T00:00:00Z", "secret_id": CANARY}),
    ]
    resources = [
        {"mode": "managed", "type": kind, "name": "it", "instances": [{"attributes": {"id": kind, **values}}]}
        for kind, values in shown
    ]
    path = folder / "terraform.tfstate"
    path.write_text(json.dumps({"version": 4, "resources": resources}), encoding="utf-8")
    for kind in command.FORMATS:
        review.review(str(path), None, None, "dev", kind, str(folder / "out"))
        assert CANARY not in (folder / "out").read_text(encoding="utf-8"), kind
    captured = capsys.readouterr()
    assert CANARY not in captured.out + captured.err
    review.review(str(path), None, None, "dev", "json", str(folder / "out.json"))
    found = json.loads((folder / "out.json").read_text(encoding="utf-8"))["findings"]
    assert states(found, "STO-06", "cloudtemple_object_storage_global_access_key.it") == {"non_conform"}
    assert states(found, "IAM-06", "cloudtemple_iam_personal_access_token.it") == {"non_conform"}


# A provider without an adapter


def test_a_target_without_an_adapter_is_none_to_bring_anything_up_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "cloudtemple" not in registry.known()
    assert "cloudtemple" not in targets.names()
    assert targets.only_reviewed() == ["cloudtemple"]
    for words in (["plan", "minimal"], ["preview", "minimal"], ["up", "minimal", "--yes"], ["verify", "minimal"]):
        monkeypatch.setattr("sys.argv", ["rempart", *words, "--target", "cloudtemple"])
        with pytest.raises(SystemExit) as stopped:
            main.main()
        said = " ".join(capsys.readouterr().err.split())
        assert stopped.value.code == 2, words
        assert "target 'cloudtemple' has no adapter" in said, words
        assert "Traceback" not in said


def test_a_review_finds_its_target_by_the_types_that_it_reads(small: Terraform, folder: pathlib.Path) -> None:
    review.review(str(small.saved(folder, "files")), None, None, "dev", "json", str(folder / "out.json"))
    document = json.loads((folder / "out.json").read_text(encoding="utf-8"))
    assert (document["target"], document["simulated"]) == ("cloudtemple", False)
    assert outside.WHERE["review"] == "hcl"


def test_a_review_that_is_asked_for_a_target_that_is_not_there_lists_this_one_too() -> None:
    with pytest.raises(UnknownName, match=r"Did you mean 'cloudtemple'\? Known: .*cloudtemple"):
        targets.load("cloudtmple", only_read=True)


@pytest.mark.parametrize("how", WAYS)
def test_adapters_that_a_machine_is_born_with_stand_on_networks_that_nothing_names(
    how: str, small: Terraform, folder: pathlib.Path
) -> None:
    vlan = Ref("data.cloudtemple_compute_network.vlan")
    vm(small)["os_network_adapter"] = [{"network_id": vlan}, {"network_id": "typed-by-hand"}]
    found = findings(small, folder, how)
    (answer,) = of(found, "DAT-01", DATABASE)
    assert answer[0] == "not_observable"
    assert "osNetworkAdapter[" in answer[1]
    adapter = f"cloudtemple_compute_iaas_opensource_network_adapter.{written.label(DATABASE)}"
    assert states(found, "GOV-01", adapter) == {"non_conform"}, "it is one adapter too many for the plan"
