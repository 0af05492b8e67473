"""Waivers: what one lets through, and every way in which one that does not bind is itself a breach."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import pathlib
from collections.abc import Callable
from typing import Any

import pytest

from blueprint import target as targets
from blueprint.errors import BlueprintErrors, RempartError
from policies import outside, signing, unplanned
from policies.catalogue import loader as catalogues
from policies.context import Index
from policies.judge import Judge
from policies.records import files, standing, waivers
from policies.records.standing import Grounds
from policies.records.waivers import Waiver
from policies.report import formats, model
from policies.rules.gov_waivers import waivers_bind
from policies.signing import Signers
from policies.verdicts import REVIEW, Effect, Finding, State
from tests.policies import estate, judging, persons, runs
from tests.policies.estate import Estate

DAY = dt.date(2026, 11, 23)
VM = "bubbles/warehouse/tiers/omop/1"
BREACH = "it is in availability zone c, not in the planned a"
OWNER = "alice@hospital.example"


@pytest.fixture(scope="module")
def broken() -> Estate:
    """One machine in a zone that the plan does not give it."""
    changed = estate.estate_of().copy()
    changed[VM].properties["placementSubregionName"] = f"{estate.REGION}c"
    return changed


def asked(**changes: Any) -> Waiver:
    values: dict[str, Any] = {
        "id": "cpt-01-1",
        "platform": "emc2",
        "target": "outscale-sandbox",
        "environment": "dev",
        "rule": "CPT-01",
        "subject": VM,
        "breaches": (BREACH,),
        "reason": "one host left",
        "control": "cold standby, restored in four hours",
        "owner": OWNER,
        "requested_on": DAY,
        "until": dt.date(2027, 3, 31),
    }
    return Waiver(**{**values, **changes})


def approved(by: str = "bob", on: dt.date = DAY, owned_by: str = "alice", **changes: Any) -> Waiver:
    return asked(**changes).requested(persons.key(owned_by)).approved(persons.key(by), on)


@pytest.fixture(scope="module")
def sound() -> Waiver:
    return approved()


def grounds(broken: Estate, **changes: Any) -> Grounds:
    signers = Signers(
        "\n".join((persons.line("alice"), persons.line("bob"))) + "\n", "/reviewer/allowed_signers", independent=True
    )
    base: dict[str, Any] = {
        "rules": catalogues.load().rules,
        "subjects": Index(broken.plan).subjects,
        "signers": signers,
        "as_of": DAY,
        "simulated": True,
    }
    return Grounds(**{**base, **changes})


def judge(broken: Estate, *kept: Waiver, **changes: Any) -> Judge:
    known = grounds(broken, **changes)
    found = tuple(standing.examine(one, "policies/waivers/x.yaml:1", known) for one in kept)
    return judging.judge_of(
        broken.plan, waivers=found, as_of=known.as_of, **{k: v for k, v in changes.items() if k == "simulated"}
    )


def test_a_waived_breach_warns_until_its_day_and_is_never_conform(broken: Estate, sound: Waiver) -> None:
    refused = judging.say(judge(broken), broken, "CPT-01", VM)
    assert (refused.state, refused.effect, refused.message) == (State.NON_CONFORM, Effect.BLOCK, BREACH)
    waived = judging.say(judge(broken, sound), broken, "CPT-01", VM)
    assert (waived.state, waived.effect) == (State.WAIVED_UNTIL, Effect.WARN)
    assert (waived.until, waived.record) == ("2027-03-31", "cpt-01-1")
    assert waived.message == f"{BREACH}; waived until 2027-03-31 by cpt-01-1 (approved by bob@hospital.example)"


def test_the_last_day_is_inside(broken: Estate, sound: Waiver) -> None:
    for day, state in ((sound.until, State.WAIVED_UNTIL), (sound.until + dt.timedelta(1), State.NON_CONFORM)):
        assert judging.say(judge(broken, sound, as_of=day), broken, "CPT-01", VM).state is state


@pytest.mark.parametrize("other", ["bubbles/warehouse/tiers/omop/2", "bubbles/warehouse/tiers/omop"])
def test_no_other_subject_is_covered(broken: Estate, other: str) -> None:
    kept = approved(subject=other)
    assert judging.say(judge(broken, kept), broken, "CPT-01", VM).state is State.NON_CONFORM


def test_another_breach_by_the_same_rule_is_not_covered(broken: Estate, sound: Waiver) -> None:
    worse = broken.copy()
    worse[VM].properties["placementSubregionName"] = f"{estate.REGION}b"
    found = judging.say(judge(broken, sound), worse, "CPT-01", VM)
    assert (found.state, found.effect) == (State.NON_CONFORM, Effect.BLOCK)


def test_no_other_rule_is_covered(broken: Estate, sound: Waiver) -> None:
    changed = broken.copy()
    changed[VM].properties["tags"] = []
    assert judging.say(judge(broken, sound), changed, "GOV-02", VM).state is State.NON_CONFORM


def test_a_rule_that_fails_is_never_waived(broken: Estate) -> None:
    def fails(*_: object) -> None:
        raise ValueError

    pack = judge(broken, approved(breaches=(BREACH, "the rule itself failed")))
    rules = tuple(dataclasses.replace(one, resource=fails) if one.id == "CPT-01" else one for one in pack.rules)

    def failed(pack: Judge) -> Finding:
        told = dataclasses.replace(pack, rules=rules).resource(broken.fact(VM))
        return next(one for one in told if one.rule == "CPT-01")

    message = failed(pack).message
    found = failed(judge(broken, approved(breaches=(message,))))
    assert (found.state, found.fault) == (State.NON_CONFORM, True)


FAULTS: dict[str, tuple[Callable[[], Waiver], str]] = {
    "expired": (lambda: approved(until=dt.date(2026, 11, 22), requested_on=dt.date(2026, 11, 1)), "it ended on"),
    "too long": (lambda: approved(until=DAY + dt.timedelta(181)), "more than 180 days"),
    "not begun": (lambda: approved(on=DAY + dt.timedelta(1)), "begins after"),
    "asked for later": (lambda: approved(requested_on=DAY + dt.timedelta(2)), "begins after"),
    "self-approved": (lambda: approved(by="alice"), "another person must"),
    "self-approved under another case": (lambda: approved(by="alice", owner="Alice@Hospital.example"), "another"),
    "approved by a stranger": (lambda: approved(by="mallory"), "not in /reviewer/allowed_signers"),
    "an owner that nobody knows": (lambda: approved(owner="nobody@hospital.example"), "nothing tells"),
    "a wildcard": (lambda: approved(subject="bubbles/warehouse/tiers/*"), "wildcard"),
    "every subject": (lambda: approved(subject="*"), "wildcard"),
    "a subject that is gone": (lambda: approved(subject="bubbles/gone"), "not in the plan any more"),
    "the run itself": (lambda: approved(rule="CPT-01", subject="run"), "not in the plan any more"),
    "a rule that is gone": (lambda: approved(rule="CPT-99"), "does not exist"),
    "any rule": (lambda: approved(rule="*"), "does not exist"),
    "a regulatory objective": (lambda: approved(rule="SOV-01"), "cannot be waived"),
    "a secret in clear": (lambda: approved(rule="CPT-05"), "imposed by SNC 10.5.d"),
    "the rule on waivers": (lambda: approved(rule="GOV-05"), "cannot be waived"),
}


@pytest.mark.parametrize(("make", "says"), FAULTS.values(), ids=FAULTS)
def test_a_waiver_that_does_not_bind_is_a_breach_and_lets_nothing_through(
    broken: Estate, make: Callable[[], Waiver], says: str
) -> None:
    pack = judge(broken, make())
    found = next(one for one in pack.run() if one.rule == "GOV-05")
    assert (found.state, found.effect, found.subject) == (State.NON_CONFORM, Effect.BLOCK, "waivers/cpt-01-1")
    assert says in found.message
    assert judging.say(pack, broken, "CPT-01", VM).state is State.NON_CONFORM


TAMPERED = {
    "id": "cpt-01-2",
    "platform": "minimal",
    "target": "elsewhere",
    "environment": "prod",
    "rule": "CPT-05",
    "subject": "bubbles/warehouse",
    "breaches": (BREACH, "anything"),
    "reason": "another",
    "control": "none",
    "owner": "bob@hospital.example",
    "requested_on": DAY - dt.timedelta(1),
    "until": dt.date(2027, 4, 1),
    "request": None,
}


def test_every_field_is_tampered_with_below() -> None:
    assert set(TAMPERED) | {"approval"} == set(Waiver.model_fields)


@pytest.mark.parametrize("field", TAMPERED)
def test_a_word_changed_after_the_approval_undoes_it(broken: Estate, sound: Waiver, field: str) -> None:
    changed = sound.model_copy(update={field: TAMPERED[field]})
    found = standing.examine(changed, "x", grounds(broken))
    assert not found.holds
    assert any("the document was changed after it" in fault for fault in found.faults)


def test_the_day_of_the_approval_is_signed_too(broken: Estate, sound: Waiver) -> None:
    assert sound.approval is not None
    earlier = sound.approval.model_copy(update={"on": DAY - dt.timedelta(1)})
    assert not standing.examine(sound.model_copy(update={"approval": earlier}), "x", grounds(broken)).holds


def test_one_key_under_two_names_is_one_person(broken: Estate) -> None:
    signers = Signers(
        f"{persons.line('alice')}\n{persons.line('alice', 'deputy@hospital.example')}\n", "x", independent=True
    )
    found = standing.examine(approved(by="alice"), "x", grounds(broken, signers=signers))
    assert any("another person must" in fault for fault in found.faults)


def test_a_name_that_another_person_wrote_is_no_owner(broken: Estate) -> None:
    """Bob writes Alice as the owner, and approves it himself."""
    found = standing.examine(approved(owned_by="bob"), "x", grounds(broken))
    assert "it was signed in the name of alice@hospital.example by bob@hospital.example" in found.faults
    pack = judge(broken, asked().approved(persons.key("bob"), DAY))
    assert "its owner has not signed" in judging.say(pack, broken, "CPT-01", VM).message
    real = judge(broken, asked().approved(persons.key("bob"), DAY), simulated=False)
    assert judging.say(real, broken, "CPT-01", VM).state is State.NON_CONFORM
    assert any("which a real target needs" in one.message for one in real.run() if one.rule == "GOV-05")


def test_an_approval_is_no_request_and_a_request_no_approval(broken: Estate, sound: Waiver) -> None:
    assert sound.approval is not None
    assert sound.request is not None
    twisted = sound.model_copy(
        update={
            "request": sound.approval.signature,
            "approval": sound.approval.model_copy(update={"signature": sound.request}),
        }
    )
    assert not standing.examine(twisted, "x", grounds(broken)).holds


def test_a_waiver_of_two_persons_holds_on_a_real_target(broken: Estate, sound: Waiver) -> None:
    assert judging.say(judge(broken, sound, simulated=False), broken, "CPT-01", VM).state is State.WAIVED_UNTIL


def test_self_declared_signers_count_on_simulated_targets_only(broken: Estate, sound: Waiver) -> None:
    own = dataclasses.replace(grounds(broken).signers, independent=False)
    waived = judging.say(judge(broken, sound, signers=own), broken, "CPT-01", VM)
    assert waived.state is State.WAIVED_UNTIL
    assert "signers self-declared" in waived.message
    real = judge(broken, sound, signers=own, simulated=False)
    assert judging.say(real, broken, "CPT-01", VM).state is State.NON_CONFORM
    assert any("counts on simulated targets only" in one.message for one in real.run() if one.rule == "GOV-05")


def test_a_request_lets_nothing_through_and_says_what_it_waits_for(broken: Estate) -> None:
    pack = judge(broken, asked())
    assert judging.say(pack, broken, "CPT-01", VM).state is State.NON_CONFORM
    found = next(one for one in pack.run() if one.rule == "GOV-05")
    assert (found.state, found.effect) == (State.CONFORM, Effect.WARN)
    assert "waits for another person" in found.message


@pytest.mark.parametrize(("days", "effect"), [(31, Effect.PASS), (30, Effect.WARN), (0, Effect.WARN)])
def test_an_end_is_announced_thirty_days_ahead(broken: Estate, sound: Waiver, days: int, effect: Effect) -> None:
    pack = judge(broken, sound, as_of=sound.until - dt.timedelta(days))
    found = next(one for one in pack.run() if one.rule == "GOV-05")
    assert (found.effect, f"{days} days more" in found.message) == (effect, True)


@pytest.mark.parametrize("operation", ["audit", "verify", "review"])
def test_a_waiver_that_does_not_bind_is_told_wherever_facts_come_from(broken: Estate, operation: str) -> None:
    pack = judge(broken, approved(by="alice"))
    placed = dataclasses.replace(pack, context=dataclasses.replace(pack.context, place=outside.PHASES[operation]))
    found = [one for one in outside.ask(placed, operation, broken.facts()) if one.rule == "GOV-05"]
    assert [(one.state, one.effect, one.subject) for one in found] == [
        (State.NON_CONFORM, Effect.BLOCK, "waivers/cpt-01-1")
    ]
    machine = [
        one for one in outside.ask(placed, operation, broken.facts()) if (one.rule, one.subject) == ("CPT-01", VM)
    ]
    assert State.WAIVED_UNTIL not in {one.state for one in machine}


def test_without_a_platform_no_waiver_counts() -> None:
    pack, _ = unplanned.prepare(targets.load("outscale-sandbox"), "main.tf")
    (found,) = [one for one in outside.ask(pack, REVIEW, []) if one.rule == "GOV-05"]
    assert (found.state, found.effect) == (State.NOT_APPLICABLE, Effect.PASS)
    assert "no platform is named" in found.message


def test_without_any_waiver_there_is_nothing_against_it(broken: Estate) -> None:
    assert [one.state for one in waivers_bind(judging.context_of(broken.plan))] == [State.CONFORM]


@pytest.fixture
def kept(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """The records of a checkout, and the reviewer's folder, for runs of the pack's own session."""
    runs.settle(monkeypatch, tmp_path / "state")
    (tmp_path / "state").mkdir()
    runs.keep_records(monkeypatch, tmp_path)
    persons.Reviewer(tmp_path / "trust").allows(persons.line("alice"), persons.line("bob"))
    monkeypatch.setenv(signing.TRUST_VARIABLE, str(tmp_path / "trust"))
    return tmp_path


def test_a_run_takes_the_waivers_of_its_platform_and_target_only(
    kept: pathlib.Path, broken: Estate, sound: Waiver
) -> None:
    files.write(sound, kept / "waivers" / f"{sound.id}.yaml")
    elsewhere = approved(id="cpt-01-9", environment="prod", until=dt.date(2026, 11, 23))
    files.write(elsewhere, kept / "waivers" / "cpt-01-9.yaml")
    session = runs.run(broken, "compute")
    text = session.recorder.path.read_text(encoding="utf-8")
    assert '"state": "waived_until"' in text
    assert '"waivers": {"cpt-01-1": ' in text
    gov = next(one for one in session.about_run if one.rule == "GOV-05")
    assert gov.location.endswith("waivers/cpt-01-1.yaml:1")
    assert waivers.read(kept / "waivers" / f"{sound.id}.yaml") == sound


def test_a_waiver_that_cannot_be_read_has_a_line(kept: pathlib.Path, sound: Waiver) -> None:
    path = kept / "waivers" / f"{sound.id}.yaml"
    files.write(sound, path)
    for old, new, says in (
        ("owner: ", "owners: ", r"cpt-01-1\.yaml:\d+:\d+: owners: there is no field"),
        ("until: '2027-03-31'", "until: soon", "a day was expected"),
        ("id: cpt-01-1", "id: cpt-01-2", "write `id: cpt-01-1`"),
        ("reason:", "reason: [", "this is not YAML"),
    ):
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(BlueprintErrors, match=says):
            waivers.read(path)
        path.write_text(text, encoding="utf-8")


def test_waivers_may_be_kept_outside_the_checkout(
    kept: pathlib.Path, sound: Waiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = kept / "outside"
    monkeypatch.setenv(waivers.FOLDER_VARIABLE, str(outside))
    with pytest.raises(RempartError, match="not the absolute path of a folder"):
        waivers.load(kept)
    files.write(sound, outside / f"{sound.id}.yaml")
    assert [one for _, one in waivers.load(kept)] == [sound]


def test_every_report_shows_the_waiver_and_counts_it_nowhere(kept: pathlib.Path, broken: Estate, sound: Waiver) -> None:
    files.write(sound, kept / "waivers" / f"{sound.id}.yaml")
    runs.run(broken, "compute")
    merged = model.merge(sorted((kept / "state" / "findings").iterdir()))
    catalogue = catalogues.load()
    for kind in ("json", "html", "md", "csv", "junit", "sarif"):
        assert sound.id in formats.render(kind, merged, catalogue, "en"), kind
    results = json.loads(formats.render("sarif", merged, catalogue, "en"))["runs"][0]["results"]
    suppressed = [one for one in results if one["properties"]["state"] == "waived_until"]
    assert [one["suppressions"][0]["justification"] for one in suppressed] == ["waiver cpt-01-1, until 2027-03-31"]
    row = next(one for one in merged.rows if one.rule == "CPT-01")
    assert row.worst is State.WAIVED_UNTIL
    assert not catalogue.states[State.WAIVED_UNTIL].counts
