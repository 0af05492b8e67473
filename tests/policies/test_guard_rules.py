"""GOV-08: seven requirements do not apply to EMC2, until what is declared says that one does."""

from __future__ import annotations

import dataclasses
import datetime as dt
import pathlib
from typing import Any

import pytest

from blueprint import data_plan
from blueprint import plan as plans
from blueprint.errors import BlueprintErrors
from policies import records, signing
from policies.catalogue import loader
from policies.records import decisions
from policies.records.decisions import Approval, Decision, Standing
from policies.signing import Namespace
from policies.verdicts import Effect, Finding, State
from tests.policies import estate, persons
from tests.policies.judging import judge_of, say_run

SET_ASIDE = {"R-051", "R-052", "R-084", "R-086", "R-087", "R-093", "F-010"}
DAY = dt.date(2026, 11, 23)


def kept() -> Standing:
    (found,) = decisions.of_platform(records.folder(), "emc2")
    return found


def emc2(**changes: Any) -> plans.Plan:
    return dataclasses.replace(estate.estate_of().plan, **changes)


def say(plan: plans.Plan | None = None, **changes: Any) -> list[Finding]:
    given = {"decisions": (kept(),), **changes}
    return say_run(judge_of(plan or emc2(), **given), "GOV-08")


def holding(*classes: str) -> plans.Plan:
    """EMC2 with one more dataset."""
    more = data_plan.Dataset("datasets/notes", classes, ("bubbles/warehouse",))
    return emc2(datasets=(*estate.estate_of().plan.datasets, more))


def test_the_seven_and_no_other_have_a_guard_and_a_decision() -> None:
    catalogue = loader.load()
    assert {name for name, text in catalogue.requirements.items() if not text.applicable} == SET_ASIDE
    assert set(catalogue.rules["GOV-08"].parameters) == SET_ASIDE
    assert set(catalogue.rules["GOV-08"].requirements) == SET_ASIDE
    assert set(kept().decision.requirements) == SET_ASIDE


def test_emc2_holds_and_says_that_its_decision_is_self_declared() -> None:
    found = say()
    assert {one.requirements for one in found} == {(name,) for name in SET_ASIDE}
    assert {(one.state, one.effect) for one in found} == {(State.CONFORM, Effect.WARN)}
    assert all("self-declared" in one.message for one in found)


def test_on_a_real_target_a_self_declared_decision_is_none() -> None:
    assert {(one.state, one.effect) for one in say(simulated=False)} == {(State.EVIDENCE_REQUIRED, Effect.BLOCK)}


@pytest.mark.parametrize(
    ("word", "requirements"),
    [
        ("unstructured", ("R-084",)),
        ("directly_identifying", ("R-051", "R-052")),
        ("matching_table", ("R-051",)),
        ("genetic", ("R-051",)),
        ("gps_track", ("R-051",)),
        ("nir_linkable", ("F-010",)),
        ("Unstructured", ("R-084",)),
        ("GPS-track", ("R-051",)),
    ],
)
def test_a_declared_class_makes_its_requirement_apply(word: str, requirements: tuple[str, ...]) -> None:
    found = say(holding("omop_pseudonymised", word))
    (fallen,) = [one for one in found if one.state is State.NON_CONFORM]
    assert (fallen.subject, fallen.effect) == ("datasets/notes", Effect.BLOCK)
    assert fallen.requirements == requirements
    rest = {name for one in found if one is not fallen for name in one.requirements}
    assert rest == SET_ASIDE - set(requirements)


@pytest.mark.parametrize("word", ["unstructure", "unstructured_not", "omop_pseudonymised", ""])
def test_another_class_makes_none_apply(word: str) -> None:
    assert {one.state for one in say(holding(word))} == {State.CONFORM}


@pytest.mark.parametrize("role", ["reidentifier", "Re-Identifier", "reidentification-officer", "RE_IDENTIFICATEUR"])
def test_a_role_that_reidentifies_makes_both_procedures_apply(role: str) -> None:
    plan = estate.estate_of().plan
    bubbles = tuple(
        dataclasses.replace(one, project=dataclasses.replace(one.project, roles=(role,)))
        if one.name == "project-a" and one.project
        else one
        for one in plan.bubbles
    )
    (fallen,) = [one for one in say(emc2(bubbles=bubbles)) if one.state is State.NON_CONFORM]
    assert (fallen.subject, fallen.requirements) == ("bubbles/project-a", ("R-086", "R-087"))


def test_feeding_the_snds_makes_its_pseudonymisation_apply() -> None:
    plan = estate.estate_of().plan
    release = next(flow for flow in plan.flows if flow.name == "child-system")
    feeding = dataclasses.replace(release, destination="externals/snds")
    flows = tuple(feeding if flow is release else flow for flow in plan.flows)
    (fallen,) = [one for one in say(emc2(flows=flows)) if one.state is State.NON_CONFORM]
    assert (fallen.subject, fallen.requirements) == ("flows/child-system", ("R-093",))


