"""`rempart baseline`: freeze what an adopted landscape breaks today, so that a report blocks on what is new."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import pathlib
from typing import Any

import rich.markup

from blueprint import target as targets
from blueprint.errors import display
from cli import console, exit_codes, given, report
from policies import signing
from policies.catalogue import loader as catalogues
from policies.records import approvals, baselines
from policies.records.baselines import BadBaseline, Baseline, Compared, Entry
from policies.report import model
from policies.signing import Namespace
from policies.verdicts import Effect, Finding, State

SHOWN = 20


@dataclasses.dataclass(frozen=True)
class Landscape:
    """What is adopted: named as its reports are, and what they found."""

    platform: str
    target: str
    environment: str
    findings: tuple[Finding, ...]


def write(landscape: Landscape, owner: str, until: str, output: str, key: str | None) -> int:
    """Freezes what blocks today. An existing file is never written over: what is new must be looked at."""
    path = pathlib.Path(output)
    if path.exists():
        raise BadBaseline(f"{display(path)} exists: `rempart baseline check` compares; to begin anew, remove it")
    day, last = as_of(landscape.target), given.day(until, "--until")
    if not 0 <= (last - day).days <= baselines.DAYS:
        raise BadBaseline(f"--until lies between {day} and {baselines.DAYS} days later")
    rules = catalogues.load().rules
    found = baselines.of(landscape.findings, rules)
    baseline = Baseline(
        platform=landscape.platform,
        target=landscape.target,
        environment=landscape.environment,
        owner=owner,
        written_on=day,
        entries=tuple(Entry(rule=rule, subject=subject, breach=breach, until=last) for rule, subject, breach in found),
    )
    if key:
        baseline = approvals.requested(baseline, pathlib.Path(key).expanduser(), Namespace.BASELINE)
    if trouble := _trouble(baseline):
        raise BadBaseline(f"this baseline would not count: {trouble}. Give the owner's SSH key: --key")
    baselines.write(baseline, path)
    console.out().print(rich.markup.escape(f"written: {display(path)}, {len(found)} breaches until {last}"))
    left = [one for one in landscape.findings if one.effect is Effect.BLOCK and not baselines.freezable(one, rules)]
    if left:
        console.out().print(f"{len(left)} findings cannot be frozen: `rempart report` shows them")
    told = rich.markup.escape(output)
    console.out().print(f"another person approves it: `rempart baseline approve {told} --key ...`", soft_wrap=True)
    return exit_codes.OK


def of_runs(platform: str, target: str, environment: str) -> Landscape:
    """A platform, from the findings of its last runs."""
    merged = model.merge(report.folders(f"{platform}.{target}.{environment}"))
    return Landscape(platform, target, environment, merged.findings)


def of_report(file: str) -> Landscape:
    """Whatever `report`, `audit` or `review` said of, from its JSON."""
    path = pathlib.Path(file)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        found = tuple(_finding(one) for one in document["findings"])
        return Landscape(document["platform"], document["target"], document["environment"], found)
    except OSError as error:
        raise BadBaseline(f"{file} cannot be read ({error.strerror}): check its name") from None
    except (ValueError, KeyError, TypeError):
        raise BadBaseline(
            f"{file} is no report: `rempart review PATH --format json --output FILE` writes one"
        ) from None


def _finding(content: dict[str, Any]) -> Finding:
    """What a baseline needs of one line of a report."""
    return Finding(
        rule=content["rule"],
        subject=content["subject"],
        state=State(content["state"]),
        effect=Effect(content["effect"]),
        message=content["message"],
        fault=content["fault"],
        urn="",
        type="",
        location="",
        stage="",
        requirements=(),
    )


def approve(file: str, key: str) -> int:
    """Signs a baseline, unless its owner is the one who does."""
    path = pathlib.Path(file)
    baseline = baselines.read(path)
    target = targets.load(baseline.target, only_read=True)
    signed = approvals.approved(baseline, pathlib.Path(key).expanduser(), as_of(target.name), Namespace.BASELINE)
    said = baselines.standing(signed, signing.trust(), target.simulated)
    baselines.write(signed, path)
    console.out().print(rich.markup.escape(f"{display(path)}: {said}"), soft_wrap=True)
    return exit_codes.OK


def check(platform: str, target: str, environment: str, file: str, format: str) -> int:
    """Exit code 1 where something blocks that is not frozen, or not any more."""
    if format not in ("text", "json"):
        raise BadBaseline(f"--format {format!r} is unknown: use text, json")
    merged = model.merge(report.folders(f"{platform}.{target}.{environment}"))
    baseline, said = load(file, merged)
    found = compared(merged, baseline)
    if format == "json":
        console.out().file.write(json.dumps(_plain(found, said), indent=2, ensure_ascii=False) + "\n")
    else:
        _print(found, said)
    return exit_codes.VIOLATION if found.new or found.expired else exit_codes.OK


def apply(merged: model.Report, file: str | None) -> model.Report:
    """The report beside a baseline, where one is given. Raises `BadBaseline` for one that does not count here."""
    if file is None:
        return merged
    baseline, said = load(file, merged)
    told = f"baseline {file}: {len(baseline.entries)} breaches, {said}"
    console.err().print(rich.markup.escape(told), soft_wrap=True)
    findings = baselines.applied(merged.findings, baseline, catalogues.load().rules, _judged_on(merged))
    return dataclasses.replace(merged, findings=findings)


def load(file: str, merged: model.Report) -> tuple[Baseline, str]:
    """The baseline, and who stands for it."""
    baseline = baselines.read(pathlib.Path(file))
    mine = (baseline.platform, baseline.target, baseline.environment)
    if mine != (merged.platform, merged.target, merged.environment):
        raise BadBaseline(f"{file} is of {'.'.join(mine)}: give the baseline of what is reported")
    return baseline, baselines.standing(baseline, signing.trust(), merged.simulated)


def compared(merged: model.Report, baseline: Baseline) -> Compared:
    return baselines.compare(merged.findings, baseline, catalogues.load().rules, _judged_on(merged))


def as_of(target: str) -> dt.date:
    return targets.load(target, only_read=True).as_of or dt.date.today()


def _trouble(baseline: Baseline) -> str | None:
    simulated = targets.load(baseline.target, only_read=True).simulated
    if simulated and baseline.request is None:
        return None
    return approvals.trouble(baseline, signing.trust(), Namespace.BASELINE, simulated=simulated)


def _judged_on(merged: model.Report) -> dt.date:
    return dt.date.fromisoformat(merged.as_of) if merged.as_of_pinned else dt.date.today()


def _print(found: Compared, said: str) -> None:
    out = console.out()
    out.print(
        f"{len(found.new)} new, {len(found.expired)} whose time is over, {len(found.frozen)} frozen, "
        f"{len(found.gone)} mended; {rich.markup.escape(said)}",
        soft_wrap=True,
    )
    for title, findings in (("new", found.new), ("over", found.expired)):
        for one in findings[:SHOWN]:
            out.print(rich.markup.escape(f"{title}  {one.rule} · {one.location} — {one.subject}: {one.message}"))
    for entry in found.gone[:SHOWN]:
        out.print(rich.markup.escape(f"mended  {entry.rule} — {entry.subject}: take it out of the baseline"))


def _plain(found: Compared, said: str) -> dict[str, object]:
    def lines(findings: tuple[Finding, ...]) -> list[dict[str, str]]:
        return [{"rule": one.rule, "subject": one.subject, "breach": one.message} for one in findings]

    return {
        "approval": said,
        "new": lines(found.new),
        "expired": lines(found.expired),
        "frozen": lines(found.frozen),
        "gone": [one.model_dump(mode="json") for one in found.gone],
    }
