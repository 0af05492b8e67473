"""One table per rule: change one thing in the compliant estate, look at what the rule says."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from blueprint import facts
from blueprint.facts import Fact
from blueprint.values import UNKNOWN
from policies.verdicts import Effect, State
from tests.policies import elsewhere, estate, judging

Change = Callable[[dict[str, Any]], None]


@dataclasses.dataclass(frozen=True)
class Case:
    """`on` names the resource, `change` edits its properties, `context` the run; `says` is part of the message."""

    name: str
    on: str
    change: Change | None
    state: State
    says: str = ""
    platform: str = "emc2"
    context: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


def to(**values: Any) -> Change:
    """Sets properties."""
    return lambda properties: properties.update(values)


def without(*names: str) -> Change:
    def change(properties: dict[str, Any]) -> None:
        for name in names:
            properties.pop(name, None)

    return change


def referring(**references: str) -> Change:
    """Changes what the resource says that it points at."""
    return lambda properties: properties.update(references={**properties["references"], **references})


def unknown(name: str) -> Change:
    return to(**{name: UNKNOWN})


def check(rule: str, case: Case) -> None:
    """Judges, at `up` and at preview, and checks that what is unknown blocks at the one and warns at the other."""
    changed = estate.estate_of(case.platform)
    if case.change is not None:
        case.change(changed[case.on].properties)
    at_up = judging.say(judging.judge_of(changed.plan, **case.context), changed, rule, case.on)
    assert at_up.state is case.state, at_up
    assert case.says in at_up.message, at_up
    assert not at_up.fault
    at_preview = judging.say(judging.judge_of(changed.plan, preview=True, **case.context), changed, rule, case.on)
    assert at_preview.state is case.state
    if at_up.pending:
        assert (at_up.effect, at_preview.effect) == (Effect.BLOCK, Effect.WARN)
    elif case.state is State.NON_CONFORM:
        assert (at_up.effect, at_preview.effect) == (Effect.BLOCK, Effect.BLOCK)
    check_elsewhere(rule, case)


ALONE: dict[str, tuple[type, ...]] = {
    "NET-03": (facts.Network,),  # a network has no filter of its own there
    "CPT-01": (facts.Machine,),  # one availability zone
    "SOV-03": (facts.Segment, facts.Machine, facts.Disk),
    "STO-01": (facts.Disk,),  # encryption shows there
    "GOV-02": (facts.Bucket,),  # no tags on buckets
    "NET-02": (facts.Bucket,),
    "STO-05": (facts.Bucket,),  # no expiry, no lock: test_bucket_rules says what the workarounds answer
    "DAT-08": (facts.Bucket,),
    "BAS-03": (facts.Bucket,),
    "CPT-03": (facts.Machine,),  # no id in the list of images
    "CPT-04": (facts.Machine,),  # how it is born shows there
    "GOV-09": (facts.FilterGroup,),  # a group is bound to no network
}
"""Rule -> kinds of fact where two providers rightly differ; test_ovh_rules says what the other one answers."""


def check_elsewhere(rule: str, case: Case) -> bool:
    """The same case in another provider's words: the rule must answer the same. False where it has no counterpart."""
    fact = elsewhere.translated(case.platform, case.on, case.change)
    if fact is None or case.context or _alone(rule, fact):
        return False
    judge = judging.judge_at(elsewhere.TARGET, case.platform)
    found = judging.ask(judge, rule, fact)
    assert found.state is case.state, found
    assert not found.fault
    return True


def _alone(rule: str, fact: Fact) -> bool:
    bare = rule == "STO-04" and isinstance(fact, facts.Bucket) and fact.policy is None
    return bare or isinstance(fact, ALONE.get(rule, ()))


CONFORM, REFUSED, UNSEEN, IDLE = State.CONFORM, State.NON_CONFORM, State.NOT_OBSERVABLE, State.NOT_APPLICABLE
