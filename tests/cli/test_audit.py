"""`rempart audit`: what the pack says of a platform, an audit of its state says too, and it never shows a secret."""

from __future__ import annotations

import io
import json
import pathlib
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from blueprint import stack as stacks
from blueprint import workspace
from cli import audit, main
from cli import report as command
from policies import state
from policies.report import model
from policies.verdicts import State
from tests.policies import runs, states
from tests.policies.estate import Estate, estate_of

CANARY = "canary-5f1d9e"
PREFIX = "minimal.outscale-sandbox.dev"


@pytest.fixture(autouse=True)
def state_dir(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    runs.settle(monkeypatch, tmp_path / "work")
    return tmp_path


def saved(folder: pathlib.Path, estate: Estate, layer: str, **more: Any) -> pathlib.Path:
    path = folder / f"{layer}.json"
    stack = f"{estate.plan.platform}.outscale-sandbox.dev.{layer}"
    path.write_text(json.dumps(states.deployment(estate, stack, **more)), encoding="utf-8")
    return path


def of(report: model.Report) -> set[tuple[str, str, State, str]]:
    """What a state can show: not the engine's own resources, not the run itself, not what the plan alone declares."""
    return {
        (one.rule, one.subject, one.state, one.message)
        for one in report.findings
        if one.subject != "run" and one.stage != "run" and (one.stage == "stack" or not one.type.startswith("pulumi:"))
    }


@pytest.mark.parametrize("name", ["minimal", "open-admin-port", "public-bucket", "password-in-user-data"])
def test_an_audit_says_what_the_pack_says(name: str, state_dir: pathlib.Path) -> None:
    estate = estate_of(name)
    prefix = f"{name}.outscale-sandbox.dev"
    for layer in runs.LAYERS:
        runs.run(estate, layer)
    packed = model.merge(command.folders(prefix))
    for layer in runs.LAYERS:
        (workspace.findings_dir(f"{prefix}.{layer}") / "up.jsonl").unlink()
        audit.audit(str(saved(state_dir, estate, layer)), "", "", "csv", str(state_dir / "out.csv"))
    audited = model.merge(command.folders(prefix))
    assert audited.problems == ()
    assert {run.operation for run in audited.runs} == {"audit"}
    assert of(audited) == of(packed)
    assert audited.effect is packed.effect


def test_an_imported_resource_is_known_by_its_tag_or_name_and_by_what_the_engine_saw(state_dir: pathlib.Path) -> None:
    """A layer whose ids come from itself: nothing else says what they point at."""
    estate = estate_of("minimal")
    runs.run(estate, "network")
    packed = model.merge(command.folders(PREFIX))
    (workspace.findings_dir(f"{PREFIX}.network") / "up.jsonl").unlink()
    audit.audit(str(saved(state_dir, estate, "network", imported=True)), "", "", "csv", str(state_dir / "out.csv"))
    assert of(model.merge(command.folders(PREFIX))) == of(packed)


def test_a_stack_of_another_environment_that_a_state_shows_is_refused_whatever_the_program_calls_it(
    state_dir: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of what is only read, a state keeps that; what it gave, secrets too, is nobody's to print."""
    path = saved(state_dir, estate_of("minimal"), "compute")
    document = json.loads(path.read_text())
    reference = next(one for one in document["deployment"]["resources"] if one["type"] == stacks.REFERENCE)
    reference["outputs"] = {"name": reference["inputs"]["name"], "outputs": {"rempart": CANARY}}
    path.write_text(json.dumps(document))
    assert audit.audit(str(path), "", "", "json", str(state_dir / "out")) == 0
    reference["inputs"]["name"] = "minimal.outscale-sandbox.prod.network"
    path.write_text(json.dumps(document))
    assert audit.audit(str(path), "", "", "json", str(state_dir / "bad")) == 1
    refused = [one for one in json.loads((state_dir / "bad").read_text())["findings"] if one["effect"] == "block"]
    assert [(one["rule"], one["urn"]) for one in refused] == [("NET-02", reference["urn"])]
    captured = capsys.readouterr()
    shown = "".join((state_dir / name).read_text() for name in ("out", "bad"))
    assert CANARY not in shown + captured.out + captured.err


def test_its_exit_code_and_its_formats_are_those_of_a_report(
    state_dir: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = saved(state_dir, estate_of("minimal"), "network")
    for kind in command.FORMATS:
        assert audit.audit(str(good), "", "", kind, str(state_dir / "out")) == 0
    bad = saved(state_dir, estate_of("open-admin-port"), "network")
    assert audit.audit(str(bad), "", "") == 1
    assert "NET-04 non-conform" in capsys.readouterr().out


def test_a_secret_is_judged_and_never_shown(state_dir: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    estate = estate_of("minimal")
    machine = estate.first("Vm")
    machine.properties["userData"] = f"#!/bin/sh\nexport DB_PASSWORD={CANARY}\n"
    path = saved(state_dir, estate, "compute")
    path.write_text(path.read_text().replace('"made": "by', f'"made": "{CANARY} by'))
    for kind in command.FORMATS:
        audit.audit(str(path), "", "", kind, str(state_dir / "out"))
        assert CANARY not in (state_dir / "out").read_text(encoding="utf-8"), kind
    captured = capsys.readouterr()
    assert CANARY not in captured.out + captured.err
    findings = workspace.findings_dir(f"{PREFIX}.compute") / "audit.jsonl"
    assert CANARY not in findings.read_text(encoding="utf-8")
    found = [one for one in model.merge(command.folders(PREFIX)).findings if one.rule == "CPT-05"]
    assert State.NON_CONFORM in {one.state for one in found if one.subject == machine.name}


def test_a_sealed_secret_is_no_pass(state_dir: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """At best a person answers for it: the rule itself never does."""
    audit.audit(str(saved(state_dir, estate_of("minimal"), "compute", sealed=True)), "", "")
    found = [one for one in model.merge(command.folders(PREFIX)).findings if one.rule == "CPT-05"]
    machines = [one for one in found if one.type.endswith(":Vm")]
    assert machines
    assert {one.state for one in machines} <= {State.NOT_OBSERVABLE, State.EVIDENCE_ACCEPTED_UNTIL}
    assert all("`user_data` cannot be read" in one.message for one in machines)
    assert "secrets are sealed" in capsys.readouterr().err


def test_a_checkpoint_of_the_file_backend_is_a_state_too(state_dir: pathlib.Path) -> None:
    path = saved(state_dir, estate_of("minimal"), "network")
    document = json.loads(path.read_text())
    path.write_text(json.dumps({"version": 3, "checkpoint": {"stack": "x", "latest": document["deployment"]}}))
    assert audit.audit(str(path), "", "", "states", str(state_dir / "out")) == 0


def test_an_audit_stands_beside_the_pack_until_a_later_up(state_dir: pathlib.Path) -> None:
    runs.run(estate_of("minimal"), "network")
    path = workspace.findings_dir(f"{PREFIX}.network") / "up.jsonl"
    path.write_text(path.read_text().replace('"time": "20', '"time": "19', 1))
    audit.audit(str(saved(state_dir, estate_of("minimal"), "network")), "", "", "csv", str(state_dir / "out"))
    assert {run.operation for run in model.merge(command.folders(PREFIX)).runs} == {"up", "audit"}
    path.write_text(path.read_text().replace('"time": "19', '"time": "29', 1))
    assert {run.operation for run in model.merge(command.folders(PREFIX)).runs} == {"up"}


BROKEN: dict[str, tuple[Callable[[str], str], str]] = {
    "nothing": (lambda text: "", "is no state of a stack"),
    "not JSON": (lambda text: f"password={CANARY}", "is no state of a stack"),
    "another document": (lambda text: '{"a": 1}', "is no state of a stack"),
    "cut short": (lambda text: text[: len(text) // 2], "is cut short or is not JSON after"),
    "a stray word": (lambda text: text.replace('"made":', f'{CANARY} "made":', 1), "is not JSON"),
    "no resources": (lambda text: '{"version": 3, "deployment": {"resources": []}}', "holds no resource"),
    "no URN": (lambda text: text.replace('"urn":', '"nru":'), "resource 1 is not as the engine writes it"),
    "resources of another kind": (
        lambda text: '{"deployment": {"resources": [1, 2]}}',
        "resource 1 is not as the engine writes it",
    ),
    "another program": (
        lambda text: text.replace(f"urn:pulumi:{PREFIX}.network", "urn:pulumi:prod"),
        "is the state of another program",
    ),
    "another platform": (
        lambda text: text.replace(f"urn:pulumi:{PREFIX}", "urn:pulumi:atlantis.outscale-sandbox.dev"),
        "atlantis",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_bad_state_is_one_clear_message(
    case: str, state_dir: pathlib.Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    change, says = BROKEN[case]
    path = saved(state_dir, estate_of("minimal"), "network")
    path.write_text(change(path.read_text()))
    monkeypatch.setattr("sys.argv", ["rempart", "audit", str(path)])
    with pytest.raises(SystemExit) as stopped:
        main.main()
    assert stopped.value.code == 2
    captured = capsys.readouterr()
    assert says in " ".join(captured.err.split())
    assert "Traceback" not in captured.err
    assert CANARY not in captured.out + captured.err


def test_a_platform_that_does_not_stand_is_said(state_dir: pathlib.Path) -> None:
    with pytest.raises(model.NoFindings, match="no layer of minimal stands"):
        audit.audit("minimal", "outscale-sandbox", "dev")


class Long(io.RawIOBase):
    """A state of `count` large resources that is never whole in memory."""

    def __init__(self, count: int, padding: int) -> None:
        self.chunks = self._parts(count, padding)
        self.rest = b""
        self.read_bytes = 0

    @staticmethod
    def _parts(count: int, padding: int) -> Any:
        yield b'{"version": 3, "deployment": {"resources": ['
        for number in range(count):
            one = {
                "urn": f"urn:pulumi:{PREFIX}.network::rempart::outscale:index:Net::n{number}",
                "type": "outscale:index:Net",
                "inputs": {"ipRange": "10.0.0.0/16"},
                "outputs": {"padding": "x" * padding},
            }
            yield (b"," if number else b"") + json.dumps(one).encode()
        yield b"]}}"

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self.rest:
            try:
                self.rest = next(self.chunks)
            except StopIteration:
                return 0
        part, self.rest = self.rest[: len(buffer)], self.rest[len(buffer) :]
        buffer[: len(part)] = part
        self.read_bytes += len(part)
        return len(part)


def test_memory_does_not_grow_with_the_state() -> None:
    """60 MB through a few megabytes of memory."""
    file = Long(600, 100_000)
    counts = state.Counts()
    tracemalloc.start()
    for _ in state.resources(file, "long", counts):
        pass
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert counts.resources == 600
    assert file.read_bytes > 60_000_000
    assert most < 8_000_000
