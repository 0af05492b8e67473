"""`rempart review` of a folder: what is written beside what it resolves to, with a blueprint and without one."""

from __future__ import annotations

import pathlib

import pytest

from blueprint.values import NOT_OBSERVABLE
from cli import review
from providers.terraform import resolving
from tests.cli.reviewing import CANARY, OPEN, PROVIDER, of, reviewed, saved, write
from tests.policies import runs
from tests.policies.estate import estate_of


@pytest.fixture(autouse=True)
def state_dir(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    runs.settle(monkeypatch, tmp_path / "work")
    return tmp_path


def test_without_a_blueprint_what_needs_none_is_still_refused(state_dir: pathlib.Path) -> None:
    document = reviewed(write(state_dir, main=PROVIDER + OPEN), state_dir)
    found = of(document, "NET-04")
    assert found["outscale_security_group_rule.world"][0] == "non_conform"
    assert found["outscale_security_group_rule.many.rules[0].ip_ranges[1]"][0] == "non_conform"
    assert "only a blueprint says" in of(document, "GOV-01")["outscale_security_group_rule.world"][1]
    assert document["exit_code"] == 1


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("route_table_link", 'route_table_id = "rtb-1"\n  subnet_id = "subnet-1"'),
        ("net_peering_acceptation", 'net_peering_id = "pcx-1"'),
        ("volume_link", 'vm_id = "i-1"\n  volume_id = "vol-1"'),
    ],
)
def test_without_a_blueprint_a_link_is_foreign_to_no_plan(kind: str, arguments: str, state_dir: pathlib.Path) -> None:
    text = f'resource "outscale_{kind}" "one" {{\n  {arguments}\n}}\n'
    state, message = of(reviewed(write(state_dir, main=PROVIDER + text), state_dir), "GOV-01")[f"outscale_{kind}.one"]
    assert (state, "only a blueprint says" in message) == ("not_observable", True)


def test_without_a_blueprint_nobody_knows_which_environment_it_should_be_of(state_dir: pathlib.Path) -> None:
    net = 'resource "outscale_net" "one" {\n  ip_range = "10.0.0.0/16"\n}\n'
    state, message = of(reviewed(write(state_dir, main=PROVIDER + net), state_dir), "NET-02")["outscale_net.one"]
    assert (state, "only a blueprint says" in message) == ("not_observable", True)


def test_what_does_not_resolve_is_not_observable_and_no_pass(state_dir: pathlib.Path) -> None:
    found = of(reviewed(write(state_dir, main=PROVIDER + OPEN), state_dir), "NET-04")
    assert found["outscale_security_group_rule.asked"][0] == "not_observable"


def test_what_is_given_by_another_configuration_is_no_violation_by_itself(state_dir: pathlib.Path) -> None:
    """`net_id` of another root: rules that need it wait, those that do not answer."""
    estate = estate_of("minimal")
    segment = estate.first("Subnet")
    text = f"""
data "terraform_remote_state" "network" {{
  backend = "s3"
}}
resource "outscale_subnet" "one" {{
  net_id         = data.terraform_remote_state.network.outputs.net_id
  ip_range       = "{segment.properties["ipRange"]}"
  subregion_name = "{segment.properties["subregionName"]}"
  tags {{
    key   = "rempart:subject"
    value = "{segment.name}"
  }}
}}
"""
    document = reviewed(write(state_dir, main=PROVIDER + text), state_dir, "minimal")
    assert of(document, "NET-01")[segment.name][0] == "not_observable"
    assert "given elsewhere" in of(document, "NET-01")[segment.name][1]
    assert of(document, "SOV-03")[segment.name][0] == "conform"


LOOKED_UP = """
variable "groups" {}
data "outscale_image" "d" {
  filter {
    name   = "image_names"
    values = ["x"]
  }
}
data "outscale_security_group" "g" {
  security_group_id = "sg-12345678"
}
resource "outscale_vm" "one" {
  image_id           = data.outscale_image.d.id
  vm_type            = "prefix-${data.outscale_image.d.id}"
  security_group_ids = var.groups
}
resource "outscale_nic" "one" {
  subnet_id          = "subnet-1"
  security_group_ids = [data.outscale_security_group.g.id]
}
"""


