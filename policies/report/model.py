"""Findings of several layers, merged into one statement about a platform.

A rule without a record, or a run without an end, is a failure of the report: silence is never read as conformity.
"""

from __future__ import annotations

import collections
import dataclasses
import json
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from blueprint.errors import RempartError
from policies import registry
from policies.catalogue import loader as catalogues
from policies.catalogue.loader import Catalogue
from policies.verdicts import Effect, Finding, State

WORST_FIRST = (
    State.NON_CONFORM,
    State.EVIDENCE_REQUIRED,
    State.NOT_OBSERVABLE,
    State.WAIVED_UNTIL,
    State.EVIDENCE_ACCEPTED_UNTIL,
    State.WORKAROUND_ACCEPTED,
    State.CONFORM,
    State.NOT_APPLICABLE,
)
OPERATIONS = ("up", "preview")


class NoFindings(RempartError):
    """Nothing was judged yet."""


@dataclasses.dataclass(frozen=True, slots=True)
class Run:
    """One layer's last run. `silent` are the rules that left no record; `complete` is false for an interrupted run."""

    stack: str
    layer: str
    operation: str
    time: str
    header: Mapping[str, Any]
    findings: tuple[Finding, ...]
    complete: bool
    silent: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One rule and how many subjects are in each state."""

    rule: str
    states: Mapping[State, int]

    @property
    def worst(self) -> State:
        return worst(self.states)


@dataclasses.dataclass(frozen=True, slots=True)
class RequirementRow:
    """One disclosed requirement: its rules, how many findings are in each state, and the state that follows.

    `state` is the worst of its findings. A requirement that rules judge in part, or not at all, needs evidence however
    well its rules do: a green rule never stands for what it does not look at.
    """

    id: str
    applicable: bool
    rules: tuple[str, ...]
    states: Mapping[State, int]
    state: State
    judged: bool
    coverage: str


@dataclasses.dataclass(frozen=True, slots=True)
class Rate:
    """Of `n` applicable requirements, how many are conform, and how many more have an accepted workaround."""

    name: str
    n: int
    conform: int
    workaround: int


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    platform: str
    title: str
    environment: str
    target: str
    simulated: bool
    as_of: str
    as_of_pinned: bool
    runs: tuple[Run, ...]
    findings: tuple[Finding, ...]
    rows: tuple[Row, ...]
    requirements: tuple[RequirementRow, ...]
    by_type: tuple[Rate, ...]
    by_brick: tuple[Rate, ...]
    problems: tuple[str, ...]
    """Why the report is incomplete, where it is."""

    @property
    def states(self) -> Mapping[State, int]:
        return collections.Counter(finding.state for finding in self.findings)

    @property
    def effect(self) -> Effect:
        effects = {finding.effect for finding in self.findings}
        return next((one for one in (Effect.BLOCK, Effect.WARN) if one in effects), Effect.PASS)

    def exit_code(self, catalogue: Catalogue) -> int:
        return catalogue.exit_codes["incomplete" if self.problems else str(self.effect)]


def merge(findings_dirs: Iterable[pathlib.Path]) -> Report:
    """The report of several layers, from the folder of findings of each. Raises `NoFindings` where there are none."""
    runs = tuple(run for folder in sorted(findings_dirs) if (run := latest(folder)) is not None)
    if not runs:
        raise NoFindings("nothing was judged yet: run `rempart preview` or `rempart up` first, then ask again")
    catalogue = catalogues.load()
    findings = tuple(_final(run.findings) for run in runs)
    everything = tuple(
        sorted(
            (one for found in findings for one in found), key=lambda one: (one.rule, one.subject, one.stage, one.urn)
        )
    )
    header = runs[0].header
    requirements = tuple(_requirement(identifier, everything, catalogue) for identifier in catalogue.requirements)
    return Report(
        platform=str(header.get("platform", "")),
        title=str(header.get("title", "")),
        environment=str(header.get("environment", "")),
        target=str(header.get("target", "")),
        simulated=any(run.header.get("simulated") for run in runs),
        as_of=str(header.get("as_of", "")),
        as_of_pinned=any(run.header.get("as_of_pinned") for run in runs),
        runs=runs,
        findings=everything,
        rows=rows(everything),
        requirements=requirements,
        by_type=_rates(requirements, lambda one: catalogue.requirements[one].type),
        by_brick=_rates(requirements, lambda one: catalogue.requirements[one].brick.en),
        problems=_problems(runs),
    )


def rows(findings: Sequence[Finding]) -> tuple[Row, ...]:
    """The findings table: one row per rule of the pack, in the pack's order."""
    counted: dict[str, collections.Counter[State]] = {rule.id: collections.Counter() for rule in registry.RULES}
    for finding in findings:
        counted.setdefault(finding.rule, collections.Counter())[finding.state] += 1
    return tuple(Row(rule, dict(states)) for rule, states in counted.items())


