"""Several ranges, statements, terms or zones where one would do: each of them is judged, and the worst one counts."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from blueprint import facts
from policies.rules import ports
from policies.verdicts import State
from tests.policies import estate, judging
from tests.policies.cases import CONFORM, IDLE, REFUSED, Case, check, to
from tests.policies.test_bucket_rules import CONDITION, GATE, LANDING, PARTS, READ, lets, under
from tests.policies.test_filtering_rules import IN, LIMITS, OUT, SSH_IN, Opened
from tests.policies.test_trace_keeping_rules import HERE, SINK, rule

PLAN = estate.plan_of()
ADMIN_OUT = "flows/admin-22--warehouse/egress/administration.bastion/1"
OTHER = next(bubble.cidr for bubble in PLAN.bubbles if bubble.name == "project-b")
STRANGER = "203.0.113.200/32"


def fact_of(name: str, **changes: Any) -> Any:
    return dataclasses.replace(estate.estate_of().fact(name), **changes)


def say(rule: str, fact: Any) -> tuple[State, str]:
    found = judging.ask(judging.judge_of(PLAN), rule, fact)
    return found.state, found.message


@pytest.mark.parametrize(
    ("rule", "name", "stranger", "says"),
    [
        ("NET-04", IN, STRANGER, "is not inside what its flow declares"),
        ("NET-05", OUT, STRANGER, "is not inside what its flow declares"),
        ("NET-07", IN, STRANGER, "it opens more than its flow"),
        ("BAS-01", SSH_IN, STRANGER, "from elsewhere than the bastion"),
        ("BAS-05", ADMIN_OUT, STRANGER, "a way out of the platform"),
        ("DAT-01", IN, OTHER, "two project bubbles"),
    ],
)
def test_one_range_too_many_is_refused(rule: str, name: str, stranger: str, says: str) -> None:
    own = fact_of(name).cidrs
    assert say(rule, fact_of(name))[0] is CONFORM
    for cidrs in ((*own, stranger), (stranger, *own)):
        state, message = say(rule, fact_of(name, cidrs=cidrs))
        assert (state, says in message) == (REFUSED, True), message


def test_a_rule_of_no_flow_is_public_if_one_of_its_ranges_is() -> None:
    origin = dataclasses.replace(fact_of(IN).origin, subject="flows/x/ingress/project-a.data/1")
    assert say("NET-09", fact_of(IN, origin=origin, cidrs=("10.0.0.0/24",)))[0] is IDLE
    state, message = say("NET-09", fact_of(IN, origin=origin, cidrs=("10.0.0.0/24", STRANGER)))
    assert (state, message) == (REFUSED, "it is reached from the Internet by no declared flow")


def test_one_range_of_a_rule_is_a_way_between_projects() -> None:
    whole = estate.estate_of()
    everything = [whole.fact(name) for name in whole.resources]
    into = fact_of(IN, cidrs=(*fact_of(IN).cidrs, OTHER))
    changed = [into if fact.origin.urn == into.origin.urn else fact for fact in everything]

    def reaching(listed: list[Any]) -> dict[str, State]:
        found = judging.judge_of(PLAN).stack(listed)
        return {one.subject: one.state for one in found if one.rule == "DAT-01" and one.subject.startswith("bubbles/")}

    assert reaching(everything)["bubbles/project-b"] is CONFORM
    assert reaching(changed)["bubbles/project-b"] is REFUSED


def test_an_opening_is_public_and_wide_by_one_of_its_ranges() -> None:
    mixed = Opened("mixed", "tcp", 443, 443, ("10.0.0.0/8", "20.0.0.0/15", "80.0.0.0/24"))
    assert ports.wide_together([mixed], LIMITS) == {"mixed": ("20.0.0.0/15",)}


def test_every_address_that_is_handed_out_is_the_segment_s() -> None:
    subnet = "bubbles/warehouse/zones/omop/az/a"
    own = fact_of(subnet).cidr
    link = "peerings/administration--warehouse"
    fact = facts.Attachment(fact_of(subnet).origin, link, subnet, own, (own, "10.99.0.0/24"))
    assert say("NET-08", fact) == (REFUSED, "it hands out addresses outside its own range")
    assert say("NET-08", dataclasses.replace(fact, handed_out=(own,)))[0] is CONFORM


def test_a_zone_that_is_routed_over_several_links_stands_on_each() -> None:
    subnet = "bubbles/warehouse/zones/processing/az/a"
    for link, state in (("peerings/ingestion--warehouse", CONFORM), ("peerings/export--project-a", REFUSED)):
        assert say("NET-08", facts.Attachment(fact_of(subnet).origin, link, subnet, fact_of(subnet).cidr))[0] is state


@pytest.mark.parametrize("rule", ["LOG-01", "LOG-08"])
def test_a_bubble_with_one_empty_zone_is_judged_by_its_other_ones(rule: str) -> None:
    processing = "bubbles/warehouse/tiers/"
    kept = tuple(one for one in PLAN.machines if not one.subject.startswith(processing) or one.tier == "omop")
    zones = {one.zone for one in kept if one.bubble == "warehouse"}
    assert len(zones) == 1
    found = judging.say_run(judging.judge_of(dataclasses.replace(PLAN, machines=kept)), rule)
    assert [one.state for one in found if one.subject == "bubbles/warehouse"] == [CONFORM]


def both(first: dict[str, Any], second: dict[str, Any]) -> Any:
    def change(properties: dict[str, Any]) -> None:
        document = json.loads(properties["policy"])
        document["Statement"] += [first, second]
        properties["policy"] = json.dumps(document)

    return change


WIDE = {**READ, "Action": "s3:PutObject"}
DECLARED = "198.51.100.0/28"


@pytest.mark.parametrize(
    "case",
    [
        Case("two narrow statements conform", GATE, both(READ, READ), CONFORM),
        Case("a wide statement after a narrow one", GATE, both(READ, WIDE), REFUSED, "too widely"),
        Case("a wide statement before a narrow one", GATE, both(WIDE, READ), REFUSED, "too widely"),
        Case(
            "a strange address beside a declared one",
            GATE,
            lets(Condition=under(IpAddress={"aws:SourceIp": [DECLARED, "8.8.8.8"]})),
            REFUSED,
            "too widely",
        ),
    ],
    ids=str,
)
def test_sto_03_each_statement_and_each_address_is_narrow(case: Case) -> None:
    assert CONDITION["IpAddress"] == {"aws:SourceIp": DECLARED}
    check("STO-03", case)


def test_of_several_terms_the_shortest_is_when_things_go() -> None:
    soon = {"expirationDays": 20, "noncurrentExpirationDays": 2, **PARTS}
    late = {"expirationDays": 400, "noncurrentExpirationDays": 2, "abortMultipartDays": 300}
    check("STO-05", Case("soon", LANDING, to(lifecycleRules=[soon, late]), CONFORM))
    check("STO-05", Case("late", LANDING, to(lifecycleRules=[late]), REFUSED))
    check("LOG-03", Case("too soon", SINK, to(lifecycleRules=[rule(365), rule(90)]), REFUSED, "days", context=HERE))
