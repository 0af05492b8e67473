"""A run of the pack: what blocks it as a whole, what it records, and the sign that it watches."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib

import psutil
import pytest

from blueprint import attestation, workspace
from policies import backend, lines, registry
from policies.rules.model import Rule
from policies.verdicts import Effect, State
from tests.policies import estate, judging, runs

STACK = "emc2.outscale-sandbox.dev.network"


@pytest.fixture(autouse=True)
def state_dir(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    runs.settle(monkeypatch, tmp_path)
    return tmp_path


def test_what_blocks_the_run_blocks_each_of_its_resources_at_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "https://api.pulumi.com")
    part = runs.layer(estate.estate_of(), "network")
    net = part["bubbles/warehouse"]
    for preview, blocked in ((False, ["SOV-07"]), (True, [])):
        session = runs.Session(STACK, preview)
        found = session.resource(session.fact(net.kind, net.urn, net.name, net.properties, net.provider))
        assert [one.rule for one in found if one.effect is Effect.BLOCK] == blocked


def test_a_run_that_judges_nothing_leaves_no_record() -> None:
    runs.Session(STACK, preview=False)
    assert not workspace.findings_dir(STACK).exists()


def test_the_same_answer_twice_is_one_line() -> None:
    session = runs.run(estate.estate_of(), "storage", end=False)
    before = session.recorder.path.read_text()
    net = estate.estate_of()["bubbles/warehouse/buckets/archive"]
    session.resource(session.fact(net.kind, net.urn, net.name, net.properties, net.provider, options=net.told))
    assert session.recorder.path.read_text() == before


def _broken(*_: object) -> None:
    raise ValueError("Canary-7-Bird")


def test_a_rule_that_fails_is_a_violation_that_shows_no_value() -> None:
    changed = estate.estate_of()
    rule = next(one for one in registry.RULES if one.id == "NET-01")
    broken = dataclasses.replace(rule, resource=_broken, stack=_broken)
    pack = dataclasses.replace(judging.judge_of(changed.plan), rules=(broken, Rule("SOV-07", run=_broken)))
    found = [*pack.resource(changed.fact("bubbles/warehouse")), *pack.stack(changed.facts()), *pack.run()]
    assert len(found) == 3
    for one in found:
        assert (one.state, one.effect, one.fault) == (State.NON_CONFORM, Effect.BLOCK, True)
        assert "ValueError at test_session.py" in one.message
        assert "Canary" not in one.message


def test_a_violation_reads_as_one_line() -> None:
    changed = estate.estate_of("public-bucket")
    pack = judging.judge_of(changed.plan)
    found = next(
        one for name in changed.resources for one in pack.resource(changed.fact(name)) if one.effect == "block"
    )
    assert lines.write(found, pack.catalogue) == (
        "STO-02 · R-153 · stacks/platforms/estate.yaml:1 — bubbles/study/buckets/archive: "
        "its ACL public-read opens it beyond the account. "
        "Remedy: Set `public` to false; give access through an export bubble"
    )


@pytest.mark.parametrize(
    ("exported", "project", "logged_in", "seen"),
    [
        ("file:///a", "file:///b", "file:///c", "file:///a"),
        (None, "file:///b", "file:///c", "file:///b"),
        (None, None, "file:///c", "file:///c"),
        (None, None, None, None),
    ],
)
def test_the_backend_is_seen_in_the_engine_s_own_order(
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    exported: str | None,
    project: str | None,
    logged_in: str | None,
    seen: str | None,
) -> None:
    monkeypatch.delenv("PULUMI_BACKEND_URL")
    if exported:
        monkeypatch.setenv("PULUMI_BACKEND_URL", exported)
    monkeypatch.setattr(workspace, "root", lambda: tmp_path)
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    if project:
        (tmp_path / "Pulumi.yaml").write_text(f"name: x\nbackend:\n  url: {project}\n")
    if logged_in:
        (tmp_path / "home" / "credentials.json").write_text(
            json.dumps({"current": logged_in, "accessTokens": {"x": "y"}})
        )
    assert backend.observe(STACK) == backend.Backend(seen)


def test_the_secrets_provider_is_the_stack_file_s(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace, "root", lambda: tmp_path)
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / f"Pulumi.{STACK}.yaml").write_text("secretsprovider: awskms://x\n")
    assert backend.observe(STACK).secrets == "awskms://x"


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> psutil.Process:
    """This process plays its own engine."""
    own = psutil.Process()
    monkeypatch.setattr(attestation, "_engine", lambda: own)
    monkeypatch.setenv("PULUMI_OPTION_POLICY_PACK", "/policies")
    return own


def test_a_watched_run_goes_on(engine: psutil.Process) -> None:
    path = attestation.write(STACK)
    assert path.name == f"{os.getpid()}.json"
    attestation.require(STACK)


def test_an_unwatched_run_is_refused_with_what_to_do(engine: psutil.Process) -> None:
    with pytest.raises(attestation.NotUnderPolicy, match="Export PULUMI_OPTION_POLICY_PACK="):
        attestation.require(STACK, patience_seconds=0.1)


def test_an_unwatched_run_does_not_wait_where_no_pack_was_named(
    engine: psutil.Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PULUMI_OPTION_POLICY_PACK")
    with pytest.raises(attestation.NotUnderPolicy, match="no policy pack watches"):
        attestation.require(STACK, patience_seconds=3600)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("stack", "other", "watches the stack other"),
        ("pack_digest", "0", "not the one of this checkout"),
        ("engine_started", 1.0, "another run's"),
    ],
)
def test_another_run_s_attestation_is_worth_nothing(
    engine: psutil.Process, field: str, value: object, says: str
) -> None:
    path = attestation.write(STACK)
    path.write_text(json.dumps({**json.loads(path.read_text()), field: value}))
    with pytest.raises(attestation.NotUnderPolicy, match=says):
        attestation.require(STACK, patience_seconds=0.1)


def test_an_attestation_that_cannot_be_read_is_worth_nothing(engine: psutil.Process) -> None:
    attestation.write(STACK).write_text("{")
    with pytest.raises(attestation.NotUnderPolicy, match="cannot be read"):
        attestation.require(STACK, patience_seconds=0.1)


def test_without_an_engine_there_is_nothing_to_attest_or_to_watch() -> None:
    with pytest.raises(attestation.NotUnderPolicy, match="not started by the engine"):
        attestation.write(STACK)
    with pytest.raises(attestation.NotUnderPolicy, match="not started by the engine"):
        attestation.require(STACK)


def test_what_dead_engines_left_is_removed(engine: psutil.Process) -> None:
    folder = workspace.state_dir() / "attestations"
    folder.mkdir(parents=True)
    (folder / "999999999.json").write_text("{}")
    attestation.write(STACK)
    assert [path.name for path in folder.iterdir()] == [f"{os.getpid()}.json"]


def test_the_digest_follows_every_file_that_decides(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace, "root", lambda: tmp_path)
    seen = set()
    for name, text in (("policies/a.py", "1"), ("policies/a.py", "2"), ("providers/x/capabilities.yaml", "3")):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        attestation.pack_digest.cache_clear()
        seen.add(attestation.pack_digest())
    attestation.pack_digest.cache_clear()
    assert len(seen) == 3
