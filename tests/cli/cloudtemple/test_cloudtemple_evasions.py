"""Terraform that would slip past: values and configurations that stand elsewhere, blocks that nothing resolves."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from cli import review
from providers.terraform import blocks
from tests.cli.cloudtemple_terraform import CANARY, SEEN, Terraform, of, states

P = 'provider "cloudtemple" {\n  address = "shiva.cloud-temple.com"\n}\n'
ELSEWHERE = 'provider "cloudtemple" {\n  alias = "far"\n  address = "shiva.example.org"\n  scheme = "http"\n}\n'
TYPE = f"{SEEN}.it"


def made(*arguments: str) -> str:
    lines = "\n  ".join(('name = "it"', *arguments))
    return f'resource "{SEEN}" "it" {{\n  {lines}\n}}\n'


PRIVATE = made('access_type = "private"')
ASKED = 'variable "asked" {\n  default = "private"\n}\n' + P + made("access_type = var.asked")
UNSAID = 'variable "unsaid" {}\n'
CALL = 'module "m" {\n  source = "./m"\n}\n'
GRANT = '  dynamic "acl_entry" {\n    for_each = %s\n    content {\n      storage_account = "app"\n    }\n  }'


def reviewed(files: dict[str, str], folder: pathlib.Path) -> Any:
    path = folder / "files"
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text, encoding="utf-8")
    review.review(str(path), None, None, "dev", "json", str(folder / "out.json"))
    return json.loads((folder / "out.json").read_text(encoding="utf-8"))


EVASIONS: dict[str, tuple[dict[str, str], str, str, str]] = {
    "values by themselves": ({"main.tf": ASKED, "terraform.tfvars": 'asked = "public"'}, "STO-02", TYPE, "public"),
    "values in JSON": ({"main.tf": ASKED, "terraform.tfvars.json": '{"asked": "public"}'}, "STO-02", TYPE, "public"),
    "the last of two files of values": (
        {"main.tf": ASKED, "a.auto.tfvars": 'asked = "private"', "b.auto.tfvars": 'asked = "public"'},
        *("STO-02", TYPE, "public"),
    ),
    "a file that overrides": (
        {"main.tf": P + PRIVATE, "it_override.tf": made('access_type = "public"')},
        *("STO-02", TYPE, "public"),
    ),
    "a file that overrides the provider": (
        {"main.tf": P + PRIVATE, "override.tf": P.replace("shiva.cloud-temple.com", "shiva.example.org")},
        *("SOV-03", TYPE, "elsewhere"),
    ),
    "lists in JSON": (
        {"main.tf": P, "b.tf.json": json.dumps({"resource": [{SEEN: [{"it": [{"access_type": "public"}]}]}]})},
        *("STO-02", TYPE, "public"),
    ),
    "another configuration of the provider": (
        {"main.tf": P + ELSEWHERE + made('access_type = "private"', "provider = cloudtemple.far")},
        *("SOV-03", TYPE, "elsewhere"),
    ),
    "the same under another name": (
        {"main.tf": P + ELSEWHERE.replace('"cloudtemple"', '"ct"') + made("provider = ct.far")},
        *("SOV-03", TYPE, "elsewhere"),
    ),
    "one of two configurations in clear": (
        {"main.tf": ELSEWHERE + P + PRIVATE + made("provider = cloudtemple.far").replace('"it"', '"other"')},
        *("NET-10", "provider cloudtemple.far", "in clear"),
    ),
    "one that is handed to a module": (
        {
            "main.tf": P + ELSEWHERE + CALL.replace("}", "  providers = { cloudtemple = cloudtemple.far }\n}"),
            "m/m.tf": PRIVATE,
        },
        *("SOV-03", f"module.m.{TYPE}", "elsewhere"),
    ),
    "one of the module's own": (
        {"main.tf": P + CALL, "m/m.tf": ELSEWHERE.replace('  alias = "far"\n', "") + PRIVATE},
        *("SOV-03", f"module.m.{TYPE}", "elsewhere"),
    ),
    "a module of a registry": (
        {"main.tf": P + PRIVATE + CALL.replace("./m", "some/module/here")},
        *("GOV-01", "module.m", "terraform:module"),
    ),
    "a module beside the folder": (
        {"main.tf": P + PRIVATE + CALL.replace("./m", "../m")},
        *("GOV-01", "module.m", "terraform:module"),
    ),
    "a program that runs as it is made": (
        {"main.tf": P + made('provisioner "local-exec" {\n    command = "true"\n  }')},
        *("GOV-01", f"{TYPE}.provisioner", "terraform:provisioner"),
    ),
}


@pytest.mark.parametrize("name", EVASIONS)
def test_an_evasion_is_refused(name: str, folder: pathlib.Path) -> None:
    files, rule, subject, says = EVASIONS[name]
    found = reviewed(files, folder)["findings"]
    refused = [message for state, message in of(found, rule, subject) if state == "non_conform"]
    assert refused, of(found, rule, subject)
    assert any(says in message for message in refused)


HIDDEN: dict[str, tuple[str, str, str]] = {
    "chosen by a data source": (
        'data "cloudtemple_role" "it" {\n  name = "x"\n}\n'
        + made('access_type = data.cloudtemple_role.it.id == "x" ? "public" : "private"'),
        "STO-02",
        "`acl`",
    ),
    "for want of an error": (
        UNSAID + made('access_type = try(var.unsaid.access, "private")'),
        "STO-02",
        "`acl`",
    ),
    "blocks over nobody's list": (
        UNSAID + made('access_type = "private"', GRANT % "var.unsaid"),
        "STO-06",
        "elsewhere",
    ),
    "a provider that only a module has": (PRIVATE, "SOV-03", "`region`"),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_what_nothing_here_decides_is_not_observable(name: str, folder: pathlib.Path) -> None:
    text, rule, says = HIDDEN[name]
    subject = f"{TYPE}.acl_entry[0]" if rule == "STO-06" else TYPE
    head = CALL if rule == "SOV-03" else P
    found = reviewed({"main.tf": head + text, "m/m.tf": P}, folder)["findings"]
    ((state, message),) = of(found, rule, subject)
    assert (state, says in message) == ("not_observable", True), message


def test_blocks_over_an_empty_list_are_none(folder: pathlib.Path) -> None:
    found = reviewed({"main.tf": P + made(GRANT % "[]")}, folder)["findings"]
    assert states(found, "STO-06", f"{TYPE}.acl_entry[0]") == set()


def test_what_is_not_read_is_said(folder: pathlib.Path) -> None:
    call = CALL.replace("./m", "git::https://example.org/m.git")
    document = reviewed({"main.tf": ASKED + call, "prod.tfvars": 'asked = "public"'}, folder)
    assert [one.partition(":")[0] for one in document["problems"]] == ["prod.tfvars", "main.tf"]
    assert "module m comes from elsewhere" in document["problems"][1]


def test_a_file_of_values_that_cannot_be_read_is_one_message(folder: pathlib.Path) -> None:
    document = reviewed({"main.tf": ASKED, "terraform.tfvars": "asked = = {"}, folder)
    (problem,) = document["problems"]
    assert "cannot be resolved" in problem
    assert states(document["findings"], "STO-02", TYPE) == {"not_observable"}


def test_a_module_of_no_instance_makes_nothing(folder: pathlib.Path) -> None:
    call = CALL.replace("./m", "some/module/here").replace("}", "  count = 0\n}")
    document = reviewed({"main.tf": P + PRIVATE + call}, folder)
    assert document["problems"] == []
    assert states(document["findings"], "GOV-01", "module.m") == set()


def test_a_module_whose_calls_nobody_can_count_is_read_for_itself(folder: pathlib.Path) -> None:
    call = UNSAID + CALL.replace("}", "  for_each = var.unsaid\n}")
    document = reviewed({"main.tf": P + call, "m/m.tf": made('access_type = "public"')}, folder)
    assert document["problems"] == []
    public = [one for one in document["findings"] if (one["rule"], one["state"]) == ("STO-02", "non_conform")]
    assert public


@pytest.mark.parametrize("alias", ["far", None])
def test_a_plan_names_the_configuration_and_the_programs_of_each_resource(
    alias: str | None, small: Terraform, folder: pathlib.Path
) -> None:
    document = small.plan()
    key = f"cloudtemple.{alias}" if alias else "cloudtemple"
    away = {"address": {"constant_value": "shiva.example.org"}}
    configurations = document["configuration"]["provider_config"]
    configurations[key] = {"name": "cloudtemple", "expressions": away, **({"alias": alias} if alias else {})}
    first = document["configuration"]["root_module"]["resources"][0]
    first |= {"provider_config_key": key, "provisioners": [{"type": "local-exec"}]}
    path = folder / "plan.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    review.review(str(path), None, None, "dev", "json", str(folder / "out.json"))
    found = json.loads((folder / "out.json").read_text(encoding="utf-8"))["findings"]
    assert states(found, "SOV-03", f"provider {key}") == {"non_conform"}
    assert states(found, "SOV-03", "provider cloudtemple") == ({"conform"} if alias else {"non_conform"})
    assert states(found, "GOV-01", f"{first['address']}.provisioner") == {"non_conform"}
    others = {one.address for one in review.read(path).blocks if one.type == "provisioner"}
    assert others == {f"{first['address']}.provisioner"}


def test_a_block_without_a_provider_of_its_name_has_none(folder: pathlib.Path) -> None:
    path = folder / "files"
    path.mkdir()
    (path / "main.tf").write_text(P + made("provider = cloudtemple.nobody"), encoding="utf-8")
    (one,) = review.read(path).blocks
    assert isinstance(one, blocks.Block)
    assert one.provider == {}


def test_a_credential_of_the_s3_interface_is_refused_and_not_shown(folder: pathlib.Path) -> None:
    """Of two configurations of one provider, the one that holds it is named."""
    place = 'region = "fr1"\n  endpoints {\n    s3 = "https://a.s3.fr1.cloud-temple.com"\n  }'
    head = f'provider "aws" {{\n  %s\n  {place}\n}}\n'
    text = head % "" + head % f'alias = "far"\n  secret_key = "{CANARY}"'
    for name, more in (("near", ""), ("far", "  provider = aws.far\n")):
        text += f'resource "aws_s3_bucket" "{name}" {{\n  bucket = "{name}"\n{more}}}\n'
    found = reviewed({"main.tf": P + PRIVATE + text}, folder)["findings"]
    ((state, message),) = of(found, "IAM-06", "provider s3.far")
    assert (state, "`secret_key`" in message) == ("non_conform", True)
    assert of(found, "IAM-06", "provider s3") == set()
    assert CANARY not in (folder / "out.json").read_text(encoding="utf-8")
