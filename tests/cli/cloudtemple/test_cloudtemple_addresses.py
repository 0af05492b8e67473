"""From a floating address to its machine: the chain that the types make, in files, in a plan and in a state."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from blueprint import plan as plans
from cli import review
from providers.cloudtemple import kinds
from tests.cli import cloudtemple_terraform as written
from tests.cli.cloudtemple_terraform import (
    ARCHIVE,
    BASTION,
    DATABASE,
    RELAY,
    WAYS,
    Ref,
    Terraform,
    exposed,
    findings,
    of,
    states,
    vm,
)


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