@pytest.mark.parametrize("resolved", [True, False], ids=["resolved", "as written"])
def test_an_id_that_a_data_source_gives_is_nobodys(
    resolved: bool, state_dir: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The resolver makes one up for it, or gives up: it is neither the author's nor a reason to refuse."""
    if not resolved:
        monkeypatch.setattr(resolving.Resolver, "__call__", lambda *_: {})
    path = write(state_dir, main=PROVIDER + LOOKED_UP)
    blocks = {one.address: one for one in review.read(path).blocks}
    machine, nic = blocks["outscale_vm.one"], blocks["outscale_nic.one"]
    assert [machine.values[key] for key in ("image_id", "vm_type", "security_group_ids")] == [NOT_OBSERVABLE] * 3
    assert {"image_id", "security_group_ids"} <= machine.unresolved
    assert nic.unresolved == {"security_group_ids[0]"}
    found = of(reviewed(path, state_dir, "minimal"), "NET-03")
    assert found["outscale_vm.one"] == ("not_observable", "`filters` cannot be read from this provider")
    assert found["outscale_nic.one"][0] == "not_observable"
    assert "`securityGroupIds[0]`" in found["outscale_nic.one"][1]


def test_modules_counts_and_locals_are_followed(state_dir: pathlib.Path) -> None:
    root = """
locals {
  net = outscale_net.main.net_id
}
resource "outscale_net" "main" {
  ip_range = "10.64.0.0/20"
  tags {
    key   = "rempart:subject"
    value = "bubbles/study"
  }
}
module "inner" {
  source = "./inner"
  net    = local.net
}
"""
    inner = """
variable "net" {}
resource "outscale_security_group" "zone" {
  count  = 2
  net_id = var.net
  tags {
    key   = "rempart:subject"
    value = "bubbles/study/zones/z${count.index}/filter"
  }
}
"""
    reading = review.read(write(state_dir, main=PROVIDER + root, inner__main=inner))
    groups = [one for one in reading.blocks if one.type == "outscale_security_group"]
    assert [one.references for one in groups] == [{"net_id": "outscale_net.main"}] * 2
    assert [one.location for one in groups] == ["inner/main.tf:3"] * 2
    assert [one.values["tags"][0]["value"] for one in groups] == [f"bubbles/study/zones/z{n}/filter" for n in (0, 1)]


def test_a_key_may_hold_what_addresses_are_made_of(state_dir: pathlib.Path) -> None:
    """`for_each` over ranges or paths: dots, slashes and brackets belong to the key."""
    root = """
resource "outscale_net" "each" {
  for_each = toset(["10.64.0.0/20", "a]/b.c"])
  ip_range = "10.64.0.0/20"
}
resource "outscale_internet_service_link" "link" {
  net_id = outscale_net.each["10.64.0.0/20"].net_id
}
module "inner" {
  for_each = toset(["x.y/z"])
  source   = "./inner"
}
"""
    inner = 'resource "outscale_public_ip" "one" {}\n'
    reading = review.read(write(state_dir, main=PROVIDER + root, inner__main=inner))
    assert reading.problems == ()
    assert sorted((one.type, one.address) for one in reading.blocks) == [
        ("outscale_internet_service_link", "outscale_internet_service_link.link"),
        ("outscale_net", 'outscale_net.each["10.64.0.0/20"]'),
        ("outscale_net", 'outscale_net.each["a]/b.c"]'),
        ("outscale_public_ip", 'module.inner["x.y/z"].outscale_public_ip.one'),
    ]
    link = next(one for one in reading.blocks if one.type == "outscale_internet_service_link")
    assert link.references == {"net_id": 'outscale_net.each["10.64.0.0/20"]'}


def test_a_file_with_a_syntax_error_is_one_message_and_the_others_are_judged(
    state_dir: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(state_dir, main=PROVIDER + OPEN, broken=f'resource "x" "y" {{\n  a = "{CANARY}" =\n}}\n')
    document = reviewed(folder, state_dir)
    assert document["problems"] == ["broken.tf:2: this is not HCL; the other files are judged without it"]
    assert of(document, "NET-04")["outscale_security_group_rule.world"][0] == "non_conform"
    assert document["exit_code"] == 1
    assert review.review(str(folder), None, None, "dev") == 1
    captured = capsys.readouterr()
    assert "broken.tf:2" in captured.out
    assert CANARY not in captured.out + captured.err


def test_a_resource_that_cannot_be_resolved_is_never_left_out(state_dir: pathlib.Path) -> None:
    text = 'variable "n" {}\nresource "outscale_public_ip" "many" {\n  count = var.n\n}\n'
    reading = review.read(write(state_dir, main=PROVIDER + text))
    assert {one.type for one in reading.blocks} == {"outscale_public_ip"}


def test_a_type_that_no_rule_knows_is_refused(state_dir: pathlib.Path) -> None:
    text = 'resource "null_resource" "run" {\n  triggers = { a = 1 }\n}\n'
    found = of(reviewed(write(state_dir, main=PROVIDER + OPEN + text), state_dir), "GOV-01")
    assert found["null_resource.run"][0] == "non_conform"


@pytest.mark.parametrize(
    ("at", "path", "place"),
    [
        ("", "terraform", "terraform/main.tf:4"),
        ("", "./terraform/", "terraform/main.tf:4"),
        ("terraform", ".", "main.tf:4"),
        ("terraform", "../terraform", "../terraform/main.tf:4"),
    ],
)
def test_a_place_is_named_from_where_the_command_runs(
    at: str, path: str, place: str, state_dir: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code scanning and a merge request look for the file from the root of the repository."""
    write(state_dir, main=PROVIDER + 'resource "outscale_net" "it" {\n  ip_range = "10.0.0.0/16"\n}\n')
    monkeypatch.chdir(state_dir / at)
    document = reviewed(pathlib.Path(path), state_dir)
    (found,) = {one["location"] for one in document["findings"] if one["subject"] == "outscale_net.it"}
    assert found == place


def test_so_is_a_plan(state_dir: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (state_dir / "plans").mkdir()
    plan = saved(state_dir / "plans", estate_of("minimal"), "plan")
    monkeypatch.chdir(state_dir)
    document = reviewed(plan.relative_to(state_dir), state_dir)
    places = {one["location"] for one in document["findings"] if one["subject"] == "bubbles/study"}
    assert places == {"plans/plan.json#outscale_net.bubbles_study"}
