"""The harness itself: it breaks, it sees what is noticed and what is not, and it counts."""

from __future__ import annotations

import ast
import pathlib
from typing import Any

import pytest

from blueprint.errors import BlueprintErrors
from policies.verdicts import Effect, Finding, State
from tests.cli import cloudtemple_terraform as written
from tests.cli.cloudtemple_terraform import Ref, Terraform
from tests.mutation import code, declarations, journal, outcome, platforms, reviews, suite, values
from tests.mutation.outcome import Accepted, Mutant
from tests.policies import estate


def mutant(killed: bool, of: str = "outscale X", part: str = "nics[0].nicId", what: str = "removed") -> Mutant:
    return Mutant(of, part, what, killed, "here")


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"a": True}, [("a", "removed"), ("a", "flipped")]),
        ({"a": "10.0.0.0/8"}, [("a", "removed"), ("a", "everywhere"), ("a", "elsewhere")]),
        ({"a": {"b": "x"}}, [("a", "removed"), ("a.b", "removed"), ("a.b", "made up")]),
        ({"a": [{"b": 1}]}, [("a", "removed"), ("a", "emptied"), ("a[0].b", "removed"), ("a[0].b", "none"),
                             ("a[0].b", "one more"), ("a[0].b", "far more")]),
        ({"a": None, "b": {}, "c": []}, []),
    ],
)  # fmt: skip
def test_every_property_is_broken_in_every_way(properties: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    made = list(values.broken(properties))
    assert [(path, what) for path, what, _ in made] == expected
    assert all(changed != properties for *_, changed in made)


def test_the_score_leaves_equivalent_mutants_out_and_counts_accepted_ones() -> None:
    reasons = (
        Accepted(of="outscale *", part="nics[0].*", equivalent=True, why="x"),
        Accepted(of="ovh *", part="*", why="y"),
    )
    mutants = [mutant(True), mutant(False), mutant(False, of="ovh X"), mutant(True, of="ovh Y"), mutant(True)]
    assert outcome.score(mutants, reasons) == 75.0
    lines, strange = outcome.report([*mutants, mutant(False, of="plan keys")], reasons)
    assert [line.split()[0] for line in lines] == ["equivalent", "accepted", "survived"]
    assert [str(one) for one in strange] == ["plan keys  nics[0].nicId  removed"]


def test_a_reason_that_no_survivor_needs_is_told() -> None:
    known = Accepted(of="outscale *", part="nics[0].*", equivalent=True, why="x")
    other = Accepted(of="plan keys", part="*", why="y")
    survivor = mutant(False, of="plan keys")
    assert [line.split()[:2] for line in outcome.idle([mutant(True), survivor], (known, other))] == [
        ["idle", "outscale"]
    ]
    assert outcome.idle([mutant(False), survivor], (known, other)) == []


def test_every_survivor_has_a_reason(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(one.why for one in outcome.accepted())
    broken = tmp_path / "survivors.yaml"
    broken.write_text("survivors:\n- {of: a, part: b}\n", encoding="utf-8")
    monkeypatch.setattr(outcome, "SURVIVORS", broken)
    with pytest.raises(BlueprintErrors, match=r"survivors\.yaml:2"):
        outcome.accepted()


def test_a_layer_is_compliant_and_a_breach_of_it_is_noticed() -> None:
    layer = platforms.Layer("outscale-sandbox", "storage")
    assert layer.refused() == []
    bucket = next(one for one in layer.chosen() if one.kind == "s3:index:Bucket")
    broken = {what: changed for path, what, changed in values.broken(bucket.properties) if path == "acl"}
    assert layer.notices(platforms.Resource(bucket.kind, bucket.name, broken["made up"]))
    assert not layer.notices(bucket)


def test_terraform_is_broken_one_argument_at_a_time_and_a_reference_becomes_an_id_of_nothing() -> None:
    whole = Terraform({"x.a_1": {"id": Ref("y.b")}, "x.a_2": {"id": Ref("y.b")}, "z.c": {"ids": [Ref("y.b"), "d"]}})
    every = [(of, part, what, one.resources, one.provider) for of, part, what, one in reviews.broken(whole)]
    assert [each[:3] for each in every] == [
        ("provider", "address", "removed"),
        ("provider", "address", "made up"),
        ("x.a_1", "id", "removed"),
        ("x.a_1", "id", "made up"),
        ("z.c", "ids", "removed"),
        ("z.c", "ids", "emptied"),
        ("z.c", "ids", "first made up"),
    ]
    assert every[0][3:] == (whole.resources, {})
    assert isinstance(every[3][3]["x.a_1"]["id"], str)
    assert every[4][3] == {**whole.resources, "z.c": {}}
    first, second = every[6][3]["z.c"]["ids"]
    assert (isinstance(first, str), second) == (True, "d")
    assert every[2][3]["z.c"] == whole.resources["z.c"], "what is not broken stays a reference"


@pytest.mark.parametrize("way", written.WAYS)
def test_a_review_is_compliant_and_notices_what_gets_worse_and_nothing_else(
    way: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written.settle(monkeypatch, tmp_path)
    compliant = written.compliant(written.plan_of())
    review = reviews.Review(compliant, tmp_path, way)
    assert review.refused == {}
    assert not review.notices(compliant)
    changed = {(of, part, what): one for of, part, what, one in reviews.broken(compliant)}
    archive = next(of for of, part, _ in changed if part == "access_type" and "archive" in of)
    assert review.notices(changed[archive, "access_type", "made up"])
    machine = next(of for of, part, _ in changed if part == "cpu")
    assert not review.notices(changed[machine, "cpu", "one more"])


def test_what_is_broken_holds_every_type_that_a_blueprint_can_ask_for(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys, grants and an address of the Internet too: what stands in no sample is never broken."""
    written.settle(monkeypatch, tmp_path)
    found = [one for one in reviews.samples() for one in reviews.broken(one.terraform, one.addresses)]
    kinds = {of.partition(".")[0].removeprefix("cloudtemple_") for of, *_ in found}
    asked = {"object_storage_storage_account", "object_storage_acl_entry", "vpc_static_ip", "vpc_floating_ip"}
    assert asked | {"vpc_floating_ip_binding", "object_storage_bucket", "provider"} <= kinds
    assert any(part == "cloud_init.cloud_config" and what == "made up" for _, part, what, _ in found)


def test_what_moves_to_another_subject_is_no_worse_and_what_is_refused_instead_of_asked_is() -> None:
    def found(*each: tuple[str, State, Effect]) -> list[Finding]:
        return [Finding("NET-01", of, state, effect, "", "", "", "", (), "resource") for of, state, effect in each]

    asked = found(("a", State.NOT_OBSERVABLE, Effect.BLOCK), ("b", State.CONFORM, Effect.PASS))
    moved = found(("x", State.EVIDENCE_REQUIRED, Effect.BLOCK), ("b", State.CONFORM, Effect.PASS))
    refused = found(("a", State.NON_CONFORM, Effect.BLOCK), ("b", State.CONFORM, Effect.PASS))
    both = found(("a", State.NOT_OBSERVABLE, Effect.BLOCK), ("b", State.NOT_OBSERVABLE, Effect.WARN))
    before = reviews.worse(asked)
    assert not reviews.worse(moved) - before
    assert reviews.worse(refused) - before
    assert reviews.worse(both) - before
    assert not before - reviews.worse(both)


def test_a_broken_declaration_is_noticed() -> None:
    plan = estate.plan_of()
    broken = {(of, part, what): changed for of, part, what, changed in declarations._broken(plan)}
    baseline = declarations._bad(declarations._findings(plan))
    changed = broken["plan gates", "automatic_check", "flipped"]
    assert declarations._bad(declarations._findings(changed)) - baseline
    assert len(broken) > 100


def test_every_kind_of_change_compiles_and_differs() -> None:
    every = list(code.changes(("words.py", "ports.py", "matrix.py")))
    assert {change.file.name for change in every} == {"words.py", "ports.py", "matrix.py"}
    before = {file: ast.unparse(ast.parse(file.read_text(encoding="utf-8"))) for file in {one.file for one in every}}
    words = {change.what for change in every}
    assert {"term 1 dropped", "refusal let through", "one more", "NotEq becomes Eq", "LtE becomes Lt"} <= words
    for change in every:
        assert ast.unparse(change.tree) != before[change.file]
        compile(ast.fix_missing_locations(change.tree), str(change.file), "exec", dont_inherit=True)


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("return [a for a in b if c(a) for d in a if e(d)]", {"if not c(a)", "if not e(d)"}),
        ("return {a: b for a in c if a > 1}", {"a >= 1", "a > 2"}),
        ("return any(not a for a in b)", {"all((not a for", "any((not not a for"}),
        ("return a if b(c) else d", {"a if not b(c) else d"}),
        ("return a if not b else d", {"a if not not b else d"}),
    ],
)
def test_every_condition_is_broken_once(
    line: str, changed: set[str], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rule.py").write_text(f"def rule():\n    {line}\n", encoding="utf-8")
    monkeypatch.setattr(suite, "RULES", tmp_path)
    made = [ast.unparse(change.tree) for change in code.changes()]
    assert len(made) == len(changed)
    assert all(any(words in text for text in made) for words in changed)


def test_children_answer_for_themselves_and_one_that_dies_is_noticed() -> None:
    def dies() -> bool:
        raise SystemExit

    told: dict[int, bool] = {}
    answers = suite.in_children({4: lambda: True, 5: lambda: False, 7: dies}, told.__setitem__)
    assert answers == told == {4: True, 5: False, 7: True}


def test_a_run_that_was_cut_short_goes_on_while_code_and_tests_are_the_same(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REMPART_CACHE", str(tmp_path / "cache"))
    rule = tmp_path / "checkout" / "policies" / "rule.py"
    rule.parent.mkdir(parents=True)
    rule.write_text("1", encoding="utf-8")
    kept = journal.of(["kms.py"], tmp_path / "checkout")
    kept.add(0, True)
    kept.add(2, False)
    (path,) = (tmp_path / "cache" / "mutation").iterdir()
    path.write_text(path.read_text(encoding="utf-8") + "3 noti", encoding="utf-8")
    again = journal.of(["kms.py"], tmp_path / "checkout")
    assert again.known == {0: True, 2: False}
    again.add(4, True)
    assert journal.of(["kms.py"], tmp_path / "checkout").known == {0: True, 2: False, 4: True}
    assert journal.of(["iam.py"], tmp_path / "checkout").known == {}
    rule.write_text("2", encoding="utf-8")
    assert journal.of(["kms.py"], tmp_path / "checkout").known == {}
    rule.write_text("1", encoding="utf-8")
    journal.of(["kms.py"], tmp_path / "checkout").close()
    assert journal.of(["kms.py"], tmp_path / "checkout").known == {}, "a whole run leaves nothing to go on from"


def test_a_helper_is_judged_by_the_tests_of_all_rules_and_a_rule_by_its_own() -> None:
    every = code.tests_of(())
    assert code.tests_of(("ports.py",)) == every
    assert code.tests_of(("ports.py", "kms.py")) == every
    own = code.tests_of(("kms.py",))
    assert own
    assert len(own) < len(every)
