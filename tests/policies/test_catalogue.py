"""The catalogue says of every rule what a reviewer needs, and of nothing else."""

from __future__ import annotations

import datetime as dt
import pathlib
import shutil

import pytest

from blueprint.errors import BlueprintErrors
from policies import records, registry
from policies.catalogue import loader
from policies.verdicts import Effect, State

DISCLOSED = {
    "R-153", "R-157", "T-007", "F-066", "F-068", "F-069", "F-070", "F-002", "F-003", "F-046",
    "R-051", "R-052", "R-084", "R-086", "R-087", "R-093", "F-010",
}  # fmt: skip
APPLICABLE = {"R-153", "R-157", "T-007", "F-066", "F-068", "F-069", "F-070", "F-002", "F-003", "F-046"}
WAVE = {
    "SOV-01", "SOV-03", "SOV-07", "NET-01", "NET-03", "NET-04", "NET-05", "NET-06", "NET-08", "NET-09", "BAS-01",
    "STO-01", "STO-02", "STO-04", "CPT-01", "CPT-05", "DAT-02", "GOV-02", "GOV-01", "GOV-09",
}  # fmt: skip


def test_rules_and_functions_are_one_to_one() -> None:
    assert [rule.id for rule in registry.RULES] == list(dict.fromkeys(rule.id for rule in registry.RULES))
    assert {rule.id for rule in registry.RULES} == set(loader.load().rules) == WAVE


def test_every_rule_can_judge_something() -> None:
    for rule in registry.RULES:
        assert rule.resource or rule.stack or rule.run, rule.id
        assert bool(rule.resource) == bool(rule.kinds), rule.id


def test_every_stack_rule_has_a_twin_that_stops_a_creation() -> None:
    assert [rule.id for rule in registry.RULES if rule.stack and not rule.resource] == []


def test_every_rule_is_mandatory_and_serves_a_requirement() -> None:
    for identifier, text in loader.load().rules.items():
        assert text.level == "mandatory", identifier
        assert set(text.requirements) <= DISCLOSED, identifier
        assert text.requirements, identifier


def test_all_disclosed_requirements_are_there_in_both_languages() -> None:
    requirements = loader.load().requirements
    assert set(requirements) == DISCLOSED
    assert {name for name, text in requirements.items() if text.applicable} == APPLICABLE
    for name, text in requirements.items():
        for both in (text.title, text.text, text.brick):
            assert both.fr.strip(), name
            assert both.en.strip(), name
        assert (text.reason is None) == text.applicable, name
        assert not text.applicable or text.feedback is not None, name


def test_a_requirement_is_judged_in_full_only_where_a_rule_serves_it() -> None:
    catalogue = loader.load()
    served = {one for rule in catalogue.rules.values() for one in rule.requirements}
    for name, text in catalogue.requirements.items():
        assert (name in served) == (text.coverage != "none"), name


def test_titles_say_the_compliant_state_and_are_short() -> None:
    for identifier, text in loader.load().rules.items():
        for title in (text.title.fr, text.title.en):
            assert len(title) < 100, identifier
            assert not title.lower().startswith(("ensure", "check", "vérif")), identifier


def test_only_conform_counts() -> None:
    assert [state for state, text in loader.load().states.items() if text.counts] == [State.CONFORM]


def test_a_real_target_is_never_treated_better_than_a_simulated_one() -> None:
    order = [Effect.PASS, Effect.WARN, Effect.BLOCK]
    for state, text in loader.load().states.items():
        assert order.index(text.real) >= order.index(text.simulated), state
    assert loader.load().states[State.NON_CONFORM].simulated is Effect.BLOCK
    assert loader.load().states[State.NOT_OBSERVABLE].simulated is Effect.BLOCK


@pytest.fixture
def copy(tmp_path: pathlib.Path) -> pathlib.Path:
    for path in loader.folder().glob("*.yaml"):
        shutil.copy(path, tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("rules.yaml", "level: mandatory", "level: disabled", "one of"),
        ("rules.yaml", "severity: high", "severity: [high]", "severity"),
        ("rules.yaml", "    family: control\n", "    family: control\n    owner: me\n", "no field 'owner'"),
        ("rules.yaml", "requirements: [F-002]", "requirements: [F-999]", "F-999"),
        ("requirements.yaml", "applicable: true", "applicable: perhaps", "true or false"),
        ("states.yaml", "simulated: pass", "simulated: ignore", "one of"),
    ],
)
def test_a_mistake_in_the_catalogue_has_a_line(copy: pathlib.Path, file: str, old: str, new: str, says: str) -> None:
    text = (copy / file).read_text(encoding="utf-8")
    assert old in text
    (copy / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BlueprintErrors) as caught:
        loader.read(copy)
    assert says in str(caught.value)
    assert f"{file}:" in str(caught.value)


def test_a_state_without_a_line_is_a_mistake(copy: pathlib.Path) -> None:
    text = (copy / "states.yaml").read_text(encoding="utf-8")
    start, end = text.index("  waived_until:"), text.index("  evidence_accepted_until:")
    (copy / "states.yaml").write_text(text[:start] + text[end:], encoding="utf-8")
    with pytest.raises(BlueprintErrors, match="waived_until"):
        loader.read(copy)


EVIDENCE = """
id: EV-1
rule: STO-01
scope: bubbles/x
statement: s
document: d
owner: one
approver: two
valid_from: 2026-01-01
valid_until: 2026-12-31
simulated: false
"""
CONTINUITY = """
id: CO-1
offer: x
reason: r
exit_plan: e
decided_by: [one, two]
decided_on: 2026-12-01
valid_until: 2027-03-01
simulated: false
"""


@pytest.mark.parametrize(
    ("folder", "text", "old", "new", "says"),
    [
        ("evidence", EVIDENCE, "approver: two", "approver: one", "approves alone"),
        ("evidence", EVIDENCE, "scope: bubbles/x", 'scope: "bubbles/*"', "wildcard"),
        ("evidence", EVIDENCE, "2026-12-31", "2028-12-31", "366 days"),
        ("evidence", EVIDENCE, "2026-12-31", "2025-12-31", "first day first"),
        ("evidence", EVIDENCE, "document: d\n", "", "document"),
        ("continuity", CONTINUITY, "[one, two]", "[one, One]", "two different persons"),
        ("continuity", CONTINUITY, "[one, two]", "[one]", "decided_by"),
        ("continuity", CONTINUITY, "2027-03-01", "2027-03-02", "90 days"),
    ],
)
def test_a_record_that_does_not_bind_is_a_mistake(
    tmp_path: pathlib.Path, folder: str, text: str, old: str, new: str, says: str
) -> None:
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "one.yaml").write_text(text, encoding="utf-8")
    assert records.load(tmp_path)
    (tmp_path / folder / "one.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BlueprintErrors, match=says):
        records.load(tmp_path)


def test_the_records_of_this_checkout_are_valid_on_simulated_targets_only() -> None:
    kept = records.load()
    assert kept.evidence
    assert all(record.simulated for record in kept.evidence)
    assert kept.continuity == ()
    assert kept.evidence_for("SOV-01", {"offers/iaas-cloud-on-demand"}, dt.date(2026, 11, 23), simulated=False) is None
