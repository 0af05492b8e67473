"""STO-03, STO-05, DAT-08: who outside is let in, and when objects go."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from blueprint import data_plan
from blueprint import plan as plans
from blueprint.values import NOT_OBSERVABLE, UNKNOWN
from policies.context import Index
from policies.verdicts import State
from providers import capabilities
from tests.policies import estate, judging
from tests.policies.cases import CONFORM, IDLE, REFUSED, UNSEEN, Case, Change, check, to, unknown, without

PLAN = estate.plan_of()
GATE = "bubbles/export/buckets/quarantine"
ARCHIVE = "bubbles/warehouse/buckets/archive"
PROJECT = "bubbles/project-a/buckets/archive"
LANDING = "bubbles/ingestion/buckets/landing-nancy"
TRACES = "bubbles/administration/buckets/traces"
CONDITION = {
    "IpAddress": {"aws:SourceIp": "198.51.100.0/28"},
    "DateLessThan": {"aws:CurrentTime": "2026-12-01T00:00:00Z"},
}
READ: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::123:user/child"},
    "Action": "s3:GetObject",
    "Resource": "*",
    "Condition": CONDITION,
}


def lets(_name: str = "", **changes: Any) -> Change:
    """One more statement in the policy, as text, with something changed; None leaves a field out."""
    statement = {key: value for key, value in {**READ, **changes}.items() if value is not None}

    def change(properties: dict[str, Any]) -> None:
        document = json.loads(properties["policy"])
        document["Statement"].append(statement)
        properties["policy"] = json.dumps(document)

    return change


def under(**tests: Any) -> dict[str, Any]:
    return {**CONDITION, **tests}


EXPOSED = [
    Case("a bucket that lets nobody in conforms", ARCHIVE, None, CONFORM),
    Case("a bucket without a policy lets nobody in", ARCHIVE, without("policy"), CONFORM),
    Case("a bucket that is no gate's is refused", ARCHIVE, lets(), REFUSED, "no gate's quarantine"),
    Case("an effect in other letters is refused", ARCHIVE, lets(Effect="ALLOW"), REFUSED, "no gate's"),
    Case("an effect that is neither is refused", ARCHIVE, lets(Effect="Grant"), REFUSED, "no gate's"),
    Case("web pages are refused", ARCHIVE, to(corsRules=[{"allowedOrigins": ["https://x.example"]}]), REFUSED),
    Case("a gate's quarantine lets a recipient read for a time", GATE, lets(), CONFORM),
    Case("a list of actions is the same", GATE, lets(Action=["s3:GetObject", "S3:ListBucket"]), CONFORM),
    Case(
        "all that only reads may be given",
        GATE,
        lets(Action=["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"]),
        CONFORM,
    ),
    Case("one address of the recipient is the same", GATE,
         lets(Condition=under(IpAddress={"AWS:sourceip": ["198.51.100.1"]})), CONFORM),
    Case("a gate lets nobody write", GATE, lets(Action="s3:PutObject"), REFUSED, "too widely"),
    Case("a gate lets nobody do all", GATE, lets(Action="s3:*"), REFUSED, "too widely"),
    Case("a statement without actions is refused", GATE, lets(Action=None), REFUSED, "too widely"),
    Case("a gate asks for an address", GATE, lets(Condition={"DateLessThan": CONDITION["DateLessThan"]}), REFUSED),
    Case("a gate asks for an end", GATE, lets(Condition={"IpAddress": CONDITION["IpAddress"]}), REFUSED),
    Case("a gate asks for conditions", GATE, lets(Condition=None), REFUSED, "too widely"),
    Case("two ends are none", GATE, lets(Condition=under(DateLessThan={"aws:CurrentTime": ["a", "b"]})), REFUSED),
    Case("nobody's address is refused", GATE, lets(Condition=under(IpAddress={"aws:SourceIp": "8.8.8.8"})), REFUSED),
    Case("everywhere is refused", GATE, lets(Condition=under(IpAddress={"aws:SourceIp": "0.0.0.0/0"})), REFUSED),
    Case("two halves of everywhere are refused", GATE,
         lets(Condition=under(IpAddress={"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]})), REFUSED),
    Case("no address at all is refused", GATE, lets(Condition=under(IpAddress={"aws:SourceIp": []})), REFUSED),
    Case("no real address is refused", GATE, lets(Condition=under(IpAddress={"aws:SourceIp": "here"})), REFUSED),
    Case("a gate shows no web page", GATE, to(corsRules=[{"allowedOrigins": ["https://x.example"]}]), REFUSED),
    Case("an unknown policy waits", GATE, unknown("policy"), UNSEEN),
    Case("a policy that is no JSON is refused", GATE, to(policy="{"), REFUSED, "wrong type"),
    Case("unknown origins wait", GATE, unknown("corsRules"), UNSEEN),
]  # fmt: skip


PARTS = {"abortMultipartDays": 7}
"""The parts of an upload that nobody finished go too."""


def goes(days: Any = 23, noncurrent: Any = 7, prefix: Any = "", *more: dict[str, Any]) -> Change:
    rule = {"prefix": prefix, "expirationDays": days, "noncurrentExpirationDays": noncurrent, **PARTS}
    return to(lifecycleRules=[rule, *more])


def parts(days: Any) -> Change:
    """When the parts of unfinished uploads go; the objects go in time."""
    return to(lifecycleRules=[{"expirationDays": 23, "noncurrentExpirationDays": 7, "abortMultipartDays": days}])


PURGED = [
    Case("a landing bucket that empties itself conforms", LANDING, None, CONFORM),
    Case("thirty days in all conform", LANDING, goes("23", 7.0), CONFORM),
    Case("thirty-one days are refused", LANDING, goes(24), REFUSED, "30 days"),
    Case("old versions count", LANDING, goes(30), REFUSED, "30 days"),
    Case("old versions that stay are refused", LANDING, goes(23, None), REFUSED, "30 days"),
    Case("without versions only the first time counts", LANDING,
         lambda p: p.update(versioning=False, lifecycleRules=[{"expirationDays": 30, **PARTS}]), CONFORM),
    Case("a rule for a prefix is not for all", LANDING, goes(23, 7, "in/"), REFUSED, "30 days"),
    Case("the shortest rule for all decides", LANDING,
         goes(1, 1, "in/", {"expirationDays": 20, "noncurrentExpirationDays": 2, **PARTS}), CONFORM),
    Case("parts of unfinished uploads that stay a month conform", LANDING, parts(30), CONFORM),
    Case("parts of unfinished uploads that stay longer are refused", LANDING, parts(31), REFUSED, "30 days"),
    Case("parts of unfinished uploads that stay for ever are refused", LANDING, parts(None), REFUSED, "30 days"),
    Case("parts that go under a prefix only are refused", LANDING,
         to(lifecycleRules=[{"expirationDays": 23, "noncurrentExpirationDays": 7}, {"prefix": "in/", **PARTS}]),
         REFUSED),
    Case("an unknown term of unfinished uploads waits", LANDING, parts(UNKNOWN), UNSEEN),
    Case("text for that term is refused", LANDING, parts("a week"), REFUSED, "wrong type"),
    Case("no rule is refused", LANDING, without("lifecycleRules"), REFUSED, "30 days"),
    Case("unknown rules wait", LANDING, unknown("lifecycleRules"), UNSEEN),
    Case("an unknown number of days waits", LANDING, goes(UNKNOWN), UNSEEN),
    Case("unknown versioning waits", LANDING, unknown("versioning"), UNSEEN),
    Case("text for rules is refused", LANDING, to(lifecycleRules="23"), REFUSED, "wrong type"),
    Case("a list for days is refused", LANDING, goes([23]), REFUSED, "wrong type"),
    Case("an archive is no landing", ARCHIVE, None, IDLE),
]  # fmt: skip


def ending(name: str, days: int, noncurrent: int) -> Index:
    """The sample, where that bucket is to end then."""
    buckets = tuple(
        dataclasses.replace(one, expire_days=days, noncurrent_expire_days=noncurrent) if one.subject == name else one
        for one in PLAN.buckets
    )
    return Index(dataclasses.replace(PLAN, buckets=buckets))


ENDS = [
    Case("a project's archive that ends conforms", PROJECT, None, CONFORM),
    Case("the warehouse's archive conforms", ARCHIVE, None, CONFORM),
    Case(
        "a month more for old versions conforms",
        PROJECT,
        goes(365, 30),
        CONFORM,
        context={"index": ending(PROJECT, 365, 30)},
    ),
    Case(
        "a day more is refused",
        PROJECT,
        goes(366, 30),
        REFUSED,
        "at most 395",
        context={"index": ending(PROJECT, 366, 30)},
    ),
    Case("another end than planned is refused", PROJECT, goes(364, 1), REFUSED, "end differs"),
    Case(
        "twenty years conform in the warehouse",
        ARCHIVE,
        goes(7304, 1),
        CONFORM,
        context={"index": ending(ARCHIVE, 7304, 1)},
    ),
    Case("versions that are not kept are refused", ARCHIVE, to(versioning=False), REFUSED, "versioning"),
    Case("a lock left out is refused", ARCHIVE, to(objectLock=None), REFUSED, "lock, lock's mode differs"),
    Case(
        "a shorter lock is refused", ARCHIVE, to(objectLock={"mode": "COMPLIANCE", "days": 29}), REFUSED, "lock differs"
    ),
    Case(
        "a lock that some may lift is refused",
        ARCHIVE,
        to(objectLock={"mode": "GOVERNANCE", "days": 30}),
        REFUSED,
        "lock's mode differs",
    ),
    Case(
        "compliance in other letters is the same", ARCHIVE, to(objectLock={"mode": "Compliance", "days": 30}), CONFORM
    ),
    Case("an unknown mode waits", ARCHIVE, to(objectLock={"mode": UNKNOWN, "days": 30}), UNSEEN),
    Case("more than twenty years are refused", ARCHIVE, goes(7305, 1), REFUSED, "at most 7305"),
    Case("a project does not keep as the warehouse does", PROJECT, goes(7304, 1), REFUSED),
    Case("no end is refused", ARCHIVE, without("lifecycleRules"), REFUSED, "objects stay for ever"),
    Case("parts of unfinished uploads end too", ARCHIVE, parts(None), REFUSED, "unfinished uploads stay for ever"),
    Case("old versions without end are refused", ARCHIVE, goes(365, None), REFUSED, "for ever"),
    Case("an end for a prefix only is refused", ARCHIVE, goes(365, 1, "a"), REFUSED, "for ever"),
    Case("objects that go with the bucket are refused", ARCHIVE, to(forceDestroy=True), REFUSED, "go with it"),
    Case("TRUE is true", ARCHIVE, to(forceDestroy="TRUE"), REFUSED, "go with it"),
    Case("an unknown end waits", ARCHIVE, unknown("lifecycleRules"), UNSEEN),
    Case("an unknown destruction waits", ARCHIVE, unknown("forceDestroy"), UNSEEN),
    Case("a list for destruction is refused", ARCHIVE, to(forceDestroy=[True]), REFUSED, "wrong type"),
    Case("a bucket of no plan is refused", ARCHIVE, to(subject="bubbles/warehouse/buckets/x"), REFUSED, "no such"),
    Case("traces end too", TRACES, without("lifecycleRules"), REFUSED, "for ever"),
    Case("traces go as planned", TRACES, goes(365, 1), CONFORM),
]


@pytest.mark.parametrize("case", EXPOSED, ids=str)
def test_sto_03(case: Case) -> None:
    check("STO-03", case)


@pytest.mark.parametrize("case", PURGED, ids=str)
def test_sto_05(case: Case) -> None:
    check("STO-05", case)


@pytest.mark.parametrize("case", ENDS, ids=str)
def test_dat_08(case: Case) -> None:
    check("DAT-08", case)


def with_landing(name: str, lands_from: str | None) -> plans.Plan:
    buckets = tuple(
        dataclasses.replace(one, lands_from=lands_from) if one.subject == name else one for one in PLAN.buckets
    )
    return dataclasses.replace(PLAN, buckets=buckets)


def test_each_partner_lands_in_a_bucket_of_its_own() -> None:
    whole = estate.estate_of()

    def of(plan: plans.Plan, name: str = LANDING) -> Any:
        return judging.say(judging.judge_of(plan), whole, "STO-05", name)

    assert "whose deliveries" in of(with_landing(LANDING, None)).message
    assert "two buckets" in of(with_landing(LANDING, "lyon")).message
    assert "two buckets" in of(with_landing(LANDING, "lyon"), "bubbles/ingestion/buckets/landing-lyon").message
    assert of(with_landing(LANDING, "lyon"), "bubbles/ingestion/buckets/landing-snds").state is CONFORM


@pytest.mark.parametrize(
    ("plan", "state", "says"),
    [
        (PLAN, CONFORM, ""),
        (with_landing(LANDING, None), REFUSED, "deliveries of nancy"),
        (with_landing("bubbles/ingestion/buckets/landing-snds", "nancy"), REFUSED, "deliveries of snds"),
        (dataclasses.replace(PLAN, partners=()), IDLE, "nobody gives data"),
    ],
)
def test_no_partner_is_without_a_landing_bucket(plan: plans.Plan, state: State, says: str) -> None:
    found = next(one for one in judging.judge_of(plan).run() if one.rule == "STO-05")
    assert found.state is state
    assert says in found.message


def test_a_project_that_does_not_say_how_long_its_archive_lasts_keeps_nothing() -> None:
    bubbles = tuple(
        dataclasses.replace(one, project=dataclasses.replace(one.project, archive_days=None))
        if one.project is not None and one.name == "project-a"
        else one
        for one in PLAN.bubbles
    )
    judge = judging.judge_of(dataclasses.replace(PLAN, bubbles=bubbles))
    assert "how long" in judging.say(judge, estate.estate_of(), "DAT-08", PROJECT).message


@pytest.mark.parametrize(
    ("seen", "state", "says"),
    [
        ({"force_destroy": NOT_OBSERVABLE}, UNSEEN, "`force_destroy`"),
        ({"force_destroy": NOT_OBSERVABLE, "versioning": False}, REFUSED, "versioning differs"),
        ({"versioning": NOT_OBSERVABLE, "force_destroy": True}, REFUSED, "go with it"),
        ({"lock_days": NOT_OBSERVABLE, "lock_mode": NOT_OBSERVABLE}, UNSEEN, "`lock_days`"),
        ({"lock_mode": UNKNOWN}, UNSEEN, "`lock_mode` is not known yet"),
    ],
)
def test_an_end_that_shows_to_be_wrong_is_refused_whatever_else_is_hidden(seen: Any, state: State, says: str) -> None:
    fact = dataclasses.replace(estate.estate_of().fact(ARCHIVE), **seen)
    found = judging.ask(judging.judge_of(PLAN), "DAT-08", fact)
    assert (found.state, says in found.message) == (state, True), found.message


def on_an_offer_without(feature: str, *, declared: bool) -> Any:
    """The judge of the sample on an offer that lacks a feature of buckets, with or without its workaround declared."""
    ovh = capabilities.load("ovh")
    offer, found = next((key, one) for key, one in ovh.offers.items() if not one.has(feature))
    accepted = found.features[feature].workaround
    assert accepted is not None
    others = tuple(one for one in PLAN.workarounds if one.brick != feature)
    mine = data_plan.Workaround(f"workarounds/{feature}", feature, accepted.name)
    plan = dataclasses.replace(PLAN, workarounds=(*others, mine) if declared else others)
    return judging.judge_of(plan, capabilities=ovh, offer=offer)


@pytest.mark.parametrize(
    ("rule", "name", "feature", "change"),
    [
        ("DAT-08", ARCHIVE, "lifecycle", without("lifecycleRules")),
        ("STO-05", LANDING, "lifecycle", without("lifecycleRules")),
        ("BAS-03", TRACES, "object-lock", without("objectLock")),
    ],
)
def test_what_an_offer_lacks_needs_the_declared_workaround_and_its_records(
    rule: str, name: str, feature: str, change: Change
) -> None:
    whole = estate.estate_of()
    change(whole[name].properties)
    assert judging.say(on_an_offer_without(feature, declared=True), whole, rule, name).state is State.EVIDENCE_REQUIRED
    assert judging.say(on_an_offer_without(feature, declared=False), whole, rule, name).state is REFUSED
    assert judging.say(judging.judge_of(PLAN), whole, rule, name).state is REFUSED


def test_a_rule_that_is_there_is_judged_whatever_the_offer_says_that_it_lacks() -> None:
    whole = estate.estate_of()
    to(objectLock={"mode": "COMPLIANCE", "days": 10})(whole[TRACES].properties)
    assert judging.say(on_an_offer_without("object-lock", declared=True), whole, "BAS-03", TRACES).state is REFUSED
    goes(9999)(whole[ARCHIVE].properties)
    assert judging.say(on_an_offer_without("lifecycle", declared=True), whole, "DAT-08", ARCHIVE).state is REFUSED
