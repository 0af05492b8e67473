"""`rempart verify`: the rules, over what the provider's API answers for the whole account. No state file is read."""

from __future__ import annotations

import collections
import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

import rich.markup
import rich.table

from blueprint import loader, planner
from blueprint import stack as stacks
from blueprint import target as targets
from cli import console, environment, exit_codes, report
from cli.report import BadOption
from policies import live
from policies.catalogue import loader as catalogues
from policies.report import model, requirements
from policies.verdicts import Effect, Finding, State
from providers import capabilities, observation, tls

FORMATS = ("table", "json")
SHOWN = 40
"""Findings that the table lists one by one; the JSON has them all."""


@dataclasses.dataclass(frozen=True)
class Reading:
    """One verification: who asked what, what it may be called, and what came of it."""

    stack: stacks.StackName
    standing: observation.Standing
    why: str
    identity: observation.Identity
    endpoints: Mapping[str, str]
    chains: Mapping[str, observation.Chain]
    observed: observation.Observed
    findings: tuple[Finding, ...]
    as_of: str
    reader: tuple[str, ...]
    """Variables that give an identity set aside for reading."""

    @property
    def refused(self) -> bool:
        return any(finding.effect is Effect.BLOCK for finding in self.findings)


def verify(platform: str, target: str, environment_name: str, format: str = "table", output: str | None = None) -> int:
    """Exit codes: 0 nothing against it, 1 something is there that the rules refuse, 3 the API cannot be read."""
    if format not in FORMATS:
        raise BadOption(f"--format {format!r} is unknown: use {', '.join(FORMATS)}")
    try:
        with console.err().status("reading the account ..."):
            reading = read(platform, target, environment_name)
    except observation.Unreachable as error:
        console.fail(str(error))
        return exit_codes.ENVIRONMENT
    if format == "json":
        report.write(json.dumps(as_json(reading), indent=2, ensure_ascii=False) + "\n", output)
    else:
        with console.sheet(output) as out:
            _print(reading, out)
    return exit_codes.VIOLATION if reading.refused else exit_codes.OK


def read(platform: str, target_name: str, environment_name: str) -> Reading:
    """Reads the account, judges it, and leaves the findings where `rempart report` merges them."""
    target = targets.load(target_name)
    plan = planner.plan(loader.load(loader.find(platform)), target, environment_name)
    adapter = observation.load(target.provider)
    account = adapter.account(environment.enter(), target.region)
    authority = adapter.authority(account)  # first: nothing is sent to whoever is asked without a certificate
    endpoints = dict(adapter.endpoints(account))
    asked = {api: tls.chain(url, authority) for api, url in endpoints.items()}
    chains = {api: chain for api, chain in asked.items() if chain is not None}
    offer = capabilities.load(target.provider).offer(target.offer)
    registered = [one.host for one in offer.hosts] if offer else []
    standing, why = observation.standing(target.simulated, registered, endpoints, chains)
    identity = adapter.identity(account)
    observed = adapter.observe(account, plan, tuple(loader.platforms()))
    stack = live.stack(platform, target_name, environment_name)
    stamps = {
        "standing": str(standing),
        "standing_why": why,
        "identity": dataclasses.asdict(identity),
        "endpoints": endpoints,
        "chains": {api: dataclasses.asdict(chain) for api, chain in chains.items()},
        "unmanaged": list(observed.unmanaged),
        "others": dict(observed.others),
    }
    findings = live.judge(stack, observed.facts, observed.expected, stamps)
    day = target.as_of.isoformat() + " (pinned)" if target.as_of else "today"
    return Reading(stack, standing, why, identity, endpoints, chains, observed, findings, day, adapter.READER)


def declared(stack: stacks.StackName) -> dict[str, collections.Counter[State]]:
    """Rule -> states, as the last run of each layer left them: what was declared, beside what is there."""
    found: dict[str, collections.Counter[State]] = collections.defaultdict(collections.Counter)
    prefix = f"{stack.platform}.{stack.target}.{stack.environment}"
    for folder in report.folders(prefix):
        run = model.latest(folder)
        if run is not None and run.layer != live.LAYER:
            for finding in run.findings:
                found[finding.rule][finding.state] += 1
    return found


