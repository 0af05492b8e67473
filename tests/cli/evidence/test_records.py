"""`rempart evidence needed` and `record`: from what a run asks for to the record that the next one reads."""

from __future__ import annotations

import json
import pathlib
import re
from typing import Any

import pytest

from blueprint import workspace
from blueprint.errors import RempartError
from cli import exit_codes, show
from policies import lines, records
from policies.records import evidence
from policies.verdicts import State
from tests.cli.calling import rempart
from tests.policies import estate, runs

DOCUMENT = "policies/evidence/documents/ovh-3393.md"
SCOPE = "platforms/emc2"
RULE = "IAM-07"


@pytest.fixture(autouse=True)
def kept(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    (tmp_path / "state").mkdir()
    runs.settle(monkeypatch, tmp_path / "state")
    monkeypatch.setattr(records, "folder", lambda: tmp_path)
    monkeypatch.chdir(workspace.root())
    return tmp_path


def asked(*more: str, rule: str = RULE, scope: str = SCOPE, **options: str) -> list[str]:
    given = {
        "platform": "emc2",
        "document": DOCUMENT,
        "statement": "Rights were reviewed.",
        "owner": "A. Martin",
        "approver": "B. Petit",
        "until": "2027-05-31",
    }
    words = [word for name, value in {**given, **options}.items() for word in (f"--{name.replace('_', '-')}", value)]
    return ["evidence", "record", rule, scope, *words, *more]


def refusal(*words: str) -> str:
    done = rempart(*words)
    assert isinstance(done.exception, RempartError), done.output
    return str(done.exception)


def needs() -> dict[tuple[str, str], dict[str, Any]]:
    done = rempart("evidence", "needed", "emc2", "--format", "json")
    return {(one["rule"], one["scope"]): one for one in json.loads(done.stdout)}


def states(session_file: pathlib.Path, rule: str) -> dict[str, str]:
    lines_of = [json.loads(line) for line in session_file.read_text(encoding="utf-8").splitlines()]
    return {one["subject"]: one["state"] for one in lines_of if one.get("rule") == rule}


def test_what_a_run_asks_for_is_listed_recorded_and_answered_by_the_next_run(kept: pathlib.Path) -> None:
    runs.run(estate.estate_of(), "compute")
    need = needs()[RULE, SCOPE]
    assert need["subjects"]
    assert need["missing"]
    assert "rights review" in str(need["remedy"])

    done = rempart(*asked())
    assert done.exit_code == exit_codes.OK, done.output
    (path,) = (kept / "evidence").glob("*.yaml")
    record = evidence.read(path)
    assert (record.platform, record.target, record.environment) == ("emc2", "outscale-sandbox", "dev")
    assert (record.document, record.simulated, str(record.valid_from)) == (DOCUMENT, True, "2026-11-23")

    session = runs.run(estate.estate_of(), "compute")
    assert set(states(session.recorder.path, RULE).values()) == {State.EVIDENCE_ACCEPTED_UNTIL}
    assert (RULE, SCOPE) not in needs()
    table = rempart("evidence", "needed", "emc2").output
    assert "answered by 1 records; the first ends on 2027-05-31" in table


def test_one_record_about_the_offer_answers_for_every_disk_and_names_no_platform(kept: pathlib.Path) -> None:
    runs.run(estate.estate_of(), "compute")
    scope = "offers/iaas-cloud-on-demand/disk-encryption"
    assert len(needs()["STO-01", scope]["subjects"]) > 10
    assert rempart(*asked(rule="STO-01", scope=scope)).exit_code == exit_codes.OK
    (path,) = (kept / "evidence").glob("*.yaml")
    assert evidence.read(path).seen_on is None
    session = runs.run(estate.estate_of(), "compute")
    assert set(states(session.recorder.path, "STO-01").values()) == {State.EVIDENCE_ACCEPTED_UNTIL}


def test_a_record_about_one_disk_answers_for_that_disk_alone(kept: pathlib.Path) -> None:
    runs.run(estate.estate_of(), "compute")
    disk = needs()["STO-01", "offers/iaas-cloud-on-demand/disk-encryption"]["subjects"][0]
    assert rempart(*asked(rule="STO-01", scope=disk)).exit_code == exit_codes.OK
    found = states(runs.run(estate.estate_of(), "compute").recorder.path, "STO-01")
    assert [one for one, state in found.items() if state == State.EVIDENCE_ACCEPTED_UNTIL] == [disk]


def test_a_renewal_is_asked_for_by_name(kept: pathlib.Path) -> None:
    runs.run(estate.estate_of(), "compute")
    assert rempart(*asked()).exit_code == exit_codes.OK
    runs.run(estate.estate_of(), "compute")
    assert "--replace" in refusal(*asked(until="2027-06-30"))
    assert rempart(*asked("--replace", until="2027-06-30")).exit_code == exit_codes.OK
    (path,) = (kept / "evidence").glob("*.yaml")
    assert str(evidence.read(path).valid_until) == "2027-06-30"


def test_a_document_kept_elsewhere_leaves_its_digest_and_address(kept: pathlib.Path, tmp_path: pathlib.Path) -> None:
    runs.run(estate.estate_of(), "compute")
    proof = tmp_path / "review.pdf"
    proof.write_bytes(b"as it was read")
    assert "outside this checkout" in refusal(*asked(document=str(proof)))
    address = "https://intranet.hospital.example/review.pdf"
    assert rempart(*asked(document=str(proof), kept_at=address)).exit_code == exit_codes.OK
    (path,) = (kept / "evidence").glob("*.yaml")
    assert evidence.read(path).document == address


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"rule": "CPT-06", "scope": SCOPE}, "unknown rule that asks for a record 'CPT-06'.*evidence needed"),
        ({"scope": "platforms/emc"}, "Did you mean 'platforms/emc2'"),
        ({"approver": "a. martin "}, "--approver is the owner"),
        ({"owner": " "}, "--owner is empty"),
        ({"until": "2028-05-31"}, "366 days"),
        ({"until": "2026-11-01"}, "366 days"),
        ({"until": "31/05/2027"}, "--until '31/05/2027' is not a day"),
        ({"document": "no/such/file.pdf"}, "cannot be read"),
        ({"kept_at": "the second shelf"}, "is no address"),
        ({"platform": "emc3"}, "nothing was judged yet"),
        ({"target": "nowhere"}, "unknown target"),
    ],
)
def test_what_would_not_hold_is_refused_and_nothing_is_written(
    kept: pathlib.Path, options: dict[str, str], says: str
) -> None:
    runs.run(estate.estate_of(), "compute")
    assert re.search(says, refusal(*asked(**options)))
    assert not list(kept.glob("evidence/*"))