def test_without_a_decision_each_needs_one() -> None:
    found = say(decisions=())
    assert {one.state for one in found} == {State.EVIDENCE_REQUIRED}
    assert {one.subject for one in found} == {f"requirements/{name}" for name in SET_ASIDE}


def test_a_decision_is_looked_at_again() -> None:
    end = kept().decision.review_by
    assert {one.state for one in say(as_of=end)} == {State.CONFORM}
    assert {one.state for one in say(as_of=end + dt.timedelta(1))} == {State.EVIDENCE_REQUIRED}
    assert {one.state for one in say(as_of=kept().decision.decided_on - dt.timedelta(1))} == {State.EVIDENCE_REQUIRED}


def test_a_decision_holds_on_the_day_on_which_it_is_made() -> None:
    assert {one.state for one in say(as_of=kept().decision.decided_on)} == {State.CONFORM}


@pytest.mark.parametrize(("approver", "independent"), [("alice@hospital.example", False), (None, True), (None, False)])
def test_a_decision_is_signed_by_a_person_whom_its_authors_did_not_list(
    approver: str | None, independent: bool
) -> None:
    standing = dataclasses.replace(kept(), approver=approver, independent=independent, fault=None)
    found = say(decisions=(standing,), simulated=False)
    assert {(one.state, one.effect) for one in found} == {(State.EVIDENCE_REQUIRED, Effect.BLOCK)}
    assert all("self-declared" in one.message for one in found)


def test_a_guard_points_at_the_classes_of_a_dataset_and_at_a_flow_as_a_whole() -> None:
    flows = (dataclasses.replace(estate.estate_of().plan.flows[0], destination="externals/snds"),)
    for plan, location in ((holding("unstructured"), "datasets/notes classes"), (emc2(flows=flows), "None")):
        judge = judge_of(plan, decisions=(kept(),))
        told = dataclasses.replace(judge, locate=lambda subject, field: f"{subject} {field}")
        (fallen,) = [one for one in say_run(told, "GOV-08") if one.state is State.NON_CONFORM]
        assert fallen.location.endswith(location)


def test_health_data_without_a_dataset_is_not_looked_past() -> None:
    found = say(emc2(datasets=()))
    bubbles = {one.subject for one in found if one.subject.startswith("bubbles/")}
    assert bubbles == {f"bubbles/{name}" for name in ("ingestion", "warehouse", "project-a", "project-b", "export")}
    assert {one.state for one in found if one.subject in bubbles} == {State.EVIDENCE_REQUIRED}


@pytest.fixture
def signed(tmp_path: pathlib.Path) -> tuple[Decision, signing.Signers]:
    key = persons.key("alice")
    decision = kept().decision
    signature = signing.sign(decision.signed_content(DAY), key, Namespace.DECISION)
    signers = tmp_path / "allowed_signers"
    signers.write_text(persons.line("alice") + "\n")
    return decision.model_copy(update={"approval": Approval(on=DAY, signature=signature)}), signing.read(signers)


def test_a_signed_decision_holds_on_a_real_target(signed: tuple[Decision, signing.Signers]) -> None:
    standing = decisions.examine(signed[0], "here:1", signed[1])
    assert standing.approver == "alice@hospital.example"
    found = say(decisions=(standing,), simulated=False)
    assert {(one.state, one.effect) for one in found} == {(State.CONFORM, Effect.PASS)}


@pytest.mark.parametrize(
    "change",
    [
        {"platform": "other"},
        {"review_by": dt.date(2030, 1, 1)},
        {"requirements": {}},
        {"decided_by": "somebody"},
    ],
)
def test_a_decision_changed_after_its_signature_is_refused(
    signed: tuple[Decision, signing.Signers], change: dict[str, Any]
) -> None:
    tampered = signed[0].model_copy(update=change)
    standing = decisions.examine(tampered, "here:1", signed[1])
    assert standing.fault
    whole = dataclasses.replace(standing, decision=signed[0])
    assert {one.state for one in say(decisions=(whole,))} == {State.NON_CONFORM}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("id: emc2-not-applicable", "id: other", "write `id: emc2-not-applicable`"),
        ("review_by: 2027-10-31", "review_by: 2028-10-31", "366 days"),
        ("review_by: 2027-10-31", "review_by: 2025-10-31", "first day first"),
        ("decided_by: health-data-hub\n", "", "decided_by"),
    ],
)
def test_a_decision_that_does_not_bind_is_a_mistake(tmp_path: pathlib.Path, old: str, new: str, says: str) -> None:
    source = records.folder() / "decisions" / "emc2-not-applicable.yaml"
    text = source.read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "emc2-not-applicable.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BlueprintErrors, match=r"not-applicable\.yaml:\d+") as caught:
        decisions.read(tmp_path / "emc2-not-applicable.yaml")
    assert says in str(caught.value)
