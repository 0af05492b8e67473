"""`rempart review`: Terraform says the same platform, so it gets the same findings; and it never shows a secret."""

from __future__ import annotations

import functools
import json
import pathlib
from collections.abc import Callable
from typing import Any

import pytest

from blueprint.values import NOT_OBSERVABLE
from cli import report as command
from cli import review
from policies.catalogue import loader as catalogues
from policies.report import model
from policies.verdicts import Effect, Finding, State
from providers.terraform import buckets, folder
from tests.policies import runs, terraforms
from tests.policies.estate import Estate, estate_of

CANARY = "canary-77ab20"
ELSEWHERE = "its ids come from another layer: the live check proves them"
PREFIX = "minimal.outscale-sandbox.dev"
PROVIDER = 'provider "outscale" {\n  region = "cloudgouv-eu-west-1"\n}\n'


@pytest.fixture(autouse=True)
def state_dir(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    runs.settle(monkeypatch, tmp_path / "work")
    return tmp_path


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


Told = set[tuple[str, str, State, str]]


def told(found: tuple[Finding, ...]) -> Told:
    """Of rules that Terraform shows something of, on what it can hold: no component, no engine's own resource.

    Nor what the pack says of a layer's ids that another layer gives (GOV-09): Terraform is read in one piece.
    """
    rules = {name for name, text in catalogues.load().rules.items() if text.observability["hcl"] != "none"}
    return {
        (one.rule, one.subject, one.state, one.message)
        for one in found
        if one.rule in rules and one.subject != "run" and not one.type.startswith(("pulumi:", "rempart:"))
        if not (one.rule == "GOV-09" and one.message == ELSEWHERE)
    }


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Told]:
    """What the pack says of a platform, each platform judged once for all that read it."""

    @functools.cache
    def judged(name: str) -> Told:
        folder = tmp_path_factory.mktemp(name)
        with pytest.MonkeyPatch.context() as patch:
            runs.settle(patch, folder)
            for layer in runs.LAYERS:
                runs.run(estate_of(name), layer)
            return told(model.merge(command.folders(f"{name}.outscale-sandbox.dev")).findings)

    return judged


@pytest.mark.parametrize("how", ["plan", "files"])
@pytest.mark.parametrize("name", ["minimal", "open-admin-port", "public-bucket", "password-in-user-data"])
def test_terraform_gets_the_findings_of_the_pack(
    name: str, how: str, state_dir: pathlib.Path, packed: Callable[[str], Told]
) -> None:
    """All but one: that the default group is emptied cannot be seen, because Terraform cannot do it."""
    estate, judged = estate_of(name), packed(name)
    review.review(str(saved(state_dir, estate, how)), name, None, "dev", "csv", str(state_dir / "out"))
    reviewed = told(findings(name))
    hidden = {one for one in reviewed if one[0] == "NET-03" and one[2] is State.NOT_OBSERVABLE}
    assert {subject for _, subject, _, _ in hidden} == {bubble.subject for bubble in estate.plan.bubbles}
    assert reviewed - hidden == {one for one in judged if (one[0], one[1]) not in {one[:2] for one in hidden}}


@pytest.mark.parametrize("how", ["plan", "files"])
def test_its_findings_say_where_they_are_written(how: str, state_dir: pathlib.Path) -> None:
    path = saved(state_dir, estate_of("open-admin-port"), how)
    review.review(str(path), "open-admin-port", None, "dev", "csv", str(state_dir / "out"))
    (place,) = {one.location for one in findings("open-admin-port") if one.rule == "NET-04" and one.effect == "block"}
    if how == "plan":
        assert place.startswith("plan.json#outscale_security_group_rule.")
        return
    file, _, line = place.partition(":")
    assert file == "main.tf"
    written = (path / file).read_text().splitlines()[int(line) - 1]
    assert written.startswith('resource "outscale_security_group_rule"')


@pytest.mark.parametrize("how", ["plan", "files"])
def test_sarif_points_into_what_was_read(how: str, state_dir: pathlib.Path) -> None:
    path = saved(state_dir, estate_of("open-admin-port"), how)
    review.review(str(path), "open-admin-port", None, "dev", "sarif", str(state_dir / "out.sarif"))
    results = json.loads((state_dir / "out.sarif").read_text())["runs"][0]["results"]
    (place,) = [
        one["locations"][0]["physicalLocation"]
        for one in results
        if one["ruleId"] == "NET-04" and one["level"] == "error"
    ][:1]
    assert place["artifactLocation"]["uri"] == ("plan.json" if how == "plan" else "main.tf")
    assert place["region"]["startLine"] == 1 if how == "plan" else place["region"]["startLine"] > 1


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
        monkeypatch.setattr(folder.tfparse, "load_from_path", lambda _path, **_options: {})
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


