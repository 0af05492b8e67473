"""Terraform to review, and what a review says of it."""

from __future__ import annotations

import json
import pathlib
from typing import Any

from cli import report as command
from cli import review
from policies.report import model
from policies.verdicts import Finding
from tests.policies import terraforms
from tests.policies.estate import Estate

CANARY = "canary-77ab20"
PREFIX = "minimal.outscale-sandbox.dev"
PROVIDER = 'provider "outscale" {\n  region = "cloudgouv-eu-west-1"\n}\n'


def saved(folder: pathlib.Path, estate: Estate, how: str) -> pathlib.Path:
    if how == "plan":
        path = folder / "plan.json"
        path.write_text(json.dumps(terraforms.plan(estate)), encoding="utf-8")
        return path
    path = folder / "files"
    path.mkdir()
    (path / "main.tf").write_text(terraforms.files(estate), encoding="utf-8")
    return path


def findings(platform: str) -> tuple[Finding, ...]:
    folders = command.folders(f"{platform}.outscale-sandbox.dev")
    return model.merge([one for one in folders if one.name.endswith(".terraform")]).findings


def write(folder: pathlib.Path, **files: str) -> pathlib.Path:
    folder = folder / "terraform"
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".tf")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def reviewed(path: pathlib.Path, folder: pathlib.Path, platform: str | None = None) -> dict[str, Any]:
    review.review(str(path), platform, None, "dev", "json", str(folder / "out.json"))
    made: dict[str, Any] = json.loads((folder / "out.json").read_text())
    return made


def of(document: dict[str, Any], rule: str) -> dict[str, tuple[str, str]]:
    """Subject -> (state, message), what blocks last."""
    found = [one for one in document["findings"] if one["rule"] == rule]
    found.sort(key=lambda one: bool(one["effect"] == "block"))
    return {one["subject"]: (one["state"], one["message"]) for one in found}


OPEN = """
variable "from" {
  default = "0.0.0.0/0"
}
variable "asked" {}
resource "outscale_security_group_rule" "world" {
  flow              = "Inbound"
  ip_protocol       = "tcp"
  from_port_range   = 22
  to_port_range     = 22
  ip_range          = var.from
  security_group_id = "sg-12345678"
}
resource "outscale_security_group_rule" "many" {
  flow              = "Inbound"
  security_group_id = "sg-12345678"
  rules {
    ip_protocol     = "tcp"
    from_port_range = 3389
    to_port_range   = 3389
    ip_ranges       = ["10.0.0.0/8", "0.0.0.0/0"]
  }
}
resource "outscale_security_group_rule" "asked" {
  flow              = "Inbound"
  ip_protocol       = "tcp"
  from_port_range   = 22
  to_port_range     = 22
  ip_range          = "${var.asked}/32"
  security_group_id = "sg-12345678"
}
"""