def as_json(reading: Reading) -> dict[str, Any]:
    """Everything, as plain data. Secrets never get this far: a finding names properties, not values."""
    there = _by_rule(reading.findings)
    before = declared(reading.stack)
    return {
        "stack": str(reading.stack),
        "standing": str(reading.standing),
        "why": reading.why,
        "as_of": reading.as_of,
        "identity": dataclasses.asdict(reading.identity),
        "endpoints": dict(reading.endpoints),
        "chains": {api: dataclasses.asdict(chain) for api, chain in reading.chains.items()},
        "unmanaged": list(reading.observed.unmanaged),
        "others": dict(reading.observed.others),
        "beside": reading.observed.beside,
        "rules": {
            rule: {"declared": _counts(before.get(rule, {})), "live": _counts(states)} for rule, states in there.items()
        },
        "findings": [dataclasses.asdict(one) for one in reading.findings if one.effect is not Effect.PASS],
    }


def _counts(states: Mapping[State, int]) -> dict[str, int]:
    return {str(state): count for state, count in sorted(states.items())}


def _by_rule(findings: Sequence[Finding]) -> dict[str, collections.Counter[State]]:
    found: dict[str, collections.Counter[State]] = {row.rule: collections.Counter() for row in model.rows(())}
    for finding in findings:
        found.setdefault(finding.rule, collections.Counter())[finding.state] += 1
    return found


def _print(reading: Reading, out: Any) -> None:
    name = f"{reading.stack.platform} on {reading.stack.target} ({reading.stack.environment})"
    out.print(f"[bold]{name}[/], read from the API: [bold]{reading.standing}[/] ({reading.why}), as of {reading.as_of}")
    deployers = f"the deployer's: give a reader's in {' and '.join(reading.reader)} for a real check"
    who = "set aside for reading" if reading.identity.reader else deployers
    out.print(f"account {reading.identity.account}, asked with {reading.identity.credentials} ({who})", markup=False)
    for api, url in reading.endpoints.items():
        chain = reading.chains.get(api)
        proof = f"TLS, {chain.issuer}, sha256 {chain.sha256[:16]}, {chain.authority} authority" if chain else "no TLS"
        out.print(f"  {api}: {url} ({proof})", markup=False)
    out.print(_table(reading))
    others = ", ".join(f"{name} {count}" for name, count in sorted(reading.observed.others.items())) or "none"
    out.print(
        f"unmanaged: {len(reading.observed.unmanaged)}; of other platforms, not judged: {others}; "
        f"made by the provider beside what stands: {reading.observed.beside}",
        highlight=False,
    )
    _worst(reading.findings, out)


def _table(reading: Reading) -> rich.table.Table:
    titles = catalogues.load()
    before = declared(reading.stack)
    table = rich.table.Table("Rule", "declared", str(reading.standing), "", title_justify="left", expand=True)
    table.title = "What was declared, beside what is there"
    for column in table.columns[:3]:
        column.no_wrap = True
    table.columns[3].overflow, table.columns[3].no_wrap, table.columns[3].ratio = "ellipsis", True, 1
    for rule, states in _by_rule(reading.findings).items():
        cells = [_cell(before.get(rule, {})), _cell(states)]
        table.add_row(rule, *cells, titles.rules[rule].title.en if rule in titles.rules else "")
    return table


def _cell(states: Mapping[State, int]) -> str:
    """The worst state and how many; the rest as one number."""
    if not states:
        return "-"
    worst = requirements.worst(states)
    rest = sum(states.values()) - states[worst]
    colour = "red" if worst is State.NON_CONFORM else "default"
    return f"[{colour}]{worst} {states[worst]}[/]" + (f" [dim]+{rest}[/]" if rest else "")


def _worst(findings: Sequence[Finding], out: Any) -> None:
    refused = [one for one in findings if one.effect is Effect.BLOCK]
    for one in refused[:SHOWN]:
        out.print(
            f"[bold red]✗[/] {one.rule} · {', '.join(one.requirements)} · {one.location} — "
            + rich.markup.escape(f"{one.subject}: {one.message}" + (f" ({one.urn})" if one.urn else "")),
            soft_wrap=True,
            highlight=False,
        )
    if len(refused) > SHOWN:
        out.print(f"and {len(refused) - SHOWN} more: `--format json` lists them all")
    if not refused:
        out.print("[green]Nothing is there that the rules refuse.[/]")