def worst(states: Iterable[State]) -> State:
    found = set(states)
    return next((state for state in WORST_FIRST if state in found), State.NOT_APPLICABLE)


def latest(folder: pathlib.Path) -> Run | None:
    """The last run of one stack; of a preview and an `up` of the same moment, the `up`."""
    found = [run for name in OPERATIONS if (run := _read(folder / f"{name}.jsonl")) is not None]
    return max(found, key=lambda run: (run.time, run.operation == "up"), default=None)


def _read(path: pathlib.Path) -> Run | None:
    """One findings file; a line that a kill cut short ends it."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    header: Mapping[str, Any] = {}
    findings: list[Finding] = []
    complete = False
    for line in lines:
        try:
            content = json.loads(line)
        except ValueError:
            break
        kind = content.pop("kind", "")
        if kind == "run":
            header = content
        elif kind == "finding":
            findings.append(_finding(content))
        elif kind == "end":
            complete = True
    if not header:
        return None
    recorded = {finding.rule for finding in findings}
    return Run(
        stack=str(header.get("stack", path.parent.name)),
        layer=str(header.get("layer", "")),
        operation=str(header.get("operation", path.stem)),
        time=str(header.get("time", "")),
        header=header,
        findings=tuple(findings),
        complete=complete,
        silent=tuple(rule.id for rule in registry.RULES if rule.id not in recorded),
    )


def _finding(content: Mapping[str, Any]) -> Finding:
    return Finding(
        **{
            **content,
            "state": State(content["state"]),
            "effect": Effect(content["effect"]),
            "requirements": tuple(content["requirements"]),
        }
    )


def _final(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The last answer of each rule on each subject: the engine may ask twice (a replacement, an import)."""
    last = {(one.rule, one.subject, one.urn, one.stage): one for one in findings}
    return tuple(last.values())


def _requirement(identifier: str, findings: Sequence[Finding], catalogue: Catalogue) -> RequirementRow:
    rules = tuple(rule for rule, text in catalogue.rules.items() if identifier in text.requirements)
    states = collections.Counter(one.state for one in findings if one.rule in rules)
    judged = any(state is not State.NOT_APPLICABLE for state in states)
    text = catalogue.requirements[identifier]
    if not text.applicable:
        state = State.NOT_APPLICABLE
    elif text.coverage == "full" and judged:
        state = worst(states)
    else:
        state = worst([*states, State.EVIDENCE_REQUIRED])
    return RequirementRow(identifier, text.applicable, rules, dict(states), state, judged, text.coverage)


def _rates(requirements: Sequence[RequirementRow], group: Any) -> tuple[Rate, ...]:
    grouped: dict[str, list[RequirementRow]] = collections.defaultdict(list)
    for row in requirements:
        if row.applicable:
            grouped[group(row.id)].append(row)
    return tuple(
        Rate(
            name,
            len(members),
            sum(row.state is State.CONFORM for row in members),
            sum(row.state is State.WORKAROUND_ACCEPTED for row in members),
        )
        for name, members in sorted(grouped.items())
    )


def _problems(runs: Sequence[Run]) -> tuple[str, ...]:
    found = []
    for run in runs:
        if not run.complete:
            found.append(
                f"{run.stack}: the {run.operation} of {run.time} was interrupted before it was judged to its end"
            )
        elif run.silent:
            found.append(f"{run.stack}: no record of {', '.join(run.silent)}")
    for name, what in (("pack_digest", "policy packs"), ("blueprint_digest", "versions of the blueprint")):
        if len({run.header.get(name) for run in runs}) > 1:
            found.append(f"the layers were judged by different {what}: preview or bring them up again")
    return tuple(found)
