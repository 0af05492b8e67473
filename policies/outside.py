"""Facts that no run of the engine gave (a provider's API, a state, Terraform), judged by the same rules."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from blueprint import stack as stacks
from blueprint.facts import Fact
from blueprint.options import Options
from policies import session
from policies.catalogue.texts import Place
from policies.judge import Judge
from policies.recorder import Recorder
from policies.rules.model import Rule
from policies.verdicts import AUDIT, REVIEW, VERIFY, Finding, Phase

PHASES: Mapping[str, Phase] = {AUDIT: Phase.STATE, REVIEW: Phase.HCL, VERIFY: Phase.LIVE}
WHERE: Mapping[str, Place] = {AUDIT: "state", REVIEW: "hcl", VERIFY: "live"}
"""Operation -> the place whose observability the catalogue gives, rule by rule."""
NAMES: Mapping[Place, str] = {
    "pack": "the policy pack",
    "state": "a state",
    "live": "the provider's API",
    "hcl": "Terraform",
}
SHOWN = ("full", "partial")
Locate: TypeAlias = Callable[[str, str | None], str | None]


def fact(
    provider: str,
    kind: str,
    urn: str,
    name: str,
    properties: Mapping[str, Any],
    configuration: Mapping[str, Any] | None,
    dependencies: Mapping[str, tuple[str, ...]] | None,
    options: Options | None = None,
) -> Fact:
    """The fact of one resource; `provider` is a target's, `configuration` that of the resource's own provider."""
    made = session.FACTS[provider](kind, urn, name, properties, configuration, dependencies)
    return session.with_options(made, options)


def judge(
    name: stacks.StackName,
    operation: str,
    facts: Sequence[Fact],
    stamps: Mapping[str, object],
    whole: Iterable[str] = (),
    locate: Locate | None = None,
    settled: Sequence[Fact] | None = None,
) -> tuple[Finding, ...]:
    """Every finding on `facts`, written to the findings file of `name` and `operation` too.

    `whole` names the parts of the plan of which nothing may be missing. `locate` says where a subject is written, where
    that is not the blueprint; None where it does not know. `settled` are the same facts from what the provider gave
    back, for rules over everything together; None where there is no such difference.

    What a rule asks of the plan or of the run (that waivers bind, where traces are kept) is asked where the catalogue
    says that the place shows it. A rule that the place shows nothing of (where the state goes) says so, and what does.
    """
    made, own = session.prepare(name, preview=False, whole=frozenset(whole))
    return record(placed(made, operation), own, name, operation, facts, stamps, locate, settled)


def placed(made: Judge, operation: str) -> Judge:
    """The same, for facts of that operation's place."""
    return dataclasses.replace(made, context=dataclasses.replace(made.context, place=PHASES[operation]))


def record(
    made: Judge,
    own: Mapping[str, object],
    name: stacks.StackName,
    operation: str,
    facts: Sequence[Fact],
    stamps: Mapping[str, object],
    locate: Locate | None = None,
    settled: Sequence[Fact] | None = None,
) -> tuple[Finding, ...]:
    """The same as `judge`, by a judge that is prepared and placed; `own` are the stamps of its findings."""
    header = session.header(str(name), operation, made, {**own, **stamps})
    found = ask(made, operation, facts, locate, settled)
    recorder = Recorder(str(name), operation, header)
    recorder.write(found)
    recorder.end()
    return found


def ask(
    made: Judge,
    operation: str,
    facts: Sequence[Fact],
    locate: Locate | None = None,
    settled: Sequence[Fact] | None = None,
) -> tuple[Finding, ...]:
    """The same, and nothing is written anywhere."""
    if locate is not None:
        made = dataclasses.replace(made, locate=_first(locate, made.locate))
    place = WHERE[operation]
    seen = shown(made, operation)
    found = [finding for fact in facts for finding in seen.resource(fact)]
    found += seen.stack(facts if settled is None else settled)
    found += dataclasses.replace(made, rules=_rules(made, place)).run()
    found += made.unjudged()
    found += made.without_record({finding.rule for finding in found}, _elsewhere(made, place))
    return tuple(found)


def shown(made: Judge, operation: str) -> Judge:
    """With the rules that this operation's place shows something of; a live reading is asked them all."""
    return made if operation == VERIFY else dataclasses.replace(made, rules=_rules(made, WHERE[operation]))


def _first(locate: Locate, otherwise: Callable[[str, str | None], str]) -> Callable[[str, str | None], str]:
    return lambda subject, field: locate(subject, field) or otherwise(subject, field)


def _rules(judge: Judge, place: Place) -> tuple[Rule, ...]:
    """The rules of which a place shows something, as the catalogue says."""
    texts = judge.catalogue.rules
    return tuple(rule for rule in judge.rules if rule.id in texts and texts[rule.id].observability.get(place) in SHOWN)


def _elsewhere(judge: Judge, place: Place) -> dict[str, str]:
    """Rule -> why it has nothing to judge, for rules that a place shows nothing of: which places do."""
    found: dict[str, str] = {}
    for rule, text in judge.catalogue.rules.items():
        if text.observability.get(place) not in SHOWN:
            shown = [name for other, name in NAMES.items() if text.observability.get(other) in SHOWN]
            found[rule] = f"{NAMES[place]} shows nothing of it" + (f": ask {' or '.join(shown)}" if shown else "")
    return found
