"""`rempart check` and `rempart plan`, as a person and as a program use them."""

from __future__ import annotations

import json
import pathlib
import re

import pytest

from blueprint import loader
from blueprint import target as targets
from cli import check, exit_codes, plan
from providers import capabilities

GOLDEN = pathlib.Path(__file__).parent / "golden" / "errors"
PASSWORD = "Correct-Horse-9-Battery"


@pytest.mark.parametrize("file", ["emc2", "minimal", "public-bucket", "password-in-user-data"])
def test_a_well_formed_platform_is_accepted_by_name(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert check.check(file) == exit_codes.OK
    assert "well-formed" in capsys.readouterr().out


def test_problems_go_to_standard_error_all_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert check.check(str(GOLDEN / "wrong-types.yaml")) == exit_codes.BAD_INPUT
    said = capsys.readouterr()
    assert said.out == ""
    assert "25 problems" in said.err
    assert re.search(r"wrong-types\.yaml:31:5 flows\.out\.ports: ports lie between 0 and 65535", said.err)
    assert "Traceback" not in said.err


def test_problems_as_json_have_file_line_column_and_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    assert check.check(str(GOLDEN / "same-rule.yaml"), format="json") == exit_codes.BAD_INPUT
    document = json.loads(capsys.readouterr().out)
    assert document["well_formed"] is False
    assert set(document["problems"][0]) == {"file", "line", "column", "path", "message", "remedy"}
    assert document["problems"][0]["line"] == 15


@pytest.mark.parametrize("file", ["emc3", "no/such/file.yaml", "stacks", "/dev/null"])
def test_a_file_that_is_not_there_is_one_clear_message(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert check.check(file) == exit_codes.BAD_INPUT
    assert plan.plan(file, target="outscale-sandbox") == exit_codes.BAD_INPUT
    assert "Traceback" not in capsys.readouterr().err


def test_fix_gives_slots_in_place_and_keeps_the_file_mode(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "minimal.yaml"
    text = loader.find("minimal").read_text(encoding="utf-8")
    path.write_text(re.sub(r"^ +slot: 1\n", "", text, flags=re.MULTILINE), encoding="utf-8")
    path.chmod(0o640)
    assert check.check(str(path)) == exit_codes.BAD_INPUT
    assert check.check(str(path), fix=True) == exit_codes.OK
    assert path.stat().st_mode & 0o777 == 0o640
    assert sorted(tmp_path.iterdir()) == [path]
    once = path.read_bytes()
    assert check.check(str(path), fix=True) == exit_codes.OK
    assert path.read_bytes() == once


def test_fix_leaves_a_file_it_cannot_read_as_it_is(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("bubbles: [1,\n")
    assert check.check(str(path), fix=True) == exit_codes.BAD_INPUT
    assert path.read_text() == "bubbles: [1,\n"


@pytest.mark.parametrize("format", ["table", "md"])
def test_a_plan_shows_addresses_flows_names_capabilities_and_assumptions(
    format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert plan.plan("emc2", target="outscale-sandbox", format=format) == exit_codes.OK
    said = capsys.readouterr().out
    for heading in (
        "Addresses",
        "Flow matrix",
        "Routes",
        "Names at the provider",
        "Capabilities needed",
        "Assumptions",
    ):
        assert heading in said
    assert "simulated" in said
    assert "10.64.16.128/25" in said
    assert "pinned by the target" in said
    assert "these flows have filter rules and no route" in " ".join(said.split())


@pytest.mark.parametrize(
    ("target", "peering"),
    [("outscale-sandbox", "native"), ("ovh-sandbox", "workaround: machines on a link network")],
)
def test_a_plan_says_what_the_offer_has_of_each_part_that_the_blueprint_needs(
    target: str, peering: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert plan.plan("emc2", target=target, format="md") == exit_codes.OK
    _, _, said = capsys.readouterr().out.partition("Capabilities needed")
    rows = {
        cells[1]: cells[2:]
        for line in said.splitlines()
        if len(cells := [cell.strip() for cell in line.split("|")]) > 3
    }
    assert rows["peering"][0] == peering
    assert "ends on" in rows["peering"][1], "the decision that holds for it is said"
    assert rows["bastion"][0] == "external"
    where = targets.load(target)
    assert (
        rows["private-link"][0] == capabilities.load(where.provider).offers[where.offer].features["private-link"].state
    )
    assert "made outside" in rows["private-link"][2], "whatever the offer has: no adapter makes one"
    assert "snds (delivery-snds)" in rows["private-link"][2]


def test_a_plan_as_json_is_the_plan(capsys: pytest.CaptureFixture[str]) -> None:
    assert plan.plan("minimal", target="outscale-sandbox", environment="prod", format="json") == exit_codes.OK
    document = json.loads(capsys.readouterr().out)
    assert (document["platform"], document["environment"], document["simulated"]) == ("minimal", "prod", True)


@pytest.mark.parametrize("format", plan.FORMATS)
def test_no_output_spreads_what_is_in_user_data(format: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert PASSWORD in loader.find("password-in-user-data").read_text(encoding="utf-8")
    assert plan.plan("password-in-user-data", target="outscale-sandbox", format=format) == exit_codes.OK
    said = capsys.readouterr()
    assert said.out
    assert PASSWORD not in said.out + said.err


@pytest.mark.parametrize("format", plan.FORMATS)
def test_a_plan_can_be_written_to_a_file(
    format: str, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "plan.out"
    assert plan.plan("minimal", target="outscale-sandbox", format=format, output=str(path)) == exit_codes.OK
    assert "administration" in path.read_text(encoding="utf-8")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"target": "outscale"}, "unknown target 'outscale'"),
        ({"target": "outscale-sandbox", "environment": "a b"}, "no name for an environment"),
        ({"target": "outscale-sandbox", "format": "pdf"}, "unknown format 'pdf'"),
        ({"target": "outscale-sandbox", "format": "svg", "output": "/no/such/folder/x.svg"}, "cannot be written"),
    ],
)
def test_a_wrong_option_is_one_clear_message(
    options: dict[str, str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert plan.plan("minimal", **options) == exit_codes.BAD_INPUT
    said = capsys.readouterr().err
    assert expected in said
    assert "Traceback" not in said


def test_check_refuses_an_unknown_format() -> None:
    assert check.check("minimal", format="xml") == exit_codes.BAD_INPUT


def test_fix_on_a_full_disk_leaves_the_file_as_it_was(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "minimal.yaml"
    text = re.sub(r"^ +slot: 1\n", "", loader.find("minimal").read_text(encoding="utf-8"), flags=re.MULTILINE)
    path.write_text(text, encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pathlib.Path, "replace", full)
    assert check.check(str(path), fix=True) == exit_codes.ENVIRONMENT
    assert "No space left on device" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == text
    assert sorted(tmp_path.iterdir()) == [path]
