"""Evidence records: the document that was accepted is the one that is there, on every run."""

from __future__ import annotations

import datetime as dt
import hashlib
import pathlib

import pytest

from blueprint import workspace
from blueprint.errors import BlueprintErrors
from policies import records
from policies.records import checks, evidence
from policies.verdicts import State
from tests.policies import attesting, estate, judging

DAY = dt.date(2026, 11, 23)
DOCUMENT = "policies/evidence/documents/decision.md"
RECORD = """
id: EV-1
rule: STO-01
scope: bubbles/x
platform: p
target: t
environment: prod
statement: s
document: {document}
sha256: {digest}
owner: one
approver: two
valid_from: 2026-01-01
valid_until: 2026-12-31
simulated: false
"""


@pytest.fixture
def project(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.setattr(workspace, "root", lambda: tmp_path)
    (tmp_path / DOCUMENT).parent.mkdir(parents=True)
    (tmp_path / DOCUMENT).write_text("as it was read\n")
    return tmp_path


def record(project: pathlib.Path, document: str = DOCUMENT, digest: str | None = None) -> pathlib.Path:
    path = project / "policies" / "evidence" / "one.yaml"
    read = hashlib.sha256(b"as it was read\n").hexdigest()
    path.write_text(RECORD.format(document=document, digest=digest or read))
    return path


def test_a_document_that_is_the_one_accepted_holds(project: pathlib.Path) -> None:
    assert evidence.read(record(project)).document == DOCUMENT


def test_a_document_that_was_changed_undoes_the_record(project: pathlib.Path) -> None:
    path = record(project)
    (project / DOCUMENT).write_text("as it was read, and more\n")
    now = hashlib.sha256(b"as it was read, and more\n").hexdigest()
    with pytest.raises(BlueprintErrors, match=rf"(?s)one\.yaml:10:\d+: sha256: .*changed.*{now}.*read it again"):
        evidence.read(path)
    with pytest.raises(BlueprintErrors):
        records.load(project / "policies")


def test_a_document_that_is_kept_elsewhere_is_not_looked_for(project: pathlib.Path) -> None:
    assert evidence.read(record(project, "https://intranet.hospital.example/decision.pdf", "ab" * 32)).sha256


@pytest.mark.parametrize(
    "document", ["policies/evidence/documents/none.md", "policies", "../decision.md", "/decision.md"]
)
def test_a_document_that_is_not_there_answers_nothing(project: pathlib.Path, document: str) -> None:
    """Taken away or mistyped: the digest was then compared with nothing, and the record held."""
    with pytest.raises(BlueprintErrors, match=r"(?s)one\.yaml:9:\d+: document: .*nobody can .*put the document back"):
        evidence.read(record(project, document))


def test_a_document_outside_the_project_is_not_one_of_it(project: pathlib.Path) -> None:
    """Whoever has only the project cannot look at it."""
    (project.parent / "decision.md").write_text("as it was read\n")
    with pytest.raises(BlueprintErrors, match="no such file in this project"):
        evidence.read(record(project, "../decision.md"))


@pytest.mark.parametrize("digest", ["abc", "AB" * 32, '""', "12"])
def test_what_is_no_digest_is_refused(project: pathlib.Path, digest: str) -> None:
    with pytest.raises(BlueprintErrors, match="sha256"):
        evidence.read(record(project, digest=digest))


def test_the_documents_of_this_checkout_are_those_that_were_accepted() -> None:
    kept = records.load().evidence
    assert [one.id for one in kept if (workspace.root() / one.document).is_file()], "none is here to be checked"


@pytest.mark.parametrize(
    "approver", ["One", " one ", "o\u200bne", "\uff4fne", "one\u00a0", "\u2060ONE"], ids=lambda name: repr(name)
)
def test_the_owner_in_another_spelling_is_no_second_person(project: pathlib.Path, approver: str) -> None:
    path = record(project)
    path.write_text(path.read_text().replace("approver: two", f'approver: "{approver}"'))
    with pytest.raises(BlueprintErrors, match="the owner approves alone"):
        evidence.read(path)


@pytest.mark.parametrize(("one", "other"), [("Ann Lee", "ann  lee"), ("Ann\u00a0Lee", "Ann Lee")])
def test_spaces_make_no_other_person(one: str, other: str) -> None:
    assert checks.same_person(one, other)
    assert not checks.same_person(one, f"{other} junior")


HERE = {"platform": "emc2", "target": "outscale-sandbox", "environment": "dev"}


@pytest.mark.parametrize(
    ("seen", "holds"),
    [
        ({}, True),
        ({"platform": "minimal"}, False),
        ({"target": "ovh-sandbox"}, False),
        ({"environment": "prod"}, False),
    ],
)
def test_what_was_seen_on_one_platform_says_nothing_of_another(seen: dict[str, str], holds: bool) -> None:
    record = attesting.evidence("STO-01", "kinds/disk", **seen)
    at = records.Deployment(**HERE)
    assert (attesting.kept(record).evidence_for("STO-01", {"kinds/disk"}, at, DAY, simulated=False) is record) is holds


def test_without_a_blueprint_only_what_is_said_of_the_offer_holds() -> None:
    of_platform, of_offer = attesting.evidence("STO-01", "kinds/disk"), attesting.evidence("STO-01", "offers/one")
    kept = attesting.kept(of_platform, of_offer)
    assert kept.evidence_for("STO-01", {"kinds/disk"}, None, DAY, simulated=False) is None
    assert kept.evidence_for("STO-01", {"offers/one"}, None, DAY, simulated=False) is of_offer


def test_what_an_offer_has_it_has_for_every_platform_on_it() -> None:
    kept = attesting.kept(attesting.evidence("STO-01", "offers/one"))
    for platform in ("emc2", "minimal"):
        at = records.Deployment(**{**HERE, "platform": platform})
        assert kept.evidence_for("STO-01", {"offers/one"}, at, DAY, simulated=False)


@pytest.mark.parametrize(("rule", "scope"), [("GOV-06", "pack"), ("GOV-08", "requirements/R-051")])
def test_no_record_stands_in_for_a_signature(rule: str, scope: str) -> None:
    """A record is a file of the checkout: it would let the pack vouch for itself."""
    record = attesting.evidence(rule, scope)
    judge = judging.judge_of(estate.estate_of().plan, attesting.kept(record), simulated=False, decisions=())
    found = [one for one in judge.run() if one.rule == rule and (one.scope == scope or one.subject == scope)]
    assert {one.state for one in found} == {State.EVIDENCE_REQUIRED}
    other = attesting.evidence("SOV-06", "offers/iaas-cloud-on-demand")
    judge = judging.judge_of(estate.estate_of().plan, attesting.kept(other), simulated=False)
    assert {one.state for one in judge.run() if one.rule == "SOV-06"} == {State.EVIDENCE_ACCEPTED_UNTIL}
