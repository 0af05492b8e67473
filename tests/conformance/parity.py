"""A reading of the API is judged as the layers' runs were: what each answered, ready to be compared."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from blueprint import stack as stacks
from cli import report
from policies.catalogue import loader as catalogues
from policies.judge import RUN
from policies.report import model
from policies.verdicts import Finding, State

Answer: TypeAlias = tuple[str, str, State]
"""Rule, subject, state."""
ONLY_LIVE = {"GOV-10": "no declaration can be asked whether everything of the plan is there, and once"}
ONLY_PACKED = {("SOV-01", RUN): "the pack answers for each layer too; a reading is of no layer, each thing answers"}
HIDDEN = {"STO-02": "a store may show no access control list: not observable then, and no pass"}
ELSEWHERE = {"GOV-09": "a layer does not say what another layer made; a reading has all of it"}
"""Where rules that the API shows in full answer otherwise than the pack did."""
UNSEEN = (State.NOT_OBSERVABLE, State.EVIDENCE_ACCEPTED_UNTIL)


def answers(deployment: str) -> tuple[set[Answer], set[Answer]]:
    """Of the rules that the API shows in full: what the last reading answered, and the last `up` of each layer.

    `deployment`: `<platform>.<target>.<environment>`. Findings lie under the state folder that the environment names.
    """
    folders = report.folders(deployment)
    runs = [run for folder in folders for name in ("up", "verify") if (run := model.read(folder / f"{name}.jsonl"))]
    assert sorted(run.layer for run in runs) == sorted([*stacks.LAYERS, "live"])
    full = {name for name, text in catalogues.load().rules.items() if text.observability["live"] == "full"}
    live = {
        one for run in runs if run.layer == "live" for one in _of(run.findings) if one[0] in full - ONLY_LIVE.keys()
    }
    packed = {one for run in runs if run.layer != "live" for one in _of(run.findings) if one[0] in full}
    hidden = {(rule, subject) for rule, subject, state in live if rule in HIDDEN and state in UNSEEN}
    hidden |= {one[:2] for one in packed if one[0] in ELSEWHERE and one[2] is State.NOT_APPLICABLE}
    return (
        {one for one in live if one[:2] not in hidden},
        {one for one in packed if one[:2] not in {*hidden, *ONLY_PACKED}},
    )


def _of(findings: Iterable[Finding]) -> set[Answer]:
    return {
        (one.rule, one.subject, one.state)
        for one in findings
        if not one.type.startswith(("pulumi:", "rempart:"))
        if not (one.subject == RUN and one.state is State.NOT_APPLICABLE)
    }
