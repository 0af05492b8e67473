"""`rempart waive`: from the refusal of a run to a waiver that two persons made, and what is refused on the way."""

from __future__ import annotations

import datetime as dt
import json
import pathlib

import pytest

from blueprint.errors import RempartError
from cli import exit_codes, main, waive
from cli.waive import Request
from policies import signing
from policies.records import waivers
from tests.cli.calling import rempart
from tests.policies import estate, persons, runs
from tests.policies.estate import Estate

VM = "bubbles/warehouse/tiers/omop/1"
BREACH = "it is in availability zone c, not in the planned a"


@pytest.fixture(scope="module")
def broken() -> Estate:
    changed = estate.estate_of().copy()
    changed[VM].properties["placementSubregionName"] = f"{estate.REGION}c"
    return changed


@pytest.fixture(autouse=True)
def kept(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    (tmp_path / "state").mkdir()
    runs.settle(monkeypatch, tmp_path / "state")
    runs.keep_records(monkeypatch, tmp_path)
    persons.Reviewer(tmp_path / "trust").allows(persons.line("alice"), persons.line("bob"))
    monkeypatch.setenv(signing.TRUST_VARIABLE, str(tmp_path / "trust"))
    return tmp_path


def asked(**changes: str) -> Request:
    values = {
        "rule": "CPT-01",
        "subject": VM,
        "platform": "emc2",
        "target": "outscale-sandbox",
        "environment": "dev",
        "reason": "one host left",
        "control": "cold standby",
        "owner": "alice@hospital.example",
        "until": "2027-03-31",
    }
    return Request(**{**values, **changes})


def only(kept: pathlib.Path) -> pathlib.Path:
    (path,) = (kept / "waivers").glob("*.yaml")
    return path


def test_a_refusal_is_waived_by_two_persons(
    kept: pathlib.Path, broken: Estate, capsys: pytest.CaptureFixture[str]
) -> None:
    runs.run(broken, "compute")
    words = ["waive", "CPT-01", VM, "--platform", "emc2", "--reason", "one host left", "--control", "cold standby"]
    words += ["--owner", "alice@hospital.example", "--until", "2027-03-31", "--key", str(persons.key("alice"))]
    done = rempart(*words)
    assert done.exit_code == exit_codes.OK, done.output
    waiver = waivers.read(only(kept))
    assert (waiver.breaches, waiver.requested_on) == ((BREACH,), dt.date(2026, 11, 23))
    assert waive.approve(waiver.id, str(persons.key("alice"))) == exit_codes.VIOLATION
    assert waivers.read(only(kept)) == waiver
    assert waive.approve(waiver.id, str(persons.key("bob"))) == exit_codes.OK
    capsys.readouterr()
    assert waive.show(None, "json") == exit_codes.OK
    (shown,) = json.loads(capsys.readouterr().out)
    assert (shown["holds"], shown["approver"], shown["days_left"]) == (True, "bob@hospital.example", 128)
    session = runs.run(broken, "compute")
    assert f"waived until 2027-03-31 by {waiver.id}" in session.recorder.path.read_text(encoding="utf-8")


def test_a_renewal_keeps_what_was_waived_and_is_approved_anew(kept: pathlib.Path, broken: Estate) -> None:
    runs.run(broken, "compute")
    waive.request(asked(until="2026-12-01"))
    waive.approve(only(kept).stem, str(persons.key("bob")))
    runs.run(broken, "compute")
    with pytest.raises(RempartError, match="--replace"):
        waive.request(asked())
    assert waive.show(30, "table") == exit_codes.VIOLATION
    waive.request(Request(**{**vars(asked()), "replace": True}))
    renewed = waivers.read(only(kept))
    assert (renewed.breaches, renewed.approval, renewed.until) == ((BREACH,), None, dt.date(2027, 3, 31))
    assert waive.show(30, "table") == exit_codes.OK


def test_only_what_a_run_refused_can_be_waived(kept: pathlib.Path) -> None:
    with pytest.raises(RempartError, match="nothing was judged yet"):
        waive.request(asked())
    runs.run(estate.estate_of(), "compute")
    with pytest.raises(RempartError, match=r"refuses nothing on .* \(the last run says conform\)"):
        waive.request(asked())
    assert not (kept / "waivers").exists()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"rule": "CPT-99"}, "CPT-99 does not exist.*Did you mean 'CPT-0"),
        ({"rule": "SOV-01"}, "SOV-01 cannot be waived"),
        ({"subject": "bubbles/*"}, "wildcard"),
        ({"subject": "bubbles/warehouse/tiers/omop/9"}, "not in the plan"),
        ({"until": "2027-12-31"}, "more than 180 days"),
        ({"until": "2026-11-22"}, "it ended on"),
        ({"until": "soon"}, "write it as 2027-03-31"),
        ({"owner": "nobody"}, "unknown owner 'nobody'"),
        ({"key": "bob"}, "signed in the name of alice@hospital.example by bob"),
        ({"reason": " "}, "--reason is empty"),
        ({"control": ""}, "--control is empty"),
        ({"platform": "emc3"}, "Did you mean 'emc2'"),
        ({"target": "nowhere"}, "unknown target"),
    ],
)
def test_what_could_never_hold_is_refused_at_once(
    kept: pathlib.Path, broken: Estate, changes: dict[str, str], says: str
) -> None:
    if "key" in changes:
        runs.run(broken, "compute")
        changes = {"key": str(persons.key(changes["key"]))}
    with pytest.raises(RempartError, match=f"(?s){says}"):
        waive.request(asked(**changes))
    assert not (kept / "waivers").exists()


