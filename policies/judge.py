"""Rules applied to facts: verdicts become findings, with location, requirement, records and effect."""

from __future__ import annotations

import dataclasses
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence

from blueprint.facts import Fact
from policies import registry
from policies.catalogue.loader import Catalogue
from policies.context import Context
from policies.records import Records
from policies.rules.model import Rule
from policies.verdicts import Effect, Finding, State, Verdict

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
        found = []
        for rule in registry.by_kind(type(fact), tuple(self.rules)):  # type: ignore[arg-type]
            verdict = self._safely(rule, lambda judged=rule.resource: judged(fact, self.context))  # type: ignore[misc]
            found.append(self._finding(rule.id, verdict, fact, "resource"))
        return found

    def stack(self, facts: Sequence[Fact]) -> list[Finding]:
        """Every rule that needs all facts together."""
        by_urn = {fact.origin.urn: fact for fact in facts}
        return [
            self._finding(rule.id, verdict, by_urn.get(verdict.urn or ""), "stack")
            for rule in self.rules
            if rule.stack is not None
            for verdict in self._all(rule, facts)
        ]

    def run(self) -> list[Finding]:
        """Rules about the run itself: where its state goes, whether its offer is qualified."""
        return [
            self._finding(rule.id, self._safely(rule, lambda judged=rule.run: judged(self.context)), None, "run")  # type: ignore[misc]
            for rule in self.rules
            if rule.run is not None
        ]

    def without_record(self, seen: Iterable[str]) -> list[Finding]:
        """One `not_applicable` for each rule that found nothing to judge, so that silence is never an answer."""
        done = set(seen)
        verdict = Verdict(State.NOT_APPLICABLE, f"the {self.context.layer} layer holds nothing that this rule judges")
        return [self._finding(rule.id, verdict, None, "stack") for rule in self.rules if rule.id not in done]

    def _all(self, rule: Rule, facts: Sequence[Fact]) -> Iterator[Verdict]:
        try:
            yield from rule.stack(facts, self.context)  # type: ignore[misc]
        except Exception as error:
            yield _fault(rule.id, error)

    def _safely(self, rule: Rule, judged: Callable[[], Verdict]) -> Verdict:
        """A rule that fails is a violation: it never passes, and it never takes the pack down."""
        try:
            return judged()
        except Exception as error:
            return _fault(rule.id, error)

    def _finding(self, rule: str, verdict: Verdict, fact: Fact | None, stage: str) -> Finding:
        subject = verdict.subject or (fact.origin.subject if fact else None) or (fact.origin.name if fact else RUN)
        state, until, message = verdict.state, verdict.until, verdict.message
        record: str | None = None
        effect = self.catalogue.effect(state, self.context.simulated)
        if verdict.pending and self.context.preview:
            effect = Effect.WARN
        elif state in (State.EVIDENCE_REQUIRED, State.NOT_OBSERVABLE) and not verdict.pending:
            evidence = self.records.evidence_for(
                rule, {subject, verdict.scope}, self.context.as_of, self.context.simulated
            )
            if evidence is not None:
                state, record = State.EVIDENCE_ACCEPTED_UNTIL, evidence.id
                until = min(day for day in (evidence.valid_until, until) if day is not None)
                effect = self.catalogue.effect(state, self.context.simulated)
                message = f"{message}; evidence {record} is accepted until {until}"
        elif state is State.NON_CONFORM and verdict.scope.startswith("lapsed/"):
            continuity = self.records.continuity_for(
                verdict.scope.removeprefix("lapsed/"), self.context.as_of, self.context.simulated
            )
            if continuity is not None:
                record, until, effect = continuity.id, continuity.valid_until, Effect.WARN
                message = f"{message}; operation goes on by decision {record} until {until}, never as conform"
        if verdict.warning and effect is Effect.PASS:
            effect = Effect.WARN
        text = self.catalogue.rules.get(rule)
        return Finding(
            rule=rule,
            subject=subject,
            state=state,
            effect=effect,
            message=message,
            urn=fact.origin.urn if fact else "",
            type=fact.origin.type if fact else "",
            location=self.locate(subject, verdict.field),
            requirements=text.requirements if text else (),
            stage=stage,
            pending=verdict.pending,
            fault=verdict.fault,
            until=until.isoformat() if until else None,
            record=record,
        )


def _fault(rule: str, error: Exception) -> Verdict:
    """Where the rule failed, never with what: an error's text may hold a value."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else rule
    return Verdict(
        State.NON_CONFORM,
        f"the rule itself failed ({type(error).__name__} at {place}): nothing is created that it could not judge",
        fault=True,
    )


def console(finding: Finding, catalogue: Catalogue) -> str:
    """What the user sees: rule, requirements, place, what is wrong, remedy."""
    text = catalogue.rules.get(finding.rule)
    requirements = ", ".join(finding.requirements) or "Rempart"
    remedy = f" Remedy: {text.remedy.en}" if text else ""
    return f"{finding.rule} · {requirements} · {finding.location} — {finding.subject}: {finding.message}.{remedy}"
