"""Every rule that has a function, once, in the order of reports. The catalogue says the same (a test holds it)."""

from __future__ import annotations

import functools
from typing import Any

from policies.catalogue.loader import FAMILIES
from policies.rules import (
    bas,
    cpt,
    dat,
    exchanges,
    filtering,
    gov,
    gov_waivers,
    guards,
    hsm,
    iam,
    isolation,
    kms,
    lawful,
    log,
    matrix,
    net,
    options,
    pack,
    sov,
    sto,
    whole,
    workarounds,
)
from policies.rules.model import Rule

MODULES = (
    bas,
    cpt,
    dat,
    exchanges,
    filtering,
    gov,
    gov_waivers,
    guards,
    hsm,
    iam,
    isolation,
    kms,
    lawful,
    log,
    matrix,
    net,
    options,
    pack,
    sov,
    sto,
    whole,
    workarounds,
)


def _place(rule: Rule) -> tuple[int, str]:
    return FAMILIES.index(rule.id.split("-")[0].lower()), rule.id


RULES: tuple[Rule, ...] = tuple(sorted((rule for module in MODULES for rule in module.RULES), key=_place))


@functools.lru_cache(maxsize=256)
def by_kind(kind: Any, rules: tuple[Rule, ...] = RULES) -> tuple[Rule, ...]:
    """The rules that judge a fact of this kind before its resource is created."""
    return tuple(rule for rule in rules if rule.resource is not None and issubclass(kind, rule.kinds))