def test_an_id_that_is_none_is_told() -> None:
    with pytest.raises(RempartError, match="unknown waiver 'x'"):
        waive.approve("x", "key")
    with pytest.raises(RempartError, match="named by its id"):
        waive.approve("../../etc/x", "key")


def test_a_waiver_of_a_platform_that_is_gone_is_listed_as_such(
    kept: pathlib.Path, broken: Estate, capsys: pytest.CaptureFixture[str]
) -> None:
    runs.run(broken, "compute")
    waive.request(asked())
    path = only(kept)
    path.write_text(path.read_text().replace("platform: emc2", "platform: gone"))
    capsys.readouterr()
    assert waive.show(None, "json") == exit_codes.VIOLATION
    (shown,) = json.loads(capsys.readouterr().out)
    assert "cannot be read" in shown["faults"][0]


def test_a_secret_in_clear_is_never_waived_and_never_shown(
    kept: pathlib.Path, broken: Estate, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither when its own waiver is refused, nor when something else of the same machine is waived."""
    changed = broken.copy()
    changed[VM].properties["userData"] = "#cloud-config\npassword: Canary-7-Bird\n"
    runs.run(changed, "compute")
    with pytest.raises(RempartError, match=r"cannot be waived: .* imposed by SNC 10\.5\.d") as refused:
        waive.request(asked(rule="CPT-05"))
    assert "Canary" not in str(refused.value)
    waive.request(asked())
    waive.approve(only(kept).stem, str(persons.key("bob")))
    waive.show(None, "table")
    runs.run(changed, "compute")
    said = capsys.readouterr()
    assert "Canary" not in said.out + said.err
    assert [path for path in kept.rglob("*") if path.is_file() and b"Canary" in path.read_bytes()] == []


def test_a_machine_without_ssh_keygen_ends_with_its_own_code(
    kept: pathlib.Path, broken: Estate, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runs.run(broken, "compute")
    waive.request(asked())
    words = ["rempart", "waive", "approve", only(kept).stem, "--key", str(persons.key("bob"))]
    monkeypatch.setattr("sys.argv", words)
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == exit_codes.ENVIRONMENT
    assert waivers.read(only(kept)).approval is None
