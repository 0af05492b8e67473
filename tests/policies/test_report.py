"""The report: what the layers' findings say together, and never more than they say."""

from __future__ import annotations

import json
import pathlib
import shutil
from typing import Any

import pytest

from blueprint import workspace
from cli import report as command
from policies.catalogue import loader as catalogues
from policies.report import document, model, sarif
from policies.report import html as page
from policies.verdicts import Effect, State
from tests.policies import runs
from tests.policies.estate import Estate, estate_of

PREFIX = "emc2.outscale-sandbox.dev"


@pytest.fixture(autouse=True)
def state_dir(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    runs.settle(monkeypatch, tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """EMC2 brought up once: the folder that its runs leave."""
    folder = tmp_path_factory.mktemp("judged")
    with pytest.MonkeyPatch.context() as patch:
        runs.settle(patch, folder)
        brought_up(estate_of())
    return folder / "findings"


@pytest.fixture
def findings(judged: pathlib.Path, state_dir: pathlib.Path) -> pathlib.Path:
    """The test's own copy of EMC2's findings, to change and to read again."""
    return pathlib.Path(shutil.copytree(judged, state_dir / "findings"))


@pytest.fixture(scope="module")
def report(judged: pathlib.Path) -> model.Report:
    """What EMC2's findings say, for tests that only read."""
    return model.merge(sorted(judged.glob(f"{PREFIX}.*")))


def brought_up(estate: Estate, **options: Any) -> model.Report:
    for layer in runs.LAYERS:
        runs.run(estate, layer, **options)
    return model.merge(command.folders(f"{estate.plan.platform}.outscale-sandbox.dev"))


def test_the_sample_comes_up_with_the_findings_that_are_committed(report: model.Report) -> None:
    table = [
        f"{row.rule}  {', '.join(f'{state} {count}' for state, count in sorted(row.states.items()))}"
        for row in report.rows
    ]
    golden = pathlib.Path(__file__).parent / "golden" / "emc2-findings.txt"
    assert "\n".join(table) + "\n" == golden.read_text(encoding="utf-8")
    assert report.effect is Effect.WARN
    assert report.problems == ()
    assert report.exit_code(catalogues.load()) == 0


def test_every_rule_has_a_record_in_every_layer(report: model.Report) -> None:
    for run in report.runs:
        assert {finding.rule for finding in run.findings} == set(catalogues.load().rules), run.stack


def test_a_rule_without_a_record_is_a_failure(findings: pathlib.Path) -> None:
    path = findings / f"{PREFIX}.storage" / "up.jsonl"
    kept = [line for line in path.read_text().splitlines() if '"rule": "STO-02"' not in line]
    path.write_text("\n".join(kept) + "\n")
    report = model.merge(command.folders(PREFIX))
    assert "no record of STO-02" in report.problems[0]
    assert report.exit_code(catalogues.load()) != 0


def test_an_interrupted_run_is_a_failure() -> None:
    report = brought_up(estate_of(), end=False)
    assert len(report.problems) == len(runs.LAYERS)
    assert "interrupted" in report.problems[0]
    assert report.exit_code(catalogues.load()) != 0


def test_a_line_cut_short_by_a_kill_is_read_up_to_it() -> None:
    runs.run(estate_of(), "storage")
    path = workspace.findings_dir(f"{PREFIX}.storage") / "up.jsonl"
    text = path.read_text()
    path.write_text(text[: len(text) // 2])
    report = model.merge(command.folders(PREFIX))
    assert report.findings
    assert report.problems


def test_layers_judged_by_different_packs_are_no_one_report(findings: pathlib.Path) -> None:
    path = findings / f"{PREFIX}.storage" / "up.jsonl"
    path.write_text(path.read_text().replace('"pack_digest": "', '"pack_digest": "0', 1))
    assert "different policy packs" in " ".join(model.merge(command.folders(PREFIX)).problems)


def test_the_last_run_of_a_layer_counts() -> None:
    runs.run(estate_of(), "storage")
    changed = estate_of()
    changed["bubbles/warehouse/buckets/archive"].properties["acl"] = "public-read"
    runs.run(changed, "storage", preview=True)
    path = workspace.findings_dir(f"{PREFIX}.storage") / "preview.jsonl"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([json.dumps({**json.loads(lines[0]), "time": "2999-01-01T00:00:00+00:00"}), *lines[1:]]))
    report = model.merge(command.folders(PREFIX))
    assert report.runs[0].operation == "preview"
    assert report.effect is Effect.BLOCK


def test_nothing_judged_yet_is_said() -> None:
    with pytest.raises(model.NoFindings, match="run `rempart preview`"):
        model.merge(command.folders(PREFIX))


def test_a_requirement_that_rules_do_not_cover_is_never_conform(report: model.Report) -> None:
    by_id = {row.id: row for row in report.requirements}
    assert len(by_id) == 17
    catalogue = catalogues.load()
    for identifier, row in by_id.items():
        if row.state is State.CONFORM:
            assert catalogue.requirements[identifier].coverage == "full"
            assert set(row.states) <= {State.CONFORM, State.NOT_APPLICABLE}
    assert by_id["T-007"].state is State.EVIDENCE_REQUIRED
    assert by_id["R-157"].state is State.EVIDENCE_REQUIRED


def test_a_requirement_that_was_set_aside_falls_with_its_guard() -> None:
    report = brought_up(estate_of("unstructured-documents"))
    states = {row.id: row.state for row in report.requirements if not row.applicable}
    assert states.pop("R-084") is State.NON_CONFORM
    assert set(states.values()) == {State.NOT_APPLICABLE}
    assert report.exit_code(catalogues.load()) == 1


def test_what_does_not_apply_stays_out_of_the_rates(report: model.Report) -> None:
    assert sum(rate.n for rate in report.today.by_type) == sum(rate.n for rate in report.today.by_brick) == 10
    assert {rate.name: rate.n for rate in report.today.by_type} == {"functional": 7, "regulatory": 2, "technical": 1}
    assert [row.state for row in report.requirements if not row.applicable] == [State.NOT_APPLICABLE] * 7


def test_a_violation_is_in_every_format(tmp_path: pathlib.Path) -> None:
    report = brought_up(estate_of("open-admin-port"))
    catalogue = catalogues.load()
    (result,) = [
        one
        for one in sarif.log(report, catalogue, "en")["runs"][0]["results"]
        if one["level"] == "error" and not one["partialFingerprints"].get("skip")
    ][:1]
    assert result["ruleId"] == "NET-04"
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "stacks/platforms/violations/open-admin-port.yaml"
    assert place["region"]["startLine"] > 1
    assert "open to 0.0.0.0/0" in page.render(report, catalogue, "fr")
    assert "open to 0.0.0.0/0" in document.render(report, catalogue, "en")
    assert report.exit_code(catalogue) == 1


def test_sarif_says_what_was_accepted_and_by_which_record(report: model.Report) -> None:
    log = sarif.log(report, catalogues.load(), "fr")
    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == list(catalogues.load().rules)
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert (result["kind"], result["level"]) == ("fail", "warning")
        accepted = result["properties"]["state"] == "evidence_accepted_until"
        assert accepted == ("suppressions" in result)
    assert run["properties"]["simulated"] is True


@pytest.mark.usefixtures("findings")
def test_the_command_writes_what_it_is_asked_for(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    for kind in command.FORMATS:
        assert command.report(PREFIX, format=kind, output=str(tmp_path / "out" / f"r.{kind}"), lang="fr") == 0
        assert (tmp_path / "out" / f"r.{kind}").stat().st_size > 500
    assert command.report(PREFIX, format="states") == 0


@pytest.mark.usefixtures("findings")
def test_the_findings_table_is_data_too() -> None:
    rows = dict(command.findings_by_state(PREFIX))
    assert rows["DAT-02"]["conform"] == 6


@pytest.mark.parametrize(("options", "says"), [({"format": "pdf"}, "--format"), ({"lang": "de"}, "--lang")])
def test_an_option_that_does_not_exist_is_named(options: dict[str, str], says: str) -> None:
    with pytest.raises(command.BadOption, match=says):
        command.report(PREFIX, **options)
