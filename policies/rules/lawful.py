"""GOV-07: what makes the processing lawful is in force today, and nothing is planned beyond its end."""

from __future__ import annotations

from collections.abc import Iterator

from blueprint import plan as plans
from policies.catalogue.legal import LegalText
from policies.context import Context
from policies.rules.model import Rule
from policies.verdicts import CONFORM, State, Verdict, refused

HEALTH = "health"
"""How a data class begins that holds data on a person's health."""


def holds_health_data(context: Context) -> bool:
    return any(bubble.data_class.startswith(HEALTH) for bubble in context.plan.bubbles)


def in_force(context: Context) -> tuple[Verdict, ...]:
    """One verdict for each bubble's authorisation, and one for each paper that only a person can show."""
    if not holds_health_data(context):
        return (Verdict(State.NOT_APPLICABLE, "no bubble holds health data"),)
    return (*_authorisations(context), *_papers(context))


def _authorisations(context: Context) -> Iterator[Verdict]:
    for bubble in context.plan.bubbles:
        project = bubble.project
        if project is None or not project.authorisation.strip():
            yield refused("it names no authorisation", subject=bubble.subject, field="project")
            continue
        cited = context.legal.cited(project.authorisation)
        yield _unregistered(bubble, project) if cited is None else _dated(bubble, project, *cited, context)


def _unregistered(bubble: plans.Bubble, project: plans.Project) -> Verdict:
    scope = f"authorisations/{project.authorisation}"
    message = "its authorisation is in no register of dates (policies/catalogue/legal.yaml): show the decision"
    return Verdict(State.EVIDENCE_REQUIRED, message, bubble.subject, scope=scope, field="project")


def _dated(bubble: plans.Bubble, project: plans.Project, key: str, text: LegalText, context: Context) -> Verdict:
    name, day = text.title.en, context.as_of
    if not text.in_force(day):
        when = f"begins on {text.effective}" if day < text.effective else f"ended before {text.ends}"
        return refused(f"{name}: it {when}", subject=bubble.subject, field="project")
    if text.expiry is None:
        return Verdict(CONFORM.state, f"{name}: in force", bubble.subject)
    if project.end is None or project.end > text.expiry:
        return refused(
            f"it is planned beyond the end of its authorisation, {text.expiry}", subject=bubble.subject, field="project"
        )
    left = (text.expiry - day).days
    message = f"{name} ends on {text.expiry}" + (f" ({text.note.en})" if text.note else "")
    soon = left <= int(context.parameter("GOV-07", "warn_days"))
    if text.confidence == "inferred":
        scope = f"legal/{key}"
        return Verdict(State.EVIDENCE_REQUIRED, message, bubble.subject, until=text.expiry, scope=scope, warning=soon)
    return Verdict(CONFORM.state, message, bubble.subject, until=text.expiry, warning=soon)


def _papers(context: Context) -> Iterator[Verdict]:
    for key, paper in context.legal.papers.items():
        message = f"{paper.title.en} ({paper.reference}): only a record can show it"
        yield Verdict(State.EVIDENCE_REQUIRED, message, f"legal/{key}", scope=f"legal/{key}")


RULES = (Rule("GOV-07", run=in_force),)