@pytest.mark.parametrize("how", ["plan", "files"])
def test_a_secret_is_judged_and_never_shown(
    how: str, state_dir: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    estate = estate_of("minimal")
    machine = estate.first("Vm")
    machine.properties["userData"] = f"#!/bin/sh\nexport DB_PASSWORD={CANARY}\n"
    path = saved(state_dir, estate, how)
    for kind in command.FORMATS:
        review.review(str(path), "minimal", None, "dev", kind, str(state_dir / "out"))
        assert CANARY not in (state_dir / "out").read_text(encoding="utf-8"), kind
    captured = capsys.readouterr()
    assert CANARY not in captured.out + captured.err
    assert (machine.name, State.NON_CONFORM) in {
        (one.subject, one.state) for one in findings("minimal") if one.rule == "CPT-05"
    }


BUCKET = """
resource "aws_s3_bucket" "data" {
  bucket = "data"
  tags   = { "rempart:subject" = "bubbles/study/buckets/archive" }
}
resource "aws_s3_bucket_acl" "data" {
  bucket = aws_s3_bucket.data.id
  acl    = "public-read"
}
"""


def test_a_bucket_is_where_its_endpoint_is_never_where_the_provider_is_named_after(state_dir: pathlib.Path) -> None:
    endpoint = 'provider "aws" {\n  endpoints {\n    s3 = "https://oos.example"\n  }\n}\n'
    there = reviewed(write(state_dir, main=PROVIDER + endpoint + BUCKET), state_dir)
    assert of(there, "STO-02")["bubbles/study/buckets/archive"][0] == "non_conform"
    (state_dir / "terraform" / "main.tf").write_text(PROVIDER + BUCKET)
    aws = reviewed(state_dir / "terraform", state_dir)
    assert of(aws, "GOV-01")["aws_s3_bucket.data"] == (
        "non_conform",
        "no rule knows resources of type terraform:aws_s3_bucket",
    )
    assert buckets.KIND not in {one["type"] for one in aws["findings"]}


def test_a_part_of_some_bucket_makes_every_bucket_uncertain(state_dir: pathlib.Path) -> None:
    endpoint = 'provider "aws" {\n  endpoints {\n    s3 = "https://oos.example"\n  }\n}\n'
    text = BUCKET.replace("aws_s3_bucket.data.id", "var.which") + 'variable "which" {}\n'
    found = of(reviewed(write(state_dir, main=PROVIDER + endpoint + text), state_dir), "STO-02")
    assert found["bubbles/study/buckets/archive"][0] == "not_observable"


def test_a_type_that_no_rule_knows_is_refused(state_dir: pathlib.Path) -> None:
    text = 'resource "null_resource" "run" {\n  triggers = { a = 1 }\n}\n'
    found = of(reviewed(write(state_dir, main=PROVIDER + OPEN + text), state_dir), "GOV-01")
    assert found["null_resource.run"][0] == "non_conform"


def test_a_state_of_terraform_is_followed_by_id(state_dir: pathlib.Path) -> None:
    tag = [{"key": "rempart:subject", "value": "bubbles/study"}]
    resources = [
        ("outscale_net", "main", {"id": "vpc-1", "net_id": "vpc-1", "ip_range": "10.64.0.0/20", "tags": tag}),
        ("outscale_subnet", "one", {"id": "subnet-1", "net_id": "vpc-1", "ip_range": "10.64.0.0/24"}),
    ]
    shown = [
        {"address": f"{kind}.{name}", "mode": "managed", "type": kind, "name": name, "values": values}
        for kind, name, values in resources
    ]
    raw = [
        {"mode": "managed", "type": kind, "name": name, "instances": [{"attributes": values}]}
        for kind, name, values in resources
    ]
    for document in ({"values": {"root_module": {"resources": shown}}}, {"version": 4, "resources": raw}):
        path = state_dir / "state.json"
        path.write_text(json.dumps(document))
        blocks = {one.address: one for one in review.read(path).blocks}
        assert blocks["outscale_subnet.one"].references == {"net_id": "outscale_net.main"}
        made = reviewed(path, state_dir, "minimal")
        assert of(made, "GOV-01")["bubbles/study"][0] == "conform"


def test_a_review_merges_into_the_platforms_report(state_dir: pathlib.Path) -> None:
    for layer in runs.LAYERS:
        runs.run(estate_of("minimal"), layer)
    path = saved(state_dir, estate_of("minimal"), "plan")
    review.review(str(path), "minimal", None, "dev", "csv", str(state_dir / "out"))
    merged = model.merge(command.folders(PREFIX))
    assert sorted(run.operation for run in merged.runs) == ["review", "up", "up", "up", "up"]


def test_effects_are_those_of_a_preview(state_dir: pathlib.Path) -> None:
    """What only `apply` or a blueprint will tell warns, and does not block."""
    path = saved(state_dir, estate_of("minimal"), "plan")
    review.review(str(path), None, None, "dev", "csv", str(state_dir / "out"))
    rows = reviewed(path, state_dir)["findings"]
    waiting = [one for one in rows if "only a blueprint" in one["message"]]
    assert waiting
    assert {one["effect"] for one in waiting} == {str(Effect.WARN)}
