"""BAS-02 to 06: who enters, what is kept of it, who says yes, where the bastion leads, what it stands on."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest

from blueprint import data_plan, facts
from blueprint import plan as plans
from blueprint.values import NOT_OBSERVABLE, UNKNOWN, Malformed
from policies.verdicts import Effect, State
from providers import capabilities, images
from tests.policies import estate, judging
from tests.policies.cases import CONFORM, IDLE, REFUSED, UNSEEN, Case, Change, check, referring, to, unknown, without

PLAN = estate.plan_of()
assert PLAN.bastion is not None
BASTION = PLAN.bastion
EVIDENCE = State.EVIDENCE_REQUIRED
TRACES = "bubbles/administration/buckets/traces"


def with_bastion(**changes: Any) -> plans.Plan:
    return dataclasses.replace(PLAN, bastion=dataclasses.replace(BASTION, **changes))


def say(rule: str, plan: plans.Plan) -> Any:
    return judging.ask(judging.judge_of(plan), rule, judging.declared(plan, "bastion"))


@pytest.mark.parametrize(
    ("changes", "state", "says"),
    [
        ({}, EVIDENCE, "no resource shows"),
        ({"mfa": "certificate"}, EVIDENCE, ""),
        ({"mfa": "none"}, REFUSED, "second factor"),
        ({"mfa": "sms"}, REFUSED, "second factor"),
        ({"nominative": False}, REFUSED, "share an account"),
        ({"directory": None}, REFUSED, "directory"),
        ({"directory": "todo"}, REFUSED, "directory"),
        ({"lockout_attempts": 0}, REFUSED, "locks nobody out"),
        ({"lockout_attempts": None}, REFUSED, "locks nobody out"),
        ({"lockout_attempts": 6}, REFUSED, "locks nobody out"),
        ({"lockout_attempts": 1}, EVIDENCE, ""),
        ({"lockout_attempts": 5}, EVIDENCE, ""),
    ],
)
def test_bas_02(changes: dict[str, Any], state: State, says: str) -> None:
    assert BASTION.sign_in is not None
    found = say("BAS-02", with_bastion(sign_in=dataclasses.replace(BASTION.sign_in, **changes)))
    assert (found.state, found.fault) == (state, False), found
    assert says in found.message


@pytest.mark.parametrize(
    ("changes", "state", "says"),
    [
        ({}, EVIDENCE, "no resource shows"),
        ({"mode": "metadata"}, REFUSED, "recorded as metadata"),
        ({"mode": "none"}, REFUSED, "recorded as none"),
        ({"bucket": "bubbles/administration/buckets/nowhere"}, REFUSED, "no bucket"),
    ],
)
def test_bas_03(changes: dict[str, Any], state: State, says: str) -> None:
    assert BASTION.recording is not None
    found = say("BAS-03", with_bastion(recording=dataclasses.replace(BASTION.recording, **changes)))
    assert (found.state, found.fault) == (state, False), found
    assert says in found.message


@pytest.mark.parametrize(
    ("given", "state", "says"),
    [
        (True, CONFORM, ""),
        (False, REFUSED, "private half lies in the state"),
        (UNKNOWN, UNSEEN, "not known yet"),
        (Malformed("a string"), REFUSED, "wrong type"),
        (NOT_OBSERVABLE, EVIDENCE, "who made the key pair"),
    ],
)
def test_bas_02_only_a_public_half_is_given(given: Any, state: State, says: str) -> None:
    fact = estate.estate_of().fact("bastion/keypair")
    assert isinstance(fact, facts.AccessKey)
    assert fact.given is True
    found = judging.ask(judging.judge_of(PLAN), "BAS-02", dataclasses.replace(fact, given=given))
    assert (found.state, found.fault) == (state, False), found
    assert says in found.message


@pytest.mark.parametrize("change", [without("publicKey"), to(publicKey="")])
def test_a_pair_without_a_public_half_is_made_by_the_provider(change: Change) -> None:
    check("BAS-02", Case("no public half", "bastion/keypair", change, REFUSED, "the provider makes the key pair"))


STORE = [
    Case("a bucket that locks sessions for a year conforms", TRACES, None, CONFORM),
    Case("half a year conforms", TRACES, to(objectLock={"mode": "COMPLIANCE", "days": "183"}), CONFORM),
    Case("a bucket without lock is refused", TRACES, to(objectLock=None), REFUSED, "lock"),
    Case("a year and a day conforms", TRACES, to(objectLock={"days": 366}), CONFORM),
    Case("too short a lock is refused", TRACES, to(objectLock={"days": 182}), REFUSED, "183 to 366"),
    Case("too long a lock is refused", TRACES, to(objectLock={"days": 367}), REFUSED, "183 to 366"),
    Case("an unknown lock waits", TRACES, unknown("objectLock"), UNSEEN),
    Case("a lock of the wrong type is refused", TRACES, to(objectLock=[365]), REFUSED, "wrong type"),
    Case("another bucket keeps no sessions", "bubbles/export/buckets/quarantine", None, IDLE),
]


@pytest.mark.parametrize("case", STORE, ids=str)
def test_bas_03_on_the_store(case: Case) -> None:
    check("BAS-03", case)


def approvals(operation: str, **changes: Any) -> plans.Plan:
    given = tuple(
        dataclasses.replace(one, **changes) if one.operation == operation else one for one in BASTION.approvals
    )
    return with_bastion(approvals=given)


@pytest.mark.parametrize("operation", [one.operation for one in BASTION.approvals])
def test_bas_04(operation: str) -> None:
    assert say("BAS-04", PLAN).state is EVIDENCE
    for changes, says in (
        ({"at_least": 1}, f"{operation} needs fewer than 2"),
        ({"roles": ("role-3",)}, f"{operation} needs fewer than 2"),
        ({"roles": ("role-3", "role-3")}, f"{operation} needs fewer than 2"),
        ({"roles": ("role-3", " Role-3")}, f"{operation} needs fewer than 2"),
        ({"author_excluded": False}, f"who asks for {operation}"),
    ):
        found = say("BAS-04", approvals(operation, **changes))
        assert found.state is REFUSED
        assert says in found.message
    fewer = with_bastion(approvals=tuple(one for one in BASTION.approvals if one.operation != operation))
    assert f"approve {operation}" in say("BAS-04", fewer).message


def test_an_operation_of_one_s_own_needs_two_as_well() -> None:
    more = (*BASTION.approvals, data_plan.Approval("snapshot", 1, ("role-3", "role-4"), True))
    assert say("BAS-04", with_bastion(approvals=more)).state is REFUSED


@pytest.mark.parametrize("rule", ["BAS-02", "BAS-03", "BAS-04"])
def test_what_the_blueprint_does_not_say_needs_evidence(rule: str) -> None:
    found = say(rule, with_bastion(sign_in=None, recording=None, approvals=()))
    assert found.state is EVIDENCE
    assert "does not say" in found.message


def test_without_recording_no_bucket_keeps_sessions() -> None:
    judge = judging.judge_of(with_bastion(recording=None))
    assert judging.say(judge, estate.estate_of(), "BAS-03", TRACES).state is IDLE


OUT = "flows/admin-22--warehouse/egress/administration.bastion/1"
BACK = next(
    route.subject for route in PLAN.routes if route.zone == BASTION.zone and route.destination == "203.0.113.0/28"
)
RELAY = next(
    route.subject for route in PLAN.routes if route.zone == BASTION.zone and route.destination == "203.0.113.16/28"
)
INSIDE = next(route.subject for route in PLAN.routes if route.zone == BASTION.zone and route.via is plans.Via.PEERING)

LEADS = [
    Case("the bastion opens a bubble", OUT, None, CONFORM),
    Case("the bastion opens the Internet", OUT, to(ipRange="0.0.0.0/0"), REFUSED, "out of the platform"),
    Case("half of the Internet is outside too", OUT, to(ipRange="128.0.0.0/1"), REFUSED, "out of the platform"),
    Case("::/0 is outside too", OUT, to(ipRange="::/0"), REFUSED, "out of the platform"),
    Case("more than the platform is outside", OUT, to(ipRange="10.0.0.0/8"), REFUSED, "out of the platform"),
    Case("an unknown range waits", OUT, unknown("ipRange"), UNSEEN),
    Case("a list for a range is refused", OUT, to(ipRange=["10.64.0.0/20"]), REFUSED, "wrong type"),
    Case("what comes in is BAS-01's", "flows/admin-22--hdh-operators/ingress/administration.bastion/1", None, IDLE),
    Case("another zone's egress is not judged", "flows/omop-load/egress/warehouse.processing/1", None, IDLE),
    Case("a way back to administrators conforms", BACK, None, CONFORM),
    Case("a way that the NAT service here relays conforms", RELAY, None, CONFORM),
    Case("a way that another zone is led by", BACK, to(destinationIpRange="198.51.100.0/28"), REFUSED, "Internet"),
    Case("a way of a table that is no zone's", BACK, referring(routeTableId="bubbles/x/zones/y/table"), IDLE),
    Case("a way to everywhere is refused", BACK, to(destinationIpRange="0.0.0.0/0"), REFUSED, "Internet"),
    Case("a way to a stranger is refused", BACK, to(destinationIpRange="198.51.100.0/28"), REFUSED, "Internet"),
    Case("an unknown way waits", BACK, unknown("destinationIpRange"), UNSEEN),
    Case(
        "a way through a NAT service is refused",
        BACK,
        lambda properties: properties.update(natServiceId=properties.pop("gatewayId")),
        REFUSED,
        "Internet",
    ),
    Case("a way inside is not judged", INSIDE, None, IDLE),
    Case("a way of another zone is not judged", BACK, referring(routeTableId="bubbles/export/zones/gate/table"), IDLE),
]


@pytest.mark.parametrize("case", LEADS, ids=str)
def test_bas_05(case: Case) -> None:
    check("BAS-05", case)


def test_an_administration_zone_without_a_bastion_in_it_reaches_no_internet() -> None:
    bubbles = tuple(
        dataclasses.replace(
            bubble,
            zones=tuple(
                dataclasses.replace(zone, role=plans.ZoneRole.ADMIN) if zone.name == "gate" else zone
                for zone in bubble.zones
            ),
        )
        for bubble in PLAN.bubbles
    )
    route = next(
        one.subject for one in PLAN.routes if one.zone == "bubbles/export/zones/gate" and one.via == "internet"
    )
    whole = estate.estate_of()
    judge = judging.judge_of(dataclasses.replace(PLAN, bubbles=bubbles))
    assert judging.say(judge, whole, "BAS-05", route).state is REFUSED
    whole[route].properties["destinationIpRange"] = "203.0.113.0/28"  # administrators come back by the bastion only
    assert judging.say(judge, whole, "BAS-05", route).state is REFUSED
    assert judging.say(judging.judge_of(PLAN), estate.estate_of(), "BAS-05", route).state is IDLE


@pytest.mark.parametrize("rule", ["BAS-01", "BAS-05"])
def test_a_filter_that_names_no_range_opens_to_all(rule: str) -> None:
    name = "flows/admin-22--hdh-operators/ingress/administration.bastion/1" if rule == "BAS-01" else OUT
    fact = estate.estate_of().fact(name)
    assert isinstance(fact, facts.FilterRule)
    judge = judging.judge_of(PLAN)
    assert judging.ask(judge, rule, fact).state is CONFORM
    assert judging.ask(judge, rule, dataclasses.replace(fact, cidrs=())).state is REFUSED


def test_an_admin_port_is_one_that_the_bastion_uses_and_needs_a_bastion() -> None:
    fact = estate.estate_of().fact("flows/omop-load/ingress/warehouse.omop/1")
    assert isinstance(fact, facts.FilterRule)
    odd, ssh = (dataclasses.replace(fact, from_port=port, to_port=port) for port in (5022, 22))
    assert judging.ask(judging.judge_of(PLAN), "BAS-01", odd).state is IDLE
    assert judging.ask(judging.judge_of(with_bastion(admin_ports=(5022,))), "BAS-01", odd).state is REFUSED
    alone = judging.judge_of(dataclasses.replace(PLAN, bastion=None))
    assert judging.ask(alone, "BAS-01", odd).state is IDLE
    assert "there is no bastion" in judging.ask(alone, "BAS-01", ssh).message


def test_without_a_bastion_nothing_is_judged() -> None:
    judge = judging.judge_of(dataclasses.replace(PLAN, bastion=None))
    assert judging.say(judge, estate.estate_of(), "BAS-05", BACK).state is IDLE


def say_06(plan: plans.Plan, **context: Any) -> Any:
    (found,) = judging.say_run(judging.judge_of(plan, **context), "BAS-06")
    assert not found.fault
    return found


def machined(**changes: Any) -> plans.Plan:
    """EMC2 whose bastion's first machine is changed."""
    first, *others = BASTION.machines
    return with_bastion(machines=(dataclasses.replace(first, **changes), *others))


