"""`rempart review`: whose program makes a resource is what its source says, never its type or a local name."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from tests.cli.reviewing import PROVIDER, of, reviewed, write
from tests.policies import runs

OPEN = """
resource "outscale_security_group_rule" "world" {
  flow              = "Inbound"
  ip_protocol       = "tcp"
  from_port_range   = 22
  to_port_range     = 22
  ip_range          = "0.0.0.0/0"
  security_group_id = "sg-12345678"
}
"""
RULE = "outscale_security_group_rule.world"


@pytest.fixture(autouse=True)
def state_dir(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    runs.settle(monkeypatch, tmp_path / "work")
    return tmp_path


def requires(source: str, name: str = "outscale") -> str:
    return f'terraform {{\n  required_providers {{\n    {name} = {{ source = "{source}" }}\n  }}\n}}\n'


def refused(document: dict[str, Any], source: str, kind: str = "outscale_security_group_rule") -> bool:
    """Whether the only thing that is said of the resource is that nobody knows its type."""
    (found,) = [one for one in document["findings"] if one["rule"] == "GOV-01" and one["effect"] == "block"]
    others = {one["rule"] for one in document["findings"] if one["subject"] == found["subject"]} - {"GOV-01", "GOV-03"}
    return not others and bool(found["message"] == f"no rule knows resources of type terraform:{source}:{kind}")


def judged(document: dict[str, Any]) -> bool:
    return of(document, "NET-04")[RULE][0] == "non_conform"


@pytest.mark.parametrize(
    "source",
    [
        "outscale/outscale",
        "Outscale/OUTSCALE",
        "registry.terraform.io/outscale/outscale",
        "registry.opentofu.org/outscale/outscale",
    ],
)
def test_the_known_provider_is_judged_however_its_source_is_written(source: str, state_dir: pathlib.Path) -> None:
    assert judged(reviewed(write(state_dir, main=requires(source) + PROVIDER + OPEN), state_dir))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("evil/outscale", "evil/outscale"),
        ("outscale/outscale-fork", "outscale/outscale-fork"),
        ("outscale", "hashicorp/outscale"),
        ("providers.example/outscale/outscale", "providers.example/outscale/outscale"),
    ],
)
def test_a_fork_under_the_known_name_is_judged_by_no_rule_and_refused(
    source: str, said: str, state_dir: pathlib.Path
) -> None:
    document = reviewed(write(state_dir, main=requires(source) + PROVIDER + OPEN), state_dir)
    assert refused(document, said)
    assert document["exit_code"] == 1


def test_a_source_that_stands_in_another_file_of_the_module_counts_and_one_of_another_module_does_not(
    state_dir: pathlib.Path,
) -> None:
    files = write(state_dir, main=PROVIDER + OPEN, versions=requires("evil/outscale"))
    assert refused(reviewed(files, state_dir), "evil/outscale")
    inner = 'module "m" {\n  source = "./m"\n}\n'
    (files / "versions.tf").write_text(inner)
    write(state_dir, m__main=requires("evil/outscale") + OPEN.replace('"world"', '"inner"'))
    document = reviewed(files, state_dir)
    assert judged(document)
    assert of(document, "GOV-01")["module.m.outscale_security_group_rule.inner"][1].endswith(
        "terraform:evil/outscale:outscale_security_group_rule"
    )


@pytest.mark.parametrize(("source", "known"), [("outscale/outscale", True), ("evil/outscale", False)])
def test_a_provider_under_another_local_name_is_the_one_of_its_source(
    source: str, known: bool, state_dir: pathlib.Path
) -> None:
    """The module's own `outscale` is the right one: the resource names the other."""
    both = requires("outscale/outscale") + requires(source, "osc")
    text = both + PROVIDER.replace("outscale", "osc") + OPEN.replace("{\n", "{\n  provider = osc\n", 1)
    document = reviewed(write(state_dir, main=text), state_dir)
    assert judged(document) if known else refused(document, source)


def test_an_override_file_that_names_another_source_is_heard(state_dir: pathlib.Path) -> None:
    files = write(state_dir, main=requires("outscale/outscale") + PROVIDER + OPEN, override=requires("evil/outscale"))
    assert refused(reviewed(files, state_dir), "evil/outscale")


def test_a_source_in_json_and_one_of_what_does_not_resolve_count_too(state_dir: pathlib.Path) -> None:
    text = 'variable "n" {}\n' + PROVIDER + OPEN.replace("{\n", "{\n  count = var.n\n", 1)
    files = write(state_dir, main=text)
    required = {"terraform": {"required_providers": {"outscale": {"source": "evil/outscale"}}}}
    (files / "versions.tf.json").write_text(json.dumps(required))
    assert refused(reviewed(files, state_dir), "evil/outscale")


BUCKET = """
provider "aws" {
  endpoints {
    s3 = "https://oos.example"
  }
}
resource "aws_s3_bucket" "data" {
  bucket = "data"
  acl    = "public-read"
}
"""


def test_a_bucket_of_a_fork_is_no_bucket(state_dir: pathlib.Path) -> None:
    assert reviewed(write(state_dir, main=BUCKET), state_dir)["findings"]
    document = reviewed(write(state_dir, main=requires("evil/aws", "aws") + PROVIDER + BUCKET), state_dir)
    assert refused(document, "evil/aws", "aws_s3_bucket")
    known = reviewed(write(state_dir, main=requires("hashicorp/aws", "aws") + PROVIDER + BUCKET), state_dir)
    assert of(known, "STO-02")["aws_s3_bucket.data"][0] == "non_conform"


VALUES = {
    "flow": "Inbound",
    "ip_protocol": "tcp",
    "from_port_range": 22,
    "to_port_range": 22,
    "ip_range": "0.0.0.0/0",
    "security_group_id": "sg-12345678",
}
NAMED = {"address": RULE, "mode": "managed", "type": "outscale_security_group_rule", "name": "world"}


def document(kind: str, source: str | None) -> dict[str, Any]:
    """The same rule in a plan, in a state that is shown, and in a state's own file; None: as old versions write it."""
    name = source or "outscale"
    if kind == "plan":
        change = {"actions": ["create"], "after": VALUES, "after_unknown": {}}
        return {"resource_changes": [{**NAMED, "provider_name": name, "change": change}], "configuration": {}}
    if kind == "shown":
        return {"values": {"root_module": {"resources": [{**NAMED, "provider_name": name, "values": VALUES}]}}}
    provider = f'module.m.provider["{source}"].west' if source else "provider.outscale"
    return {"version": 4, "resources": [{**NAMED, "provider": provider, "instances": [{"attributes": VALUES}]}]}


@pytest.mark.parametrize("kind", ["plan", "shown", "raw"])
@pytest.mark.parametrize(
    ("source", "said"),
    [
        (None, None),
        ("registry.terraform.io/outscale/outscale", None),
        ("registry.opentofu.org/outscale/outscale", None),
        ("registry.terraform.io/evil/outscale", "evil/outscale"),
        ("providers.example/outscale/outscale", "providers.example/outscale/outscale"),
    ],
)
def test_a_plan_and_a_state_name_the_source_of_each_resource(
    kind: str, source: str | None, said: str | None, state_dir: pathlib.Path
) -> None:
    path = state_dir / "document.json"
    path.write_text(json.dumps(document(kind, source)))
    found = reviewed(path, state_dir)
    assert refused(found, said) if said else judged(found)
