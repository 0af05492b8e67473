"""GOV-08: what is declared not applicable really is. A decision says so, and what the blueprint declares agrees."""

from __future__ import annotations

import collections
from collections.abc import Iterator

from policies.context import Context
from policies.records.decisions import Standing
from policies.rules.lawful import HEALTH
from policies.rules.model import Rule
from policies.verdicts import CONFORM, State, Verdict, refused


def not_applicable_holds(context: Context) -> tuple[Verdict, ...]:
    """One verdict for each requirement that is set aside, and one for each part that makes one apply."""
    guards: dict[str, tuple[str, ...]] = {
        name: tuple(words) for name, words in context.parameters["GOV-08"].items() if not isinstance(words, str)
    }
    fallen: dict[str, list[str]] = collections.defaultdict(list)
    for requirement, words in guards.items():
        for subject, declared in _declared(context):
            if any(_meets(word, declared) for word in words):
                fallen[subject].append(requirement)
    apply = {requirement for names in fallen.values() for requirement in names}
    return (
        *(_falls(subject, tuple(dict.fromkeys(names))) for subject, names in fallen.items()),
        *(_decided(requirement, context) for requirement in guards if requirement not in apply),
        *_undeclared(context),
    )


def _declared(context: Context) -> Iterator[tuple[str, str]]:
    """(subject, word) of all that a guard may look at: classes of data, roles, recipients."""
    plan = context.plan
    for dataset in plan.datasets:
        yield from ((dataset.subject, f"class/{one}") for one in dataset.classes)
    for bubble in plan.bubbles:
        yield from ((bubble.subject, f"role/{one}") for one in (bubble.project.roles if bubble.project else ()))
    for subject, place in (
        *((flow.subject, flow.destination) for flow in plan.flows),
        *((transfer.subject, transfer.target) for transfer in plan.transfers),
    ):
        kind, _, name = place.partition("/")
        if kind == "externals":
            yield subject, f"recipient/{name}"


def _meets(word: str, declared: str) -> bool:
    """Case and hyphens hide nothing; a role is known by its stem."""
    wanted, given = (one.casefold().replace("-", "").replace("_", "") for one in (word, declared))
    return given.startswith(wanted) if word.startswith("role/") else given == wanted


def _falls(subject: str, requirements: tuple[str, ...]) -> Verdict:
    many = ", ".join(requirements)
    field = "classes" if subject.startswith("datasets/") else None
    return refused(f"it makes {many} apply, which nothing here meets", subject=subject, about=requirements, field=field)


def _decided(requirement: str, context: Context) -> Verdict:
    subject, about = f"requirements/{requirement}", (requirement,)
    standing = next((one for one in context.decisions if requirement in one.decision.requirements), None)
    if standing is None:
        message = "no decision says that it does not apply here"
        return Verdict(State.EVIDENCE_REQUIRED, message, subject, scope=subject, about=about)
    decision = standing.decision
    if standing.fault is not None:
        return refused(f"decision {decision.id}: {standing.fault}", subject=subject, about=about)
    if not decision.decided_on <= context.as_of <= decision.review_by:
        message = f"decision {decision.id} was to be looked at again by {decision.review_by}"
        return Verdict(State.EVIDENCE_REQUIRED, message, subject, scope=subject, about=about)
    return _signed(standing, subject, about, context)


def _signed(standing: Standing, subject: str, about: tuple[str, ...], context: Context) -> Verdict:
    decision = standing.decision
    again = f"to be looked at again by {decision.review_by}"
    if standing.approver is not None and standing.independent:
        message = f"decision {decision.id}, signed by {standing.approver}, {again}"
        return Verdict(CONFORM.state, message, subject, about=about)
    message = f"decision {decision.id} is self-declared, no signature that the reviewer can check; {again}"
    if context.simulated:
        return Verdict(CONFORM.state, message, subject, about=about, warning=True)
    return Verdict(State.EVIDENCE_REQUIRED, message, subject, scope=subject, about=about)


def _undeclared(context: Context) -> Iterator[Verdict]:
    """A guard sees only what is declared: a bubble of health data says which datasets it holds."""
    held = {bubble for dataset in context.plan.datasets for bubble in dataset.bubbles}
    for bubble in context.plan.bubbles:
        if bubble.data_class.startswith(HEALTH) and bubble.subject not in held:
            message = "it holds health data and no dataset says which: no guard can look at them"
            yield Verdict(State.EVIDENCE_REQUIRED, message, bubble.subject, scope=bubble.subject)


RULES = (Rule("GOV-08", run=not_applicable_holds),)