def aged(days: int | None) -> dict[str, Any]:
    """The list of images, in which the bastion's is so old."""
    listed = images.load("outscale")[BASTION.machines[0].image]
    created = None if days is None else dt.date(2026, 11, 23) - dt.timedelta(days)
    return {"images": {BASTION.machines[0].image: listed.model_copy(update={"created": created})}}


def test_bas_06_a_pair_of_recent_machines_leaves_its_backup_to_a_record() -> None:
    found = say_06(PLAN)
    assert (found.state, found.effect, found.subject) == (EVIDENCE, Effect.WARN, "bastion")
    assert "saved elsewhere" in found.message


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        (with_bastion(machines=BASTION.machines[:1]), "hangs on one"),
        (with_bastion(machines=()), "hangs on one"),
        (machined(az=BASTION.machines[1].az), "hangs on one"),
        (dataclasses.replace(PLAN, flows=()), "no flow takes its traces"),
    ],
    ids=["one machine", "none", "one zone", "no traces"],
)
def test_bas_06_advises_against_less(plan: plans.Plan, says: str) -> None:
    for simulated in (True, False):
        found = say_06(plan, simulated=simulated)
        assert (found.state, found.effect) == (REFUSED, Effect.WARN), "advice never blocks"
        assert says in found.message


@pytest.mark.parametrize(
    ("days", "state", "says"),
    [(90, EVIDENCE, "saved"), (91, REFUSED, "91 days old"), (None, EVIDENCE, "does not say when")],
)
def test_bas_06_an_image_ages(days: int | None, state: State, says: str) -> None:
    found = say_06(PLAN, **aged(days))
    assert (found.state, says in found.message) == (state, True), found