def test_a_refusal_that_is_said_of_many_is_read_once_and_breaches_come_first(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def text(subject: str, said: str) -> str:
        return f"STO-01 · R-153 · stacks/platforms/emc2.yaml:9 — {subject}: {said}"

    wants = "evidence_required: nothing shows it. Remedy: attest"
    said = [text("a", wants), text("b", wants), text("a", wants), text("c", "it is open. Remedy: close it"), "odd"]
    said += [text(one, wants) for one in ("d", "e", "f")]
    assert show.refusals(said) == 1
    shown = capsys.readouterr().out.splitlines()
    assert [line.split(": ")[0].split()[-1] for line in shown[:3]] == ["odd", "c", "a"]
    place = "(stacks/platforms/emc2.yaml:9)"
    assert shown[3].strip() == f"so is b {place}, d {place}, e {place} and 1 more"
    assert len(shown) == 4


def test_a_line_is_read_back_as_it_was_written() -> None:
    line = lines.read("NET-04 · F-003, R-153 · stacks/x.yaml:7 — flows/a-to-b: it says: no. Remedy: mend it")
    assert line == lines.Line(
        "NET-04 · F-003, R-153", "stacks/x.yaml:7", "flows/a-to-b", "it says: no. Remedy: mend it"
    )
    assert not line.asks
    assert lines.read("error: something else: entirely") is None
