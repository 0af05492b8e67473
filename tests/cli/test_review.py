"""`rempart review`: Terraform says the same platform, so it gets the same findings; and it never shows a secret."""

from __future__ import annotations

import functools
import json
import pathlib
from collections.abc import Callable

import pytest

from cli import report as command
from cli import review
from policies.catalogue import loader as catalogues
from policies.report import model
from policies.verdicts import Effect, Finding, State
from tests.cli.reviewing import CANARY, PREFIX, findings, of, reviewed, saved
from tests.policies import runs
from tests.policies.estate import estate_of

ELSEWHERE = "none of its ids is of something made here: the live check proves them"


@pytest.fixture(autouse=True)
def state_dir(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    runs.settle(monkeypatch, tmp_path / "work")
    return tmp_path


Told = set[tuple[str, str, State, str]]


def told(found: tuple[Finding, ...]) -> Told:
    """Of rules that Terraform shows something of, on what it can hold: no component, no engine's own resource.

    Nor what the pack says of a layer's ids that another layer gives (GOV-09), and of the stack of that layer (NET-02):
    Terraform is read in one piece.
    """
    rules = {name for name, text in catalogues.load().rules.items() if text.observability["hcl"] != "none"}
    return {
        (one.rule, one.subject, one.state, one.message)
        for one in found
        if one.rule in rules and one.subject != "run" and not one.type.startswith(("pulumi:", "rempart:"))
        if not (one.rule == "GOV-09" and one.message == ELSEWHERE)
        if not (one.rule == "NET-02" and one.stage == "stack")
    }


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Told]:
    """What the pack says of a platform, each platform judged once for all that read it."""

    @functools.cache
    def judged(name: str) -> Told:
        folder = tmp_path_factory.mktemp(name)
        with pytest.MonkeyPatch.context() as patch:
            runs.settle(patch, folder)
            for layer in runs.LAYERS:
                runs.run(estate_of(name), layer)
            return told(model.merge(command.folders(f"{name}.outscale-sandbox.dev")).findings)

    return judged


@pytest.mark.parametrize("how", ["plan", "files"])
@pytest.mark.parametrize("name", ["minimal", "open-admin-port", "public-bucket", "password-in-user-data"])
def test_terraform_gets_the_findings_of_the_pack(
    name: str, how: str, state_dir: pathlib.Path, packed: Callable[[str], Told]
) -> None:
    """All but one: that the default group is emptied cannot be seen, because Terraform cannot do it."""
    estate, judged = estate_of(name), packed(name)
    review.review(str(saved(state_dir, estate, how)), name, None, "dev", "csv", str(state_dir / "out"))
    reviewed = told(findings(name))
    hidden = {one for one in reviewed if one[0] == "NET-03" and one[2] is State.NOT_OBSERVABLE}
    assert {subject for _, subject, _, _ in hidden} == {bubble.subject for bubble in estate.plan.bubbles}
    assert reviewed - hidden == {one for one in judged if (one[0], one[1]) not in {one[:2] for one in hidden}}


@pytest.mark.parametrize("how", ["plan", "files"])
def test_its_findings_say_where_they_are_written(how: str, state_dir: pathlib.Path) -> None:
    path = saved(state_dir, estate_of("open-admin-port"), how)
    review.review(str(path), "open-admin-port", None, "dev", "csv", str(state_dir / "out"))
    (place,) = {one.location for one in findings("open-admin-port") if one.rule == "NET-04" and one.effect == "block"}
    if how == "plan":
        assert place.startswith("plan.json#outscale_security_group_rule.")
        return
    file, _, line = place.partition(":")
    assert file == "main.tf"
    written = (path / file).read_text().splitlines()[int(line) - 1]
    assert written.startswith('resource "outscale_security_group_rule"')


@pytest.mark.parametrize("how", ["plan", "files"])
def test_sarif_points_into_what_was_read(how: str, state_dir: pathlib.Path) -> None:
    path = saved(state_dir, estate_of("open-admin-port"), how)
    review.review(str(path), "open-admin-port", None, "dev", "sarif", str(state_dir / "out.sarif"))
    results = json.loads((state_dir / "out.sarif").read_text())["runs"][0]["results"]
    (place,) = [
        one["locations"][0]["physicalLocation"]
        for one in results
        if one["ruleId"] == "NET-04" and one["level"] == "error"
    ][:1]
    assert place["artifactLocation"]["uri"] == ("plan.json" if how == "plan" else "main.tf")
    assert place["region"]["startLine"] == 1 if how == "plan" else place["region"]["startLine"] > 1


@pytest.mark.parametrize("how", ["plan", "files"])
def test_a_secret_is_judged_and_never_shown(
    how: str, state_dir: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    estate = estate_of("minimal")
    machine = estate.first("Vm")
    machine.properties["userData"] = f"#!/bin/sh\nexport DB_PASSWORD={CANARY}\n"
    path = saved(state_dir, estate, how)
    for kind in command.FORMATS:
        review.review(str(path), "minimal", None, "dev", kind, str(state_dir / "out"))
        assert CANARY not in (state_dir / "out").read_text(encoding="utf-8"), kind
    captured = capsys.readouterr()
    assert CANARY not in captured.out + captured.err
    assert (machine.name, State.NON_CONFORM) in {
        (one.subject, one.state) for one in findings("minimal") if one.rule == "CPT-05"
    }


def test_a_state_of_terraform_is_followed_by_id(state_dir: pathlib.Path) -> None:
    tag = [{"key": "rempart:subject", "value": "bubbles/study"}]
    resources = [
        ("outscale_net", "main", {"id": "vpc-1", "net_id": "vpc-1", "ip_range": "10.64.0.0/20", "tags": tag}),
        ("outscale_subnet", "one", {"id": "subnet-1", "net_id": "vpc-1", "ip_range": "10.64.0.0/24"}),
    ]
    shown = [
        {"address": f"{kind}.{name}", "mode": "managed", "type": kind, "name": name, "values": values}
        for kind, name, values in resources
    ]
    raw = [
        {"mode": "managed", "type": kind, "name": name, "instances": [{"attributes": values}]}
        for kind, name, values in resources
    ]
    for document in ({"values": {"root_module": {"resources": shown}}}, {"version": 4, "resources": raw}):
        path = state_dir / "state.json"
        path.write_text(json.dumps(document))
        blocks = {one.address: one for one in review.read(path).blocks}
        assert blocks["outscale_subnet.one"].references == {"net_id": "outscale_net.main"}
        made = reviewed(path, state_dir, "minimal")
        assert of(made, "GOV-01")["bubbles/study"][0] == "conform"


def test_a_review_merges_into_the_platforms_report(state_dir: pathlib.Path) -> None:
    for layer in runs.LAYERS:
        runs.run(estate_of("minimal"), layer)
    path = saved(state_dir, estate_of("minimal"), "plan")
    review.review(str(path), "minimal", None, "dev", "csv", str(state_dir / "out"))
    merged = model.merge(command.folders(PREFIX))
    assert sorted(run.operation for run in merged.runs) == ["review", "up", "up", "up", "up"]


def test_effects_are_those_of_a_preview(state_dir: pathlib.Path) -> None:
    """What only `apply` or a blueprint will tell warns, and does not block."""
    path = saved(state_dir, estate_of("minimal"), "plan")
    review.review(str(path), None, None, "dev", "csv", str(state_dir / "out"))
    rows = reviewed(path, state_dir)["findings"]
    waiting = [one for one in rows if "only a blueprint" in one["message"]]
    assert waiting
    assert {one["effect"] for one in waiting} == {str(Effect.WARN)}
