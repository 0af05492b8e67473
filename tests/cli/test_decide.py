"""`rempart decide`: a person signs that requirements do not apply; what would not hold leaves the file as it was."""

from __future__ import annotations

import json
import pathlib
import shutil

import pytest

from blueprint.errors import RempartError
from cli import decide, exit_codes
from policies import records, signing
from policies.records import decisions
from tests.cli.calling import rempart
from tests.policies import persons, runs

ID = "emc2-not-applicable"


@pytest.fixture(autouse=True)
def file(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    source = records.folder() / "decisions" / f"{ID}.yaml"
    runs.keep_records(monkeypatch, tmp_path)
    (tmp_path / "decisions").mkdir()
    persons.Reviewer(tmp_path / "trust").allows(persons.line("alice"))
    monkeypatch.setenv(signing.TRUST_VARIABLE, str(tmp_path / "trust"))
    return pathlib.Path(shutil.copy(source, tmp_path / "decisions"))


def listed() -> tuple[int, list[dict[str, object]]]:
    done = rempart("decide", "list", "--format", "json")
    return done.exit_code, json.loads(done.stdout)


def test_a_signed_decision_names_its_signer(file: pathlib.Path) -> None:
    assert listed()[1][0]["signed_by"] is None
    assert decide.sign(ID, str(persons.key("alice"))) == exit_codes.OK
    code, (found,) = listed()
    assert (code, found["signed_by"], found["independent"]) == (exit_codes.OK, "alice@hospital.example", True)
    assert decisions.read(file).requirements.keys() >= {"R-084", "F-010"}


def test_a_decision_changed_after_its_signature_is_told(file: pathlib.Path) -> None:
    decide.sign(ID, str(persons.key("alice")))
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("platform: emc2", "platform: minimal"), encoding="utf-8")
    code, (found,) = listed()
    assert code == exit_codes.VIOLATION
    assert "changed after it" in str(found["fault"])


def test_a_key_that_is_not_allowed_signs_nothing(file: pathlib.Path) -> None:
    before = file.read_bytes()
    assert decide.sign(ID, str(persons.key("mallory"))) == exit_codes.VIOLATION
    assert file.read_bytes() == before


def test_bad_input_is_one_message(file: pathlib.Path) -> None:
    with pytest.raises(RempartError, match=ID):
        decide.sign("emc2-not-aplicable", str(persons.key("alice")))
    with pytest.raises(RempartError, match="no such key"):
        decide.sign(ID, str(file.parent / "none"))
    with pytest.raises(RempartError, match="table, json"):
        decide.show("xml")


def test_the_table_says_what_is_self_declared() -> None:
    done = rempart("decide", "list", env={"COLUMNS": "200"})
    assert done.exit_code == exit_codes.OK
    assert "self-declared" in done.stdout
