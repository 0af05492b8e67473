"""Baselines: an adopted landscape's breaches are frozen for a time, by two persons, and nothing else is."""

from __future__ import annotations

import dataclasses
import json
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from blueprint.errors import RempartError
from cli import exit_codes
from policies import signing
from policies.records import baselines
from policies.records.baselines import BadBaseline
from policies.verdicts import Effect
from tests.cli.calling import rempart
from tests.policies import estate, persons, runs

VM = "bubbles/warehouse/tiers/omop/1"


def left_findings(folder: pathlib.Path, **azs: str) -> pathlib.Path:
    """Findings of the compute layer, its machines in the zones given."""
    changed = estate.estate_of().copy()
    for number, az in azs.items():
        name = f"bubbles/warehouse/tiers/omop/{number[-1]}"
        changed[name].properties["placementSubregionName"] = f"{estate.REGION}{az}"
    with pytest.MonkeyPatch.context() as patch:
        runs.settle(patch, folder)
        runs.run(changed, "compute")
    return folder / "findings"


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, pathlib.Path]]:
    yield {
        "adopted": left_findings(tmp_path_factory.mktemp("adopted"), vm1="c"),
        "worse": left_findings(tmp_path_factory.mktemp("worse"), vm1="c", vm2="c"),
        "otherwise": left_findings(tmp_path_factory.mktemp("otherwise"), vm1="b"),
        "mended": left_findings(tmp_path_factory.mktemp("mended")),
    }


@pytest.fixture(autouse=True)
def landscape(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, findings: dict[str, pathlib.Path]) -> Any:
    runs.settle(monkeypatch, tmp_path)
    persons.Reviewer(tmp_path / "trust").allows(persons.line("alice"), persons.line("bob"))
    monkeypatch.setenv(signing.TRUST_VARIABLE, str(tmp_path / "trust"))

    def become(name: str) -> None:
        (tmp_path / "findings").unlink(missing_ok=True)
        (tmp_path / "findings").symlink_to(findings[name])

    become("adopted")
    return become


@pytest.fixture
def file(tmp_path: pathlib.Path, landscape: Any) -> pathlib.Path:
    path = tmp_path / "baseline.json"
    words = ("--owner", "alice@hospital.example", "--until", "2027-03-31", "--output", str(path))
    done = rempart("baseline", "write", "emc2", *words, "--key", str(persons.key("alice")))
    assert done.exit_code == exit_codes.OK, f"{done.output}{done.exception!r}"
    return path


def checked(file: pathlib.Path) -> dict[str, int]:
    done = rempart("baseline", "check", "emc2", "--baseline", str(file), "--format", "json")
    found = json.loads(done.stdout)
    counts = {name: len(found[name]) for name in ("new", "expired", "frozen", "gone")}
    assert done.exit_code == (exit_codes.VIOLATION if counts["new"] or counts["expired"] else exit_codes.OK)
    return counts


def test_what_was_there_is_frozen_and_what_is_new_blocks(file: pathlib.Path, landscape: Any) -> None:
    assert {(one.rule, one.subject) for one in baselines.read(file).entries} == {("CPT-01", VM), ("SOV-03", VM)}
    assert rempart("report", "emc2").exit_code == exit_codes.VIOLATION
    assert checked(file) == {"new": 0, "expired": 0, "frozen": 2, "gone": 0}
    for name, counts in (
        ("worse", {"new": 3, "expired": 0, "frozen": 2, "gone": 0}),
        ("otherwise", {"new": 2, "expired": 0, "frozen": 1, "gone": 1}),
        ("mended", {"new": 0, "expired": 0, "frozen": 0, "gone": 2}),
    ):
        landscape(name)
        assert checked(file) == counts, name


def test_a_report_beside_its_baseline_never_calls_a_breach_conform(file: pathlib.Path, tmp_path: pathlib.Path) -> None:
    alone, beside = tmp_path / "alone.json", tmp_path / "beside.json"
    rempart("report", "emc2", "--format", "json", "--output", str(alone))
    done = rempart("report", "emc2", "--format", "json", "--output", str(beside), "--baseline", str(file))
    before, after = json.loads(alone.read_text()), json.loads(beside.read_text())
    assert (before["effect"], after["effect"]) == ("block", "warn")
    assert done.exit_code == exit_codes.OK
    assert before["states"] == after["states"]
    assert before["requirements"] == after["requirements"]
    frozen = [one for one in after["findings"] if one["record"] == "baseline"]
    assert {one["state"] for one in frozen} == {"non_conform"}
    assert all(one["until"] == "2027-03-31" for one in frozen)


def test_an_entry_ends(file: pathlib.Path) -> None:
    content = json.loads(file.read_text())
    content["written_on"] = "2026-10-01"
    del content["request"]  # the owner signed other words
    for entry in content["entries"]:
        entry["until"] = "2026-11-22"
    file.write_text(json.dumps(content))
    assert checked(file)["expired"] == 2
    assert rempart("report", "emc2", "--baseline", str(file)).exit_code == exit_codes.VIOLATION