@pytest.mark.parametrize("place", [BASTION.zone, BASTION.zone.rpartition("/zones")[0]])
def test_bas_06_traces_leave_the_bastion_s_zone_or_its_bubble(place: str) -> None:
    ends = {BASTION.zone, "bubbles/administration"}
    mine = [one for one in PLAN.flows if ends & {one.source, one.destination}]
    for end in ("source", "destination"):
        moved = tuple(dataclasses.replace(one, source="externals/lyon", destination="externals/lyon") for one in mine)
        moved = tuple(dataclasses.replace(one, **{end: place}) for one in moved)
        assert say_06(dataclasses.replace(PLAN, flows=moved)).state is EVIDENCE
    elsewhere = tuple(dataclasses.replace(one, source="bubbles/export", destination="externals/lyon") for one in mine)
    assert "no flow takes its traces" in say_06(dataclasses.replace(PLAN, flows=elsewhere)).message


def test_bas_06_an_offer_that_nobody_described_has_two_zones() -> None:
    assert say_06(PLAN, capabilities=None).state is EVIDENCE
    assert "hangs on one" in say_06(machined(az=BASTION.machines[1].az), capabilities=None).message


def test_bas_06_two_zones_are_enough_where_more_are_shown() -> None:
    known = capabilities.load("outscale")
    name = "iaas-cloud-on-demand"
    wide = known.offers[name].model_copy(update={"azs": ("a", "b", "c")})
    offers = known.model_copy(update={"offers": {**known.offers, name: wide}})
    assert say_06(PLAN, capabilities=offers).state is EVIDENCE


def test_bas_06_the_oldest_image_counts_and_a_strange_one_is_no_pass() -> None:
    found = say_06(machined(image="debian-11"))
    assert (found.state, "does not say when" in found.message) == (EVIDENCE, True)


def test_bas_06_one_that_the_offer_runs_is_not_its_business() -> None:
    assert say_06(PLAN, offer="iaas-eu-west-2").state is IDLE
    assert say_06(dataclasses.replace(PLAN, bastion=None)).state is IDLE


def test_bas_06_where_one_zone_is_shown_a_pair_in_it_is_not_refused() -> None:
    """CPT-01 asks for evidence of a second zone there."""
    judge = judging.judge_at("ovh-sandbox", "emc2")
    (found,) = judging.say_run(judge, "BAS-06")
    assert (found.state, "when its image was made" in found.message) == (EVIDENCE, True)
    bastion = judge.context.plan.bastion
    assert bastion is not None
    one = dataclasses.replace(judge.context.plan, bastion=dataclasses.replace(bastion, machines=bastion.machines[:1]))
    (found,) = judging.say_run(
        judging.judge_of(one, capabilities=judge.context.capabilities, offer=judge.context.offer), "BAS-06"
    )
    assert "hangs on one" in found.message
