"""What the plan declares and no resource carries, broken one field at a time."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from blueprint import plan as plans
from policies.context import Index
from policies.judge import Judge
from policies.verdicts import Effect, Finding
from tests.mutation import values
from tests.mutation.outcome import Mutant
from tests.policies import estate, judging

PARTS = ("keys", "transfers", "gates", "workarounds", "storage_keys")
WHOLE = ("pseudonymisation", "detections", "proofs", "accounts")
"""Parts of the plan of which there is one."""
"""Sequences of the plan; of keys, one of each kind is broken."""


def mutants() -> Iterator[Mutant]:
    plan = estate.plan_of()
    baseline = _bad(_findings(plan))
    for of, part, what, changed in _broken(plan):
        yield Mutant(
            of, part, what, bool(_bad(_findings(changed)) - baseline), f"stacks/platforms/{plan.platform}.yaml"
        )


def _broken(plan: plans.Plan) -> Iterator[tuple[str, str, str, plans.Plan]]:
    for name in PARTS:
        items = getattr(plan, name)
        for index in _chosen(items):
            for part, what, item in _wrong(items[index]):
                changed = (*items[:index], item, *items[index + 1 :])
                of = f"plan {items[index].subject if name == 'workarounds' else name}"
                yield of, part, what, dataclasses.replace(plan, **{name: changed})
        yield f"plan {name}", "all", "removed", dataclasses.replace(plan, **{name: ()})
    for name in WHOLE:
        for part, what, one in _wrong(getattr(plan, name)):
            yield f"plan {name}", part, what, dataclasses.replace(plan, **{name: one})
    for name in ("detections", "proofs", "accounts"):
        yield f"plan {name}", "all", "removed", dataclasses.replace(plan, **{name: None})
    yield from _links(plan)
    bastion = plan.bastion
    assert bastion is not None
    for name in ("sign_in", "recording"):
        for part, what, changed in _wrong(getattr(bastion, name)):
            yield f"plan {name}", part, what, _with(plan, **{name: changed})
        yield f"plan {name}", "all", "removed", _with(plan, **{name: None})
    for index, approval in enumerate(bastion.approvals):
        for part, what, changed in _wrong(approval):
            given = (*bastion.approvals[:index], changed, *bastion.approvals[index + 1 :])
            yield "plan approvals", part, what, _with(plan, approvals=given)
    for field in ("data", "peaks", "partners"):
        for what, value in values.idle(getattr(plan, field)):
            yield "plan", field, what, dataclasses.replace(plan, **{field: value})


def _links(plan: plans.Plan) -> Iterator[tuple[str, str, str, plans.Plan]]:
    """The first external that comes by a link, with each of its fields wrong, and with none."""
    place = next(index for index, one in enumerate(plan.externals) if one.link is not None)

    def with_link(link: Any) -> plans.Plan:
        external = dataclasses.replace(plan.externals[place], link=link)
        return dataclasses.replace(plan, externals=(*plan.externals[:place], external, *plan.externals[place + 1 :]))

    for part, what, link in _wrong(plan.externals[place].link):
        yield "plan link", part, what, with_link(link)
    yield "plan link", "all", "removed", with_link(None)


def _with(plan: plans.Plan, **changes: Any) -> plans.Plan:
    assert plan.bastion is not None
    return dataclasses.replace(plan, bastion=dataclasses.replace(plan.bastion, **changes))


def _chosen(items: Sequence[Any]) -> list[int]:
    kinds: dict[str, int] = {}
    for index, item in enumerate(items):
        kinds.setdefault(getattr(item, "kind", item.subject), index)
    return list(kinds.values())


def _wrong(item: Any) -> Iterator[tuple[str, str, Any]]:
    """(field, what is done, the item with that field wrong); fields that say nothing are left."""
    for field in dataclasses.fields(item):
        value = getattr(item, field.name)
        if value is None or field.name == "subject":
            continue
        for what, other in values.idle(value):
            yield field.name, what, dataclasses.replace(item, **{field.name: other})
        if not isinstance(value, bool):
            yield (
                field.name,
                "left out",
                dataclasses.replace(item, **{field.name: () if isinstance(value, tuple) else None}),
            )


def _findings(plan: plans.Plan) -> list[Finding]:
    """On the run, on what is declared, and on the networks, buckets and ways out of the compliant estate."""
    judge: Judge = judging.judge_of(plan)
    whole = estate.estate_of()
    index = Index(plan)
    ways_out = [rule.subject for rule in plan.rules if rule.flow == "flows/child-system"]
    facts = [whole.fact(name) for name in (*index.bubbles, *index.buckets, *ways_out)]
    return [*judge.run(), *judge.planned(), *(one for fact in facts for one in judge.resource(fact))]


def _bad(findings: Sequence[Finding]) -> set[tuple[str, str, str]]:
    return {(one.rule, one.subject, one.message) for one in findings if one.effect is not Effect.PASS}
