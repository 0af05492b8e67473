"""The control holds itself: GOV-03 by type, GOV-06 by digest."""

from __future__ import annotations

import pathlib

import pytest

from blueprint import workspace
from blueprint.facts import Origin, ProviderConfiguration, Unmapped
from policies import manifest
from policies.manifest import Manifest
from policies.verdicts import Effect, State
from tests.policies import estate
from tests.policies.judging import judge_of, say_run


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("command:local:Command", State.NON_CONFORM),
        ("Command:remote:Command", State.NON_CONFORM),
        ("pulumi-python:dynamic:Resource", State.NON_CONFORM),
        ("pulumi-nodejs:dynamic:Resource", State.NON_CONFORM),
        ("docker:index:Image", State.NON_CONFORM),
        ("commander:index:Net", State.CONFORM),
        ("foo:index:command", State.CONFORM),
        ("terraform:state:RemoteStateReference", State.NON_CONFORM),
        ("terraform:terraform_data", State.NON_CONFORM),
        ("terraform:null_resource", State.NON_CONFORM),
        ("terraform:local_file", State.NON_CONFORM),
        ("terraform:provisioner", State.NON_CONFORM),
        ("terraform:aws_instance", State.CONFORM),
        ("terraform:nullable_thing", State.CONFORM),
        ("other:null_resource", State.CONFORM),
    ],
)
def test_code_is_refused_by_its_type(kind: str, state: State) -> None:
    fact = Unmapped(Origin("urn", kind, "name", "bubbles/warehouse"))
    found = {one.rule: one for one in judge_of(estate.estate_of().plan).resource(fact)}
    assert found["GOV-03"].state is state
    assert found["GOV-01"].state is State.NON_CONFORM, "what is unmapped is refused whatever it is"


def test_the_provider_of_commands_is_refused_too() -> None:
    judge = judge_of(estate.estate_of().plan)
    for kind, state in (("pulumi:providers:command", State.NON_CONFORM), ("pulumi:providers:outscale", State.CONFORM)):
        fact = ProviderConfiguration(Origin("urn", kind, "name", None), kind, estate.REGION, None)
        assert next(one for one in judge.resource(fact) if one.rule == "GOV-03").state is state


DIGEST = "ab" * 32


@pytest.mark.parametrize(
    ("given", "state", "real"),
    [
        (Manifest(DIGEST, DIGEST), State.CONFORM, Effect.PASS),
        (Manifest(DIGEST, "cd" * 32), State.NON_CONFORM, Effect.BLOCK),
        (Manifest(DIGEST, None, "no folder"), State.EVIDENCE_REQUIRED, Effect.BLOCK),
        (None, State.EVIDENCE_REQUIRED, Effect.BLOCK),
    ],
)
def test_the_pack_is_the_one_that_the_reviewer_signed_for(given: Manifest | None, state: State, real: Effect) -> None:
    (found,) = say_run(judge_of(estate.estate_of().plan, manifest=given, simulated=False), "GOV-06")
    assert (found.state, found.effect) == (state, real)


def test_the_reviewers_digest_is_read_outside_the_checkout_only(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REMPART_TRUST", raising=False)
    assert manifest.read().expected is None
    monkeypatch.setenv("REMPART_TRUST", str(tmp_path))
    assert "no readable" in manifest.read().problem
    running = manifest.read().running
    for text, expected in ((running.upper() + "\n", running), (running[:-1], None), ("", None)):
        (tmp_path / "pack_digest").write_text(text)
        assert manifest.read().expected == expected
    (tmp_path / "pack_digest").write_bytes(b"\xff\xfe")
    assert manifest.read().expected is None
    for inside in (str(workspace.root() / "policies"), "relative/folder"):
        monkeypatch.setenv("REMPART_TRUST", inside)
        assert "outside the checkout" in manifest.read().problem
