"""Every rule of the pack, once. The catalogue describes the same ones, no more and no fewer (a test holds it)."""

from __future__ import annotations

import functools
from typing import Any

from policies.rules import bas, cpt, dat, filtering, gov, net, sov, sto
from policies.rules.model import Rule

RULES: tuple[Rule, ...] = (
    *gov.RULES,
    *sov.RULES,
    *sorted((*net.RULES, *filtering.RULES), key=lambda rule: rule.id),
    *bas.RULES,
    *sto.RULES,
    *cpt.RULES,
    *dat.RULES,
)


@functools.lru_cache(maxsize=256)
def by_kind(kind: Any, rules: tuple[Rule, ...] = RULES) -> tuple[Rule, ...]:
    """The rules that judge a fact of this kind before its resource is created."""
    return tuple(rule for rule in rules if rule.resource is not None and issubclass(kind, rule.kinds))
