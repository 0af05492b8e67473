"""NET-04, NET-05, NET-06 at their borders: what flows open together, and what each opens alone."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest

from blueprint import plan as plans
from blueprint.values import UNKNOWN
from policies.verdicts import State
from tests.policies import estate, judging
from tests.policies.cases import CONFORM, REFUSED, UNSEEN
from tests.policies.test_filtering_rules import IN, OUT

PLAN = estate.plan_of()


def fact_of(name: str, **changes: Any) -> Any:
    return dataclasses.replace(estate.estate_of().fact(name), **changes)


def said(rule: str, fact: Any, plan: plans.Plan = PLAN) -> tuple[State, str]:
    found = judging.ask(judging.judge_of(plan), rule, fact)
    return found.state, found.message


def with_twin(subject: str, *cidrs: str) -> plans.Plan:
    """The sample, where one planned rule has the first range, and others like it have the rest."""
    planned = next(one for one in PLAN.rules if one.subject == subject)
    made = tuple(
        dataclasses.replace(planned, subject=f"{subject}{'' if not number else f'-{number}'}", cidr=cidr)
        for number, cidr in enumerate(cidrs)
    )
    return dataclasses.replace(PLAN, rules=(*(one for one in PLAN.rules if one.subject != subject), *made))


def with_flow(**changes: Any) -> plans.Plan:
    flows = tuple(dataclasses.replace(one, **changes) if one.name == "queries-a" else one for one in PLAN.flows)
    return dataclasses.replace(PLAN, flows=flows)


@pytest.mark.parametrize(
    ("rule", "subject", "says"),
    [
        ("NET-04", IN, "with the other flows into the same zone and port it is open to 20.0.0.0/15"),
        ("NET-05", OUT, "it lets this zone reach 20.0.0.0/15"),
    ],
)
def test_two_flows_that_are_wide_together_are_refused_one_by_one(rule: str, subject: str, says: str) -> None:
    alone, both = with_twin(subject, "20.0.0.0/16"), with_twin(subject, "20.0.0.0/16", "20.1.0.0/16")
    fact = fact_of(subject, cidrs=("20.0.0.0/16",))
    assert "is not inside what its flow declares" in said(rule, fact, alone)[1]
    assert said(rule, fact, both) == (REFUSED, says)


def test_one_flow_that_is_wide_alone_is_told_as_such() -> None:
    assert said("NET-04", fact_of(IN, cidrs=("20.0.0.0/15",)), with_twin(IN, "20.0.0.0/15"))[1].startswith(
        "it is open to 20.0.0.0/15"
    )
    assert said("NET-05", fact_of(OUT, cidrs=("20.0.0.0/15",)))[1] == "it lets this zone reach 20.0.0.0/15"


def test_no_range_at_all_is_every_range() -> None:
    assert said("NET-04", fact_of(IN, cidrs=())) == (REFUSED, "no source is given: every source would be allowed")
    assert said("NET-05", fact_of(OUT, cidrs=())) == (REFUSED, "no flow declares this destination")


def test_a_zone_that_nobody_planned_is_closed() -> None:
    for group in ("bubbles/x/zones/y", None):
        found = said("NET-05", fact_of(OUT, group=group, protocol="any"))
        assert found == (REFUSED, "every protocol may leave this zone")


def stacked(*facts_of: Any) -> list[tuple[State, str]]:
    found = [one for one in judging.judge_of(PLAN).stack(facts_of) if one.rule == "NET-04"]
    assert not [one for one in found if one.fault], found
    return [(one.state, one.message) for one in found]


def halves(**changes: Any) -> list[Any]:
    made = []
    for number, cidr in enumerate(("0.0.0.0/1", "128.0.0.0/1")):
        origin = dataclasses.replace(fact_of(IN).origin, urn=f"half-{number}")
        made.append(fact_of(IN, origin=origin, cidrs=(cidr,), **changes))
    return made


def test_halves_of_the_world_meet_in_one_zone_and_one_direction_only() -> None:
    narrow = [dataclasses.replace(one, cidrs=(f"20.{n}.0.0/16",)) for n, one in enumerate(halves())]
    assert {state for state, _ in stacked(*narrow)} == {REFUSED}
    assert "20.0.0.0/15" in stacked(*narrow)[0][1]
    apart = [narrow[0], dataclasses.replace(narrow[1], group="bubbles/warehouse/zones/omop")]
    assert [state for state, _ in stacked(*apart)] == [CONFORM, CONFORM]
    assert stacked(*halves(direction="egress")) == []
    assert [state for state, _ in stacked(fact_of(IN, from_port=UNKNOWN))] == [UNSEEN]


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"to_port": 5441}, CONFORM),
        ({"to_port": 5442}, REFUSED),
        ({"protocol": "icmp", "to_port": 6000}, CONFORM),
        ({"review_date": dt.date(2026, 11, 23)}, CONFORM),
        ({"review_date": dt.date(2026, 11, 22)}, REFUSED),
    ],
)
def test_ten_ports_and_a_review_on_its_day_are_allowed(changes: dict[str, Any], state: State) -> None:
    flow = next(one for one in PLAN.flows if one.name == "queries-a")
    assert flow.from_port == 5432
    assert said("NET-06", fact_of(IN), with_flow(**changes))[0] is state
