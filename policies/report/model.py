"""Findings of several layers, merged into one statement about a platform.

A rule without a record, or a run without an end, is a failure of the report: silence is never read as conformity.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import functools
import json
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from blueprint.errors import RempartError
from policies.catalogue import legal
from policies.catalogue import loader as catalogues
from policies.catalogue.loader import Catalogue
from policies.report import history, law, rates, requirements
from policies.report.rates import Horizon, Rates
from policies.report.requirements import RequirementRow
from policies.verdicts import AUDIT, REVIEW, VERIFY, Effect, Finding, State
from providers import capabilities
from providers.capabilities import Offer

OPERATIONS = ("up", "preview", VERIFY, REVIEW)
_STATE, _EFFECT = functools.cache(State), functools.cache(Effect)


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
        return requirements.worst(self.states)


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
    horizons: tuple[Horizon, ...]
    """The rates today, in three months and in six."""
    history: Mapping[str, tuple[history.Event, ...]]
    """Requirement -> when its state changed."""
    law: tuple[law.Text, ...]
    """Texts and decisions, on the days of the horizons."""
    problems: tuple[str, ...]
    """Why the report is incomplete, where it is."""

    @property
    def today(self) -> Rates:
        return self.horizons[0].judged

    @property
    def basis(self) -> str:
        """What the judged rates are called: *verified* is kept for what was read from a provider's registered host."""
        if self.simulated:
            return "simulated"
        standings = {str(run.header.get("standing", "")) for run in self.runs if run.operation == VERIFY}
        return "verified" if standings == {"verified"} else "declared inputs"

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
    folders = sorted(findings_dirs)
    runs = tuple(run for folder in folders for run in standing(folder))
    if not runs:
        raise NoFindings("nothing was judged yet: run `rempart preview` or `rempart up` first, then ask again")
    return of(runs, history.read(folders, catalogues.load()))


def of(runs: Sequence[Run], events: Mapping[str, tuple[history.Event, ...]]) -> Report:
    """What these runs, at least one, say together."""
    catalogue = catalogues.load()
    findings = tuple(_final(run.findings) for run in runs)
    everything = tuple(
        sorted(
            (one for found in findings for one in found), key=lambda one: (one.rule, one.subject, one.stage, one.urn)
        )
    )
    header = runs[0].header
    as_of = str(header.get("as_of", ""))
    horizons = rates.horizons(everything, _offer(header), _day(as_of), catalogue)
    states, about = horizons[0].judged.states, requirements.by_requirement(everything)
    return Report(
        platform=str(header.get("platform", "")),
        title=str(header.get("title", "")),
        environment=str(header.get("environment", "")),
        target=str(header.get("target", "")),
        simulated=any(run.header.get("simulated") for run in runs),
        as_of=as_of,
        as_of_pinned=any(run.header.get("as_of_pinned") for run in runs),
        runs=tuple(runs),
        findings=everything,
        rows=rows(everything),
        requirements=tuple(requirements.row(one, states[one], about.get(one, ()), catalogue) for one in states),
        horizons=horizons,
        history=events,
        law=law.texts(legal.load(), [dt.date.fromisoformat(one.date) for one in horizons]),
        problems=_problems(runs),
    )


def rows(findings: Sequence[Finding]) -> tuple[Row, ...]:
    """The findings table: one row per rule of the catalogue, in its order."""
    counted: dict[str, collections.Counter[State]] = {rule: collections.Counter() for rule in catalogues.load().rules}
    for finding in findings:
        counted.setdefault(finding.rule, collections.Counter())[finding.state] += 1
    return tuple(Row(rule, dict(states)) for rule, states in counted.items())


def standing(folder: pathlib.Path) -> tuple[Run, ...]:
    """The runs of one stack that still speak: its last one, and an audit of its state that no later `up` outdated."""
    found, audit = _runs(folder), read(folder / f"{AUDIT}.jsonl")
    if audit is not None and "up" in found and found["up"].time > audit.time:
        audit = None
    return tuple(run for run in (_last(found), audit) if run is not None)


def latest(folder: pathlib.Path) -> Run | None:
    """The last run of one stack; of a preview and an `up` of the same moment, the `up`."""
    return _last(_runs(folder))


def _runs(folder: pathlib.Path) -> dict[str, Run]:
    """Operation -> its run, each file read once: a platform has thousands of findings."""
    return {name: run for name in OPERATIONS if (run := read(folder / f"{name}.jsonl")) is not None}


def _last(found: Mapping[str, Run]) -> Run | None:
    return max(found.values(), key=lambda run: (run.time, run.operation == "up"), default=None)


def read(path: pathlib.Path) -> Run | None:
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
    return run(header, tuple(findings), complete) if header else None


def run(header: Mapping[str, Any], findings: Sequence[Finding], complete: bool = True) -> Run:
    """One run from its header and its findings."""
    recorded = {finding.rule for finding in findings}
    return Run(
        stack=str(header.get("stack", "")),
        layer=str(header.get("layer", "")),
        operation=str(header.get("operation", "")),
        time=str(header.get("time", "")),
        header=header,
        findings=tuple(findings),
        complete=complete,
        silent=tuple(rule for rule in catalogues.load().rules if rule not in recorded),
    )


def _finding(content: dict[str, Any]) -> Finding:
    """From a line's own data, which nobody else holds."""
    content["state"], content["effect"] = _STATE(content["state"]), _EFFECT(content["effect"])
    content["requirements"] = tuple(content["requirements"])
    return Finding(**content)


def _final(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The last answer of each rule on each subject: the engine may ask twice (a replacement, an import)."""
    last = {(one.rule, one.subject, one.urn, one.stage): one for one in findings}
    return tuple(last.values())


def _offer(header: Mapping[str, Any]) -> Offer | None:
    """What the provider says of the offer that was judged; None where it has no capability file."""
    provider = str(header.get("provider", ""))
    known = capabilities.find(provider) if provider else None
    return known.offer(str(header.get("offer", ""))) if known else None


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return dt.date.today()


def _problems(runs: Sequence[Run]) -> tuple[str, ...]:
    found = [str(problem) for run in runs for problem in run.header.get("problems", ())]
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
