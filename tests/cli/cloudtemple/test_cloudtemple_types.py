"""What is listed of Cloud Temple: types, the offer's statements, and a target that is only reviewed."""

from __future__ import annotations

import datetime as dt
import json
import pathlib
from typing import Any

import pytest

from blueprint import facts
from blueprint import target as targets
from blueprint.errors import UnknownName
from cli import main, review
from policies import outside
from providers import capabilities, registry
from providers.cloudtemple import kinds
from providers.cloudtemple import terraform as cloudtemple
from providers.terraform import mapping
from providers.terraform.blocks import Block
from tests.cli import cloudtemple_terraform as written
from tests.cli.cloudtemple_terraform import DATABASE, TYPES, UNJUDGED, Ref, Terraform, findings, of

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


OLDER = ("backup_sla_policy_assignment",)
"""Of versions before: a state, and a configuration that pins one, may still have it."""


def test_every_type_of_the_provider_is_listed_and_no_other() -> None:
    assert set(TYPES) == {f"cloudtemple_{name}" for name in (*OFFERED, *OLDER)}


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


@pytest.mark.parametrize("platform", [written.PLATFORM, None])
@pytest.mark.parametrize(("address", "arguments"), UNJUDGED)
def test_a_type_without_a_rule_says_why_and_never_passes(
    address: str, arguments: Any, platform: str | None, small: Terraform, folder: pathlib.Path
) -> None:
    small.resources[address] = {"virtual_machine_id": Ref(written.machine(DATABASE)), **arguments}
    answers = of(findings(small, folder, "plan", platform), "GOV-01", address)
    assert answers == {("evidence_required", TYPES[address.partition(".")[0]].unjudged)}


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
