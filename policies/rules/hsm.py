"""The key module: reached privately, traced, evaluated. No offer's interface shows one: the blueprint declares it.

A good declaration asks for evidence, a bad one is refused.
"""

from __future__ import annotations

from blueprint import data_plan, facts
from blueprint import plan as plans
from policies.context import Context
from policies.rules.model import Rule
from policies.rules.words import empty
from policies.verdicts import State, Verdict, refused

SCOPE = "bricks/encryption"
"""Scope of a record that answers for the key module."""


def _evidence(message: str) -> Verdict:
    return Verdict(State.EVIDENCE_REQUIRED, message, scope=SCOPE)


UNDECLARED = _evidence("keys are in a module, and the blueprint does not say which (`keys.module`)")


# KMS-02


def behind_a_private_door(fact: facts.KeyModule, context: Context) -> Verdict:
    """It answers inside the platform or over a private link, its traces go to a sink, and others than its masters read.

    Masters are the roles that make and destroy keys.
    """
    says = fact.says
    if says is None:
        return UNDECLARED
    external = context.index.externals.get(says.endpoint)
    if external is not None and external.via != "private":
        return refused("it is reached over the Internet", field="endpoint")
    zone = context.index.zones.get(says.endpoint)
    if external is None and zone is None:
        return refused("it answers nowhere in the plan", field="endpoint")
    if zone is not None and zone.role is plans.ZoneRole.EDGE:
        return refused("it answers in a zone that may have public addresses", field="endpoint")
    if says.logs not in context.index.buckets and says.logs not in context.index.zones:
        return refused("its traces go nowhere in the plan", field="logs")
    masters = {_folded(role) for key in context.plan.keys for role in key.administrators}
    if both := sorted(role for role in says.readers if _folded(role) in masters):
        return refused(f"{', '.join(both)} both administers keys and reads what the module says of it", field="readers")
    if not says.readers:
        return _evidence("the blueprint does not say who reads the module's traces")
    return _evidence("its door, its traces and their readers are declared; no interface shows them")


def _folded(role: str) -> str:
    return role.strip().casefold()


# KMS-03


def evaluated(fact: facts.KeyModule, context: Context) -> Verdict:
    """Its certificate is of a known scheme, high enough, with a number, in force."""
    says = fact.says
    if says is None:
        return UNDECLARED
    if says.scheme is None:
        return _evidence("the blueprint does not say how its module was evaluated")
    if says.scheme not in context.parameter("KMS-03", "schemes"):
        return refused("its scheme of evaluation is none of the catalogue's", field="certificate")
    if empty(says.number):
        return refused("its certificate has no number", field="certificate")
    if says.valid_until is not None and says.valid_until < context.as_of:
        return refused(f"its certificate ended on {says.valid_until}", field="certificate")
    return _low(says, context) or _ageing(says, context)


def _low(says: data_plan.KeyModule, context: Context) -> Verdict | None:
    least = context.parameter("KMS-03", "fips_level")
    if str(says.scheme).startswith("fips") and (says.level is None or says.level < least):
        return refused(f"its level is {says.level or 'not given'}: at least {least} is asked for", field="certificate")
    return None


def _ageing(says: data_plan.KeyModule, context: Context) -> Verdict:
    """The certificate itself is shown by a record only; one under a scheme without force is told as ageing."""
    text = context.legal.texts.get(str(says.scheme))
    if text is not None and not text.in_force(context.as_of):
        return _evidence(f"its certificate ages: {text.title.en} ended with {text.expiry or text.repealed}")
    return _evidence("its certificate is declared; only its issuer's list shows it")


RULES = (
    Rule("KMS-02", (facts.KeyModule,), behind_a_private_door),
    Rule("KMS-03", (facts.KeyModule,), evaluated),
)
