"""The catalogue says of every rule what a reviewer needs, and of nothing else."""

from __future__ import annotations

import datetime as dt
import pathlib
import shutil

import pytest

from blueprint.errors import BlueprintErrors
from policies import records, registry
from policies.catalogue import loader, texts
from policies.verdicts import Effect, Phase, State

DISCLOSED = {
    "R-153", "R-157", "T-007", "F-066", "F-068", "F-069", "F-070", "F-002", "F-003", "F-046",
    "R-051", "R-052", "R-084", "R-086", "R-087", "R-093", "F-010",
}  # fmt: skip
APPLICABLE = {"R-153", "R-157", "T-007", "F-066", "F-068", "F-069", "F-070", "F-002", "F-003", "F-046"}


def test_judged_rules_and_functions_are_one_to_one() -> None:
    catalogue = loader.load()
    assert [rule.id for rule in registry.RULES] == list(dict.fromkeys(rule.id for rule in registry.RULES))
    assert {rule.id for rule in registry.RULES} == set(catalogue.rules) - set(catalogue.unjudged)


def test_only_a_rule_with_a_function_sees_anything() -> None:
    """What no function decides is seen nowhere yet; what one decides is seen somewhere."""
    for identifier, text in loader.load().rules.items():
        seen = set(text.observability.values()) & {"full", "partial"}
        assert bool(seen) == (text.unjudged is None), identifier


def test_functions_stand_in_the_order_of_the_catalogue() -> None:
    order = list(loader.load().rules)
    assert [rule.id for rule in registry.RULES] == sorted((rule.id for rule in registry.RULES), key=order.index)


def test_every_rule_can_judge_something() -> None:
    for rule in registry.RULES:
        assert rule.resource or rule.stack or rule.run, rule.id
        assert bool(rule.resource) == bool(rule.kinds), rule.id


def test_every_stack_rule_has_a_twin_that_stops_a_creation() -> None:
    """All but GOV-10, which looks for what is *not* there: nothing is created that it could stop."""
    assert [rule.id for rule in registry.RULES if rule.stack and not rule.resource] == ["GOV-10"]


def test_every_rule_serves_a_requirement_or_a_text() -> None:
    for identifier, text in loader.load().rules.items():
        assert set(text.requirements) <= DISCLOSED, identifier
        assert text.requirements or text.references, identifier


def test_all_disclosed_requirements_are_there_in_both_languages() -> None:
    catalogue = loader.load()
    requirements = catalogue.requirements
    assert set(requirements) == DISCLOSED
    assert {name for name, text in requirements.items() if text.applicable} == APPLICABLE
    for name, text in requirements.items():
        for both in (text.title, text.text, catalogue.bricks[text.brick]):
            assert both.fr.strip(), name
            assert both.en.strip(), name
        assert (text.reason is None) == text.applicable, name
        assert not text.applicable or text.feedback is not None, name


def test_a_requirement_is_judged_in_full_only_where_a_rule_serves_it() -> None:
    catalogue = loader.load()
    served = {one for rule in catalogue.rules.values() if rule.unjudged is None for one in rule.requirements}
    for name, text in catalogue.requirements.items():
        if text.applicable:
            assert (name in served) == (text.coverage != "none"), name
        else:
            assert name in served, "a guard looks at what is set aside"
            assert text.coverage == "none", name


def test_titles_say_the_compliant_state_and_are_short() -> None:
    for identifier, text in loader.load().rules.items():
        for title in (text.title.fr, text.title.en):
            assert len(title) < 100, identifier
            assert not title.lower().startswith(("ensure", "check", "vérif")), identifier


def test_only_conform_counts() -> None:
    assert [state for state, text in loader.load().states.items() if text.counts] == [State.CONFORM]


def test_a_real_target_is_never_treated_better_than_a_simulated_one() -> None:
    order = [Effect.PASS, Effect.WARN, Effect.BLOCK]
    catalogue = loader.load()
    for phase in Phase:
        for state, text in catalogue.states.items():
            assert order.index(text.real[phase]) >= order.index(text.simulated[phase]), (state, phase)


