"""`rempart review --from azurerm`: each part of the platform that is left, and what becomes of it on each offer."""

from __future__ import annotations

import json
import pathlib

import pytest

from cli import migration, review
from cli.report import BadOption

AZURE = """
resource "azurerm_key_vault_managed_hardware_security_module" "keys" {
  name = "keys"
}
resource "azurerm_virtual_network" "hub" {
  name = "hub"
}
resource "azurerm_quantum_workspace" "new" {
  name = "new"
}
"""


def test_what_is_left_behind_says_what_it_becomes_and_what_has_no_equivalent(tmp_path: pathlib.Path) -> None:
    (tmp_path / "main.tf").write_text(AZURE)
    out = tmp_path / "migration.json"
    assert migration.show("azurerm", str(tmp_path), "json", str(out), "en") == 0
    types = {one["type"]: one for one in json.loads(out.read_text())["types"]}
    hsm = types["azurerm_key_vault_managed_hardware_security_module"]
    assert (hsm["outscale"]["equivalent"], hsm["cloudtemple"]["equivalent"]) == (False, True)
    assert types["azurerm_virtual_network"]["outscale"]["how"] == "native"
    assert types["azurerm_quantum_workspace"]["known"] is False
    for kind in ("table", "md"):
        migration.show("azurerm", str(tmp_path), kind, str(out), "fr")
        assert "azurerm_quantum_workspace" in out.read_text()
        assert "réseau virtuel" in out.read_text()


def test_the_whole_table_is_printed_without_a_path(tmp_path: pathlib.Path) -> None:
    out = tmp_path / "all.json"
    assert migration.show("azurerm", None, "json", str(out), "en") == 0
    types = json.loads(out.read_text())["types"]
    assert len(types) > 40
    for one in types:
        for offer in ("outscale", "ovh", "cloudtemple"):
            assert one[offer]["becomes"] or one[offer]["how"] == "absent", one["type"]


@pytest.mark.parametrize(("source", "format"), [("aws", "table"), ("azurerm", "sarif")])
def test_an_option_that_does_not_exist_is_named(source: str, format: str) -> None:
    with pytest.raises(BadOption):
        migration.show(source, None, format, None, "en")


def test_nothing_of_azure_is_said(tmp_path: pathlib.Path) -> None:
    (tmp_path / "main.tf").write_text('resource "outscale_net" "one" {\n  ip_range = "10.0.0.0/16"\n}\n')
    with pytest.raises(review.NothingToReview, match="no resource of azurerm"):
        migration.show("azurerm", str(tmp_path), "table", None, "en")
