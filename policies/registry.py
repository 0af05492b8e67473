"""Every rule that has a function, once, in the order of reports. The catalogue says the same (a test holds it)."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterator

from policies import rules as folder
from policies.catalogue.loader import FAMILIES
from policies.rules.model import ResourceRule, Rule


def _declared() -> Iterator[Rule]:
    """What each module of `policies/rules/` lists in its `RULES`; one without (`words`, `ports`) serves the others."""
    for module in pkgutil.iter_modules(folder.__path__, f"{folder.__name__}."):
        yield from getattr(importlib.import_module(module.name), "RULES", ())


def _place(rule: Rule) -> tuple[int, str]:
    return FAMILIES.index(rule.id.split("-")[0].lower()), rule.id


RULES: tuple[Rule, ...] = tuple(sorted(_declared(), key=_place))


@functools.lru_cache(maxsize=256)
def by_kind(kind: type, rules: tuple[Rule, ...] = RULES) -> tuple[tuple[str, ResourceRule], ...]:
    """The rules that judge a fact of this kind before its resource is created: identifier and function of each."""
    return tuple(
        (rule.id, rule.resource) for rule in rules if rule.resource is not None and issubclass(kind, rule.kinds)
    )
