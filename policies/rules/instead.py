"""Workarounds: what the blueprint declares in place of a brick is what the offer's file accepts, and says something."""

from __future__ import annotations

from blueprint import data_plan
from policies.context import Context
from policies.rules.model import Rule
from policies.rules.words import empty
from policies.verdicts import State, Verdict, refused

# GOV-11


def declared_for_something(context: Context) -> tuple[Verdict, ...]:
    """Each declared workaround is for a brick that the offer knows; where it lacks it, it is the accepted one."""
    nothing = Verdict(State.NOT_APPLICABLE, "the blueprint declares no workaround")
    return tuple(_real(one, context) for one in context.plan.workarounds) or (nothing,)


def _real(one: data_plan.Workaround, context: Context) -> Verdict:
    offer = context.capabilities.offer(context.offer) if context.capabilities else None
    part = offer.part(one.brick) if offer else None
    if part is None:
        return refused("the offer's file knows nothing that it stands for", subject=one.subject)
    if empty(one.name):
        return refused("its name is a placeholder", subject=one.subject, field="name")
    if not context.lacks(one.brick):
        return Verdict(State.NOT_APPLICABLE, "the offer needs none for it", one.subject)
    if part.workaround is None:
        return Verdict(State.CONFORM, "the offer's file leaves it to the platform", one.subject)
    if one.name != part.workaround.name:
        return refused(f"the offer's file accepts {part.workaround.name}", subject=one.subject, field="name")
    return Verdict(State.WORKAROUND_ACCEPTED, "as the offer's file accepts it", one.subject)


RULES = (Rule("GOV-11", run=declared_for_something),)
