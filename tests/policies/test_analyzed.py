"""`pulumi policy analyze`, without an engine: a state judged as `rempart audit` judges it, by a judge prepared once."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from blueprint import workspace
from policies import outside, session
from policies.analyzed import Analyzed
from policies.report import model
from policies.verdicts import AUDIT, REVIEW, VERIFY
from tests.policies import runs
from tests.policies.estate import estate_of

STACK = "minimal.outscale-sandbox.dev.compute"


def test_the_judge_is_prepared_once_and_finds_what_an_audit_finds(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs.settle(monkeypatch, tmp_path)
    prepared: list[Any] = []
    prepare = session.prepare
    monkeypatch.setattr(session, "prepare", lambda *given, **more: prepared.append(given) or prepare(*given, **more))
    part = runs.layer(estate_of("minimal"), "compute")
    analyzed = Analyzed(STACK)
    one_by_one = [
        analyzed.fact(one.kind, one.urn, one.name, one.properties, one.provider, None, one.told)
        for one in part.resources.values()
    ]
    alone = [finding for fact in one_by_one for finding in analyzed.resource(fact)]
    found = analyzed.whole(part.facts())
    assert len(prepared) == 1
    assert alone and set(map(repr, alone)) <= set(map(repr, found))

    kept = model.read(workspace.findings_dir(STACK) / f"{AUDIT}.jsonl")
    assert kept is not None and kept.complete and kept.silent == ()
    name, stamps = session.stacks.parse(STACK), {"source": "x"}
    assert list(map(repr, found)) == [
        repr(one) for one in outside.judge(name, AUDIT, one_by_one, stamps, settled=part.facts())
    ]


def test_each_operation_on_what_is_there_has_a_place_and_a_phase() -> None:
    assert set(outside.PHASES) == set(outside.WHERE) == {AUDIT, REVIEW, VERIFY}
    assert {VERIFY, REVIEW} <= set(model.OPERATIONS)
