"""STO-01, STO-02, STO-04, DAT-02: buckets, volumes, bubbles."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from typing import Any

import pytest

from blueprint import plan as plans
from blueprint.values import NOT_OBSERVABLE, UNKNOWN
from policies.verdicts import Effect, Phase, State
from tests.policies import attesting, estate, judging
from tests.policies.cases import CONFORM, REFUSED, UNSEEN, Case, Change, check, to, unknown, without

BUCKET = "bubbles/warehouse/buckets/archive"
NAME = "bubbles-warehouse-buckets-archive"
DISK = next(disk.subject for machine in estate.plan_of().machines for disk in machine.disks)
EVIDENCE = State.EVIDENCE_REQUIRED


def policy(*statements: dict[str, Any], listed: bool = True) -> Change:
    """The policy as a JSON string, the TLS statement first."""
    document = estate.deny_plaintext(NAME)
    document["Statement"] += statements
    return to(policy=json.dumps(document if listed else {**document, "Statement": document["Statement"][0]}))


def deny(**changes: Any) -> Change:
    """The TLS statement with something changed in it."""
    document = estate.deny_plaintext(NAME)
    document["Statement"][0].update(changes)
    return to(policy=json.dumps(document))


ENCRYPTION = [
    Case("a bucket under the provider's key needs evidence", BUCKET, None, EVIDENCE, "no key of the bubble"),
    Case("a volume needs evidence: the API says nothing", DISK, None, EVIDENCE, "says nothing"),
    Case("a bucket without encryption is refused", BUCKET, without("encryption"), REFUSED, "not encrypted"),
    Case("an empty algorithm is none", BUCKET, to(encryption={"algorithm": " "}), REFUSED, "not encrypted"),
    Case("an unknown encryption waits", BUCKET, unknown("encryption"), UNSEEN),
    Case("an unknown algorithm waits", BUCKET, to(encryption={"algorithm": UNKNOWN}), UNSEEN),
    Case("text for encryption is refused", BUCKET, to(encryption="AES256"), REFUSED, "wrong type"),
    Case("a bucket of no plan is refused", BUCKET, to(subject="bubbles/warehouse/buckets/x"), REFUSED, "no such"),
    Case("a volume of no plan is refused", DISK, to(subject="bubbles/warehouse/disks/x"), REFUSED, "no such"),
]

PUBLIC = [
    Case("a private bucket conforms", BUCKET, None, CONFORM),
    Case("a bucket without ACL is private", BUCKET, without("acl"), CONFORM),
    Case("PRIVATE is private", BUCKET, to(acl="PRIVATE"), CONFORM),
    Case("a public ACL is refused", BUCKET, to(acl="public-read"), REFUSED, "public-read"),
    Case("every authenticated user is refused", BUCKET, to(acl="authenticated-read"), REFUSED),
    Case("a web site is refused", BUCKET, to(website={"indexDocument": "index.html"}), REFUSED, "web site"),
    Case(
        "a policy for everyone is refused",
        BUCKET,
        policy({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}),
        REFUSED,
        "anyone",
    ),
    Case(
        "the same as a document is refused",
        BUCKET,
        to(
            policy={
                "Statement": [
                    {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:ListBucket", "Resource": "*"}
                ]
            }
        ),
        REFUSED,
    ),
    Case(
        "the same in other letters is refused",
        BUCKET,
        to(
            policy={
                "statement": {
                    "effect": "ALLOW",
                    "principal": {"aws": ["arn:x", "*"]},
                    "action": "s3:*",
                    "resource": "*",
                }
            }
        ),
        REFUSED,
    ),
    Case(
        "everyone but one is everyone",
        BUCKET,
        policy({"Effect": "Allow", "NotPrincipal": {"AWS": "arn:x"}, "Action": "s3:*", "Resource": "*"}),
        REFUSED,
    ),
    Case(
        "a condition does not close it",
        BUCKET,
        policy(
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": "*",
                "Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
            }
        ),
        REFUSED,
    ),
    Case(
        "one named principal conforms",
        BUCKET,
        policy(
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::123:user/x"},
                "Action": "s3:GetObject",
                "Resource": "*",
            }
        ),
        CONFORM,
    ),
    Case("any web origin is refused", BUCKET, to(corsRules=[{"allowedOrigins": ["*"]}]), REFUSED, "origin"),
    Case("one web origin conforms", BUCKET, to(corsRules=[{"allowedOrigins": ["https://x.example"]}]), CONFORM),
    Case("an unknown policy waits", BUCKET, unknown("policy"), UNSEEN),
    Case("an unknown origin waits", BUCKET, to(corsRules=[{"allowedOrigins": [UNKNOWN]}]), UNSEEN),
    Case("a policy that is no JSON is refused", BUCKET, to(policy="allow all"), REFUSED, "wrong type"),
    Case("an ACL that cannot be read is no pass", BUCKET, to(acl=NOT_OBSERVABLE), UNSEEN, "cannot be read"),
    Case("nor does it hide a web site", BUCKET, to(acl=NOT_OBSERVABLE, website={"set": True}), REFUSED, "web site"),
    Case("nor an unknown policy", BUCKET, to(acl=NOT_OBSERVABLE, policy=UNKNOWN), UNSEEN, "not known yet"),
    Case("a list for an ACL is refused", BUCKET, to(acl=["private"]), REFUSED, "wrong type"),
]

PLAINTEXT = [
    Case("a policy that denies plain requests conforms", BUCKET, None, CONFORM),
    Case("a single statement without a list is the same", BUCKET, policy(listed=False), CONFORM),
    Case("a boolean for false is the same", BUCKET, deny(Condition={"Bool": {"aws:SecureTransport": False}}), CONFORM),
    Case("every resource is the same", BUCKET, deny(Resource="*"), CONFORM),
    Case("no policy is refused", BUCKET, without("policy"), REFUSED, "in clear"),
    Case("an allowance is no denial", BUCKET, deny(Effect="Allow"), REFUSED),
    Case("denied to one only is refused", BUCKET, deny(Principal={"AWS": "arn:x"}), REFUSED),
    Case("denied for reads only is refused", BUCKET, deny(Action="s3:GetObject"), REFUSED),
    Case("denied for objects only is refused", BUCKET, deny(Resource=f"arn:aws:s3:::{NAME}/*"), REFUSED),
    Case(
        "denied for another bucket is refused", BUCKET, deny(Resource=["arn:aws:s3:::x", "arn:aws:s3:::x/*"]), REFUSED
    ),
    Case(
        "denied when TLS is used is refused", BUCKET, deny(Condition={"Bool": {"aws:SecureTransport": "true"}}), REFUSED
    ),
    Case(
        "denied under one more condition is refused",
        BUCKET,
        deny(Condition={"Bool": {"aws:SecureTransport": "false"}, "IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
        REFUSED,
    ),
    Case("an unknown policy waits", BUCKET, unknown("policy"), UNSEEN),
    Case("a number for a policy is refused", BUCKET, to(policy=1.0), REFUSED, "wrong type"),
]


@pytest.mark.parametrize("case", ENCRYPTION, ids=str)
def test_sto_01(case: Case) -> None:
    check("STO-01", case)


@pytest.mark.parametrize("case", PUBLIC, ids=str)
def test_sto_02(case: Case) -> None:
    check("STO-02", case)


@pytest.mark.parametrize("case", PLAINTEXT, ids=str)
def test_sto_04(case: Case) -> None:
    check("STO-04", case)


def test_missing_evidence_blocks_on_a_real_target_and_warns_on_a_simulated_one() -> None:
    changed = estate.estate_of()
    for simulated, effect in ((True, Effect.WARN), (False, Effect.BLOCK)):
        assert (
            judging.say(judging.judge_of(changed.plan, simulated=simulated), changed, "STO-01", BUCKET).effect is effect
        )


def test_a_record_about_exactly_this_volume_is_evidence_until_its_last_day() -> None:
    changed = estate.estate_of()
    kept = attesting.kept(attesting.evidence("STO-01", DISK))
    states = [
        judging.say(
            judging.judge_of(changed.plan, kept, as_of=dt.date.fromisoformat(day), simulated=False),
            changed,
            "STO-01",
            DISK,
        ).state
        for day in ("2026-10-31", "2026-11-01", "2026-12-31", "2027-01-01")
    ]
    assert states == [EVIDENCE, State.EVIDENCE_ACCEPTED_UNTIL, State.EVIDENCE_ACCEPTED_UNTIL, EVIDENCE]
    assert judging.say(judging.judge_of(changed.plan, kept), changed, "STO-01", BUCKET).state is EVIDENCE


def test_a_record_about_the_store_answers_for_an_acl_that_a_live_reading_cannot_see() -> None:
    changed = estate.estate_of().copy()
    changed[BUCKET].properties["acl"] = NOT_OBSERVABLE
    kept = attesting.kept(attesting.evidence("STO-02", "offers/iaas-cloud-on-demand/bucket-acl"))
    live = judging.say(judging.judge_of(changed.plan, kept, place=Phase.LIVE), changed, "STO-02", BUCKET)
    assert (live.state, live.record) == (State.EVIDENCE_ACCEPTED_UNTIL, "EV-9")
    without_record = judging.say(judging.judge_of(changed.plan, place=Phase.LIVE), changed, "STO-02", BUCKET)
    assert (without_record.state, without_record.effect) == (State.NOT_OBSERVABLE, Effect.BLOCK)
    written = judging.say(judging.judge_of(changed.plan, kept, place=Phase.HCL), changed, "STO-02", BUCKET)
    assert written.state is State.NOT_OBSERVABLE


def test_a_public_bucket_is_refused_before_it_is_created() -> None:
    changed = estate.estate_of("public-bucket")
    judge = judging.judge_of(changed.plan)
    blocking = [
        one for name in changed.resources for one in judge.resource(changed.fact(name)) if one.effect == "block"
    ]
    assert {(one.rule, one.type) for one in blocking} == {("STO-02", "s3:index:Bucket")}


NET = "bubbles/project-a"


def _project(**changes: Any) -> plans.Plan:
    plan = estate.plan_of()
    bubbles = tuple(
        dataclasses.replace(one, project=dataclasses.replace(one.project, **changes))
        if one.subject == NET and one.project is not None
        else one
        for one in plan.bubbles
    )
    return dataclasses.replace(plan, bubbles=bubbles)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"identifier": ""}, "does not say its identifier"),
        ({"authorisation": ""}, "does not say its authorisation"),
        ({"authorisation": "TBD"}, "placeholder"),
        ({"identifier": "xxx"}, "placeholder"),
        ({"owner": "à compléter"}, "placeholder"),
        ({"owner": ""}, "does not say its owner"),
        ({"start": None}, "start"),
        ({"end": None}, "end"),
        ({"end": dt.date(2026, 11, 22)}, "ended on 2026-11-22"),
        ({"start": dt.date(2027, 1, 1), "end": dt.date(2026, 12, 31)}, "before it begins"),
        ({"roles": ()}, "roles"),
        ({"archive_days": None}, "archive duration"),
        ({"log_sink": None}, "log sink"),
        ({"log_sink": "bubbles/administration/buckets/nowhere"}, "neither a bucket nor a zone"),
        ({"keys": ()}, "keys"),
    ],
)
def test_a_bubble_that_does_not_say_all_is_refused(changes: dict[str, Any], says: str) -> None:
    found = judging.say(judging.judge_of(_project(**changes)), estate.estate_of(), "DAT-02", NET)
    assert (found.state, found.effect) == (State.NON_CONFORM, Effect.BLOCK)
    assert says in found.message


def test_a_bubble_may_be_used_on_its_last_day() -> None:
    judge = judging.judge_of(_project(end=dt.date(2026, 11, 23)))
    assert judging.say(judge, estate.estate_of(), "DAT-02", NET).state is State.CONFORM


def test_a_bubble_without_any_authorisation_is_refused() -> None:
    plan = estate.plan_of()
    bubbles = tuple(dataclasses.replace(one, project=None) if one.subject == NET else one for one in plan.bubbles)
    judge = judging.judge_of(dataclasses.replace(plan, bubbles=bubbles))
    assert "authorisation" in judging.say(judge, estate.estate_of(), "DAT-02", NET).message


def test_a_network_that_is_no_bubble_of_the_blueprint_is_refused() -> None:
    changed = estate.estate_of()
    changed[NET].properties["subject"] = UNKNOWN
    assert judging.say(judging.judge_of(changed.plan), changed, "DAT-02", NET).state is State.NON_CONFORM


def test_every_bubble_of_the_sample_says_all() -> None:
    changed = estate.estate_of()
    judge = judging.judge_of(changed.plan)
    assert {judging.say(judge, changed, "DAT-02", bubble.subject).state for bubble in changed.plan.bubbles} == {CONFORM}
