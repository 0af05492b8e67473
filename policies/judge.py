"""Rules applied to facts: verdicts become findings, with location, requirement, records and effect."""

from __future__ import annotations

import dataclasses
import functools
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from blueprint.facts import Fact
from blueprint.values import Unobservable
from policies import planned, registry
from policies.catalogue.loader import Catalogue
from policies.catalogue.texts import Unjudged
from policies.context import Context
from policies.records import Records, standing
from policies.rules.model import ResourceRule, Rule, RunRule, StackRule
from policies.verdicts import ASKING, UNJUDGED, WITHOUT_FUNCTION, Effect, Finding, State, Verdict

RUN = "run"
"""Subject of what is judged about the run itself."""


@dataclasses.dataclass(frozen=True)
class Judge:
    """Everything that one run needs to turn a fact into findings."""

    context: Context
    catalogue: Catalogue
    records: Records
    locate: Callable[[str, str | None], str]
    """Subject, and a field of its block -> `file:line` of the blueprint."""
    rules: Sequence[Rule] = registry.RULES

    def resource(self, fact: Fact) -> list[Finding]:
        """Every rule that judges facts of this kind, before the resource is created."""
        return self._each(fact, "resource")

    def _of_kind(self, kind: type) -> tuple[tuple[str, ResourceRule], ...]:
        """The rules that judge a fact of this kind: looked for once, since hashing them all costs more than judging."""
        if kind not in self._kinds:
            self._kinds[kind] = registry.by_kind(kind, tuple(self.rules))
        return self._kinds[kind]

    @functools.cached_property
    def _kinds(self) -> dict[type, tuple[tuple[str, ResourceRule], ...]]:
        return {}

    def _each(self, fact: Fact, stage: str) -> list[Finding]:
        return [
            self._finding(rule, _safely(rule, judged, fact, self.context), fact, stage)
            for rule, judged in self._of_kind(type(fact))
        ]

    def stack(self, facts: Sequence[Fact]) -> list[Finding]:
        """Every rule that needs all facts together."""
        by_urn = {fact.origin.urn: fact for fact in facts}
        return [
            self._finding(rule.id, verdict, by_urn.get(verdict.urn or ""), "stack")
            for rule in self.rules
            if rule.stack is not None
            for verdict in self._all(rule.id, rule.stack, facts)
        ]

    def run(self) -> list[Finding]:
        """Rules about the run itself: where its state goes, whether its offer is qualified."""
        return [
            self._finding(rule.id, verdict, None, "run")
            for rule in self.rules
            if rule.run is not None
            for verdict in self._answers(rule.id, rule.run)
        ]

    def planned(self) -> list[Finding]:
        """Every rule on what the plan declares and no resource carries: keys, transfers, gates, administration."""
        return [one for fact in planned.facts_of(self.context.plan) for one in self._each(fact, "run")]

    def unjudged(self) -> list[Finding]:
        """One answer for each rule of the catalogue that no function decides: by name, and never a pass."""
        return [
            self._finding(rule, self._without_function(text.unjudged), None, UNJUDGED)
            for rule, text in self.catalogue.rules.items()
            if text.unjudged is not None
        ]

    def _without_function(self, entry: Unjudged) -> Verdict:
        plan = self.context.plan
        if entry.brick is not None and entry.brick not in plan.needs:
            return Verdict(State.NOT_APPLICABLE, f"the blueprint has no {entry.brick}")
        return Verdict(State(entry.state), entry.why.en, scope=f"platforms/{plan.platform}")

    def without_record(self, seen: Iterable[str], why: Mapping[str, str] | None = None) -> list[Finding]:
        """One `not_applicable` for each rule that found nothing to judge, so that silence is never an answer.

        `why` says it of the rules that could not look, by their identifiers.
        """
        done, reasons = set(seen), why or {}
        empty = f"the {self.context.layer} layer holds nothing that this rule judges"
        return [
            self._finding(rule.id, Verdict(State.NOT_APPLICABLE, reasons.get(rule.id, empty)), None, "stack")
            for rule in self.rules
            if rule.id not in done
        ]

    def _all(self, rule: str, judged: StackRule, facts: Sequence[Fact]) -> Iterator[Verdict]:
        try:
            yield from judged(facts, self.context)
        except Unobservable as error:
            yield _unobservable(error)
        except Exception as error:
            yield _fault(rule, error)

    def _answers(self, rule: str, judged: RunRule) -> tuple[Verdict, ...]:
        try:
            answer = judged(self.context)
        except Unobservable as error:
            return (_unobservable(error),)
        except Exception as error:
            return (_fault(rule, error),)
        return (answer,) if isinstance(answer, Verdict) else tuple(answer)

    def _effect(self, state: State, *, pending: bool = False) -> Effect:
        return self.catalogue.effect(state, self.context.simulated, self.context.phase, pending=pending)

    def _finding(self, rule: str, verdict: Verdict, fact: Fact | None, stage: str) -> Finding:
        subject = verdict.subject or (fact.origin.subject if fact else None) or (fact.origin.name if fact else RUN)
        state, until, message = verdict.state, verdict.until, verdict.message
        record: str | None = None
        effect = self._effect(state, pending=verdict.pending)
        text = self.catalogue.rules.get(rule)
        if state in ASKING and not verdict.pending and (text is None or text.evidence):
            evidence = self.records.evidence_for(
                rule, {subject, verdict.scope}, self.context.deployment, self.context.as_of, self.context.simulated
            )
            if evidence is not None:
                state, record = State.EVIDENCE_ACCEPTED_UNTIL, evidence.id
                until = min(day for day in (evidence.valid_until, until) if day is not None)
                effect = self._effect(state)
                message = f"{message}; evidence {record} is accepted until {until}"
        elif state is State.NON_CONFORM and verdict.scope.startswith("lapsed/"):
            continuity = self.records.continuity_for(
                verdict.scope.removeprefix("lapsed/"), self.context.as_of, self.context.simulated
            )
            if continuity is not None:
                record, until, effect = continuity.id, continuity.valid_until, Effect.WARN
                message = f"{message}; operation goes on by decision {record} until {until}, never as conform"
        elif state is State.NON_CONFORM and not verdict.fault:
            waived = standing.covering(self.context.waivers, rule, subject, message)
            if waived is not None:
                state, record, until = State.WAIVED_UNTIL, waived.waiver.id, waived.waiver.until
                effect, message = self._effect(state), f"{message}; {waived}"
        advice = text is not None and text.level == "advisory" and not verdict.fault
        if (verdict.warning and effect is Effect.PASS) or (advice and effect is Effect.BLOCK):
            effect = Effect.WARN
        return Finding(
            rule=rule,
            subject=subject,
            state=state,
            effect=effect,
            message=message,
            urn=fact.origin.urn if fact else "",
            type=fact.origin.type if fact else "",
            location=self.locate(subject, verdict.field),
            requirements=verdict.about or (text.requirements if text else ()),
            stage=stage,
            pending=verdict.pending,
            fault=verdict.fault,
            until=until.isoformat() if until else None,
            record=record,
            scope=verdict.scope,
        )


