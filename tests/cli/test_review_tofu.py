"""`rempart review` of files that OpenTofu alone reads, and of those that it leaves out for them."""

from __future__ import annotations

import json
import pathlib

import pytest

from cli import review
from tests.cli.reviewing import PROVIDER, of, reviewed
from tests.policies import runs


@pytest.fixture(autouse=True)
def state_dir(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    runs.settle(monkeypatch, tmp_path / "work")
    return tmp_path


def rule(name: str, cidr: str = "0.0.0.0/0") -> str:
    given = cidr if cidr.startswith("local.") else json.dumps(cidr)
    return (
        f'resource "outscale_security_group_rule" "{name}" {{\n'
        '  flow = "Inbound"\n  ip_protocol = "tcp"\n  from_port_range = 22\n  to_port_range = 22\n'
        f'  ip_range = {given}\n  security_group_id = "sg-12345678"\n}}\n'
    )


def write(folder: pathlib.Path, **files: str) -> pathlib.Path:
    """Files by their whole names, `__` for a folder's slash and `_` before an ending for its dot."""
    for name, text in files.items():
        dotted = name
        for mark, said in (("__", "/"), ("_tofu", ".tofu"), ("_tf", ".tf"), ("_json", ".json")):
            dotted = dotted.replace(mark, said)
        path = folder / "files" / dotted
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "files"


def named(path: pathlib.Path) -> dict[str, str]:
    return {one.address.rpartition(".")[2]: one.location for one in review.read(path).blocks}


def test_what_only_opentofu_reads_is_judged_with_its_place(state_dir: pathlib.Path) -> None:
    json_rule = {"flow": "Inbound", "ip_protocol": "tcp", "from_port_range": 22, "to_port_range": 22}
    json_rule |= {"ip_range": "0.0.0.0/0", "security_group_id": "sg-12345678"}
    files = write(
        state_dir,
        main_tofu=PROVIDER + rule("hcl"),
        more_tofu_json=json.dumps({"resource": {"outscale_security_group_rule": {"json": json_rule}}}),
    )
    assert named(files) == {"hcl": "main.tofu:4", "json": "more.tofu.json:1"}
    document = reviewed(files, state_dir)
    assert document["problems"] == []
    found = of(document, "NET-04")
    assert {found[f"outscale_security_group_rule.{name}"][0] for name in ("hcl", "json")} == {"non_conform"}


def test_a_module_of_such_files_is_no_module_from_elsewhere(state_dir: pathlib.Path) -> None:
    files = write(state_dir, main_tf='module "m" {\n  source = "./m"\n}\n', m__main_tofu=PROVIDER + rule("inner"))
    assert named(files) == {"inner": "m/main.tofu:4"}
    assert review.read(files).problems == ()


@pytest.mark.parametrize("ending", ["", "_json"])
def test_of_two_files_of_one_name_opentofu_s_is_judged_and_the_other_one_is_named(
    ending: str, state_dir: pathlib.Path
) -> None:
    def text(name: str, cidr: str) -> str:
        if not ending:
            return rule(name, cidr)
        return json.dumps({"resource": {"outscale_security_group_rule": {name: {"ip_range": cidr}}}})

    files = write(
        state_dir,
        **{f"main_tf{ending}": text("terraform", "10.0.0.0/8"), f"main_tofu{ending}": text("opentofu", "0.0.0.0/0")},
        other_tf=rule("both"),
    )
    assert set(named(files)) == {"opentofu", "both"}
    (problem,) = review.read(files).problems
    dotted = ending.replace("_", ".")
    assert problem.startswith(f"main.tf{dotted}: OpenTofu reads main.tofu{dotted} in its place")
    assert reviewed(files, state_dir)["problems"] == [problem]


def test_a_file_that_is_left_out_gives_no_value_to_another(state_dir: pathlib.Path) -> None:
    """The resolver reads all that it finds: a local of the file that is left out would hide an open port."""
    files = write(
        state_dir,
        values_tf='locals {\n  from = "10.0.0.0/8"\n}\n',
        values_tofu='locals {\n  from = "0.0.0.0/0"\n}\n',
        main_tf=PROVIDER + rule("one", "local.from"),
    )
    assert of(reviewed(files, state_dir), "NET-04")["outscale_security_group_rule.one"][0] == "non_conform"


def test_an_override_file_of_opentofu_overrides(state_dir: pathlib.Path) -> None:
    files = write(state_dir, main_tf=PROVIDER + rule("one", "10.0.0.0/8"), net_override_tofu=rule("one"))
    assert of(reviewed(files, state_dir), "NET-04")["outscale_security_group_rule.one"][0] == "non_conform"


def test_a_file_of_opentofu_that_is_no_hcl_is_one_message(state_dir: pathlib.Path) -> None:
    files = write(state_dir, main_tf=PROVIDER + rule("one"), broken_tofu='resource "x" {\n  a =\n}\n')
    (problem,) = review.read(files).problems
    assert problem.startswith("broken.tofu:")
    assert problem.endswith("this is not HCL; the other files are judged without it")
