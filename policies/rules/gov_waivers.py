"""GOV-05: exceptions are dated, exact and approved by another person; one that is not is itself a breach."""

from __future__ import annotations

from policies.context import Context
from policies.records.standing import Standing
from policies.rules.model import Rule
from policies.verdicts import CONFORM, State, Verdict, refused


def waivers_bind(context: Context) -> tuple[Verdict, ...]:
    """One verdict for each waiver of this platform; none to judge is conform. Without a platform none counts."""
    if not context.plan.platform:
        return (Verdict(State.NOT_APPLICABLE, "no platform is named, so no waiver lets anything through"),)
    return tuple(_judge(one, context) for one in context.waivers) or (CONFORM,)


def _judge(standing: Standing, context: Context) -> Verdict:
    waiver = standing.waiver
    subject = f"waivers/{waiver.id}"
    if standing.faults:
        return refused("; ".join(standing.faults), subject=subject)
    if not standing.holds:
        message = f"it waits for another person: `rempart waive approve {waiver.id} --key ...`"
        return Verdict(State.CONFORM, message, subject=subject, warning=True)
    ends_soon = standing.days_left <= int(context.parameter("GOV-05", "warn_days"))
    message = f"{waiver.rule} on {waiver.subject} is waived until {waiver.until}, {standing.days_left} days more"
    return Verdict(State.CONFORM, message, subject=subject, until=waiver.until, warning=ends_soon)


RULES = (Rule("GOV-05", run=waivers_bind),)