def test_another_person_approves_it_and_a_word_changed_afterwards_undoes_that(file: pathlib.Path) -> None:
    done = rempart("baseline", "approve", str(file), "--key", str(persons.key("alice")))
    assert "another person must" in str(done.exception)
    assert baselines.read(file).approval is None
    done = rempart("baseline", "approve", str(file), "--key", str(persons.key("bob")))
    assert "approved by bob@hospital.example" in done.output
    assert checked(file)["frozen"] == 2
    file.write_text(file.read_text().replace("2027-03-31", "2027-04-30"))
    done = rempart("report", "emc2", "--baseline", str(file))
    assert "the document was changed after it" in str(done.exception)


def test_on_a_real_target_it_counts_once_it_is_approved_independently(
    file: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadBaseline, match="once another person has approved it"):
        baselines.standing(baselines.read(file), signing.trust(), simulated=False)
    rempart("baseline", "approve", str(file), "--key", str(persons.key("bob")))
    assert baselines.standing(baselines.read(file), signing.trust(), simulated=False) == (
        "approved by bob@hospital.example"
    )


def test_what_is_said_of_the_control_itself_cannot_be_frozen() -> None:
    session = runs.run(estate.estate_of(), "bastion")
    rules = session.judge.catalogue.rules
    blocked = [
        dataclasses.replace(one, effect=Effect.BLOCK) for one in session.about_run if one.rule.startswith("GOV-")
    ]
    assert "GOV-05" in {one.rule for one in blocked}
    assert baselines.of(blocked, rules) == ()
    faulty = dataclasses.replace(blocked[0], rule="CPT-01", fault=True)
    assert baselines.of([faulty], rules) == (), "a rule that failed has judged nothing"
    assert baselines.of([dataclasses.replace(faulty, fault=False)], rules) != ()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda text: text[:-4], r"baseline\.json:\d+:\d+: this is not JSON"),
        (lambda text: text.replace('"rule": "CPT-01"', '"rule": ""', 1), r"entries\.0\.rule"),
        (lambda text: text.replace('"emc2"', '"minimal"', 1), "give the baseline of what is reported"),
        (lambda text: text.replace("2027-03-31", "2028-03-31", 1), "more than 366 days"),
        (lambda text: "é", "this is not JSON"),
    ],
)
def test_a_file_that_is_no_baseline_of_this_is_told(file: pathlib.Path, change: Any, says: str) -> None:
    file.write_text(change(file.read_text()))
    with pytest.raises(RempartError, match=says):
        raise rempart("report", "emc2", "--baseline", str(file)).exception or AssertionError("it was taken")


@pytest.mark.parametrize(
    ("until", "says"), [("soon", "write it as"), ("2026-11-22", "lies between"), ("2028-01-01", "lies between")]
)
def test_an_end_that_cannot_be_is_told(tmp_path: pathlib.Path, until: str, says: str) -> None:
    words = ("--owner", "alice", "--until", until, "--output", str(tmp_path / "b.json"))
    assert says in str(rempart("baseline", "write", "emc2", *words).exception)


def test_a_baseline_is_never_written_over(file: pathlib.Path) -> None:
    words = ("--owner", "alice", "--until", "2027-03-31", "--output", str(file))
    assert "exists" in str(rempart("baseline", "write", "emc2", *words).exception)


TERRAFORM = """
provider "outscale" {
  region = "cloudgouv-eu-west-1"
}
resource "outscale_security_group_rule" "NAME" {
  flow              = "Inbound"
  security_group_id = "sg-1"
  from_port_range   = 22
  to_port_range     = 22
  ip_protocol       = "tcp"
  ip_range          = "0.0.0.0/0"
}
"""


def test_terraform_that_is_adopted_blocks_on_what_is_new(tmp_path: pathlib.Path) -> None:
    folder, said, file = tmp_path / "tf", tmp_path / "said.json", tmp_path / "b.json"
    folder.mkdir()
    (folder / "main.tf").write_text(TERRAFORM.replace("NAME", "old"))
    assert rempart("review", str(folder), "--format", "json", "--output", str(said)).exit_code == 1
    words = ("--owner", "alice@hospital.example", "--until", "2027-03-31", "--output", str(file))
    done = rempart("baseline", "write", "--from", str(said), *words)
    assert done.exit_code == exit_codes.OK, f"{done.output}{done.exception!r}"
    after = tmp_path / "after.json"

    def blocking() -> set[str]:
        rempart("review", str(folder), "--format", "json", "--output", str(after), "--baseline", str(file))
        found = json.loads(after.read_text())["findings"]
        return {one["subject"] for one in found if one["effect"] == "block" and one["rule"] == "NET-04"}

    assert "outscale_security_group_rule.old" in {one.subject for one in baselines.read(file).entries}
    assert blocking() == set()
    (folder / "new.tf").write_text(TERRAFORM.partition("resource")[1] + TERRAFORM.partition("resource")[2])
    assert blocking() == {"outscale_security_group_rule.NAME"}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"findings": [{}]}', "no JSON"])
def test_what_is_no_report_cannot_be_frozen(tmp_path: pathlib.Path, text: str) -> None:
    (tmp_path / "r.json").write_text(text)
    words = ("--owner", "alice", "--until", "2027-03-31", "--output", str(tmp_path / "b.json"))
    assert "is no report" in str(rempart("baseline", "write", "--from", str(tmp_path / "r.json"), *words).exception)
