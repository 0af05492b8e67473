"""Baselines: what a landscape breaks on the day of its adoption, frozen for a time, so that what is new still blocks.

A baseline changes what a report's exit code says, and nothing else: no state, no rate, and nothing that a run of the
pack refuses. What the rules say of the control itself (waivers, the pack) cannot be frozen.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import json
import pathlib
from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import Field, ValidationError

from blueprint.errors import RempartError, display
from blueprint.model import Model, Text
from policies.catalogue.texts import RuleText
from policies.records import approvals, checks
from policies.records.approvals import Approvable
from policies.signing import Namespace, Signers
from policies.verdicts import Effect, Finding

DAYS = 366
"""The longest time for which a debt may be frozen."""
MAX_BYTES = 64 << 20
CONTROL = "control"
"""Family of the rules about the control itself."""


class BadBaseline(RempartError):
    """The file is no baseline, is another platform's, or nobody may rely on it."""


class Entry(Model):
    """One breach that was there already: rule, subject, and what was found, word for word."""

    rule: Text
    subject: Text
    breach: Text
    until: dt.date
    """The last day, included."""


class Baseline(Approvable):
    platform: Text
    target: Text
    environment: str
    """Empty for what has none: Terraform that is no platform's."""
    written_on: dt.date
    entries: Annotated[tuple[Entry, ...], Field()]

    def entry(self, finding: Finding) -> Entry | None:
        """The entry for this very breach."""
        return self._by_breach.get((finding.rule, finding.subject, finding.message))

    @property
    def _by_breach(self) -> dict[tuple[str, str, str], Entry]:
        return {(one.rule, one.subject, one.breach): one for one in self.entries}


@dataclasses.dataclass(frozen=True)
class Compared:
    """A report beside its baseline."""

    new: tuple[Finding, ...]
    """Blocks, and is in no entry."""
    expired: tuple[Finding, ...]
    """Blocks again: its entry has ended."""
    frozen: tuple[Finding, ...]
    gone: tuple[Entry, ...]
    """Mended: these entries can be taken out."""


def of(findings: Iterable[Finding], rules: dict[str, RuleText]) -> tuple[tuple[str, str, str], ...]:
    """What can be frozen: (rule, subject, breach), sorted."""
    return tuple(sorted({(one.rule, one.subject, one.message) for one in findings if freezable(one, rules)}))


def freezable(finding: Finding, rules: dict[str, RuleText]) -> bool:
    text = rules.get(finding.rule)
    return finding.effect is Effect.BLOCK and not finding.fault and text is not None and text.family != CONTROL


def applied(
    findings: Sequence[Finding], baseline: Baseline, rules: dict[str, RuleText], as_of: dt.date
) -> tuple[Finding, ...]:
    """The same findings; those that are frozen warn, and say until when. Their state stays what it is."""
    entries = baseline._by_breach
    return tuple(_applied(one, entries, rules, as_of) for one in findings)


def compare(findings: Sequence[Finding], baseline: Baseline, rules: dict[str, RuleText], as_of: dt.date) -> Compared:
    entries = baseline._by_breach
    sorts: dict[str, list[Finding]] = collections.defaultdict(list)
    met = set()
    for one in findings:
        entry = entries.get((one.rule, one.subject, one.message)) if freezable(one, rules) else None
        if entry is not None:
            met.add(entry)
            sorts["frozen" if entry.until >= as_of else "expired"].append(one)
        elif one.effect is Effect.BLOCK:
            sorts["new"].append(one)
    gone = tuple(one for one in baseline.entries if one not in met)
    return Compared(tuple(sorts["new"]), tuple(sorts["expired"]), tuple(sorts["frozen"]), gone)


def read(path: pathlib.Path) -> Baseline:
    """Raises `BadBaseline`, with the line where there is one."""
    place = display(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadBaseline(f"{place} is larger than {MAX_BYTES >> 20} MiB: not a baseline")
        text = path.read_text(encoding="utf-8")
        json.loads(text)
        baseline = Baseline.model_validate_json(text)
    except OSError as error:
        raise BadBaseline(f"{place} cannot be read ({error.strerror}): check its name") from None
    except UnicodeDecodeError:
        raise BadBaseline(f"{place}: the file is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise BadBaseline(f"{place}:{error.lineno}:{error.colno}: this is not JSON: {error.msg}") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise BadBaseline(f"{place}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    late = [one for one in baseline.entries if (one.until - baseline.written_on).days > DAYS]
    if late:
        raise BadBaseline(f"{place}: {late[0].rule} on {late[0].subject} is frozen for more than {DAYS} days")
    return baseline


def write(baseline: Baseline, path: pathlib.Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    content = baseline.model_dump(mode="json", exclude_none=True)
    draft.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.replace(path)


def standing(baseline: Baseline, signers: Signers, simulated: bool) -> str:
    """Who approved, in words. Raises `BadSignature` or `BadBaseline` where a report must not rely on it."""
    signed = approvals.approver(baseline, signers, Namespace.BASELINE)
    trouble = approvals.trouble(baseline, signers, Namespace.BASELINE, simulated=simulated)
    if trouble and (signed is not None or baseline.request is not None):
        raise BadBaseline(f"the baseline does not count: {trouble}")
    if signed is not None and any(checks.same_person(baseline.owner, name) for name in signed.names):
        raise BadBaseline(f"the owner {baseline.owner} approved the baseline: another person must")
    if not simulated and (signed is None or not signers.independent):
        raise BadBaseline(
            "on a real target a baseline counts once another person has approved it, against signers outside this "
            "checkout: `rempart baseline approve`"
        )
    if signed is None:
        return "approved by nobody yet"
    return f"approved by {signed.names[0]}" + ("" if signers.independent else " (signers self-declared)")


def _applied(
    finding: Finding, entries: dict[tuple[str, str, str], Entry], rules: dict[str, RuleText], as_of: dt.date
) -> Finding:
    entry = entries.get((finding.rule, finding.subject, finding.message)) if freezable(finding, rules) else None
    if entry is None:
        return finding
    if entry.until < as_of:
        return dataclasses.replace(finding, message=f"{finding.message}; its place in the baseline ended {entry.until}")
    return dataclasses.replace(
        finding,
        effect=Effect.WARN,
        until=entry.until.isoformat(),
        record="baseline",
        message=f"{finding.message}; in the baseline until {entry.until}",
    )