def fold(findings: Sequence[Finding]) -> list[Finding]:
    """The same findings, those of rules without a function as one line for each effect: a reader needs their names."""
    folded = [one for one in findings if one.stage != UNJUDGED]
    for effect in (Effect.BLOCK, Effect.WARN):
        alike = [one for one in findings if one.stage == UNJUDGED and one.effect is effect]
        if alike:
            names = ", ".join(one.rule for one in alike)
            message = f"{WITHOUT_FUNCTION}: {names}"
            folded.append(dataclasses.replace(alike[0], rule=UNJUDGED, requirements=(), message=message))
    return folded


def _safely(rule: str, judged: ResourceRule, fact: Fact, context: Context) -> Verdict:
    """A rule that fails is a violation: it never passes, and it never takes the pack down."""
    try:
        return judged(fact, context)
    except Unobservable as error:
        return _unobservable(error)
    except Exception as error:
        return _fault(rule, error)


def _unobservable(error: Unobservable) -> Verdict:
    return Verdict(State.NOT_OBSERVABLE, str(error), pending=True)


def _fault(rule: str, error: Exception) -> Verdict:
    """Where the rule failed, never with what: an error's text may hold a value."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else rule
    return Verdict(
        State.NON_CONFORM,
        f"the rule itself failed ({type(error).__name__} at {place}): nothing is created that it could not judge",
        fault=True,
    )