@pytest.mark.parametrize("simulated", [True, False])
def test_nothing_wrong_or_unseen_passes_anywhere(simulated: bool) -> None:
    catalogue = loader.load()
    for phase in Phase:
        assert catalogue.effect(State.NON_CONFORM, simulated, phase) is Effect.BLOCK
        assert catalogue.effect(State.NOT_OBSERVABLE, simulated, phase) is Effect.BLOCK
        for state in (State.EVIDENCE_REQUIRED, State.WAIVED_UNTIL, State.EVIDENCE_ACCEPTED_UNTIL):
            assert catalogue.effect(state, simulated, phase) is not Effect.PASS
    assert catalogue.effect(State.EVIDENCE_REQUIRED, False, Phase.UP) is Effect.BLOCK


@pytest.mark.parametrize("simulated", [True, False])
def test_a_value_not_known_yet_warns_at_preview_and_blocks_at_up(simulated: bool) -> None:
    catalogue = loader.load()
    found = {phase: catalogue.effect(State.NOT_OBSERVABLE, simulated, phase, pending=True) for phase in Phase}
    assert (found[Phase.PREVIEW], found[Phase.UP]) == (Effect.WARN, Effect.BLOCK)
    assert Effect.PASS not in found.values()


@pytest.fixture
def copy(tmp_path: pathlib.Path) -> pathlib.Path:
    return pathlib.Path(shutil.copytree(loader.folder(), tmp_path / "catalogue"))


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("rules/gov.yaml", "level: mandatory", "level: disabled", "one of"),
        ("rules/gov.yaml", "severity: high", "severity: [high]", "severity"),
        ("rules/gov.yaml", "    family: control\n", "    family: control\n    owner: me\n", "no field 'owner'"),
        ("rules/gov.yaml", "requirements: [F-002]", "requirements: [F-999]", "F-999"),
        ("rules/gov.yaml", "  GOV-02:", "  GOV-01:", "already given"),
        ("rules/gov.yaml", "  GOV-02:", "  SOV-01:", "not a rule of this family"),
        ("rules/cpt.yaml", "mechanism_imposed_by: [EMC2]", "mechanism_imposed_by: [EDS SEC-RES-2]", "cannot be waived"),
        ("requirements.yaml", "applicable: true", "applicable: perhaps", "true or false"),
        ("requirements.yaml", "brick: compute", "brick: quantum", "quantum is named but not described"),
        ("states.yaml", "simulated: {preview: pass", "simulated: {preview: ignore", "one of"),
        ("states.yaml", "simulated: {preview: pass, ", "simulated: {", "preview"),
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


def test_a_family_that_is_none_is_a_mistake(copy: pathlib.Path) -> None:
    shutil.copy(copy / "rules" / "gov.yaml", copy / "rules" / "misc.yaml")
    with pytest.raises(BlueprintErrors, match=r"misc\.yaml:.*there is no family misc"):
        loader.read(copy)


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
platform: p
target: t
environment: prod
statement: s
document: https://example.org/d
sha256: abababababababababababababababababababababababababababababababab
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
        ("evidence", EVIDENCE, "document: https://example.org/d\n", "", "document"),
        ("evidence", EVIDENCE, "environment: prod\n", "", "(?s)where bubbles/x was seen is missing.*environment"),
        ("evidence", EVIDENCE, "scope: bubbles/x", "scope: offers/x", "(?s)about the offer.*take `platform` out"),
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
    assert kept.evidence_for("SOV-01", {"offers/iaas-cloud-on-demand"}, None, dt.date(2026, 11, 23), False) is None


@pytest.mark.parametrize(
    ("plain", "printed"),
    [
        ("l'état : « un », deux ?", "l\u2019état\u00a0: «\u00a0un\u00a0», deux\u00a0?"),
        ("gardez `a : 'b'` à 110 %", "gardez `a : 'b'` à 110\u00a0%"),
        ("à 12:30, par https://un.fr", "à 12:30, par https://un.fr"),
    ],
)
def test_french_is_typeset_and_code_is_not(plain: str, printed: str) -> None:
    assert texts.typeset(plain) == printed
    assert texts.typeset(printed) == printed


def test_no_french_text_is_plain() -> None:
    for identifier, text in loader.load().rules.items():
        for fr in (text.title.fr, text.objective.fr, text.mechanism.fr, text.remedy.fr):
            assert "'" not in fr.replace("`", ""), identifier
